// The list of received messages, as documented.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>
#include <tapster/time.hpp>

#include "api.hpp"

namespace tapster::sandbox {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

Time at(std::string_view text) {
  return std::chrono::floor<Ticks>(*parse_time(text));
}

const char* const statuses[] = {"queued", "scheduled", "failed", "blocked", "processed"};

class SandboxInbound : public testing::Test {
 protected:
  [[nodiscard]] Answer get(const std::string& query) const {
    return Api(account_, {}).get("/messages/inbound?" + query, "sandbox-token");
  }
  [[nodiscard]] json::object page(const std::string& filters, int offset = 0) const {
    const auto answer = get(fmt::format("count=500&offset={}{}", offset, filters));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::parse(answer.body).as_object();
  }
  [[nodiscard]] int64_t count(const std::string& filters) const {
    return page(filters).at("TotalCount").as_int64();
  }

  Account account_{
      {.messages = 3'000, .days = 2, .inbound_per_hundred = 100, .now = at("2026-11-20T12:00:00Z")}};
};

TEST_F(SandboxInbound, ShowsProcessedMessagesUnlessAStatusIsGiven) {
  EXPECT_EQ(count(""), count("&status=Processed"));
  int64_t all = 0;
  for (const auto* status : statuses) {
    const auto found = page(fmt::format("&status={}", status));
    for (const auto& row : found.at("InboundMessages").as_array()) {
      auto shown = json::value_to<std::string>(row.at("Status"));
      shown[0] = static_cast<char>(shown[0] | 0x20);
      EXPECT_EQ(shown, status);
    }
    EXPECT_GT(found.at("TotalCount").as_int64(), 0) << status;
    all += found.at("TotalCount").as_int64();
  }
  EXPECT_EQ(all, 3'000);
  EXPECT_LT(count(""), all);
}

TEST_F(SandboxInbound, IsFilteredByTheTimeOfReception) {
  const auto rows = account_.inbound(at("2026-11-19T05:00:00Z"), at("2026-11-20T04:59:59.9999999Z"));
  int64_t sum = 0;
  for (const auto* status : statuses)
    sum += count(fmt::format("&status={}&fromdate=2026-11-19&todate=2026-11-19", status));
  EXPECT_EQ(sum, static_cast<int64_t>(rows.size()));
  EXPECT_GT(sum, 1'000);
}

TEST_F(SandboxInbound, HasTheLimitsOfTheOtherLists) {
  EXPECT_EQ(get("count=500&offset=9501").status, 422);
  EXPECT_EQ(get("count=501&offset=0").status, 422);
  EXPECT_EQ(get("count=1&offset=0&fromdate=soon").status, 422);
  std::set<std::string> ids;
  const auto total = count("");
  for (int offset = 0; offset < total; offset += 500) {
    const auto found = page("", offset);
    for (const auto& row : found.at("InboundMessages").as_array())
      ids.insert(json::value_to<std::string>(row.at("MessageID")));
  }
  EXPECT_EQ(static_cast<int64_t>(ids.size()), total);
}

TEST_F(SandboxInbound, RowsAppearAndChangeAsTheClockGoesOn) {
  Account account({.messages = 500, .days = 1, .future_days = 1, .now = at("2026-11-20T12:00:00Z")});
  const auto rows = [&] { return account.inbound(Time::min(), Time::max()); };
  const auto before = rows();
  std::set<std::string_view> seen;
  for (const auto* row = before.first; row != before.last; ++row) seen.insert(account.status(*row));
  EXPECT_TRUE(seen.contains("Scheduled"));
  account.set_now(account.now() + 24h);
  EXPECT_GT(rows().size(), before.size());
  for (const auto* row = before.first; row != before.last; ++row)
    EXPECT_TRUE(account.status(*row) != "Scheduled" && account.status(*row) != "Queued");
}

// The sender writes the Date header, in many forms.
TEST_F(SandboxInbound, TheDateHeaderIsUnreliable) {
  const auto rows = account_.inbound(Time::min(), Time::max());
  int missing = 0;
  int unreadable = 0;
  int wrong = 0;
  for (const auto* row = rows.first; row != rows.last; ++row) {
    const auto [header, time] = Account::sent(*row);
    if (!header) ++missing;
    if (header && !time) ++unreadable;
    if (time && std::chrono::abs(*time - row->at) > 24h) ++wrong;
  }
  EXPECT_GT(missing, 100);
  EXPECT_GT(unreadable, 100);
  EXPECT_GT(wrong, 100);
}

}  // namespace
}  // namespace tapster::sandbox
