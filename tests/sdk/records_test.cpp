#include <gtest/gtest.h>

#include <stdexcept>
#include <tapster/records.hpp>

namespace tapster {
namespace {

const Stream counts{.name = "counts",
                    .description = "Counts.",
                    .key = {"id"},
                    .replication_key = "date",
                    .columns = {{"id", Type::integer, "/ID"},
                                {"date", Type::date, "/Date"},
                                {.name = "sent", .type = Type::integer, .path = "/Sent", .missing = "0"},
                                {"a/b", Type::string, "/AB"}}};

std::string row(const std::vector<std::string>& columns) {
  Block block;
  Projection::create(counts, columns)
      ->write_row(block, {{"id", "7"}, {"date", "\"2026-01-01\""}, {"sent", "3"}});
  return block.lines;
}

TEST(Projection, WritesTheMissingValueOfOtherColumns) {
  EXPECT_EQ(row({}), R"({"id":7,"date":"2026-01-01","sent":3,"a/b":null})"
                     "\n");
  Block block;
  Projection::create(counts, {})->write_row(block, {});
  EXPECT_EQ(block.lines, R"({"id":null,"date":null,"sent":0,"a/b":null})"
                         "\n");
  EXPECT_EQ(block.count, 1U);
}

TEST(Projection, LeavesOutColumnsThatAreNotSelectedButNeverAKey) {
  EXPECT_EQ(row({"/sent"}), R"({"id":7,"date":"2026-01-01","sent":3})"
                            "\n");
  EXPECT_EQ(row({"/a~1b"}), R"({"id":7,"date":"2026-01-01","a/b":null})"
                            "\n");
  EXPECT_TRUE(Projection::create(counts, {"/sent/below"})->has("sent"));
  EXPECT_FALSE(Projection::create(counts, {"/sent"})->has("a/b"));
}

TEST(Projection, AColumnCanHaveTheSameValueInEveryRecord) {
  const auto projection = Projection::create(counts, {"/sent"})->with("sent", "5").with("a/b", "\"x\"");
  Block block;
  projection.write_row(block, {{"id", "7"}});
  projection.write_row(block, {{"id", "8"}, {"sent", "6"}});
  EXPECT_EQ(block.lines, "{\"id\":7,\"date\":null,\"sent\":5}\n{\"id\":8,\"date\":null,\"sent\":6}\n");
}

TEST(Projection, AnUnknownColumnIsAnError) {
  const auto projection = Projection::create(counts, {"/opened"});
  ASSERT_FALSE(projection);
  EXPECT_EQ(projection.error().status, Status::config);
  EXPECT_NE(projection.error().message.find("/opened"), std::string::npos);
}

TEST(Projection, AValueForAnUnknownColumnThrows) {
  const auto projection = *Projection::create(counts, {"/sent"});
  Block block;
  EXPECT_THROW(projection.write_row(block, {{"id", "7"}, {"opened", "1"}}), std::logic_error);
  EXPECT_THROW(static_cast<void>(projection.with("account", "1")), std::logic_error);
  projection.with("a/b", "1").write_row(block, {{"id", "7"}, {"a/b", "1"}});  // a column that is not selected
  EXPECT_EQ(block.count, 1U);
}

// The columns "to", an array of objects, and "geo", an object.
const Stream nested{
    .name = "nested",
    .description = "Nested.",
    .key = {"id"},
    .columns = {{"id", Type::number, "/ID"}, {"to", Type::array, "/To"}, {"geo", Type::object, "/Geo"}}};

std::string pruned(const std::vector<std::string>& columns, std::string lines) {
  Projection::create(nested, columns)->prune(lines);
  return lines;
}

TEST(Pruning, KeepsTheSelectedMembersOfObjects) {
  const std::string line = R"({"id":1.50,"geo":{"city":"a,\"}b","at":{"x":1,"y":2},"zip":[1,2]}})"
                           "\n";
  EXPECT_EQ(pruned({"/id", "/geo/city"}, line), R"({"id":1.50,"geo":{"city":"a,\"}b"}})"
                                                "\n");
  EXPECT_EQ(pruned({"/geo/at/y", "/geo/zip"}, line), R"({"id":1.50,"geo":{"at":{"y":2},"zip":[1,2]}})"
                                                     "\n");
  EXPECT_EQ(pruned({"/geo/none"}, line), R"({"id":1.50,"geo":{}})"
                                         "\n");
}

TEST(Pruning, AppliesToEveryElementOfAnArray) {
  EXPECT_EQ(pruned({"/to/Email"},
                   R"({"id":1,"to":[{"Email":"a","Name":"A"},{"Name":"B"},null,"c",[{"Name":1,"Email":2}]]})"
                   "\n"
                   R"({"id":2,"to":[]})"
                   "\n"
                   R"({"id":3,"to":null})"
                   "\n"),
            R"({"id":1,"to":[{"Email":"a"},{},null,"c",[{"Email":2}]]})"
            "\n"
            R"({"id":2,"to":[]})"
            "\n"
            R"({"id":3,"to":null})"
            "\n");
}

TEST(Pruning, AShorterPointerSelectsEverythingBelow) {
  const std::string line = R"({"id":1,"geo":{"city":"a","zip":"b"}})"
                           "\n";
  EXPECT_EQ(pruned({"/geo/city", "/geo"}, line), line);
  EXPECT_EQ(pruned({"/geo", "/geo/city"}, line), line);
  EXPECT_EQ(pruned({}, line), line);
}

TEST(Pruning, MatchesNamesThatAreEscapedInThePointerAndInTheRecord) {
  EXPECT_EQ(pruned({"/geo/a~1\"b"}, R"({"id":1,"geo":{"a/\"b":1,"c":2}})"
                                    "\n"),
            R"({"id":1,"geo":{"a/\"b":1}})"
            "\n");
}

TEST(Records, SelectRemovesColumnsAndSetsValues) {
  const auto select = [](const std::vector<std::string>& columns, std::string lines) {
    Projection::create(nested, columns)->with("id", "7").select(lines);
    return lines;
  };
  const std::string lines = "{\"id\":1,\"geo\":{\"zip\":\"}\\\"\",\"id\":2}}\n{\"geo\":null}\n{}\n";
  EXPECT_EQ(select({"/id"}, lines), "{\"id\":7}\n{\"id\":7}\n{\"id\":7}\n");
  EXPECT_EQ(select({"/geo/zip"}, lines),
            "{\"geo\":{\"zip\":\"}\\\"\",\"id\":2},\"id\":7}\n{\"geo\":null,\"id\":7}\n{\"id\":7}\n");
  EXPECT_EQ(select({}, ""), "");
}

TEST(Records, AlsoAddsColumns) {
  const auto few = *Projection::create(nested, {"/id"});
  EXPECT_FALSE(few.has("geo"));
  EXPECT_FALSE(few.also({}).has("geo"));
  const auto more = few.with("id", "7").also({"/geo/zip", "/id"});
  EXPECT_TRUE(more.has("geo"));
  Block block;
  more.write_row(block, {{"geo", "{}"}});
  EXPECT_EQ(block.lines, "{\"id\":7,\"geo\":{}}\n");
}

struct Taken {
  std::string lines;
  size_t batches = 0;
  int64_t extracted_at = 0;
  tapster_status answer = TAPSTER_OK;
};

tapster_sink sink_into(Taken& taken) {
  return {sizeof(tapster_sink), &taken,
          [](void* context, const tapster_batch* batch) {
            auto& into = *static_cast<Taken*>(context);
            into.lines.append(batch->data, batch->size);
            into.extracted_at = batch->extracted_at;
            ++into.batches;
            return into.answer;
          },
          nullptr, nullptr};
}

TEST(Records, PushClearsTheBlock) {
  Taken taken;
  const auto sink = sink_into(taken);
  Records records(sink);
  Block block{"{\"a\":1}\n", 1, from_unix_micros(5)};
  ASSERT_TRUE(records.push(block));
  ASSERT_TRUE(records.push(block));
  EXPECT_EQ(taken.lines, "{\"a\":1}\n");
  EXPECT_EQ(taken.batches, 1U);
  EXPECT_EQ(taken.extracted_at, 5);
}

TEST(Records, PushPrunesTheRecords) {
  Taken taken;
  const auto sink = sink_into(taken);
  const auto projection = Projection::create(nested, {"/geo/zip"});
  Block block;
  projection->write_row(block, {{"id", "1"}, {"geo", R"({"city":"a","zip":"b"})"}});
  ASSERT_TRUE(Records(sink, &*projection).push(block));
  EXPECT_EQ(taken.lines, R"({"id":1,"geo":{"zip":"b"}})"
                         "\n");
}

TEST(Records, PushReturnsTheStatusOfTheHost) {
  Taken taken;
  taken.answer = TAPSTER_CANCELLED;
  const auto sink = sink_into(taken);
  Block block{"{}\n", 1, {}};
  const auto pushed = Records(sink).push(block);
  ASSERT_FALSE(pushed);
  EXPECT_EQ(pushed.error().status, Status::cancelled);
}

}  // namespace
}  // namespace tapster
