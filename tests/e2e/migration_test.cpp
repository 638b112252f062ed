// Moving over from tap-postmark: its tables and the new ones stand side by side, as the README says.
#include <fmt/format.h>

#include <set>

#include "database.hpp"
#include "fixture.hpp"
#include "postgresql.hpp"

namespace tapster::e2e {
namespace {

using loader::Database;
using Names = std::set<std::string>;

// The columns that are numbers in tap-postmark's schemas.
const std::map<std::string, Names> numbers{
    {"stats_outbound_bounces",
     {"id", "autoresponder", "blocked", "dnserror", "hardbounce", "smtp_api_error", "softbounce",
      "spamnotification", "transient", "unknown"}},
    {"stats_outbound_overview",
     {"id", "sent", "bounced", "smtp_api_errors", "bouncerate", "spamcomplaints", "spamcomplaints_rate",
      "tracked", "opens", "unique_opens", "totalclicks", "unique_linksclicked", "with_client_recorded",
      "with_platform_recorded", "with_readtime_recorded", "with_linktracking", "with_opentracking",
      "total_tracked_links_sent"}},
    {"stats_outbound_platform", {"id", "desktop", "mobile", "unknown", "webmail"}},
    {"stats_outbound_clients", {"count"}}};

class Migration : public EndToEnd {
 protected:
  static std::string section() {
    const auto readme = content(std::filesystem::path(paths::source) / "plugins/postmark/README.md");
    const auto begin = readme.find("## Migrating from tap-postmark");
    return readme.substr(begin, readme.find("\n## ", begin + 1) - begin);
  }
};

TEST_F(Migration, TheReadmeCountsTheColumnsThatBecameIntegers) {
  start({.messages = 10, .days = 2});
  const auto found = run({"discover", "postmark", "--config", file("config.json")});
  ASSERT_EQ(found.exit, 0) << found.err;
  std::map<std::string, Names> integers;
  std::map<std::string, std::string> keys;
  const auto catalog = json::parse(found.out);
  for (const auto& stream : catalog.at("streams").as_array()) {
    const auto name = json::value_to<std::string>(stream.at("tap_stream_id"));
    keys[name] = json::serialize(stream.at("key_properties"));
    for (const auto& [column, schema] : stream.at("schema").at("properties").as_object()) {
      if (json::serialize(schema.at("type")).find("\"integer\"") != std::string::npos)
        integers[name].insert(column);
    }
  }
  size_t changed = 0;
  for (const auto& [stream, columns] : numbers) {
    Names rest;
    for (const auto& column : columns) {
      if (!integers[stream].contains(column)) rest.insert(column);
    }
    changed += columns.size() - rest.size();
    EXPECT_EQ(rest,
              stream == "stats_outbound_overview" ? Names({"bouncerate", "spamcomplaints_rate"}) : Names())
        << stream;
  }
  EXPECT_EQ(changed, 10U + 16 + 5 + 1);
  const auto text = section();
  for (const auto* row : {"| `stats_outbound_bounces` | `id` and the 9 counts are `number`",
                          "| `stats_outbound_overview` | `id` and the 15 counts are `number`",
                          "| `stats_outbound_platform` | `id` and the 4 counts are `number`"})
    EXPECT_NE(text.find(row), std::string::npos) << row;
  EXPECT_EQ(keys["messages_outbound"], R"(["message_id"])");
  EXPECT_EQ(keys["messages_opens"], R"(["message_id","recipient","received_at","received_at_digit7"])");
  EXPECT_EQ(keys["stats_outbound_clients"], R"(["date","client_type"])");
}

TEST_F(Migration, TheReadmesViewJoinsTheOldAndTheNewTables) {
  PostgreSql server;
  const auto database = loader::postgresql(server.connection());
  for (const auto* schema : {"tap_postmark", "postmark"})
    database(fmt::format("create schema {}", schema), {});
  std::string columns = "date timestamptz";
  for (const auto& column : numbers.at("stats_outbound_overview"))
    columns += fmt::format(", {} double precision", column);
  database(fmt::format("create table tap_postmark.stats_outbound_overview ({}, primary key (id))", columns),
           {});
  // Five days that only the old table has, and five that both have.
  for (int day = 15; day < 25; ++day) {
    database(fmt::format("insert into tap_postmark.stats_outbound_overview (id, date, sent, bounced, opens) "
                         "values (202610{0}, '2026-10-{0}', 1000, null, 7)",
                         day),
             {});
  }

  start({.messages = 300, .days = 20});
  const auto new_schema = server.connection() + " options='-c search_path=postmark'";
  const auto pipe = fmt::format(
      "set -o pipefail; '{}' read postmark --config '{}' --select stats_outbound_overview | '{}' postgresql "
      "\"{}\"",
      paths::tapster, file("config.json"), paths::loader, new_schema);
  const auto loaded = run_program("bash", {"-c", pipe}, run_options());
  ASSERT_EQ(loaded.exit, 0) << loaded.err;

  const auto text = section();
  const auto begin = text.find("create view");
  database(text.substr(begin, text.find("```", begin) - begin), {});
  const auto rows = database(
      "select count(*), count(distinct id), sum(sent), min(date) from all_stats_outbound_overview", {});
  EXPECT_EQ(*rows.at(0).at(0), "40");  // 15 October to 23 November
  EXPECT_EQ(*rows.at(0).at(1), "40");
  EXPECT_EQ(*rows.at(0).at(3), "2026-10-15");
  int64_t sent = 5'000;
  const auto expected = everything();
  for (const auto& [key, row] : expected.at("stats_outbound_overview")) sent += row.at("sent").as_int64();
  EXPECT_EQ(*rows.at(0).at(2), std::to_string(sent));
}

}  // namespace
}  // namespace tapster::e2e
