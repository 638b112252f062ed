// Lists that change while they are read, page by page.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <sstream>
#include <tapster/counted_pages.hpp>
#include <tapster/testing/fake_host.hpp>

namespace tapster {
namespace {

using Texts = std::vector<std::string>;
using Offsets = std::vector<int64_t>;

const Stream rows{.name = "rows",
                  .key = {"id"},
                  .replication_key = "at",
                  .columns = {{"id", Type::string, "/id"}, {"at", Type::timestamp, "/at"}}};

FineTime second(int n) {
  return *parse_time(fmt::format("2026-01-01T00:00:{:02}Z", n));
}

class CountedList : public testing::Test {
 protected:
  // The page after `offset` rows: its count, and ids such as "a b". The letter gives the time: "a" is the
  // newest, and each further one is a second older; "a1" and "a2" have the same time. Later pages of the same
  // offset are those of later passes; the last one is repeated.
  void page(int64_t offset, int64_t total, const std::string& ids) {
    std::string list;
    std::istringstream words(ids);
    for (std::string id; words >> id;)
      list += fmt::format(R"({}{{"id":"{}","at":"2026-01-01T00:00:{:02}Z"}})", list.empty() ? "" : ",", id,
                          59 - (id[0] - 'a'));
    body(offset, fmt::format(R"({{"total":{},"rows":[{}]}})", total, list));
  }
  void body(int64_t offset, std::string text) { bodies_[offset].push_back(std::move(text)); }

  CountedQuery query() {
    CountedQuery query;
    query.where = "/rows: ";
    query.get = [this](int64_t offset, const HttpClient::Handler& handler) -> Result<void> {
      offsets_.push_back(offset);
      auto& answers = bodies_[offset];
      if (answers.empty()) return internal_error(fmt::format("no page at {}", offset));
      HttpResponse response{.status = 200, .body = answers.front()};
      if (answers.size() > 1) answers.pop_front();
      return handler(response);
    };
    return query;
  }

  CountedPages& pages() {
    if (!pages_) {
      options_.page_size = 2;
      pages_ = std::make_unique<CountedPages>(
          fake_.host(), projection_, RecordSelector{.records = "/rows", .total = "/total"}, options_,
          [this](Block& block, const Texts& ids) -> Result<void> {
            std::istringstream lines(block.lines);
            for (std::string line; std::getline(lines, line);)
              emitted_.emplace_back(view(json::parse(line).at("id").as_string()));
            ids_.insert(ids_.end(), ids.begin(), ids.end());
            for (const auto& reject : block.rejects) rejects_.push_back(reject.record);
            return {};
          });
    }
    return *pages_;
  }
  // The count, or the error's message.
  std::string read(const CountedQuery& query) {
    const auto total = pages().read(query);
    return total ? std::to_string(*total) : total.error().message;
  }

  FakeHost fake_;
  CountedPagesOptions options_;
  Offsets offsets_;  // requested
  Texts emitted_, ids_, rejects_;

 private:
  std::map<int64_t, std::deque<std::string>> bodies_;
  Projection projection_ = *Projection::create(rows, {});
  std::unique_ptr<CountedPages> pages_;
};

TEST_F(CountedList, IsCompleteWhenTheRowsAddUp) {
  page(0, 3, "a b");
  page(2, 3, "c");
  EXPECT_EQ(read(query()), "3");
  EXPECT_EQ(emitted_, (Texts{"a", "b", "c"}));
  EXPECT_EQ(offsets_, (Offsets{0, 2}));
  EXPECT_EQ(pages().newest(), second(59));
  EXPECT_EQ(pages().oldest(), second(57));
  EXPECT_TRUE(pages().is_sorted());
  EXPECT_EQ(pages().rows(), 3);
  EXPECT_EQ(pages().rows_since(second(58)), 2);
}

TEST_F(CountedList, AnEmptyListTakesOneRequest) {
  page(0, 0, "");
  EXPECT_EQ(read(query()), "0");
  EXPECT_EQ(offsets_, Offsets{0});
}

TEST_F(CountedList, IsReadAgainIfTheCountChanged) {
  page(0, 3, "a b");
  page(0, 2, "a b");
  page(2, 2, "");
  EXPECT_EQ(read(query()), "2");
  EXPECT_EQ(emitted_, (Texts{"a", "b"}));
  EXPECT_EQ(offsets_, (Offsets{0, 2, 0}));
}

TEST_F(CountedList, ARowThatCrossesAPageIsEmittedOnce) {
  page(0, 3, "b c");
  page(0, 4, "a b");
  page(2, 4, "c d");
  EXPECT_EQ(read(query()), "4");
  EXPECT_EQ(emitted_, (Texts{"b", "c", "d", "a"}));
  EXPECT_EQ(offsets_, (Offsets{0, 2, 0, 2}));
}

TEST_F(CountedList, TheSameKeyTwiceOnAPageIsTwoRows) {
  page(0, 3, "a a");
  page(2, 3, "b");
  EXPECT_EQ(read(query()), "3");
  EXPECT_EQ(pages().twins(), 1);
  EXPECT_EQ(emitted_, (Texts{"a", "b"})) << "the key is an id";
}

TEST_F(CountedList, TwinsAreEmittedIfKeysAreNoIds) {
  options_.has_twins = true;
  page(0, 2, "a a");
  EXPECT_EQ(read(query()), "2");
  EXPECT_EQ(emitted_, (Texts{"a", "a"}));
}

TEST_F(CountedList, EqualRowsOnTwoPagesAreTwoRowsIfTheCountIsStable) {
  page(0, 3, "a b");
  page(2, 3, "b");
  EXPECT_EQ(read(query()), "3");
  EXPECT_EQ(offsets_.size(), 8U) << "only after every attempt";
  EXPECT_EQ(pages().repeats(), 1);
}

TEST_F(CountedList, RowsThatNeverAddUpAreAnError) {
  page(0, 4, "a b");
  page(2, 4, "c");
  EXPECT_NE(read(query()).find("/rows: the rows did not add up to total in 4 attempts"), std::string::npos);
  EXPECT_EQ(offsets_.size(), 8U);
  EXPECT_EQ(emitted_, (Texts{"a", "b", "c"}));
}

TEST_F(CountedList, APageThatOnlyRepeatsTheOneBeforeIsAnError) {
  page(0, 4, "a b");
  page(2, 4, "a b");
  EXPECT_NE(read(query()).find("/rows: in every attempt a page has only rows of the page before it"),
            std::string::npos);
  EXPECT_TRUE(pages().is_stuck());
}

TEST_F(CountedList, IsReadAsFarAsTheApiShowsIt) {
  options_.reachable = 4;
  page(0, 9, "a b");
  page(2, 9, "c d");
  EXPECT_EQ(read(query()), "9");
  EXPECT_EQ(offsets_, (Offsets{0, 2}));
}

TEST_F(CountedList, ARowIsEmittedByTheFirstQueryThatWantsIt) {
  page(0, 2, "a b");
  auto older = query();
  older.is_wanted = [](FineTime time) { return time < second(59); };
  EXPECT_EQ(read(older), "2");
  EXPECT_EQ(emitted_, Texts{"b"});
  EXPECT_EQ(read(query()), "2");
  EXPECT_EQ(emitted_, (Texts{"b", "a"}));
}

TEST_F(CountedList, RowsThatWereForgottenAreEmittedAgain) {
  page(0, 2, "a b");
  read(query());
  pages().forget_since(second(59));
  read(query());
  EXPECT_EQ(emitted_, (Texts{"a", "b", "a"}));
  pages().forget();
  read(query());
  EXPECT_EQ(emitted_, (Texts{"a", "b", "a", "a", "b"}));
}

TEST_F(CountedList, KeepsIdsWithoutLines) {
  options_.keeps_lines = false;
  options_.keeps_ids = true;
  page(0, 3, "a a");
  page(2, 3, "b");
  EXPECT_EQ(read(query()), "3");
  EXPECT_EQ(ids_, (Texts{"a", "b"}));
  EXPECT_EQ(emitted_, Texts());
}

TEST_F(CountedList, CheckDiscardsAPage) {
  page(0, 2, "a b");
  auto checked = query();
  checked.check = [](const std::vector<FineTime>& times) -> Result<void> {
    return times.back() == second(58) ? source_error("too old") : Result<void>();
  };
  EXPECT_EQ(read(checked), "too old");
  EXPECT_EQ(emitted_, Texts());
}

TEST_F(CountedList, EndsWhenItIsEnough) {
  page(0, 9, "a b");
  page(2, 9, "c d");
  auto enough = query();
  enough.is_enough = [this](const Page&) { return pages().oldest() <= second(57); };
  EXPECT_EQ(read(enough), "9");
  EXPECT_EQ(offsets_, (Offsets{0, 2}));
}

TEST_F(CountedList, APassNoticesACountThatChangedAndChangedBack) {
  page(0, 5, "a b");
  page(2, 6, "c d");
  page(4, 5, "e");
  const auto pass = pages().read_once(query());
  ASSERT_TRUE(pass);
  EXPECT_EQ(pass->total, 5);
  EXPECT_NE(pass->first_total, 5);
}

TEST_F(CountedList, KnowsWhetherItIsSorted) {
  page(0, 4, "b a");
  page(2, 4, "c d");
  EXPECT_EQ(read(query()), "4");
  EXPECT_FALSE(pages().is_sorted());
  EXPECT_TRUE(pages().is_newest_first()) << "within a minute";
}

TEST_F(CountedList, ARowThatCannotBeReadHasTheTimeOfItsNeighbour) {
  options_.takes_rejects = true;
  body(0, R"({"total":2,"rows":[{"id":"a","at":"2026-01-01T00:00:59Z"},{"id":"b","at":"soon"}]})");
  auto newer = query();
  newer.is_wanted = [](FineTime time) { return time >= second(59); };
  EXPECT_EQ(read(newer), "2");
  EXPECT_EQ(rejects_, Texts{R"({"id":"b","at":"soon"})"});
  newer.is_wanted = [](FineTime time) { return time < second(59); };
  EXPECT_EQ(read(newer), "2");
  EXPECT_EQ(rejects_.size(), 1U);
}

TEST_F(CountedList, APageWithAnImpossibleCountIsTriedAgain) {
  struct Case {
    std::string body, expected;
    Status status;
  };
  for (const auto& [text, expected, status] : std::vector<Case>{
           {R"({"rows":[]})", "the response has no total that is an integer", Status::source},
           {R"({"total":"many","rows":[]})", "the response has no total that is an integer", Status::source},
           {R"({"total":1.5,"rows":[]})", "the response has no total that is an integer", Status::source},
           {R"({"total":-1,"rows":[]})", "total is -1, but the page shows 0 rows from row 1 on",
            Status::transient}}) {
    auto impossible = query();
    impossible.get = [text = text](int64_t, const HttpClient::Handler& handler) {
      HttpResponse response{.status = 200, .body = text};
      return handler(response);
    };
    const auto total = pages().read(impossible);
    ASSERT_FALSE(total) << text;
    EXPECT_EQ(total.error().message, expected);
    EXPECT_EQ(total.error().status, status);
  }
  EXPECT_EQ(check_count("total", 2, 1, 2).error().message,
            "total is 2, but the page shows 2 rows from row 2 on");
  EXPECT_TRUE(check_count("total", 3, 1, 2));
  EXPECT_TRUE(check_count("total", 2, 4, 0)) << "rows have vanished";
}

}  // namespace
}  // namespace tapster
