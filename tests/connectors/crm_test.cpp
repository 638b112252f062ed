// The connector of crm/, against a CRM whose objects and fields change between the runs, and that misbehaves
// while it is read. Rows are compared one by one with the CRM's data.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tapster/json.hpp>
#include <tapster/time.hpp>
#include <utility>
#include <vector>

#include "bulk/server/bulk.hpp"
#include "crm/server/crm.hpp"
#include "http_server.hpp"
#include "kills.hpp"
#include "oauth_tokens.hpp"
#include "paths.hpp"
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "tables.hpp"

namespace tapster::connectors {
namespace {

using namespace std::chrono_literals;

// The time of the runs, and in milliseconds since 1970. The CRM's last change is some weeks before it.
constexpr const char* now_text = "2024-06-01T12:00:00Z";
constexpr int64_t now = 1'717'243'200'000;

json::value time_text(int64_t milliseconds) {
  std::string text;
  append_time(text, from_unix_micros(milliseconds * 1'000));
  return json::string(text);
}

// The row of a record with these fields. A field that the record does not have is null.
json::object row_of(const CrmRecord& record, const std::vector<CrmField>& fields) {
  json::object row{{"id", record.id},
                   {"created_at", time_text(record.created)},
                   {"updated_at", time_text(record.updated)}};
  for (const auto& field : fields) {
    const auto found = record.fields.find(field.name);
    auto value = found == record.fields.end() ? json::value() : json::parse(found->second);
    if (field.type == "time" && !value.is_null()) value = time_text(value.as_int64());
    if (field.type == "flag" && value == "no") value = false;
    row[field.name] = std::move(value);
  }
  return row;
}

std::string key_of(const std::string&, const json::object& row) {
  return json::serialize(row.at("id"));
}

void add_row(Tables& tables, const std::string& stream, json::object row) {
  auto key = key_of(stream, row);
  tables[stream][std::move(key)] = std::move(row);
}

// All rows of the CRM.
Tables everything(const CrmServer& crm) {
  Tables tables;
  for (const auto& object : crm.objects()) {
    for (const auto& record : crm.records(object.name))
      add_row(tables, object.name, row_of(record, object.fields));
  }
  for (const auto& deletion : crm.deletions())
    add_row(tables, "deletions",
            {{"id", deletion.id}, {"object", deletion.object}, {"deleted_at", time_text(deletion.deleted)}});
  for (const auto& lead : crm.leads())
    add_row(tables, "leads",
            {{"id", lead.id}, {"changed_at", time_text(lead.changed * 1'000)}, {"name", lead.name}});
  return tables;
}

class Crm : public testing::Test {
 protected:
  Crm() {
    write_file(file("config.json"),
               json::serialize(json::object{{"client_id", CrmServer::client_id},
                                            {"client_secret", CrmServer::client_secret},
                                            {"refresh_token", OAuthTokens::first_refresh_token},
                                            {"start_date", "2024-01-01"},
                                            {"base_url", crm_.base_url()}}));
  }

  [[nodiscard]] std::string file(std::string_view name) const { return directory_ / name; }

  [[nodiscard]] Arguments arguments(const std::string& command, const Arguments& more) const {
    Arguments all{command,         "crm",
                  "--plugin-dir",  fmt::format("{}/crm", paths::connectors),
                  "--config",      file("config.json"),
                  "--credentials", file("credentials.json")};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  [[nodiscard]] ProcessOptions options() const { return {.environment = {{"TAPSTER_NOW", now_}}}; }

  Finished run(const std::string& command, const Arguments& more = {}) {
    return run_program(paths::tapster, arguments(command, more), options());
  }

  // Reads as JSON lines, with the state in a file.
  Finished read(Arguments more = {}) {
    more.insert(more.end(), {"--format", "jsonl", "--state-file", file("state.json")});
    return run("read", more);
  }

  // A read into files that is killed at its n-th request of this path (of all, if it is empty), or ends
  // before.
  Finished read_files_until(std::size_t request, const std::string& path = {}) {
    const auto to_files = arguments("read", {"--output", file("out"), "--state-file", file("state.json"),
                                             "--commit-interval", "0", "--jobs", "1"});
    const auto made = std::make_shared<std::atomic<std::size_t>>(0);
    auto finished = run_until_killed(to_files, options(), [&](const auto& kill) {
      crm_.on_request([=](const Request& asked, int) -> std::optional<Response> {
        if ((path.empty() || asked.path == path) && ++*made == request) kill();
        return std::nullopt;
      });
    });
    crm_.on_request(nullptr);
    return finished;
  }

  static Tables tables_of(const Finished& finished) {
    Tables tables;
    EXPECT_EQ(merge(tables, finished.out, key_of), 0U) << "a row was read twice";
    return tables;
  }

  // A second run, an hour later.
  Finished read_later(const Arguments& more = {}) {
    crm_.start_again();
    now_ = "2024-06-01T13:00:00Z";
    return read(more);
  }

  static bool says(const Finished& finished, const std::string& words) {
    return finished.err.find(words) != std::string::npos;
  }

  TemporaryDirectory directory_;
  std::string now_ = now_text;
  CrmServer crm_;
};

TEST_F(Crm, EachRowIsReadOnce) {
  const auto finished = read({"--validate"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_EQ(difference(everything(crm_), tables_of(finished)), "");
  EXPECT_EQ(finished.err.find("WARNING"), std::string::npos) << finished.err;
}

TEST_F(Crm, ObjectsAreStreamsAndFieldsAreColumnsWithTheirTypes) {
  const auto finished = run("discover");
  EXPECT_EQ(finished.exit, 0) << finished.err;
  std::map<std::string, json::object> streams;
  const auto catalog = json::parse(finished.out);
  for (const auto& stream : catalog.at("streams").as_array())
    streams[std::string(view(stream.at("tap_stream_id").as_string()))] = stream.as_object();
  ASSERT_EQ(streams.size(), 5U);
  const auto type = [&](const std::string& stream, const std::string& column) {
    return json::serialize(streams.at(stream).at("schema").at("properties").at(column).at("type"));
  };
  EXPECT_EQ(type("vehicles", "plate"), R"(["null","string"])");
  EXPECT_EQ(type("vehicles", "doors"), R"(["null","number"])");
  EXPECT_EQ(type("contacts", "opted_in"), R"(["null","boolean"])");
  EXPECT_EQ(streams.at("deals").at("schema").at("properties").at("won_at").at("format"), "date-time");
  EXPECT_EQ(streams.at("deals").at("schema").at("properties").at("closes_on").at("format"), "date");
  EXPECT_EQ(streams.at("vehicles").at("schema").at("description"), "Fahrzeuge für den Verleih");
  EXPECT_EQ(crm_.requests("/objects").size(), 2U) << "two pages";
}

TEST_F(Crm, ALaterRunReadsWhatHasChanged) {
  EXPECT_EQ(read().exit, 0);
  crm_.set_value("contacts", 1'005, "score", "7", now + 1);
  crm_.erase("deals", 5'003, now + 2);
  const auto finished = read_later();
  EXPECT_EQ(finished.exit, 0) << finished.err;
  Tables changed;
  const auto contacts = crm_.objects().front();
  for (const auto& record : crm_.records("contacts")) {
    if (record.updated >= now) add_row(changed, "contacts", row_of(record, contacts.fields));
  }
  add_row(changed, "deletions", everything(crm_)["deletions"].at("5003"));
  EXPECT_EQ(changed["contacts"].size(), 1U);
  EXPECT_EQ(difference(changed, tables_of(finished)), "");
  EXPECT_EQ(targets_of(crm_.requests("/deletions")), std::vector<std::string>{"/deletions?token=d1-70"});
}

// ---- objects and fields that change

TEST_F(Crm, FieldsAndObjectsThatAppearedOrVanishedAreReported) {
  EXPECT_EQ(read().exit, 0);
  crm_.drop_field("contacts", "fax");
  crm_.set_field("contacts", {"tier", "text"});
  crm_.set_field("contacts", {"score", "text"});
  crm_.set_value("contacts", 1'005, "score", "\"high\"", now + 1);
  crm_.set_value("contacts", 1'005, "tier", "\"gold\"", now + 1);
  crm_.add_object({"boats", "Boats", {{"sails", "number"}}});
  crm_.add_record({7'001, "boats", now, now, {{"sails", "3"}}});
  const auto second = read_later();
  EXPECT_EQ(second.exit, 0) << second.err;
  EXPECT_TRUE(says(second,
                   "contacts: its columns have changed since the last run: \"tier\" has appeared "
                   "(string), \"score\" was number and is string, \"fax\" has vanished"))
      << second.err;
  EXPECT_FALSE(says(second, "deals: its columns")) << second.err;
  const auto all = everything(crm_);
  Tables expected{{"contacts", {{"1005", all.at("contacts").at("1005")}}}, {"boats", all.at("boats")}};
  EXPECT_EQ(difference(expected, tables_of(second)), "");

  const auto third = read_later();
  EXPECT_FALSE(says(third, "its columns")) << third.err;
}

TEST_F(Crm, AnObjectThatVanishedDoesNotFailTheOthers) {
  EXPECT_EQ(read().exit, 0);
  crm_.on_request([](const Request& request, int) -> std::optional<Response> {
    if (request.path == "/objects/vehicles") return Response{404, R"({"message":"gone"})"};
    return std::nullopt;
  });
  crm_.set_value("contacts", 1'005, "score", "7", now + 1);
  now_ = "2024-06-01T13:00:00Z";
  const auto finished = read();
  EXPECT_EQ(finished.exit, 5);
  EXPECT_EQ(tables_of(finished).count("contacts"), 1U);
}

class CrmCatalog : public Crm {
 protected:
  // A catalog of all streams and columns, and after it the field "fax" vanishes.
  void write_catalog_and_drop_a_field() {
    auto catalog = json::parse(run("discover").out);
    for (auto& stream : catalog.at("streams").as_array())
      stream.at("metadata").at(0).at("metadata").as_object()["selected"] = true;
    write_file(file("catalog.json"), json::serialize(catalog));
    crm_.drop_field("contacts", "fax");
  }

  Tables expected() {
    auto tables = everything(crm_);
    for (auto& [key, row] : tables.at("contacts")) row["fax"] = nullptr;
    return tables;
  }
};

TEST_F(CrmCatalog, AVanishedFieldOfTheCatalogIsNull) {
  write_catalog_and_drop_a_field();
  const auto finished = read({"--catalog", file("catalog.json"), "--validate"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_EQ(difference(expected(), tables_of(finished)), "");
  EXPECT_TRUE(says(finished,
                   "the stream \"contacts\" does not have the column \"fax\" any more: it is null "
                   "in each record"))
      << finished.err;
}

TEST_F(CrmCatalog, AVanishedFieldStaysInTheSchema) {
  write_catalog_and_drop_a_field();
  const auto finished = run("read", {"--catalog", file("catalog.json"), "--select", "contacts"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  const auto schema = json::parse(lines_of(finished.out).at(0));
  EXPECT_EQ(schema.at("type"), "SCHEMA");
  EXPECT_EQ(json::serialize(schema.at("schema").at("properties").at("fax").at("type")),
            R"(["null","string"])");
}

TEST_F(CrmCatalog, AVanishedFieldCanBeDeselected) {
  write_catalog_and_drop_a_field();
  const auto finished =
      read({"--catalog", file("catalog.json"), "--select", "contacts", "--exclude", "contacts.fax"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  Tables contacts{{"contacts", everything(crm_).at("contacts")}};
  EXPECT_EQ(difference(contacts, tables_of(finished)), "");
  EXPECT_FALSE(says(finished, "fax")) << finished.err;
}

TEST_F(CrmCatalog, APatternMayNameAVanishedField) {
  crm_.drop_field("contacts", "fax");
  const auto finished = read({"--select", "contacts.email", "--select", "contacts.fax"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_TRUE(says(finished, "--select \"contacts.fax\" matches no column of contacts")) << finished.err;
  auto tables = everything(crm_);
  for (auto& [key, row] : tables.at("contacts")) {
    for (const auto* other : {"created_at", "score", "opted_in"}) row.erase(other);
  }
  EXPECT_EQ(difference({{"contacts", tables.at("contacts")}}, tables_of(finished)), "");
}

// ---- tokens

TEST_F(Crm, AnExpiredTokenStartsTheStreamAgain) {
  EXPECT_EQ(read().exit, 0);
  crm_.expire_tokens();
  const auto second = read_later();
  EXPECT_EQ(second.exit, 0) << second.err;
  EXPECT_TRUE(says(second, "deletions: its token has expired, so it is read from its start")) << second.err;
  Tables expected{{"deletions", everything(crm_).at("deletions")}};
  EXPECT_EQ(difference(expected, tables_of(second)), "");
  EXPECT_EQ(read_later().out, "");
  EXPECT_EQ(targets_of(crm_.requests("/deletions")), std::vector<std::string>{"/deletions?token=d2-70"});
}

// Each access token lives five requests, and each new one comes with a new refresh token.
TEST_F(Crm, A401MidwayIsFollowedByANewToken) {
  crm_.set_token_life(3'600s, 5);
  // With several threads, the others could use up a new token before the one that requested it.
  const auto finished = read({"--jobs", "1"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_EQ(difference(everything(crm_), tables_of(finished)), "");
  EXPECT_GE(crm_.refused(), 3);
  EXPECT_GE(crm_.requests("/oauth/token").size(), 4U);
  EXPECT_FALSE(says(finished, "-token-")) << finished.err;
  EXPECT_EQ(read_later({"--jobs", "1"}).exit, 0) << "the newest refresh token was not kept";
}

// ---- exports

TEST_F(Crm, ADownloadThatBreaksOffIsCompleted) {
  crm_.on_request([&](const Request& request, int number) -> std::optional<Response> {
    if (request.path != "/files/1" || number > 2) return std::nullopt;
    auto response = crm_.respond(request);
    response.fault = Fault::cut_off;
    return response;
  });
  const auto finished = read({"--select", "leads"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_EQ(difference({{"leads", everything(crm_).at("leads")}}, tables_of(finished)), "");
  EXPECT_EQ(crm_.requests("/files/1").size(), 3U);
  EXPECT_EQ(crm_.requests("/exports").size(), 1U);
}

TEST_F(Crm, AKillInTheDownloadCreatesNoSecondExport) {
  EXPECT_EQ(read_files_until(1, "/files/1").exit, 128 + SIGKILL);
  const auto second = read_files_until(0);
  EXPECT_EQ(second.exit, 0) << second.err;
  EXPECT_EQ(crm_.requests("/exports").size(), 1U);
  EXPECT_EQ(difference(everything(crm_), rows_of_files(file("out"), key_of).tables), "");
}

// TAPSTER_BULK_ROWS=6000000 is a gigabyte. The access token expires meanwhile.
TEST_F(Crm, ALargeExportTakesLittleMemory) {
  const char* const given = std::getenv("TAPSTER_BULK_ROWS");
  const int64_t rows = given ? std::strtoll(given, nullptr, 10) : 300'000;
  std::atomic<pid_t> program = 0;
  std::atomic<double> peak = 0;
  BulkServer store(rows);
  store.on_piece([&](int64_t sent) {
    if (sent == store.file_size()) peak = peak_memory(program);
    return true;
  });
  crm_.export_to(store.file_url());
  crm_.set_token_life(3'600s, 3);
  now_ = "2026-04-01T00:00:00Z";
  const auto began = std::chrono::steady_clock::now();
  Process process(paths::tapster, arguments("read", {"--output", file("out"), "--select", "leads"}),
                  options());
  program = process.id();
  const auto finished = process.wait();
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  EXPECT_EQ(finished.exit, 0) << finished.err;
  std::printf("%.0f MB in %.1f s with %.1f MiB\n", static_cast<double>(store.file_size()) / 1e6, seconds,
              peak.load());
  EXPECT_GT(peak, 1);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which take memory of their own
  EXPECT_LT(peak, 32);
#endif
  const auto row = [](int64_t number) {
    auto time = row_time(number);
    time.insert(time.size() - 1, ".000000");
    return fmt::format(R"({{"id":{},"changed_at":"{}","name":"Ann \"{:09}\"\r\nNäher, Ltd"}})", number, time,
                       number);
  };
  EXPECT_EQ(line_difference(file("out"), rows, row), "");
}

// ---- a server that misbehaves

TEST_F(Crm, ACutResponseIsRequestedAgain) {
  crm_.on_request([&](const Request& request, int number) -> std::optional<Response> {
    if (number != 2) return std::nullopt;
    auto response = crm_.respond(request);
    response.body.resize(response.body.size() / 2);
    return response;
  });
  const auto finished = read();
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_EQ(difference(everything(crm_), tables_of(finished)), "");
}

TEST_F(Crm, ALimitOfRequestsIsWaitedFor) {
  crm_.on_request([&](const Request& request, int number) -> std::optional<Response> {
    if (request.path == "/objects" || number != 2) return std::nullopt;
    return Response{429, R"({"message":"Slow down"})", {{"Retry-After", "30"}}};
  });
  const auto finished = read();
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_EQ(difference(everything(crm_), tables_of(finished)), "");
}

TEST_F(Crm, RowsInAnotherOrderAreAnError) {
  crm_.on_request([&](const Request& request, int) -> std::optional<Response> {
    if (request.path != "/objects/contacts") return std::nullopt;
    auto body = json::parse(crm_.respond(request).body);
    auto& rows = body.at("results").as_array();
    std::reverse(rows.begin(), rows.end());
    return Response{200, json::serialize(body)};
  });
  const auto finished = read();
  EXPECT_EQ(finished.exit, 5);
  EXPECT_TRUE(says(finished, "the rows are not sorted by updated_at, ascending: request that order"))
      << finished.err;
}

// ---- kills

// The contacts are one slice of twelve pages.
TEST_F(Crm, AfterAKillInTheMiddleOfASliceItsRestIsRead) {
  const std::string path = "/objects/contacts";
  EXPECT_EQ(read_files_until(9, path).exit, 128 + SIGKILL);
  ASSERT_EQ(crm_.requests(path).size(), 9U);
  crm_.start_again();
  const auto second = read_files_until(0);
  EXPECT_EQ(second.exit, 0) << second.err;
  // At least seven of the eight pages before the kill had been emitted, and are not requested again.
  EXPECT_LE(crm_.requests(path).size(), 12U - 7U);
  expect_rows_of_files(everything(crm_), file("out"), key_of);
}

// Each access token lives four requests, so the refresh token rotates several times in a run.
TEST_F(Crm, FilesHaveEveryRowAfterKillsAtAnyRequest) {
  crm_.set_token_life(3'600s, 4);
  const auto killed = kill_at_requests([&](std::size_t at) { return read_files_until(at); },
                                       [](std::size_t at) { return at + 3; });
  EXPECT_EQ(killed.last.exit, 0) << killed.last.err;
  EXPECT_GT(killed.runs, 3);
  expect_rows_of_files(everything(crm_), file("out"), key_of);
}

}  // namespace
}  // namespace tapster::connectors
