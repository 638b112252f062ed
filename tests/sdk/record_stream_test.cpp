// Responses that are parsed in pieces, which must give the records of the whole response.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/record_stream.hpp>
#include <vector>

namespace tapster {
namespace {

using Format = RecordSelector::Format;

const Stream things{.name = "things",
                    .key = {"id"},
                    .columns = {{"id", Type::integer, "/id"},
                                {"text", Type::string, "/text"},
                                {"rate", Type::number, "/rate"},
                                {"tags", Type::array, "/tags"}}};

Keep keep_every_row(const Row&, std::string&) {
  return Keep::yes;
}

// Collects the blocks.
struct Sent {
  std::string lines;
  std::vector<Reject> rejects;
  size_t blocks = 0;
  size_t largest = 0;

  BlockSink sink() {
    return [this](Block& block) -> Result<void> {
      lines += block.lines;
      largest = std::max(largest, block.lines.size());
      rejects.insert(rejects.end(), block.rejects.begin(), block.rejects.end());
      ++blocks;
      block.clear();
      return {};
    };
  }
};

// The records of a response in pieces of `size` bytes; the error's message on failure.
std::string in_pieces(std::string_view body, size_t size, const RecordSelector& selector,
                      std::vector<std::optional<std::string>>* values = nullptr) {
  const auto projection = *Projection::create(things, {});
  Sent sent;
  RecordStream stream(projection, selector, false, keep_every_row, sent.sink());
  stream.begin();
  for (; !body.empty(); body.remove_prefix(std::min(size, body.size()))) {
    const auto fed = stream.feed(body.substr(0, size));
    if (!fed) return fed.error().message;
  }
  const auto page = stream.finish();
  if (!page) return page.error().message;
  if (values) *values = page->values;
  return sent.lines;
}

std::string at_once(std::string body, const RecordSelector& selector) {
  const auto projection = *Projection::create(things, {});
  RecordParser parser(projection, selector);
  Block block;
  const auto page = parser.parse(body, block, keep_every_row);
  return page ? block.lines : page.error().message;
}

constexpr std::string_view json_rows =
    R"([ {"id":1,"text":"a\u00e9\ud83d\ude00\n","rate":12.5000,"tags":[1,[2],{"x":null}]},)"
    R"({"id":-22,"text":"lone \ud83d \udE00\ud83d\ud83d\ude00","rate":1E400,"other":{"deep":[1,2,{"a":"b"}]}},)"
    R"({"id":333,"text":null,"tags":[]} ])";

TEST(RecordStream, AnyPiecesGiveTheRecordsOfTheWholeResponse) {
  const auto wrapped = fmt::format(R"({{"next":"c-1","data":{{"rows":{}}},"count":3}})", json_rows);
  const RecordSelector at_root{};
  const RecordSelector inside{.records = "/data/rows", .values = {"/next", "/count"}};
  const std::string lines = "{\"id\":1,\"text\":\"x\\uD800\"}\r\n\n  \n{\"id\":2,\"rate\":0.10}\n{\"id\":3}";
  const RecordSelector by_line{.format = Format::json_lines};
  const std::string csv = "\xEF\xBB\xBFid,text,rate\r\n1,\"a \"\"b\"\"\r\nc\",1.0\r\n2,é,\n\n3,\"\",-7";
  const RecordSelector by_row{.format = Format::csv};
  ASSERT_EQ(at_once(wrapped, inside).size(), at_once(std::string(json_rows), at_root).size());
  for (size_t size = 1; size < 60; ++size) {
    SCOPED_TRACE(size);
    std::vector<std::optional<std::string>> values;
    EXPECT_EQ(in_pieces(json_rows, size, at_root), at_once(std::string(json_rows), at_root));
    EXPECT_EQ(in_pieces(wrapped, size, inside, &values), at_once(wrapped, inside));
    EXPECT_EQ(values, (std::vector<std::optional<std::string>>{"c-1", "3"}));
    EXPECT_EQ(in_pieces(lines, size, by_line), at_once(lines, by_line));
    EXPECT_EQ(in_pieces(csv, size, by_row), at_once(csv, by_row));
  }
}

TEST(RecordStream, AResponseThatIsNotCompleteIsTransient) {
  const auto projection = *Projection::create(things, {});
  const std::vector<std::pair<Format, std::string>> cut{{Format::json, R"([{"id":1},{"id":2)"},
                                                        {Format::json, ""},
                                                        {Format::json_lines, "{\"id\":1}\n{\"id\""},
                                                        {Format::csv, "id,text\n1,a\n2,\"b"},
                                                        {Format::csv, "id,text\n1,a\n2"},
                                                        {Format::csv, ""}};
  for (const auto& [format, body] : cut) {
    Sent sent;
    RecordStream stream(projection, {.format = format}, false, keep_every_row, sent.sink());
    stream.begin();
    ASSERT_TRUE(stream.feed(body));
    const auto page = stream.finish();
    ASSERT_FALSE(page) << body;
    EXPECT_EQ(page.error().status, Status::transient) << body;
    EXPECT_FALSE(stream.differs());
  }
}

TEST(RecordStream, AnEmptyResponseIsCalledEmpty) {
  EXPECT_EQ(in_pieces("", 3, {}), "the response is not JSON: it is empty");
}

TEST(RecordStream, TextAfterTheEndIsAnError) {
  EXPECT_NE(in_pieces("[{\"id\":1}] x", 3, {}).find("the response is not JSON: extra data after byte "),
            std::string::npos);
  EXPECT_EQ(in_pieces("[{\"id\":1}]  \n", 3, {}), in_pieces("[{\"id\":1}]", 100, {}));
  EXPECT_EQ(in_pieces(R"({"a":1})", 3, {.records = "/rows"}), "the response has no records at /rows");
}

TEST(RecordStream, ARecordThatCannotBeReadIsAnErrorOrSetAside) {
  const std::string body = R"([{"id":1},{"id":2,"rate":"x"},{"id":3}])";
  EXPECT_EQ(
      in_pieces(body, 7, {}),
      "things: cannot read rate at /rate: expected a number, found a string of 1 bytes, in the row with "
      "the key 2; row 2 of the response (--rejects sets such rows aside)");
  const auto rated = *Projection::create(things, {"/id", "/rate"});
  Sent sent;
  RecordStream stream(rated, {}, true, keep_every_row, sent.sink());
  stream.begin();
  ASSERT_TRUE(stream.feed(body));
  ASSERT_TRUE(stream.finish());
  EXPECT_EQ(sent.lines, "{\"id\":1,\"rate\":null}\n{\"id\":3,\"rate\":null}\n");
  ASSERT_EQ(sent.rejects.size(), 1U);
  EXPECT_EQ(sent.rejects[0].record, R"({"id":2,"rate":"x"})");
}

// Rows 1 to `count`, of about a kilobyte each.
std::string long_csv(int count, int changed = 0) {
  std::string body = "id,text\n";
  for (int i = 1; i <= count; ++i)
    body += fmt::format("{},{}\n", i, std::string(1'000, i == changed ? 'x' : 'y'));
  return body;
}

// Reads half of one response, and then all of another one.
class Again : public testing::Test {
 protected:
  Result<Page> read(std::string_view half, std::string_view complete) {
    stream_.begin();
    EXPECT_TRUE(stream_.feed(half));
    sent_before_ = stream_.rows_sent();
    stream_.begin();
    auto fed = stream_.feed(complete);
    return fed ? stream_.finish() : Failed(std::move(fed).error());
  }

  Projection projection_ = *Projection::create(things, {});
  Sent sent_;
  RecordStream stream_{projection_, {.format = Format::csv}, false, keep_every_row, sent_.sink()};
  size_t sent_before_ = 0;
};

TEST_F(Again, RowsThatHaveBeenSentAreLeftOut) {
  const auto body = long_csv(1'000);
  const auto page = read(std::string_view(body).substr(0, body.size() / 2 + 7), body);
  ASSERT_TRUE(page);
  EXPECT_GT(sent_before_, 200U);
  EXPECT_LT(sent_before_, 500U);
  EXPECT_EQ(page->rows, 1'000U);
  EXPECT_EQ(sent_.lines, in_pieces(body, body.size(), {.format = Format::csv}));
  EXPECT_GT(sent_.blocks, 3U);
  EXPECT_LT(sent_.largest, 300'000U);
}

TEST_F(Again, AResponseWithOtherRowsIsAnError) {
  const auto body = long_csv(1'000);
  const auto page = read(std::string_view(body).substr(0, body.size() / 2), long_csv(1'000, 3));
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().message, "the response differs from the one before");
  EXPECT_TRUE(stream_.differs());
  EXPECT_EQ(sent_.lines.find("xxx"), std::string::npos);
}

TEST_F(Again, ARowThatHasNotBeenSentMayDiffer) {
  const auto body = long_csv(1'000);
  ASSERT_TRUE(read(std::string_view(body).substr(0, body.size() / 2), long_csv(1'000, 900)));
  EXPECT_NE(sent_.lines.find("xxx"), std::string::npos);
}

TEST_F(Again, AResponseWithFewerRowsIsAnError) {
  const auto body = long_csv(1'000);
  const auto page = read(std::string_view(body).substr(0, body.size() / 2), long_csv(10));
  ASSERT_FALSE(page);
  EXPECT_TRUE(stream_.differs());
}

TEST(RecordStream, ARecordIsBounded) {
  const std::string part(1U << 20U, 'x');
  for (const auto format : {Format::json, Format::json_lines, Format::csv}) {
    const auto projection = *Projection::create(things, {});
    Sent sent;
    RecordStream stream(projection, {.format = format}, false, keep_every_row, sent.sink());
    stream.begin();
    Result<void> fed = stream.feed(format == Format::csv ? "id,text\n1," : "{\"id\":1,\"text\":\"");
    int parts = 0;
    for (; fed && parts < 20; ++parts) fed = stream.feed(part);
    ASSERT_FALSE(fed);
    EXPECT_EQ(parts, 16) << static_cast<int>(format);
    EXPECT_EQ(fed.error().status, Status::source);
  }
}

TEST(RecordStream, AnErrorOfTheSinkEndsIt) {
  const auto projection = *Projection::create(things, {});
  RecordStream stream(projection, {.format = Format::csv}, false, keep_every_row,
                      [](Block&) -> Result<void> { return cancelled(); });
  stream.begin();
  const auto fed = stream.feed(long_csv(1'000));
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().status, Status::cancelled);
}

}  // namespace
}  // namespace tapster
