// Syncs into the tables of a database: a pipe to a loader that works as Singer targets do, and the states
// that the loader confirms. SQL compares the tables with the source.
#include <fmt/format.h>

#include "database.hpp"
#include "fixture.hpp"
#include "postgresql.hpp"

namespace tapster::e2e {
namespace {

using loader::Database;

// The kind of the database, as the loader's command line says it.
class InDatabase : public EndToEnd, public testing::WithParamInterface<const char*> {
 protected:
  InDatabase() {
    if (is_postgresql()) server_of_database_ = std::make_unique<PostgreSql>();
    target_ = is_postgresql() ? server_of_database_->connection() : file("tables.sqlite");
    database_ = is_postgresql() ? loader::postgresql(target_) : loader::sqlite(target_);
  }

  static bool is_postgresql() { return std::string_view(GetParam()) == "postgresql"; }

  // Reads what is new since the last load into the database, as a scheduler would.
  void load(const std::string& more = "") {
    const auto state =
        std::filesystem::exists(file("state.json")) ? "--state " + file("state.json") : std::string();
    const auto pipe =
        fmt::format("set -o pipefail; '{}' read postmark --config '{}' {} {} | '{}' {} '{}'", paths::tapster,
                    file("config.json"), state, more, paths::loader, GetParam(), target_);
    const auto finished = run_program("bash", {"-c", pipe}, run_options());
    ASSERT_EQ(finished.exit, 0) << finished.err;
    const auto states = lines_of(finished.out);
    ASSERT_FALSE(states.empty());
    write_file(file("state.json"), states.back());
  }

  int64_t count(const std::string& sql) { return std::stoll(*database_(sql, {}).at(0).at(0)); }

  // Holds each table against the rows that it should have, which the database takes from JSON by itself.
  void expect_tables(const Tables& expected) {
    for (const auto& [stream, rows] : expected) {
      json::array all;
      for (const auto& [key, row] : rows) all.push_back(row);
      ASSERT_FALSE(all.empty()) << stream;
      std::string columns;
      std::string values;
      for (const auto& [name, value] : all.front().as_object()) {
        const auto* comma = columns.empty() ? "" : ", ";
        columns += fmt::format("{}\"{}\"", comma, std::string_view(name));
        values += is_postgresql()
                      ? fmt::format("{}\"{}\"", comma, std::string_view(name))
                      : fmt::format("{}json_extract(value, '$.{}')", comma, std::string_view(name));
      }
      database_("drop table if exists expected", {});
      database_(fmt::format("create table expected as select {} from {} where false", columns, stream), {});
      const auto source =
          is_postgresql() ? "jsonb_populate_recordset(null::expected, $1::jsonb)" : "json_each($1)";
      database_(fmt::format("insert into expected ({}) select {} from {}", columns, values, source),
                {json::serialize(all)});

      EXPECT_EQ(count("select count(*) from " + stream), static_cast<int64_t>(rows.size())) << stream;
      constexpr auto except = "select count(*) from (select {0} from {1} except select {0} from {2}) as rest";
      EXPECT_EQ(count(fmt::format(except, columns, "expected", stream)), 0) << stream << " lacks rows";
      EXPECT_EQ(count(fmt::format(except, columns, stream, "expected")), 0) << stream << " has others";
    }
  }

  std::unique_ptr<PostgreSql> server_of_database_;
  std::string target_;
  Database database_;
};

TEST_P(InDatabase, TablesMatchTheSourceAfterEveryRun) {
  start({.messages = 2'000, .days = 2, .future_days = 1});
  load();
  expect_tables(everything());
  const auto messages = count("select count(*) from messages_outbound");
  const auto young = "select count(*) from messages_outbound where status <> 'Sent' and received_at < '" +
                     std::string(now_text) + "'";
  ASSERT_GT(count(young), 0);

  set_now("2026-11-24T16:00:00Z");
  load();
  expect_tables(everything());
  EXPECT_GT(count("select count(*) from messages_outbound"), messages);
  EXPECT_EQ(count(young), 0) << "statuses that changed";
}

TEST_P(InDatabase, AFullReadRemovesRowsDeletedAtTheSource) {
  start({.messages = 500, .days = 50, .future_days = 3});
  first_day_ = "2026-10-01";
  configure();
  write_full_table_catalog("messages_outbound");
  const auto oldest = [&] { return *database_("select min(date) from messages_outbound", {}).at(0).at(0); };
  const auto messages = [&] { return streams_of(everything(), "messages_outbound"); };

  load("--catalog " + file("catalog.json"));
  expect_tables(messages());
  const auto before = oldest();
  set_now("2026-11-26T12:00:00Z");  // three days more have gone from what the source keeps
  load("--catalog " + file("catalog.json"));
  expect_tables(messages());
  EXPECT_GT(oldest(), before);
}

INSTANTIATE_TEST_SUITE_P(, InDatabase, testing::Values("postgresql", "sqlite"),
                         [](const auto& kind) { return std::string(kind.param); });

}  // namespace
}  // namespace tapster::e2e
