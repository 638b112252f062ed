#include "state/confirmed_state.hpp"

#include <gtest/gtest.h>

#include <tapster/json.hpp>

namespace tapster::host {
namespace {

State state(std::string_view text) {
  return *State::parse(text, "a test's state");
}

class Confirmed : public testing::Test {
 protected:
  std::string take(std::string_view line) {
    const auto taken = confirmation_.take(line);
    if (taken) return taken->to_json();
    EXPECT_EQ(taken.error().exit, Exit::output);
    return taken.error().message;
  }

  ConfirmedState confirmation_{state(
      R"({"bookmarks":{"a":{"id":1,"at":"x"},"other":{"n":7}},"note":1,"tapster_committed_bytes":{"f":3}})")};
};

TEST_F(Confirmed, KeepsTheOtherMembersOfTheFirstState) {
  confirmation_.sent(state(R"({"bookmarks":{"a":{"id":2,"at":"y"},"other":{"n":7}}})"));
  EXPECT_EQ(
      take(R"({"bookmarks":{"a":{"id":2,"at":"y"}},"currently_syncing":"a"})"),
      R"({"bookmarks":{"a":{"id":2,"at":"y"},"other":{"n":7}},"note":1,"tapster_committed_bytes":{"f":3},"currently_syncing":"a"})");
  EXPECT_TRUE(confirmation_.missing().empty());
}

TEST_F(Confirmed, ABookmarkMayBeNestedDeeply) {
  std::string deep = "1";
  for (int i = 0; i < 50; ++i) deep = R"({"n":)" + deep + "}";
  const auto text = R"({"bookmarks":{"a":)" + deep + "}}";
  confirmation_.sent(state(text));
  EXPECT_NE(take(text).find(deep), std::string::npos);
}

TEST_F(Confirmed, HasTheNewestBookmarkOfEachStream) {
  confirmation_.sent(state(R"({"bookmarks":{"a":{"id":2}}})"));
  confirmation_.sent(state(R"({"bookmarks":{"a":{"id":2},"b":{"id":1}}})"));
  confirmation_.sent(state(R"({"bookmarks":{"a":{"id":3},"b":{"id":2}}})"));
  const auto bookmarks = [&](std::string_view line) {
    return json::serialize(json::parse(take(line)).at("bookmarks"));
  };
  // Combined from two states, as by a target that loads one stream after the other.
  EXPECT_EQ(bookmarks(R"({"bookmarks":{"a":{"id":3},"b":{"id":1}}})"),
            R"({"a":{"id":3},"other":{"n":7},"b":{"id":1}})");
  EXPECT_EQ(confirmation_.missing(), std::vector<std::string>{"b"});
  EXPECT_EQ(bookmarks(R"({"bookmarks":{"a":{"id":2},"b":{"id":2}}})"),
            R"({"a":{"id":3},"other":{"n":7},"b":{"id":2}})");
  EXPECT_EQ(bookmarks(R"({"bookmarks":{"a":{"id":1,"at":"x"}}})"),
            R"({"a":{"id":3},"other":{"n":7},"b":{"id":2}})");
  EXPECT_TRUE(confirmation_.missing().empty());
}

TEST_F(Confirmed, HasTheNewestVersionOfAStream) {
  confirmation_.sent(state(R"({"bookmarks":{"list":{"version":1}}})"));
  confirmation_.sent(state(R"({"bookmarks":{"list":{"version":2}}})"));
  EXPECT_NE(take(R"({"bookmarks":{"list":{"version":1}}})").find(R"("list":{"version":1})"),
            std::string::npos);
  EXPECT_NE(take(R"({"bookmarks":{"list":{"version":2}}})").find(R"("list":{"version":2})"),
            std::string::npos);
}

TEST_F(Confirmed, ALateStateDoesNotChangeCurrentlySyncing) {
  confirmation_.sent(state(R"({"bookmarks":{"a":{"id":2}}})"));
  take(R"({"bookmarks":{"a":{"id":2}}})");
  EXPECT_EQ(
      take(R"({"bookmarks":{"a":{"at":"x","id":1}},"currently_syncing":"a"})").find("currently_syncing"),
      std::string::npos);
}

TEST_F(Confirmed, TheOrderOfMembersDoesNotMatter) {
  confirmation_.sent(state(R"({"bookmarks":{"a":{"id":2,"at":{"x":1,"y":[2,3]}}}})"));
  EXPECT_NE(take(R"({"bookmarks":{"a":{"at":{"y":[2,3],"x":1},"id":2}}})").find(R"("id":2)"),
            std::string::npos);
}

TEST_F(Confirmed, AnEmptyStateConfirmsNothing) {
  confirmation_.sent(state(R"({"bookmarks":{"a":{"id":2}}})"));
  EXPECT_NE(take("{}").find(R"("id":1)"), std::string::npos);
  EXPECT_EQ(confirmation_.missing(), std::vector<std::string>{"a"});
}

TEST_F(Confirmed, RejectsAStateThatWasNeverSent) {
  confirmation_.sent(state(R"({"bookmarks":{"a":{"id":2}}})"));
  EXPECT_EQ(take(R"({"bookmarks":{"a":{"id":2},"b":{"id":3}}})"),
            R"(the target printed a bookmark of stream b that it was not sent: )"
            R"({"bookmarks":{"a":{"id":2},"b":{"id":3}}})");
  EXPECT_EQ(confirmation_.missing(), std::vector<std::string>{"a"});
}

TEST_F(Confirmed, RejectsALineThatIsNotAState) {
  for (const auto* line : {"INFO loaded 7 rows", "7", R"({"rows":7})", R"({"bookmarks":7})"}) {
    EXPECT_EQ(take(line), std::string("the target printed a line that is not a state: ") + line);
  }
}

}  // namespace
}  // namespace tapster::host
