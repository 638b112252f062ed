// The sandbox follows the documented rules. Tested without sockets.
#include "api.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>
#include <tapster/time.hpp>

namespace tapster::sandbox {
namespace {

namespace json = boost::json;

Time at(std::string_view text) {
  return std::chrono::floor<Ticks>(*parse_time(text));
}

class SandboxApi : public testing::Test {
 protected:
  [[nodiscard]] Answer get(const std::string& target, const std::string& token = "sandbox-token") const {
    return Api(account_, options_).get(target, token);
  }
  [[nodiscard]] json::object ok(const std::string& target) const {
    const auto answer = get(target);
    EXPECT_EQ(answer.status, 200) << target << answer.body;
    return json::parse(answer.body).as_object();
  }
  // Returns status and code, such as "422 701".
  [[nodiscard]] std::string refusal(const std::string& target) const {
    const auto answer = get(target);
    return fmt::format("{} {}", answer.status, json::parse(answer.body).at("ErrorCode").as_int64());
  }
  // Returns the MessageIDs of all pages of a query.
  [[nodiscard]] std::vector<std::string> ids(const std::string& query) const {
    std::vector<std::string> found;
    for (int64_t offset = 0;; offset += 500) {
      const auto page = ok(fmt::format("/messages/outbound?count=500&offset={}{}", offset, query));
      const auto& rows = page.at("Messages").as_array();
      for (const auto& row : rows) found.push_back(json::value_to<std::string>(row.at("MessageID")));
      if (rows.size() < 500) return found;
    }
  }

  Account account_{{.messages = 3'000, .days = 30, .now = at("2026-11-20T12:00:00Z")}};
  ApiOptions options_;
};

TEST_F(SandboxApi, RequiresItsToken) {
  for (const auto* token : {"", "wrong"}) {
    const auto answer = get("/deliverystats", token);
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(json::parse(answer.body).at("ErrorCode"), 10);
  }
  EXPECT_EQ(get("/deliverystats").status, 200);
}

TEST_F(SandboxApi, CountAndOffsetAreRequiredAndLimited) {
  EXPECT_EQ(refusal("/messages/outbound?offset=0"), "422 700");
  EXPECT_EQ(refusal("/messages/outbound?count=10"), "422 700");
  EXPECT_EQ(refusal("/messages/outbound?count=0&offset=0"), "422 700");
  EXPECT_EQ(refusal("/messages/outbound?count=501&offset=0"), "422 700");
  EXPECT_EQ(refusal("/messages/outbound?count=500&offset=9501"), "422 701");
  EXPECT_EQ(get("/messages/outbound?count=500&offset=9500").status, 200);
}

TEST_F(SandboxApi, MayRefuseArchivedMessageStreamsAndOldStatistics) {
  const std::string archived = "/messages/outbound?count=1&offset=0&messagestream=old-news";
  const std::string old = "/stats/outbound/sends?fromdate=2025-11-19&todate=2025-11-19";
  EXPECT_EQ(get(archived).status, 200);
  EXPECT_EQ(get(old).status, 200);
  options_.refuses_archived = true;
  options_.statistics_days = 365;
  EXPECT_EQ(refusal(archived), "422 1226");
  EXPECT_EQ(refusal("/message-streams/old-news/suppressions/dump"), "422 1226");
  EXPECT_EQ(refusal(old), "422 1500");
  EXPECT_EQ(get("/stats/outbound/sends?fromdate=2025-11-20&todate=2025-11-20").status, 200);
}

TEST_F(SandboxApi, DetailsBelongToTheRowsOfTheirLists) {
  const auto message = ok("/messages/inbound?count=1&offset=0").at("InboundMessages").at(0).as_object();
  const auto id = json::value_to<std::string>(message.at("MessageID"));
  const auto details = ok("/messages/inbound/" + id + "/details");
  for (const auto& [name, value] : message) EXPECT_EQ(details.at(name), value) << name;
  EXPECT_TRUE(details.contains("Headers"));
  const auto bounce = ok("/bounces?count=1&offset=0").at("Bounces").at(0).at("ID").as_int64();
  EXPECT_TRUE(ok(fmt::format("/bounces/{}/dump", bounce)).at("Body").is_string());
  EXPECT_EQ(ok("/templates/1000001").at("TemplateId"), 1'000'001);
  EXPECT_EQ(refusal("/messages/inbound/none/details"), "404 701");
  EXPECT_EQ(refusal("/bounces/1/dump"), "422 407");
  EXPECT_EQ(refusal("/templates/1"), "422 1101");
}

TEST_F(SandboxApi, ListsAreNewestFirstAndShowEachRowOnce) {
  const auto all = ids("");
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
  EXPECT_EQ(all.size(),
            static_cast<size_t>(ok("/messages/outbound?count=1&offset=0").at("TotalCount").as_int64()));
  const auto page = ok("/messages/outbound?count=500&offset=0");
  Time last = Time::max();
  for (const auto& row : page.at("Messages").as_array()) {
    const auto time = at(json::value_to<std::string>(row.at("ReceivedAt")));
    EXPECT_LE(time, last);
    last = time;
  }
}

TEST_F(SandboxApi, WithoutAMessageStreamListsShowOutbound) {
  EXPECT_EQ(ids(""), ids("&messagestream=outbound"));
  EXPECT_GT(ids("&messagestream=broadcast").size(), 100U);
  EXPECT_GT(ids("&messagestream=old-news").size(), 10U);
  EXPECT_EQ(refusal("/messages/outbound?count=1&offset=0&messagestream=none"), "422 1226");
}

TEST_F(SandboxApi, DatesAreInclusiveEasternDays) {
  std::set<std::string> days;
  for (const auto& id : ids("&fromdate=2026-11-10&todate=2026-11-11")) {
    days.insert(json::value_to<std::string>(ok("/messages/outbound/" + id + "/details").at("MessageID")));
  }
  size_t expected = 0;
  const auto rows = account_.messages(0, at("2026-11-10T05:00:00Z"), at("2026-11-12T04:59:59.9999999Z"));
  for (const auto* row = rows.first; row != rows.last; ++row) ++expected;
  EXPECT_EQ(days.size(), expected);
  EXPECT_GT(expected, 50U);
}

TEST_F(SandboxApi, TimesAreInclusiveToTheSecond) {
  const auto rows = account_.messages(0, Time::min(), Time::max());
  const auto& row = rows.first[rows.size() / 2];
  const auto second = std::chrono::floor<std::chrono::seconds>(row.at);
  // In November New York is five hours behind.
  const auto text = format_time(second - std::chrono::hours(5));
  const auto local = text.substr(0, 19);
  options_.todate_includes_fraction = true;
  const auto with = ids("&fromdate=" + local + "&todate=" + local);
  EXPECT_GE(with.size(), 1U);
  options_.todate_includes_fraction = false;
  const auto without = ids("&fromdate=" + local + "&todate=" + local);
  EXPECT_EQ(without.size(), row.at == second ? with.size() : 0U);
}

TEST_F(SandboxApi, AnInvalidDateIsRejected) {
  EXPECT_EQ(refusal("/messages/outbound?count=1&offset=0&fromdate=2026-02-30"), "422 700");
  EXPECT_EQ(refusal("/messages/outbound?count=1&offset=0&todate=soon"), "422 700");
}

TEST_F(SandboxApi, AnOptionChoosesHowTheRepeatedHourIsInterpreted) {
  const auto count = [&](std::string_view from, std::string_view to) {
    return ok(fmt::format("/messages/outbound?count=1&offset=0&fromdate={}&todate={}", from, to))
        .at("TotalCount")
        .as_int64();
  };
  const auto truth = [&](std::string_view from, std::string_view to) {
    return static_cast<int64_t>(account_.messages(0, at(from), at(to)).size());
  };
  options_.ambiguous = ApiOptions::Ambiguous::first;
  EXPECT_EQ(count("2026-11-01T01:00:00", "2026-11-01T01:59:59"),
            truth("2026-11-01T05:00:00Z", "2026-11-01T05:59:59.9999999Z"));
  options_.ambiguous = ApiOptions::Ambiguous::second;
  EXPECT_EQ(count("2026-11-01T01:00:00", "2026-11-01T01:59:59"),
            truth("2026-11-01T06:00:00Z", "2026-11-01T06:59:59.9999999Z"));
}

TEST_F(SandboxApi, OldRowsAreCountedButNotShown) {
  Account old({.messages = 3'000, .days = 30, .retention_days = 7, .now = at("2026-11-20T12:00:00Z")});
  const Api api(old, {});
  const auto total = json::parse(api.get("/messages/outbound?count=1&offset=0", "sandbox-token").body)
                         .at("TotalCount")
                         .as_int64();
  EXPECT_LT(total, 1'000);
  const auto sent = json::parse(api.get("/stats/outbound", "sandbox-token").body).at("Sent").as_int64();
  EXPECT_EQ(sent, 3'000);
}

TEST_F(SandboxApi, StatisticsCountTheRows) {
  const auto day = ok("/stats/outbound?fromdate=2026-11-10&todate=2026-11-10");
  int64_t rows = 0;
  for (size_t stream = 0; stream < 3; ++stream) {
    rows += static_cast<int64_t>(
        account_.messages(stream, at("2026-11-10T05:00:00Z"), at("2026-11-11T04:59:59.9999999Z")).size());
  }
  EXPECT_EQ(day.at("Sent"), rows);
  const auto sends = ok("/stats/outbound/sends?fromdate=2026-11-01&todate=2026-11-20");
  int64_t sum = 0;
  for (const auto& entry : sends.at("Days").as_array()) sum += entry.at("Sent").as_int64();
  EXPECT_EQ(sends.at("Sent"), sum);
}

// Compares with the lists: they count the rows with a tag. A message without a tag is not counted for any
// tag.
TEST_F(SandboxApi, StatisticsOfATagCountItsRows) {
  const auto total = [&](const std::string& list, const std::string& filter) {
    int64_t rows = 0;
    for (const auto* stream : {"outbound", "broadcast", "old-news"}) {
      rows += ok(fmt::format("{}?count=1&offset=0&messagestream={}{}", list, stream, filter))
                  .at("TotalCount")
                  .as_int64();
    }
    return rows;
  };
  int64_t sent = 0;
  for (const auto* tag : {"welcome", "invoice", "Gr%C3%BC%C3%9Fe", "a%20%22b%22%20%26%20c%3Dd%2B50%25"}) {
    const auto filter = std::string("&tag=") + tag;
    const auto overview = ok("/stats/outbound?tag=" + std::string(tag));
    EXPECT_GT(overview.at("Sent").as_int64(), 300) << tag;
    EXPECT_EQ(overview.at("Sent"), total("/messages/outbound", filter)) << tag;
    EXPECT_EQ(overview.at("Opens"), total("/messages/outbound/opens", filter)) << tag;
    EXPECT_EQ(overview.at("TotalClicks"), total("/messages/outbound/clicks", filter)) << tag;
    EXPECT_EQ(overview.at("Bounced"), total("/bounces", filter)) << tag;
    for (const auto& [path, count] :
         std::vector<std::pair<const char*, const char*>>{{"sends", "Sent"},
                                                          {"opens", "Opens"},
                                                          {"clicks", "TotalClicks"},
                                                          {"opens/platforms", "Opens"},
                                                          {"opens/emailclients", "Opens"},
                                                          {"clicks/browserfamilies", "TotalClicks"},
                                                          {"clicks/platforms", "TotalClicks"},
                                                          {"clicks/location", "TotalClicks"},
                                                          {"bounces", "Bounced"}}) {
      int64_t sum = 0;
      const auto answer = ok(fmt::format("/stats/outbound/{}?tag={}", path, tag));
      for (const auto& day : answer.at("Days").as_array()) {
        for (const auto& [name, value] : day.as_object()) {
          if (name != "Date" && name != "Unique") sum += value.as_int64();
        }
      }
      EXPECT_EQ(sum, overview.at(count)) << path << " " << tag;
    }
    sent += overview.at("Sent").as_int64();
  }
  EXPECT_LT(sent, ok("/stats/outbound").at("Sent").as_int64());
  EXPECT_EQ(ok("/stats/outbound?tag=none").at("Sent"), 0);
}

TEST_F(SandboxApi, StatisticsFilterByMessageStreamAndTagTogether) {
  EXPECT_EQ(ok("/stats/outbound?messagestream=broadcast&tag=welcome").at("Sent"),
            ok("/messages/outbound?count=1&offset=0&messagestream=broadcast&tag=welcome").at("TotalCount"));
  EXPECT_EQ(ok("/stats/outbound?messagestream=broadcast").at("Sent"),
            ok("/messages/outbound?count=1&offset=0&messagestream=broadcast").at("TotalCount"));
  EXPECT_EQ(refusal("/stats/outbound?messagestream=none&tag=welcome"), "422 1226");
}

TEST_F(SandboxApi, StatisticsCountClicksAndBounces) {
  int64_t clicks = 0;
  int64_t bounces = 0;
  for (const auto* stream : {"outbound", "broadcast", "old-news"}) {
    clicks += ok(fmt::format("/messages/outbound/clicks?count=1&offset=0&messagestream={}", stream))
                  .at("TotalCount")
                  .as_int64();
    bounces +=
        ok(fmt::format("/bounces?count=1&offset=0&messagestream={}", stream)).at("TotalCount").as_int64();
  }
  const auto overview = ok("/stats/outbound");
  EXPECT_EQ(overview.at("TotalClicks"), clicks);
  EXPECT_EQ(overview.at("Bounced"), bounces);
  EXPECT_EQ(ok("/stats/outbound/clicks").at("Clicks"), clicks);
  EXPECT_GT(clicks, 300);
  EXPECT_GT(bounces, 80);
}

TEST_F(SandboxApi, BouncesAreFilteredByType) {
  const auto count = [&](const std::string& query) {
    return ok("/bounces?count=500&offset=0" + query).at("TotalCount").as_int64();
  };
  const auto hard = ok("/bounces?count=500&offset=0&type=HardBounce");
  for (const auto& row : hard.at("Bounces").as_array()) EXPECT_EQ(row.at("TypeCode"), 1);
  EXPECT_GT(count("&type=HardBounce"), 0);
  EXPECT_LT(count("&type=HardBounce"), count(""));
}

TEST_F(SandboxApi, StatisticsLeaveOutZeros) {
  EXPECT_EQ(json::serialize(ok("/stats/outbound/bounces?fromdate=2020-01-01&todate=2020-01-31")),
            R"({"Days":[]})");
  const auto bounces = ok("/stats/outbound/bounces");
  for (const auto& day : bounces.at("Days").as_array()) {
    for (const auto& [name, value] : day.as_object()) EXPECT_NE(value, 0) << std::string_view(name);
  }
  // Only the overview contains zeros.
  EXPECT_EQ(ok("/stats/outbound?fromdate=2020-01-01&todate=2020-01-31").at("Sent"), 0);
}

TEST_F(SandboxApi, MessageStreamsAreFilteredByTypeAndArchived) {
  const auto count = [&](const std::string& query) {
    return ok("/message-streams" + query).at("TotalCount").as_int64();
  };
  EXPECT_EQ(count("?MessageStreamType=All&IncludeArchivedStreams=true"), 4);
  EXPECT_EQ(count(""), 3);
  EXPECT_EQ(count("?MessageStreamType=Broadcasts"), 1);
}

TEST_F(SandboxApi, AStatusFollowsTheClock) {
  const auto rows = account_.messages(0, Time::min(), Time::max());
  const auto newest = rows.last[-1];
  Account later({.messages = 3'000, .days = 30, .now = at("2026-11-20T12:00:00Z")});
  later.set_now(newest.at + std::chrono::minutes(1));
  EXPECT_EQ(later.status(newest), "Queued");
  later.set_now(newest.at + std::chrono::minutes(5));
  EXPECT_EQ(later.status(newest), "Processed");
  later.set_now(newest.at + std::chrono::minutes(15));
  EXPECT_EQ(later.status(newest), "Sent");
}

TEST_F(SandboxApi, UnknownPathsAre404) {
  EXPECT_EQ(refusal("/messages/outbound/no-such-id/details"), "404 701");
  EXPECT_EQ(refusal("/elsewhere"), "404 402");
}

}  // namespace
}  // namespace tapster::sandbox
