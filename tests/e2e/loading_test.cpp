// The deploy scripts that load files into a database. Its own SQL compares the tables with the source.
#include <fmt/format.h>

#include <set>

#include "fixture.hpp"
#include "postgresql.hpp"

namespace tapster::e2e {
namespace {

namespace fs = std::filesystem;

// The name of the database, as the script's name has it.
class Loading : public EndToEnd, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    if (is_postgresql()) {
      postgresql_ = std::make_unique<PostgreSql>();
      environment_ = postgresql_->environment();
      return;
    }
    if (!fs::exists(source_ / "build/duckdb/node_modules"))
      GTEST_SKIP() << "DuckDB is missing: .ci/setup installs it if the machine has npm";
    environment_ = {{"SOURCE", source_},
                    {"PATH", (source_ / "tests/docs/stubs:").string() + std::getenv("PATH")}};
  }

  static bool is_postgresql() { return std::string_view(GetParam()) == "postgresql"; }

  Finished try_load(const std::string& directory) {
    Arguments arguments{file(directory)};
    if (!is_postgresql()) arguments.push_back(file("tables.duckdb"));
    return run_program(source_ / fmt::format("plugins/postmark/deploy/load-{}.sh", GetParam()), arguments,
                       {.environment = environment_});
  }
  void load(const std::string& directory = "data") {
    const auto loaded = try_load(directory);
    ASSERT_EQ(loaded.exit, 0) << loaded.err;
    EXPECT_EQ(loaded.out + loaded.err, "");
  }
  // Reads what is new into files, and loads all files.
  void sync(std::vector<std::string> more = {}) {
    more.insert(more.end(),
                {"--state-file", file("state.json"), "--output", file("data"), "--compress", "zstd"});
    const auto finished = read(more);
    ASSERT_EQ(finished.exit, 0) << finished.err;
    load();
  }

  // Runs statements, and returns the rows that they print, each as a line with its values between bars.
  std::vector<std::string> sql(const std::string& statements) {
    const auto finished = is_postgresql()
                              ? run_program("psql", {"-XqAt", "-v", "ON_ERROR_STOP=1"},
                                            {.environment = environment_, .input = statements})
                              : run_program(source_ / "tests/docs/stubs/duckdb", {file("tables.duckdb")},
                                            {.environment = environment_, .input = statements});
    EXPECT_EQ(finished.exit, 0) << finished.err;
    return lines_of(finished.out);
  }

  // The type of each column, by stream and column.
  std::map<std::string, std::map<std::string, std::string>> types() {
    std::map<std::string, std::map<std::string, std::string>> found;
    for (const auto& line :
         sql(fmt::format("select table_name, column_name, data_type from information_schema.columns "
                         "where table_schema = '{}'",
                         is_postgresql() ? "public" : "main"))) {
      const auto column = line.find('|');
      const auto type = line.rfind('|');
      found[line.substr(0, column)][line.substr(column + 1, type - column - 1)] = line.substr(type + 1);
    }
    return found;
  }

  // The statements that make a table `expected` with these rows and the types of the stream's table.
  std::string make_expected(const std::string& stream, const std::string& columns, const json::array& rows,
                            const std::map<std::string, std::string>& types) {
    auto made = fmt::format(
        "drop table if exists expected; create table expected as select {} from {} where false;\n", columns,
        stream);
    if (is_postgresql()) {
      return made + fmt::format(
                        "insert into expected select * from jsonb_populate_recordset(null::expected, "
                        "$rows${}$rows$);\n",
                        json::serialize(rows));
    }
    write_file(file(stream + ".json"), json::serialize(rows));
    std::string typed;
    for (const auto& [name, type] : types) typed += fmt::format("\"{}\": '{}', ", name, type);
    return made + fmt::format(
                      "insert into expected by name select {} from read_json('{}', format = 'array', columns "
                      "= {{{}}});\n",
                      columns, file(stream + ".json"), typed);
  }

  // Compares each table with the rows that it should have.
  void expect_tables(const Tables& expected) {
    const auto all_types = types();
    std::string statements;
    std::vector<std::string> counts;
    for (const auto& [stream, rows] : expected) {
      ASSERT_FALSE(rows.empty()) << stream;
      ASSERT_TRUE(all_types.contains(stream)) << stream;
      json::array all;
      for (const auto& [key, row] : rows) all.push_back(row);
      std::string columns;
      for (const auto& [name, value] : rows.begin()->second)
        columns += fmt::format("{}\"{}\"", columns.empty() ? "" : ", ", std::string_view(name));
      statements += make_expected(stream, columns, all, all_types.at(stream));
      statements += fmt::format(
          "select '{0}', (select count(*) from {0}),\n"
          " (select count(*) from (select {1} from expected except select {1} from {0}) as missing),\n"
          " (select count(*) from (select {1} from {0} except select {1} from expected) as others);\n",
          stream, columns);
      counts.push_back(fmt::format("{}|{}|0|0", stream, rows.size()));
    }
    EXPECT_EQ(sql(statements), counts) << "table, rows, rows that are missing, rows that are other ones";
    sql("drop table expected");
  }

  const fs::path source_ = paths::source;
  std::unique_ptr<PostgreSql> postgresql_;
  Environment environment_;
};

TEST_P(Loading, TablesMatchTheSourceAfterEveryLoad) {
  start({.messages = 2'000, .days = 2, .future_days = 1});
  sync();
  expect_tables(everything());
  load();  // of the same files
  expect_tables(everything());

  set_now("2026-11-24T16:00:00Z");
  sync();
  expect_tables(everything());
}

TEST_P(Loading, TablesHaveTheTypesAndTheKeyOfTheSchema) {
  start({.messages = 300, .days = 2});
  sync();
  const auto found = types();
  const auto& messages = found.at("messages_outbound");
  const std::map<std::string, std::string> expected =
      is_postgresql() ? std::map<std::string, std::string>{{"received_at", "timestamp with time zone"},
                                                           {"date", "date"},
                                                           {"message_id", "text"},
                                                           {"to", "jsonb"},
                                                           {"metadata", "jsonb"},
                                                           {"track_opens", "boolean"},
                                                           {"server_id", "bigint"}}
                      : std::map<std::string, std::string>{{"received_at", "TIMESTAMP WITH TIME ZONE"},
                                                           {"date", "DATE"},
                                                           {"message_id", "VARCHAR"},
                                                           {"to", "JSON"},
                                                           {"metadata", "JSON"},
                                                           {"track_opens", "BOOLEAN"},
                                                           {"server_id", "BIGINT"}};
  for (const auto& [column, type] : expected) EXPECT_EQ(messages.at(column), type) << column;
  EXPECT_EQ(found.at("messages_opens").at("read_seconds"), is_postgresql() ? "numeric" : "DOUBLE");

  std::set<std::string> keys;
  for (const auto& folder : fs::directory_iterator(file("data"))) {
    const auto schema = json::parse(content(folder.path() / "schema.json")).as_object();
    for (const auto& key : schema.at("key_properties").as_array())
      keys.insert(fmt::format("{}|{}", folder.path().filename().string(), std::string_view(key.as_string())));
    EXPECT_EQ(found.at(folder.path().filename()).size(),
              schema.at("schema").at("properties").as_object().size())
        << folder.path();
  }
  EXPECT_GT(keys.size(), 20U);
  const auto keys_of_tables =
      sql("select table_name, column_name from information_schema.key_column_usage where table_schema in "
          "('public', "
          "'main')");
  EXPECT_EQ(std::set<std::string>(keys_of_tables.begin(), keys_of_tables.end()), keys);
}

TEST_P(Loading, AFullTableStreamLosesTheRowsDeletedAtTheSource) {
  start({.messages = 500, .days = 50, .future_days = 3});
  first_day_ = "2026-10-01";
  configure();
  write_full_table_catalog("messages_outbound");
  const auto messages = [&] { return streams_of(everything(), "messages_outbound"); };
  const auto oldest = [&] { return sql("select min(date) from messages_outbound").at(0); };
  sync({"--catalog", file("catalog.json")});
  expect_tables(messages());
  const auto before = oldest();
  set_now("2026-11-26T12:00:00Z");  // three days more have gone from what the source keeps
  sync({"--catalog", file("catalog.json")});
  expect_tables(messages());
  EXPECT_GT(oldest(), before);
}

// Files as no sandbox gives them.
class LoadingFiles : public Loading {
 protected:
  void write(const std::string& path, const std::string& text) {
    const fs::path target = file("data/" + path);
    fs::create_directories(target.parent_path());
    write_file(target, text);
  }
  void write_schema(const std::string& folder, const std::string& stream, const std::string& columns,
                    const std::string& more = R"("key_properties":["id"],"bookmark_properties":["at"])") {
    write(folder + "/schema.json",
          fmt::format(R"({{"type":"SCHEMA","stream":"{}","schema":{{"properties":{}}},{}}})", stream, columns,
                      more));
  }
};

TEST_P(LoadingFiles, TheNewestRowOfAKeyWins) {
  write_schema("s", "s", R"({"id":{"type":["integer"]},"text":{"type":["null","string"]}})");
  write("s/s-20260131T120000Z-000001.jsonl",
        "{\"id\":1,\"text\":\"a\"}\n{\"id\":2,\"text\":\"b\"}\n{\"id\":2,\"text\":\"c\"}\n");
  write("s/s-20260131T130000Z-000002.jsonl", "{\"id\":1,\"text\":\"d\"}\n");
  write("s/.s-20260131T130000Z-000003.part", "{\"id\":1,\"text\":\"unfinished\"}\n");
  load();
  EXPECT_EQ(sql("select id, text from s order by id"), (std::vector<std::string>{"1|d", "2|c"}));
  // A loader may remove what it has loaded.
  fs::remove(file("data/s/s-20260131T120000Z-000001.jsonl"));
  write("s/s-20260131T140000Z-000003.jsonl", "{\"id\":3,\"text\":\"e\"}\n");
  load();
  EXPECT_EQ(sql("select id, text from s order by id"), (std::vector<std::string>{"1|d", "2|c", "3|e"}));
}

TEST_P(LoadingFiles, ValuesKeepTheirTextAndTypes) {
  write_schema("s", "A \\\"stream\\\"",
               R"({"id":{"type":["integer"]},"at":{"type":["null","string"],"format":"date-time"},)"
               R"("day":{"type":"string","format":"date"},"Amount":{"type":["null","number"]},)"
               R"("is it":{"type":["boolean"]},"either":{"type":["integer","string","null"]},"any":{},)"
               R"("line":{"type":["null","string"]}})");
  write("s/1.jsonl",
        R"({"id":9007199254740993,"at":"2026-11-23T11:05:33.123456-05:00","day":"2026-11-23",)"
        R"("Amount":0.5,"is it":true,"either":7,"any":{"a":[1,null]},"line":"\"q\" \\u0000 'x' \t ä"})"
        "\n"
        R"({"id":2,"at":null,"either":"seven","any":null,"more":1})"
        "\n");
  load();
  EXPECT_EQ(sql(R"(select id, "Amount", "is it", either, "any", line from "A ""stream""" order by id desc)"),
            (std::vector<std::string>{
                is_postgresql() ? "9007199254740993|0.5|t|7|{\"a\": [1, null]}|\"q\" \\u0000 'x' \t ä"
                                : "9007199254740993|0.5|true|7|{\"a\":[1,null]}|\"q\" \\u0000 'x' \t ä",
                is_postgresql() ? "2|||\"seven\"||" : "2|||\"seven\"||"}));
  EXPECT_EQ(
      sql(R"(select count(*) from "A ""stream""" where "at" = timestamptz '2026-11-23 16:05:33.123456+00'
                   and day = date '2026-11-23')"),
      std::vector<std::string>{"1"});
}

TEST_P(LoadingFiles, ANewColumnIsAddedAndAnOldOneStays) {
  write_schema("s", "s", R"({"id":{"type":["integer"]},"old":{"type":["null","string"]}})");
  write("s/1.jsonl", "{\"id\":1,\"old\":\"a\"}\n{\"id\":2,\"old\":\"b\"}\n");
  load();
  write_schema("s", "s", R"({"id":{"type":["integer"]},"new":{"type":["null","number"]}})");
  write("s/2.jsonl", "{\"id\":1,\"new\":0.5}\n");
  load();
  EXPECT_EQ(sql("select id, old, new from s order by id"), (std::vector<std::string>{"1|a|0.5", "2|b|"}));
}

TEST_P(LoadingFiles, AStreamWithoutRowsHasATable) {
  write_schema("s", "s", R"({"id":{"type":["integer"]}})");
  write_schema("full", "full_table", R"({"id":{"type":["integer"]}})", R"("key_properties":["id"])");
  load();
  load();
  EXPECT_EQ(sql("select count(*) from s; select count(*) from full_table"),
            (std::vector<std::string>{"0", "0"}));
}

TEST_P(LoadingFiles, AStreamWithoutAKeyReplacesItsRows) {
  write_schema("s", "s", R"({"text":{"type":["string"]}})",
               R"("key_properties":[],"bookmark_properties":["at"])");
  write("s/1.jsonl", "{\"text\":\"a\"}\n{\"text\":\"a\"}\n");
  load();
  load();
  EXPECT_EQ(sql("select text from s"), (std::vector<std::string>{"a", "a"}));
}

TEST_P(LoadingFiles, AnIncompleteSetIsNotLoaded) {
  for (const std::string folder : {"s", "s.incomplete"})
    write_schema(folder, "s", R"({"id":{"type":["integer"]}})", R"("key_properties":["id"])");
  write("s/1.jsonl", "{\"id\":1}\n{\"id\":2}\n");
  write("s.incomplete/1.jsonl", "{\"id\":3}\n");
  load();
  EXPECT_EQ(sql("select id from s order by id"), (std::vector<std::string>{"1", "2"}));
}

TEST_P(LoadingFiles, ARowThatDoesNotFitLeavesTheTableAsItWas) {
  write_schema("s", "s", R"({"id":{"type":["integer"]}})", R"("key_properties":["id"])");
  write("s/1.jsonl", "{\"id\":1}\n");
  load();
  write("s/1.jsonl", "{\"id\":2}\n{\"id\":\"three\"}\n");
  const auto failed = try_load("data");
  EXPECT_NE(failed.exit, 0);
  EXPECT_NE(failed.err.find("three"), std::string::npos) << failed.err;
  EXPECT_EQ(sql("select id from s"), std::vector<std::string>{"1"});
}

TEST_P(LoadingFiles, ADirectoryWithoutStreamsIsAnError) {
  fs::create_directories(file("data"));
  EXPECT_NE(try_load("data").exit, 0);
}

// Of the tables that the README writes.
class LoadingParquet : public Loading {};

TEST_P(LoadingParquet, HasTheRowsAndTheTypesOfTheTable) {
  start({.messages = 1'000, .days = 2});
  sync();
  const auto parquet = file("messages_outbound.parquet");
  sql(fmt::format("copy messages_outbound to '{}' (compression zstd)", parquet));
  EXPECT_EQ(content(parquet).substr(0, 4), "PAR1");
  EXPECT_EQ(
      sql(fmt::format("select count(*) from '{0}';\n"
                      "select count(*) from (from messages_outbound except from '{0}');\n"
                      "select count(*) from (from '{0}' except from messages_outbound);\n"
                      "select count(*) from (select column_name, column_type from (describe from '{0}')\n"
                      " except select column_name, column_type from (describe messages_outbound))",
                      parquet)),
      (std::vector<std::string>{std::to_string(everything().at("messages_outbound").size()), "0", "0", "0"}));
}

const auto name_of = [](const auto& database) { return std::string(database.param); };
INSTANTIATE_TEST_SUITE_P(, Loading, testing::Values("postgresql", "duckdb"), name_of);
INSTANTIATE_TEST_SUITE_P(, LoadingFiles, testing::Values("postgresql", "duckdb"), name_of);
INSTANTIATE_TEST_SUITE_P(, LoadingParquet, testing::Values("duckdb"), name_of);

}  // namespace
}  // namespace tapster::e2e
