// The size that the connector is meant for, and what a second run adds to it.
#include "fixture.hpp"

namespace tapster::e2e {
namespace {

constexpr int64_t spread = sanitized ? 4'000 : 39'000;

using Large = EndToEnd;

// Over 60 days, with a minute that has more rows than the API shows for a query.
TEST_F(Large, FiftyThousandMessagesAreReadAndASecondRunReadsOnlyNewRows) {
  first_day_ = "2026-09-24";
  start({.messages = spread, .days = 60, .future_days = 1, .minute_burst = 11'500, .retention_days = 365});
  configure(R"(,"lookback_days":0,"stats_lookback_days":0)");
  const auto state = directory_ / "state.json";

  const auto first = read({"--state-file", state});
  ASSERT_EQ(first.exit, 0) << first.err;
  const auto before = everything();
  size_t doubled = 0;
  EXPECT_EQ(difference(before, tables_of_singer(first.out, doubled)), "");
  EXPECT_EQ(doubled, 0U);

  set_now("2026-11-24T10:00:00Z");
  const auto second = read({"--state-file", state});
  ASSERT_EQ(second.exit, 0) << second.err;
  const auto actual = tables_of_singer(second.out, doubled);
  Tables added;
  for (const auto& [stream, rows] : everything()) {
    for (const auto& [key, row] : rows) {
      // A day that was not over is read again, and so is a list; of messages sent and events only what is
      // new.
      if (is_list(stream) ||
          (is_by_day(stream) ? row.at("date").as_string() >= "2026-11-23" : !before.at(stream).contains(key)))
        upsert(added, stream, row);
    }
  }
  ASSERT_GT(added.at("messages_outbound").size(), 10U);
  EXPECT_EQ(difference(added, actual), "");
  EXPECT_EQ(doubled, 0U);
}

}  // namespace
}  // namespace tapster::e2e
