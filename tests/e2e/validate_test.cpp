// tapster validate: the Postmark connector keeps every rule.
#include "fixture.hpp"

namespace tapster::e2e {
namespace {

// Half of the rules need no config.
TEST_F(EndToEnd, ThePostmarkConnectorIsValidWithoutAConfig) {
  const auto finished = run({"validate", "postmark"});
  EXPECT_EQ(finished.exit, 0) << finished.out << finished.err;
  EXPECT_NE(finished.out.find("23 rules hold, 0 with warnings; 0 failed, 14 skipped"), std::string::npos)
      << finished.out;
}

// One stream of each kind: messages with columns that are looked up, events, statistics by day, and a list.
TEST_F(EndToEnd, ThePostmarkConnectorIsValid) {
  start({.messages = 300, .days = 8});
  first_day_ = "2026-11-17";
  configure();
  const auto finished =
      run({"validate", "postmark", "--config", file("config.json"), "--select", "messages_outbound",
           "--select", "bounces", "--select", "stats_outbound_overview", "--select", "templates"});
  EXPECT_EQ(finished.exit, 0) << finished.out << finished.err;
  EXPECT_NE(finished.out.find("37 rules hold, 0 with warnings; 0 failed, 0 skipped"), std::string::npos)
      << finished.out;
}

// With a state there is less time to read, but it is cut into more slices: days instead of pairs of days, or
// instead of one slice for all days without a row.
TEST_F(EndToEnd, APlanWithAStateMayHaveMoreSlices) {
  start({.messages = 300, .days = 17, .inbound_per_hundred = 0});
  first_day_ = "2026-11-07";
  configure();
  const auto finished = run({"validate", "postmark", "--config", file("config.json"), "--select",
                             "messages_inbound", "--select", "stats_outbound_overview"});
  EXPECT_EQ(finished.exit, 0) << finished.out << finished.err;
}

}  // namespace
}  // namespace tapster::e2e
