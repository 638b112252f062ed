// What a Planner plans, and which state follows.
#include <gtest/gtest.h>

#include <tapster/incremental.hpp>
#include <tapster/testing/fake_host.hpp>
#include <tapster/testing/pushed.hpp>

namespace tapster {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;
using Unit = Incremental::Unit;
using std::chrono::days;

Time at(std::string_view text) {
  return std::chrono::floor<std::chrono::microseconds>(*parse_time(text));
}

json::object object(std::string_view text) {
  return json::parse(std::string(text)).as_object();
}

std::string without_zeros(std::string text) {
  constexpr std::string_view zeros = "T00:00:00Z";
  for (auto found = text.find(zeros); found != std::string::npos; found = text.find(zeros))
    text.replace(found, zeros.size(), "T");
  return text;
}

// A stream of times that was never read before March.
Incremental times() {
  return {.unit = Unit::time, .bookmark = "at", .start = at("2026-03-01T00:00:00Z")};
}
Incremental by_days() {
  return {.unit = Unit::day, .bookmark = "on", .start = at("2026-03-01T00:00:00Z")};
}

class Planning : public testing::Test {
 protected:
  Planning() { fake_.set_now(at("2026-03-10T12:00:00.5Z")); }

  Planner planner(Incremental incremental, std::optional<Partitions> partitions = {}) {
    return *Planner::create(fake_.host(), {.name = "rows"}, std::move(incremental), std::move(partitions));
  }

  // The slices, and then the error's message if there is one.
  Texts plan(const Planner& planner, std::string_view state = "{}", std::string_view since = {},
             std::string_view until = {}) {
    Pushed pushed;
    Slices slices(pushed.sink());
    const auto planned = planner.plan({object(state), since, until}, slices);
    Texts texts;
    for (const auto& slice : pushed.objects()) texts.push_back(without_zeros(json::serialize(slice)));
    if (!planned) texts.push_back(planned.error().message);
    return texts;
  }
  // The same as "from..to" or "from..to>next", for slices without other members.
  Texts ranges(const Planner& planner, std::string_view state = "{}", std::string_view since = {},
               std::string_view until = {}) {
    Texts texts;
    for (const auto& text : plan(planner, state, since, until)) {
      if (!text.starts_with('{')) {
        texts.push_back(text);
        continue;
      }
      const auto slice = object(text);
      texts.push_back(text_of(slice, "from") + ".." + text_of(slice, "to"));
      if (slice.contains("next")) texts.back() += ">" + text_of(slice, "next");
    }
    return texts;
  }

  static std::string advance(const Planner& planner, std::string_view state, std::string_view slice) {
    const auto next = planner.advance(object(state), object(slice));
    return next ? without_zeros(json::serialize(*next)) : next.error().message;
  }

  FakeHost fake_;
};

TEST_F(Planning, TimesGoFromTheBookmarkToTheLastWholeSecond) {
  struct Case {
    std::string_view state, since, until, expected;
  };
  for (const auto& [state, since, until, expected] : std::vector<Case>{
           {"{}", "", "", "2026-03-01T..2026-03-10T12:00:00Z"},
           {R"({"at":"2026-03-05T00:00:00Z"})", "", "", "2026-03-05T..2026-03-10T12:00:00Z"},
           {R"({"at":"2026-02-05T00:00:00Z"})", "", "", "2026-02-05T..2026-03-10T12:00:00Z"},
           {R"({"at":"2026-03-05T00:00:00Z"})", "2026-01-05", "", "2026-01-05T..2026-03-10T12:00:00Z"},
           {R"({"at":"2026-03-05T00:00:00Z"})", "", "2026-03-07", "2026-03-05T..2026-03-08T"},
           {R"({"at":"2026-03-05T00:00:00Z"})", "", "2026-03-05T07:00:00Z",
            "2026-03-05T..2026-03-05T07:00:00Z"},
           {"{}", "", "2026-04-01", "2026-03-01T..2026-03-10T12:00:00Z"},
           {R"({"at":"2026-03-10T12:00:00Z"})", "", "", ""},
           {R"({"at":"2026-03-11T00:00:00Z"})", "", "",
            "the bookmark 2026-03-11T00:00:00Z is in the future: correct it, or remove it to read from the "
            "start"},
           {R"({"at":"soon"})", "", "",
            "at must be a time such as \"2026-11-01T05:00:00Z\", not \"soon\": correct it, or remove it to "
            "read "
            "from the start"},
           {"{}", "soon", "",
            "since: \"soon\" is neither a day such as 2026-11-01 nor a time such as 2026-11-01T12:00:00Z"},
           {"{}", "", "soon",
            "until: \"soon\" is neither a day such as 2026-11-01 nor a time such as 2026-11-01T12:00:00Z"}}) {
    const auto found = ranges(planner(times()), state, since, until);
    EXPECT_EQ(found, expected.empty() ? Texts() : Texts{std::string(expected)}) << state << since << until;
  }
}

TEST_F(Planning, ALookbackStaysAfterTheStartAndLeavesNoGap) {
  auto looking_back = times();
  looking_back.lookback = days(3);
  const auto planned = planner(looking_back);
  for (const auto& [bookmark, from] :
       std::vector<std::pair<std::string, std::string>>{{"2026-03-08T00:00:00Z", "2026-03-05T"},
                                                        {"2026-03-02T00:00:00Z", "2026-03-01T"},
                                                        {"2026-02-02T00:00:00Z", "2026-02-02T"}})
    EXPECT_EQ(ranges(planned, R"({"at":")" + bookmark + R"("})"), Texts{from + "..2026-03-10T12:00:00Z"});
}

TEST_F(Planning, SettlingEndsBeforeNow) {
  auto settling = times();
  settling.settling = 90s;
  EXPECT_EQ(ranges(planner(settling)), Texts{"2026-03-01T..2026-03-10T11:58:30Z"});
  EXPECT_EQ(ranges(planner(settling), R"({"at":"2026-03-10T11:59:00Z"})"), Texts());
}

TEST_F(Planning, AStepDividesTheRange) {
  auto stepping = times();
  stepping.step = days(4);
  EXPECT_EQ(ranges(planner(stepping)), (Texts{"2026-03-01T..2026-03-05T", "2026-03-05T..2026-03-09T",
                                              "2026-03-09T..2026-03-10T12:00:00Z"}));
}

// Otherwise all partitions would share one bookmark, and a failed one would lose its rows.
TEST_F(Planning, AShortRangeOfDaysIsCutIntoTheLeastNumberOfSlices) {
  auto incremental = by_days();
  incremental.step = days(7);
  incremental.least_slices = 4;
  EXPECT_EQ(ranges(planner(incremental)),
            (Texts{"2026-03-01..2026-03-03>2026-03-04", "2026-03-04..2026-03-06>2026-03-07",
                   "2026-03-07..2026-03-09>2026-03-10", "2026-03-10..2026-03-10>2026-03-10"}));
  incremental.least_slices = 1;
  EXPECT_EQ(ranges(planner(incremental)),
            (Texts{"2026-03-01..2026-03-07>2026-03-08", "2026-03-08..2026-03-10>2026-03-10"}));
}

TEST_F(Planning, ARangeOfDaysHasNoMoreSlicesThanDays) {
  const auto first = *parse_day("2026-02-27");
  const auto ranges = cut_days(first, first + days(2), days(7), 16);
  ASSERT_EQ(ranges.size(), 3u);
  for (size_t i = 0; i < ranges.size(); ++i) {
    EXPECT_EQ(ranges[i].first, first + days(i));
    EXPECT_EQ(ranges[i].last, first + days(i));
  }
  EXPECT_EQ(ranges[1].next, first + days(2));
  EXPECT_EQ(ranges[2].next, first + days(2)) << "the last day is read again";
  EXPECT_TRUE(cut_days(first, first - days(1), days(7)).empty());
}

TEST_F(Planning, PartitionsNeedNamesForTheirMembers) {
  const Stream stream{.name = "s", .replication_key = "at"};
  struct Case {
    std::string member, bookmarks, expected;
  };
  for (const auto& [member, bookmarks, expected] : std::vector<Case>{
           {"box", "", "partitions of an incremental stream need `member` and `bookmarks`"},
           {"", "boxes", "partitions of an incremental stream need `member` and `bookmarks`"},
           {"to", "boxes", "the partitions' member cannot be \"to\", which slices have already"},
           {"box", "boxes", ""}}) {
    const auto made =
        Planner::create(fake_.host(), stream, times(), Partitions{.member = member, .bookmarks = bookmarks});
    EXPECT_EQ(made ? "" : made.error().message, expected);
  }
}

TEST_F(Planning, APartitionWithoutANameOrTwiceIsAnError) {
  EXPECT_EQ(find_partitions({.member = "box", .names = {"a", ""}}).error().message, "a box has no name");
  EXPECT_EQ(find_partitions({.member = "box", .names = {"a", "a"}}).error().message,
            "there are two of box a");
}

TEST_F(Planning, ALookbackOfHalfADayIsADayForDays) {
  EXPECT_EQ(ranges(planner({.unit = Unit::day, .bookmark = "day", .lookback = std::chrono::hours(12)}),
                   R"({"day":"2026-03-08"})"),
            Texts{"2026-03-07..2026-03-10>2026-03-10"});
}

// A row of yesterday may appear after midnight.
TEST_F(Planning, ADayIsReadAgainUntilItHasSettled) {
  fake_.set_now(std::chrono::floor<std::chrono::microseconds>(*parse_time("2026-03-11T00:00:10Z")));
  const auto slices =
      plan(planner({.unit = Unit::day, .bookmark = "day", .settling = 60s}), R"({"day":"2026-03-09"})");
  EXPECT_EQ(slices, Texts{R"({"from":"2026-03-09","to":"2026-03-11","next":"2026-03-10"})"});
}

TEST_F(Planning, DaysIncludeTheDayThatIsNotOver) {
  struct Case {
    std::chrono::seconds step;
    std::string_view state, until;
    Texts expected;
  };
  for (const auto& [step, state, until, expected] : std::vector<Case>{
           {0s, "{}", "", {"2026-03-01..2026-03-10>2026-03-10"}},
           {0s, R"({"on":"2026-03-10"})", "", {"2026-03-10..2026-03-10>2026-03-10"}},
           {days(4),
            "{}",
            "",
            {"2026-03-01..2026-03-04>2026-03-05", "2026-03-05..2026-03-08>2026-03-09",
             "2026-03-09..2026-03-10>2026-03-10"}},
           {days(5), "{}", "", {"2026-03-01..2026-03-05>2026-03-06", "2026-03-06..2026-03-10>2026-03-10"}},
           {1s,
            R"({"on":"2026-03-09"})",
            "",
            {"2026-03-09..2026-03-09>2026-03-10", "2026-03-10..2026-03-10>2026-03-10"}},
           {0s, "{}", "2026-03-04", {"2026-03-01..2026-03-04>2026-03-04"}},
           {0s, R"({"on":"2026-03-05"})", "2026-03-04", {}},
           {0s,
            R"({"on":"2026-03-11"})",
            "",
            {"the bookmark 2026-03-11 is in the future: correct it, or remove it to read from the start"}}}) {
    auto incremental = by_days();
    incremental.step = step;
    EXPECT_EQ(ranges(planner(incremental), state, {}, until), expected) << state << until << step.count();
  }
}

TEST_F(Planning, DaysAreThoseOfTheZone) {
  auto incremental = by_days();
  incremental.zone = "Pacific/Auckland";  // 13 hours before UTC
  EXPECT_EQ(ranges(planner(incremental)), Texts{"2026-03-01..2026-03-11>2026-03-11"});
}

TEST_F(Planning, IntegersAndTokensAreOneSliceAfterTheBookmark) {
  const std::string wrong =
      "n has another form than the bookmarks of this stream: correct it, or remove it to read from the start";
  struct Case {
    Unit unit;
    std::string state, expected;
  };
  for (const auto& [unit, state, expected] :
       std::vector<Case>{{Unit::integer, "{}", "{}"},
                         {Unit::integer, R"({"n":41})", R"({"after":41})"},
                         {Unit::integer, R"({"n":"41"})", wrong},
                         {Unit::token, "{}", "{}"},
                         {Unit::token, R"({"n":"abc"})", R"({"after":"abc"})"},
                         {Unit::token, R"({"n":41})", wrong}})
    EXPECT_EQ(plan(planner({.unit = unit, .bookmark = "n"}), state), Texts{expected});
}

TEST_F(Planning, WhatWasReachedIsTheNextBookmark) {
  struct Case {
    Unit unit;
    std::string state, slice, expected;
  };
  for (const auto& [unit, state, slice, expected] : std::vector<Case>{
           {Unit::integer, "{}", R"({"reached":7})", R"({"n":7})"},
           {Unit::integer, R"({"n":5,"k":1})", R"({"after":5,"reached":7})", R"({"n":7,"k":1})"},
           {Unit::integer, R"({"n":9})", R"({"after":5,"reached":7})", R"({"n":9})"},
           {Unit::integer, R"({"n":5})", R"({"after":5})", R"({"n":5})"},
           {Unit::integer, "{}", R"({"reached":"7"})", R"(not a slice of this stream: {"reached":"7"})"},
           {Unit::token, R"({"n":"b"})", R"({"after":"b","reached":"a"})", R"({"n":"a"})"},
           {Unit::token, R"({"n":"b"})", R"({"after":"b"})", R"({"n":"b"})"}})
    EXPECT_EQ(advance(planner({.unit = unit, .bookmark = "n"}), state, slice), expected) << state << slice;
}

TEST_F(Planning, AWindowOrDaysThatWereReadMoveTheBookmark) {
  const auto window = R"({"from":"2026-03-01T00:00:00Z","to":"2026-03-05T00:00:00Z"})";
  EXPECT_EQ(advance(planner(times()), "{}", window), R"({"at":"2026-03-05T"})");
  EXPECT_EQ(advance(planner(times()), R"({"at":"2026-03-07T00:00:00Z"})", window), R"({"at":"2026-03-07T"})");
  EXPECT_EQ(advance(planner(times()), R"({"at":"2026-02-07T00:00:00Z"})", window), R"({"at":"2026-02-07T"})")
      << "a gap";
  EXPECT_EQ(advance(planner(times()), "{}", "{}"), "not a slice of times: {}");
  const auto range = R"({"from":"2026-03-01","to":"2026-03-05","next":"2026-03-06"})";
  EXPECT_EQ(advance(planner(by_days()), "{}", range), R"({"on":"2026-03-06"})");
  EXPECT_EQ(advance(planner(by_days()), R"({"on":"2026-02-07"})", range), R"({"on":"2026-02-07"})");
  EXPECT_EQ(advance(planner(by_days()), "{}", R"({"from":"2026-03-01","to":"2026-03-05"})"),
            R"(not a slice of days: {"from":"2026-03-01","to":"2026-03-05"})");
}

Partitions boxes() {
  return {.member = "mail_box", .bookmarks = "boxes", .names = {"a", "b"}};
}

TEST_F(Planning, EachPartitionHasItsOwnBookmark) {
  const auto planned = planner(times(), boxes());
  EXPECT_EQ(plan(planned, R"({"at":"2026-03-05T00:00:00Z","boxes":{"b":"2026-03-09T00:00:00Z"}})"),
            (Texts{R"({"from":"2026-03-05T","to":"2026-03-10T12:00:00Z","mail_box":"a","partition":"a"})",
                   R"({"from":"2026-03-09T","to":"2026-03-10T12:00:00Z","mail_box":"b","partition":"b"})"}));
  EXPECT_EQ(advance(planned, R"({"boxes":{"b":"2026-03-09T00:00:00Z"}})",
                    R"({"mail_box":"a","from":"2026-03-01T00:00:00Z","to":"2026-03-02T00:00:00Z"})"),
            R"({"boxes":{"b":"2026-03-09T","a":"2026-03-02T"}})");
}

TEST_F(Planning, OnePartitionThatCannotBePlannedLeavesTheOthers) {
  auto incremental = times();
  incremental.divide = [](Window window, const Partition& partition, Slices& slices) -> Result<void> {
    if (partition.name == "a") return source_error("no access");
    return slices.push(to_json(window));
  };
  auto partitions = boxes();
  partitions.find = []() -> Result<std::vector<Partition>> {
    return std::vector<Partition>{{"a", {}}, {"c", {{"color", "red"}}}};
  };
  EXPECT_EQ(
      plan(planner(incremental, partitions)),
      (Texts{
          R"({"from":"2026-03-01T","to":"2026-03-10T12:00:00Z","color":"red","mail_box":"c","partition":"c"})",
          "mail box a: no access"}));
  partitions.find = []() -> Result<std::vector<Partition>> { return source_error("no list"); };
  EXPECT_EQ(plan(planner(incremental, partitions)), Texts{"no list"});
}

TEST_F(Planning, AStateThatCannotBeReadIsFoundBeforeAnythingIsPushed) {
  EXPECT_EQ(plan(planner(times(), boxes()), R"({"boxes":{"b":"2026-04-09T00:00:00Z"}})"),
            Texts{"the bookmark 2026-04-09T00:00:00Z is in the future: correct it, or remove it to read from "
                  "the start"});
}

TEST_F(Planning, ACancelledPartitionEndsThePlan) {
  auto incremental = times();
  incremental.divide = [](Window, const Partition&, Slices&) -> Result<void> { return cancelled(); };
  Pushed pushed;
  Slices slices(pushed.sink());
  EXPECT_EQ(planner(incremental, boxes()).plan({}, slices).error().status, Status::cancelled);
}

TEST_F(Planning, DivideReplacesTheSlices) {
  auto incremental = times();
  incremental.divide = [](Window window, const Partition&, Slices& slices) {
    return slices.push({{"to", format_time(window.to)}, {"mine", true}});
  };
  EXPECT_EQ(plan(planner(incremental)), Texts{R"({"to":"2026-03-10T12:00:00Z","mine":true})"});
  auto divided = by_days();
  divided.divide_days = [](Day first, Day last, const Partition&, Slices& slices) {
    return slices.push({{"days", (last - first).count()}});
  };
  EXPECT_EQ(plan(planner(divided)), Texts{R"({"days":9})"});
  EXPECT_EQ(plan(planner(divided), R"({"on":"2026-03-09"})", {}, "2026-03-08"), Texts());
}

TEST_F(Planning, VolumeCutsWindowsThatAreLong) {
  auto incremental = times();
  int times_asked = 0;
  incremental.rows_of_a_slice = 100;
  incremental.uncut = days(1);
  incremental.volume = [&](Window window, const Partition&) -> Result<Volume> {
    ++times_asked;
    EXPECT_EQ(window.to, at("2026-03-10T12:00:00Z"));
    return Volume{{*parse_day("2026-03-02"), 100}, {*parse_day("2026-03-04"), 60}};
  };
  EXPECT_EQ(ranges(planner(incremental)),
            (Texts{"2026-03-01T..2026-03-04T", "2026-03-04T..2026-03-10T12:00:00Z"}));
  EXPECT_EQ(ranges(planner(incremental), R"({"at":"2026-03-09T12:00:00Z"})"),
            Texts{"2026-03-09T12:00:00Z..2026-03-10T12:00:00Z"});
  EXPECT_EQ(times_asked, 1);
  incremental.volume = [](Window, const Partition&) -> Result<Volume> { return source_error("no counts"); };
  EXPECT_EQ(plan(planner(incremental)), Texts{"no counts"});
}

TEST_F(Planning, AnotherFormOfAStateIsAdopted) {
  auto incremental = times();
  incremental.adopt = [](json::object state) -> Result<json::object> {
    if (state.contains("broken")) return state_error("of another connector");
    if (state.contains("old")) {
      const json::value old = state.at("old");  // state["at"] may move it
      state["at"] = old;
    }
    state.erase("old");
    return state;
  };
  const auto planned = planner(incremental);
  EXPECT_EQ(ranges(planned, R"({"old":"2026-03-09T00:00:00Z"})"), Texts{"2026-03-09T..2026-03-10T12:00:00Z"});
  EXPECT_EQ(advance(planned, R"({"old":"2026-03-09T00:00:00Z"})",
                    R"({"from":"2026-03-09T00:00:00Z","to":"2026-03-10T00:00:00Z"})"),
            R"({"at":"2026-03-10T"})");
  EXPECT_EQ(plan(planned, R"({"broken":1})"), Texts{"of another connector"});
  EXPECT_EQ(advance(planned, R"({"broken":1})", "{}"), "of another connector");
}

TEST_F(Planning, AStateOfAnotherConnectorCausesAWarning) {
  auto partitions = boxes();
  for (const auto& [state, found] : std::vector<std::pair<std::string, std::string>>{
           {"{}", ""},
           {R"({"at":"2026-03-05T00:00:00Z","other":1})", ""},
           {R"({"boxes":{},"other":1})", ""},
           {R"({"version":3})", ""},
           {R"({"start_date":"2026-01-01","version":3,"x":1})", "start_date, x"}}) {
    const auto before = fake_.logs(TAPSTER_LOG_WARNING).size();
    plan(planner(times(), partitions), state);
    const auto warnings = fake_.logs(TAPSTER_LOG_WARNING);
    ASSERT_EQ(warnings.size(), before + (found.empty() ? 0 : 1)) << state;
    if (found.empty()) continue;
    EXPECT_EQ(warnings.back().message,
              "rows: its state has only members that this connector does not know (" + found +
                  "), so it is read from the start; expected boxes");
  }
}

TEST_F(Planning, ADeclarationWithAMistakeMakesNoPlanner) {
  auto nowhere = times();
  nowhere.zone = "Moon/Base";
  EXPECT_EQ(Planner::create(fake_.host(), {}, nowhere).error().status, Status::internal);
  EXPECT_EQ(Planner::create(fake_.host(), {}, {}).error().message,
            "an incremental stream needs a replication key");
  auto uncut = by_days();
  uncut.least_slices = 0;
  EXPECT_EQ(Planner::create(fake_.host(), {}, uncut).error().message, "`least_slices` must be at least 1");
  auto unsized = times();
  unsized.volume = [](Window, const Partition&) { return Volume(); };
  EXPECT_EQ(Planner::create(fake_.host(), {}, unsized).error().message, "`volume` needs `rows_of_a_slice`");
  const auto named = Planner::create(fake_.host(), {.name = "rows", .replication_key = "updated_at"}, {});
  ASSERT_TRUE(named);
  EXPECT_EQ(named->incremental().bookmark, "updated_at");
}

TEST_F(Planning, AStreamThatIsReadByHandIsPlannedByItsDeclaration) {
  const auto read = [](const ReadRequest&, Records&) -> Result<void> { return source_error("by hand"); };
  const auto stream = incremental_stream(fake_.host(), {.name = "rows"}, times(), boxes(), read);
  Pushed pushed;
  Slices slices(pushed.sink());
  ASSERT_TRUE(stream.plan({}, slices));
  EXPECT_EQ(pushed.objects().size(), 2U);
  const auto next = stream.advance({}, pushed.objects()[0]);
  ASSERT_TRUE(next);
  EXPECT_EQ(json::serialize(*next), R"({"boxes":{"a":"2026-03-10T12:00:00Z"}})");
  const auto mistaken = incremental_stream(fake_.host(), {.name = "rows"}, {}, {}, read);
  ASSERT_TRUE(mistaken.failure);
  EXPECT_EQ(mistaken.failure->message, "an incremental stream needs a replication key");
}

TEST(DayRange, SurvivesARoundTrip) {
  const auto slice = object(R"({"from":"2026-01-01","to":"2026-01-20","next":"2026-01-21"})");
  EXPECT_EQ(to_json(*days_of(slice)), slice);
  const auto window = object(R"({"from":"2026-01-01T00:00:00Z","to":"2026-01-20T01:02:03.000004Z"})");
  EXPECT_EQ(to_json(*window_of(window)), window);
}

}  // namespace
}  // namespace tapster
