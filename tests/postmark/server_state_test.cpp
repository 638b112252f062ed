#include "server_state.hpp"

#include <gtest/gtest.h>

namespace postmark {
namespace {

using namespace tapster;

json::object parse(std::string_view text) {
  return json::parse(std::string(text)).as_object();
}

// The state after a slice, with a fold that counts.
std::string folded(std::string_view state, std::string_view slice) {
  const auto next =
      fold_server_state(parse(state), parse(slice), [](json::object own) -> Result<json::object> {
        const auto* count = own.if_contains("count");
        own["count"] = count ? count->as_int64() + 1 : 1;
        return own;
      });
  return next ? json::serialize(*next) : next.error().message;
}

TEST(ServerState, EachServerHasItsOwnState) {
  EXPECT_EQ(folded("{}", R"({"server":7})"), R"({"servers":{"7":{"count":1}}})");
  EXPECT_EQ(folded(R"({"servers":{"7":{"count":4},"8":{"count":1}}})", R"({"server":7})"),
            R"({"servers":{"7":{"count":5},"8":{"count":1}}})");
}

TEST(ServerState, ASliceWithoutAServerUsesTheWholeState) {
  EXPECT_EQ(folded(R"({"count":4})", R"({"partition":"outbound"})"), R"({"count":5})");
}

TEST(ServerState, TheStateOfTheSingleServerIsTakenOverOnce) {
  const auto* const taking = R"({"server":7,"takes_over":true})";
  EXPECT_EQ(folded(R"({"count":4})", taking), R"({"servers":{"7":{"count":5}}})");
  EXPECT_EQ(folded(R"({"count":4,"servers":{"8":{"count":1}}})", taking),
            R"({"servers":{"8":{"count":1},"7":{"count":5}}})");
  EXPECT_EQ(folded(R"({"servers":{"7":{"count":5}}})", taking), R"({"servers":{"7":{"count":6}}})");
  // The slices of another server do not change it.
  EXPECT_EQ(folded(R"({"count":4})", R"({"server":8})"), R"({"count":4,"servers":{"8":{"count":1}}})");
}

TEST(ServerState, AMalformedStateIsAnError) {
  EXPECT_NE(folded(R"({"servers":[]})", R"({"server":7})").find("servers must be an object, not []"),
            std::string::npos);
  EXPECT_NE(folded(R"({"servers":{"7":1}})", R"({"server":7})").find("servers.7 must be an object, not 1"),
            std::string::npos);
  EXPECT_EQ(server_state(parse(R"({"servers":null})"), 7).error().status, Status::state);
  EXPECT_FALSE(*server_state(parse(R"({"servers":{}})"), 7));
  EXPECT_FALSE(*server_state(parse(R"({"count":1})"), 7));
}

TEST(ServerState, AnErrorOfFoldIsReturned) {
  const auto next =
      fold_server_state({}, parse(R"({"server":7})"),
                        [](const json::object&) -> Result<json::object> { return state_error("no"); });
  EXPECT_EQ(next.error().message, "no");
}

}  // namespace
}  // namespace postmark
