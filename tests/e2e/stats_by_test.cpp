// Statistics by message stream and by tag, which stats_by asks for.
#include <fmt/format.h>

#include <deque>
#include <set>

#include "fixture.hpp"

namespace tapster::e2e {
namespace {

const std::vector<std::string> message_streams{"outbound", "broadcast", "old-news"};
const std::vector<std::string> tags{"welcome", "Grüße", R"(a "b" & c=d+50%)"};
constexpr size_t statistics = 12;  // streams

std::string array(const std::vector<std::string>& texts) {
  return json::serialize(json::value_from(texts));
}

class StatsBy : public EndToEnd {
 protected:
  StatsBy() {
    // So few that many a day of a message stream or a tag has none.
    start({.messages = 120, .days = 14, .future_days = 3, .opens_per_hundred = 80, .clicks_per_hundred = 50});
  }

  void configure_tags(const std::vector<std::string>& some) {
    configure(fmt::format(
        R"(,"lookback_days":0,"stats_lookback_days":0,"stats_by":["message_stream","tag"],"stats_tags":{})",
        array(some)));
  }

  // The breakdowns that a run reads. It must end with `exit`.
  Tables next_rows(int exit = 0) {
    last_ = read({"--select", "stats_*_by_*", "--state-file", file("state.json")});
    EXPECT_EQ(last_.exit, exit) << last_.err;
    size_t doubled = 0;
    auto tables = tables_of_singer(last_.out, doubled);
    EXPECT_EQ(doubled, 0U);
    return tables;
  }

  [[nodiscard]] json::value bookmark(const std::string& stream) const {
    return json::parse(content(file("state.json"))).at("bookmarks").at(stream);
  }

  [[nodiscard]] Tables by_message_stream(const std::vector<std::string>& ids = message_streams) const {
    return expected_by_message_stream(*account_, first_day_, ids);
  }
  [[nodiscard]] Tables by_tag(const std::vector<std::string>& some = tags) const {
    return expected_by_tag(*account_, first_day_, some);
  }

  Finished last_;
};

Tables from_day(const Tables& tables, std::string_view first) {
  return part_of(tables, "", "", first, "9999");
}

TEST_F(StatsBy, EveryRowOfEachMessageStreamAndTagIsReadOnce) {
  auto some = tags;
  some.insert(some.end(), {"never sent", "a/b", "line\nbreak", "outbound"});
  configure_tags(some);
  last_ = read();
  ASSERT_EQ(last_.exit, 0) << last_.err;
  auto expected = everything();
  merge(expected, by_message_stream());
  merge(expected, by_tag(some));
  size_t doubled = 0;
  const auto actual = tables_of_singer(last_.out, doubled);
  EXPECT_EQ(difference(expected, actual), "");
  EXPECT_EQ(doubled, 0U);
}

TEST_F(StatsBy, ADayWithoutCountsIsARowOfZeros) {
  configure_tags(tags);
  const auto actual = next_rows();
  for (const auto& [stream, parts] :
       {std::pair("stats_outbound_sends_by_message_stream", message_streams.size()),
        std::pair("stats_outbound_sends_by_tag", tags.size())}) {
    const auto& rows = actual.at(stream);
    EXPECT_EQ(rows.size(), 35 * parts);  // from 20 October to 23 November
    const auto zeros =
        std::count_if(rows.begin(), rows.end(), [](const auto& row) { return row.second.at("sent") == 0; });
    EXPECT_GT(zeros, 30);
    EXPECT_LT(static_cast<size_t>(zeros), rows.size());
  }
}

TEST_F(StatsBy, TheSumOverMessageStreamsIsTheTotal) {
  configure(R"(,"stats_by":["message_stream"])");
  last_ = read({"--select", "stats_*", "--exclude", "stats_outbound_read_times"});
  ASSERT_EQ(last_.exit, 0) << last_.err;
  size_t doubled = 0;
  const auto actual = tables_of_singer(last_.out, doubled);
  ASSERT_EQ(actual.size(), 2 * statistics);
  // What the overview has besides is halves and shares.
  const std::set<std::string_view> overview{"sent", "bounced", "opens", "unique_opens", "totalclicks"};
  const std::set<std::string_view> names{"id", "server_id"};
  using Sums = std::map<std::string, int64_t>;
  const auto sums_of = [&](const std::string& stream) {
    Sums sums;
    for (const auto& [key, row] : actual.at(stream)) {
      auto of = json::serialize(row.at("date"));
      for (const auto* name : {"client_type", "browser"}) {
        if (const auto* value = row.if_contains(name)) of += json::serialize(*value);
      }
      for (const auto& [column, value] : row) {
        const bool is_count = value.is_int64() && !names.contains(column) &&
                              (!stream.starts_with("stats_outbound_overview") || overview.contains(column));
        if (is_count) sums[of + std::string(column)] += value.as_int64();
      }
    }
    return sums;
  };
  for (const auto& [stream, rows] : actual) {
    if (stream.ends_with("_by_message_stream")) continue;
    const auto sums = sums_of(stream);
    EXPECT_GE(sums.size(), 10U) << stream;
    EXPECT_EQ(sums, sums_of(stream + "_by_message_stream")) << stream;
  }
}

TEST_F(StatsBy, TheCatalogHasTheConfiguredBreakdowns) {
  const auto keys_of = [&](std::string_view settings) {
    configure(settings);
    const auto discovered = run({"discover", "postmark", "--config", file("config.json")});
    EXPECT_EQ(discovered.exit, 0) << discovered.err;
    std::map<std::string, std::string> keys;
    const auto catalog = json::parse(discovered.out);
    for (const auto& stream : catalog.at("streams").as_array()) {
      const auto name = json::value_to<std::string>(stream.at("tap_stream_id"));
      if (name.find("_by_") == std::string::npos) continue;
      keys[name] = json::serialize(stream.at("key_properties"));
      EXPECT_EQ(json::serialize(stream).find(R"("selected-by-default":false)"), std::string::npos) << name;
    }
    return keys;
  };
  EXPECT_TRUE(keys_of("").empty());
  auto keys = keys_of(R"(,"stats_by":["message_stream"])");
  EXPECT_EQ(keys.size(), statistics);
  EXPECT_EQ(keys["stats_outbound_overview_by_message_stream"], R"(["id","message_stream"])");
  EXPECT_EQ(keys["stats_outbound_clients_by_message_stream"], R"(["date","client_type","message_stream"])");
  keys = keys_of(R"(,"stats_by":["tag"],"stats_tags":["welcome"])");
  EXPECT_EQ(keys.size(), statistics);
  EXPECT_EQ(keys["stats_outbound_click_browsers_by_tag"], R"(["date","browser","tag"])");
  EXPECT_EQ(keys_of(R"(,"stats_by":["message_stream","tag"],"stats_tags":["welcome"])").size(),
            2 * statistics);
  EXPECT_TRUE(server_->requests().empty());
}

TEST_F(StatsBy, OnlyTheConfiguredMessageStreamsAreRead) {
  configure(R"(,"stats_by":["message_stream"],"message_streams":["broadcast"])");
  EXPECT_EQ(difference(by_message_stream({"broadcast"}), next_rows()), "");
}

TEST_F(StatsBy, AnAddedTagIsReadFromTheStart) {
  configure_tags({"welcome"});
  next_rows();
  const auto first = json::parse(R"({"tags":{"welcome":"2026-11-23"}})");
  EXPECT_EQ(bookmark("stats_outbound_sends_by_tag"), first);
  set_now("2026-11-24T19:30:00Z");
  configure_tags({"welcome", "invoice"});
  auto expected = from_day(by_message_stream(), "2026-11-23");
  merge(expected, from_day(by_tag({"welcome"}), "2026-11-23"));
  merge(expected, by_tag({"invoice"}));
  EXPECT_EQ(difference(expected, next_rows()), "");
  EXPECT_EQ(bookmark("stats_outbound_overview_by_tag"),
            json::parse(R"({"tags":{"welcome":"2026-11-24","invoice":"2026-11-24"}})"));
  // A tag that is not configured keeps its bookmark.
  set_now("2026-11-25T19:30:00Z");
  configure_tags({"invoice"});
  next_rows();
  EXPECT_EQ(bookmark("stats_outbound_overview_by_tag"),
            json::parse(R"({"tags":{"welcome":"2026-11-24","invoice":"2026-11-25"}})"));
}

TEST_F(StatsBy, ANewMessageStreamIsReadFromTheStart) {
  const std::string settings = R"(,"stats_lookback_days":0,"stats_by":["message_stream"],"message_streams":)";
  configure(settings + R"(["outbound"])");
  next_rows();
  configure(settings + R"(["outbound","broadcast"])");
  auto expected = from_day(by_message_stream({"outbound"}), "2026-11-23");
  merge(expected, by_message_stream({"broadcast"}));
  EXPECT_EQ(difference(expected, next_rows()), "");
  EXPECT_EQ(bookmark("stats_outbound_spam_by_message_stream"),
            json::parse(R"({"message_streams":{"outbound":"2026-11-23","broadcast":"2026-11-23"}})"));
}

TEST_F(StatsBy, AFailedPartitionLeavesTheOthersAndIsReadByTheNextRun) {
  configure_tags(tags);
  sandbox::Fault fault;
  fault.status = 422;
  fault.path = "/stats/outbound/opens?messagestream=broadcast";
  server_->inject(fault);
  fault.path = "/stats/outbound/sends?tag=welcome";
  server_->inject(fault);
  auto expected = by_message_stream();
  merge(expected, by_tag());
  const auto take = [&](const std::string& stream, const char* column, const char* value) {
    std::erase_if(expected[stream], [&](const auto& row) { return row.second.at(column) == value; });
  };
  take("stats_outbound_opens_by_message_stream", "message_stream", "broadcast");
  take("stats_outbound_sends_by_tag", "tag", "welcome");
  EXPECT_EQ(difference(expected, next_rows(5)), "");
  EXPECT_NE(last_.err.find("partition broadcast: "), std::string::npos) << last_.err;
  EXPECT_NE(last_.err.find("partition welcome: "), std::string::npos) << last_.err;
  EXPECT_EQ(bookmark("stats_outbound_opens_by_message_stream"),
            json::parse(R"({"message_streams":{"outbound":"2026-11-23","old-news":"2026-11-23"}})"));
  serve();
  auto rest = from_day(by_message_stream(), "2026-11-23");
  merge(rest, from_day(by_tag(), "2026-11-23"));
  for (const auto* stream : {"stats_outbound_opens_by_message_stream", "stats_outbound_sends_by_tag"}) {
    const auto all = stream == std::string("stats_outbound_sends_by_tag") ? by_tag({"welcome"})
                                                                          : by_message_stream({"broadcast"});
    merge(rest, {{stream, all.at(stream)}});
  }
  EXPECT_EQ(difference(rest, next_rows()), "");
}

TEST_F(StatsBy, AnInvalidBookmarkIsNamed) {
  configure_tags(tags);
  for (const auto& [state, said] :
       {std::pair(R"({"tags":{"welcome":"soon"}})",
                  R"(tags.welcome must be a day such as "2026-11-01", not "soon")"),
        std::pair(R"({"tags":["welcome"]})", R"(tags must be an object of bookmarks, not ["welcome"])"),
        std::pair(R"({"tags":{"welcome":"2026-12-10"}})", "2026-12-10")}) {
    write_file(file("state.json"),
               fmt::format(R"({{"bookmarks":{{"stats_outbound_sends_by_tag":{}}}}})", state));
    last_ = read({"--select", "stats_outbound_sends_by_tag", "--state-file", file("state.json")});
    EXPECT_EQ(last_.exit, 2) << last_.err;
    EXPECT_NE(last_.err.find(said), std::string::npos) << last_.err;
  }
}

TEST_F(StatsBy, EachTagAndMessageStreamCostsTheRequestsOfTheTotals) {
  configure_tags(tags);
  next_rows();
  const auto asked = server_->requests();
  const auto count = [&](std::string_view target) {
    return std::count_if(asked.begin(), asked.end(),
                         [&](const std::string& request) { return request.starts_with(target); });
  };
  EXPECT_EQ(count("/stats/outbound/sends?tag=welcome&"), 1);
  EXPECT_EQ(count("/stats/outbound/sends?messagestream=broadcast&"), 1);
  EXPECT_EQ(count("/stats/outbound?messagestream=broadcast&"), 35);
  // An archived message stream costs one more for each stream: whether the API returns it.
  EXPECT_EQ(count("/stats/outbound/sends?messagestream=old-news&"), 2);
  EXPECT_EQ(count("/stats/outbound?messagestream=old-news&"), 36);
  EXPECT_EQ(count("/message-streams"), 1);
  EXPECT_EQ(asked.size(),
            1 + 1 + statistics + (11 + 35) * (message_streams.size() + tags.size()));  // with /server
}

TEST_F(StatsBy, ContradictorySettingsAreConfigErrors) {
  for (const auto& [settings, said] : std::vector<std::pair<const char*, const char*>>{
           {R"(,"stats_by":["tag"])", R"("stats_tags" is empty: name the tags to read)"},
           {R"(,"stats_by":["message_stream"],"stats_tags":["welcome"])",
            R"("stats_by" does not contain "tag": add it)"},
           {R"(,"stats_tags":["welcome"])", R"("stats_by" does not contain "tag": add it)"},
           {R"(,"stats_by":["day"])", R"("stats_by"[0] must be one of "message_stream" and "tag")"},
           {R"(,"stats_by":"tag")", R"("stats_by" must be an array)"},
           {R"(,"stats_by":["tag","tag"],"stats_tags":["welcome"])",
            R"("stats_by" must be an array without duplicate items)"},
           {R"(,"stats_by":["tag"],"stats_tags":["welcome","welcome"])",
            R"("stats_tags" must be an array without duplicate items)"},
           {R"(,"stats_by":["tag"],"stats_tags":[""])", R"("stats_tags"[0])"}}) {
    configure(settings);
    for (const auto* command : {"check", "discover", "read"}) {
      const auto finished = run({command, "postmark", "--config", file("config.json")});
      EXPECT_EQ(finished.exit, 2) << finished.err;
      EXPECT_NE(finished.err.find(said), std::string::npos) << finished.err;
    }
  }
  EXPECT_TRUE(server_->requests().empty());
}

// Two servers: each has the message streams and the tags, and a state of its own.
TEST_F(StatsBy, EachServerHasItsOwnBreakdowns) {
  std::deque<sandbox::Account> accounts;
  std::deque<sandbox::Api> apis;
  Tables expected;
  for (const auto* token : {"one", "two"}) {
    sandbox::AccountOptions options{.messages = 150, .days = 14, .seed = accounts.size() + 1};
    options.now = at(now_);
    options.server_id = static_cast<int64_t>(accounts.size()) + 1;
    options.server_name = token;
    sandbox::ApiOptions api;
    api.token = token;
    apis.emplace_back(accounts.emplace_back(options), api);
    merge(expected, expected_by_message_stream(accounts.back(), first_day_, message_streams));
    merge(expected, expected_by_tag(accounts.back(), first_day_, tags));
  }
  server_ = std::make_unique<sandbox::Server>(sandbox::Servers({&apis[0], &apis[1]}));
  write_file(
      file("config.json"),
      fmt::format(
          R"({{"postmark_server_tokens":["one","two"],"start_date":"{}","base_url":"{}","stats_by":["message_stream","tag"],"stats_tags":{}}})",
          first_day_, server_->base_url(), array(tags)));
  sandbox::Fault fault;
  fault.status = 422;
  fault.path = "/stats/outbound/tracked?messagestream=old-news";
  fault.token = "two";
  server_->inject(fault);
  std::erase_if(expected["stats_outbound_tracked_by_message_stream"], [](const auto& row) {
    return row.second.at("server_id") == 2 && row.second.at("message_stream") == "old-news";
  });
  EXPECT_EQ(difference(expected, next_rows(5)), "");
  EXPECT_NE(last_.err.find("partition 2/old-news: "), std::string::npos) << last_.err;
  EXPECT_NE(last_.out.find(R"("key_properties":["server_id","id","tag"])"), std::string::npos);
  EXPECT_EQ(
      bookmark("stats_outbound_tracked_by_message_stream"),
      json::parse(
          R"({"servers":{"1":{"message_streams":{"outbound":"2026-11-23","broadcast":"2026-11-23","old-news":"2026-11-23"}},)"
          R"("2":{"message_streams":{"outbound":"2026-11-23","broadcast":"2026-11-23"}}}})"));
  server_.reset();  // before what it serves
}

}  // namespace
}  // namespace tapster::e2e
