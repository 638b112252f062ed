// What a run has recorded is replayed, and has none of the secrets.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <tapster/declared.hpp>
#include <tapster/testing/replay.hpp>
#include <tapster/testing/script.hpp>
#include <tapster/testing/sync.hpp>
#include <vector>

#include "support/files.hpp"
#include "support/temporary_directory.hpp"

namespace tapster {
namespace {

namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

const DeclaredStream changes{
    .stream = {.name = "changes",
               .description = "Changes until now.",
               .key = {"id"},
               .replication_key = "at",
               .columns = {{"id", Type::integer, "/id"}, {"at", Type::timestamp, "/at"}}},
    .request = {.path = "/changes"},
    .records = {"/rows"},
    .paginator = NextUrlPages{.from = "/next"},
    .incremental = Incremental{.to = in_query("until")}};
const DeclaredStream lines{
    .stream = {.name = "lines",
               .description = "A file.",
               .key = {"id"},
               .columns = {{"id", Type::integer, "/id"}, {"note", Type::string, "/note"}}},
    .request = {.method = Method::post, .path = "/file", .body = json::object{{"of", "lines"}}},
    .records = {.format = RecordSelector::Format::json_lines},
    .streaming = true};

Result<Source> open_recorded(const json::object& config, Host host) {
  auto opened =
      HttpClient::create(host, {.base_url = text_of(config, "base_url"),
                                .headers = {"X-Key: " + text_of(config.at("account").as_object(), "key")},
                                .schemes = {"http"},
                                .authenticator = OAuth2{.token_url = "/token",
                                                        .grant = OAuth2::Grant::refresh_token,
                                                        .client_id = "client",
                                                        .client_secret = text_of(config, "client_secret"),
                                                        .refresh_token = text_of(config, "refresh_token"),
                                                        .store = "refresh_token"}});
  if (!opened) return Failed(std::move(opened).error());
  const std::shared_ptr<HttpClient> client = *std::move(opened);
  auto streams = declare(host, client, {lines, changes});
  streams[1].read = [host, read = streams[1].read](const ReadRequest& request, Records& records) {
    host.secret("a late secret");  // after the lines were read
    return read(request, records);
  };
  return Source{.streams = std::move(streams)};
}

const Connector& recorded_connector() {
  static const Connector connector{
      .name = "recorded",
      .version = "1.0.0",
      .description = "A connector that is recorded",
      .settings = {{.name = "client_secret", .description = "A secret.", .required = true, .secret = true},
                   {.name = "refresh_token", .description = "A token.", .required = true, .secret = true},
                   {.name = "account",
                    .type = Type::object,
                    .description = "An account.",
                    .required = true,
                    .rules = R"("properties":{"key":{"type":"string","secret":true}})"},
                   {.name = "base_url", .description = "The URL.", .required = true}},
      .open = open_recorded};
  return connector;
}

// The API has all secrets in its responses too. It takes no requests for a second before the changes are
// planned.
class Recorded : public testing::Test {
 protected:
  Recorded() {
    server_.answer("POST", "/v2/token",
                   {.body = R"({"access_token":"access/1","refresh_token":"refresh/2","expires_in":3600})"});
    const auto next = fmt::format("{}/v2/changes?page=2", server_.url());
    server_.answer(
        "GET", "/v2/changes?until=2026-02-03T04:05:06Z",
        {.body = fmt::format(R"({{"rows":[{{"id":1,"at":"2026-01-01T00:00:00Z"}}],"next":"{}"}})", next),
         .headers = {{"Set-Cookie", "session=cookie"}, {"X-Token", "Bearer access/1"}}});
    server_.answer("GET", "/v2/changes?page=2",
                   {.body = R"({"rows":[{"id":2,"at":"2026-01-02T00:00:00Z"}],"next":null})"});
    server_.fail("POST", "/v2/file", Fault::too_many_requests);
    server_.answer("POST", "/v2/file", R"({"of":"lines"})",
                   {.body = R"({"id":1,"note":"secret&1 secret%261 YWNjZXNzLzE= \"key\\1"})"
                            "\n"
                            R"({"id":2,"note":"Näher: a late secret"})"
                            "\n"});
  }
  ~Recorded() override { ::unsetenv("TAPSTER_RECORD"); }

  Synced record(const std::string& name = "recorded") {
    ::setenv("TAPSTER_RECORD", (directory_ / name).c_str(), 1);
    FakeHost host;
    host.set_now(*parse_time("2026-02-03T04:05:06.5Z"));
    auto synced = sync_streams(recorded_connector(), config(server_.url() + "/v2", "secret&1"), host);
    ::unsetenv("TAPSTER_RECORD");
    return synced;
  }
  static json::object config(const std::string& base_url, const std::string& secret) {
    return {{"client_secret", secret},
            {"refresh_token", "refresh/1"},
            {"account", {{"key", R"("key\1)"}}},
            {"base_url", base_url}};
  }
  [[nodiscard]] std::vector<fs::path> files() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(directory_ / "recorded")) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
  }

  TemporaryDirectory directory_;
  ScriptedServer server_;
};

TEST_F(Recorded, ARunIsReplayed) {
  const auto first = record();
  EXPECT_EQ(first.errors(), "");
  ASSERT_EQ(first["changes"].records().size(), 2U);
  ASSERT_EQ(first["lines"].records().size(), 2U);

  Replay replay(directory_ / "recorded");
  FakeHost host;
  host.hold_now(replay.now());
  const auto second =
      sync_streams(recorded_connector(), config(replay.url() + "/v2", "another secret"), host);
  EXPECT_EQ(second.errors(), "");
  EXPECT_EQ(replay.unexpected(), Texts());
  EXPECT_EQ(replay.log(), server_.log());
  EXPECT_EQ(second["changes"].lines, first["changes"].lines);
  EXPECT_EQ(second["changes"].state, first["changes"].state);
  EXPECT_EQ(second["lines"].records().at(0).at("note"), "*** *** ***= ***");
  EXPECT_EQ(second["lines"].records().at(1).at("note"), "Näher: ***");
}

TEST_F(Recorded, TheFilesHaveNoSecrets) {
  EXPECT_EQ(record().errors(), "");
  ASSERT_EQ(files().size(), 5U);
  for (const auto& file : files()) {
    struct stat status {};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << file;
    for (const auto* secret : {"secret&1", "secret%261", "refresh/1", "refresh%2F1", "refresh/2", "access/1",
                               "YWNjZXNzLzE", "key", "late", "session=", "Authorization", "X-Key"})
      EXPECT_EQ(content(file).find(secret), std::string::npos) << file << ": " << secret;
  }
  struct stat status {};
  ASSERT_EQ(::stat((directory_ / "recorded").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(Recorded, AnExchangeIsAFile) {
  EXPECT_EQ(record().errors(), "");
  const auto exchange = json::parse(content(files().at(3))).as_object();
  EXPECT_EQ(exchange.at("now"), "2026-02-03T04:05:06.500000Z");
  const json::object request{
      {"method", "GET"}, {"url", server_.url() + "/v2/changes?until=2026-02-03T04:05:06Z"}, {"body", ""}};
  EXPECT_EQ(exchange.at("request"), request);
  const auto& response = exchange.at("response").as_object();
  EXPECT_EQ(response.at("status"), 200);
  const auto& headers = response.at("headers").as_array();
  for (const auto& header : {json::array{"set-cookie", "***"}, json::array{"x-token", "Bearer ***"},
                             json::array{"content-type", "application/json"}})
    EXPECT_NE(std::find(headers.begin(), headers.end(), json::value(header)), headers.end())
        << json::serialize(header);
}

TEST_F(Recorded, FilesOfAnEarlierRunAreKept) {
  EXPECT_EQ(record().errors(), "");
  const auto first = content(files().at(0));
  EXPECT_EQ(record().errors(), "");
  EXPECT_EQ(files().size(), 9U);
  EXPECT_EQ(content(files().at(0)), first);
}

TEST_F(Recorded, ABodyThatIsNotTextIsReplayedByteByByte) {
  const std::string bytes("\x1F\x8B\x00\xFF\xFE", 5);
  server_.answer("POST", "/v3/token", {.body = bytes});
  ::setenv("TAPSTER_RECORD", (directory_ / "recorded").c_str(), 1);
  FakeHost host;
  sync_streams(recorded_connector(), config(server_.url() + "/v3", "secret&1"), host, {.streams = {"lines"}});
  ::unsetenv("TAPSTER_RECORD");
  const auto exchange = json::parse(content(files().at(0)));
  EXPECT_EQ(exchange.at_pointer("/response/body_base64"), "H4sA//4=");

  const Replay replay(directory_ / "recorded");
  auto http = HttpClient::create(host.host(), {.base_url = replay.url(), .schemes = {"http"}});
  ASSERT_TRUE(http);
  std::string replayed;
  const auto request = HttpRequest::form(Method::post, Target("/v3/token"),
                                         {{"grant_type", "refresh_token"},
                                          {"refresh_token", "any"},
                                          {"client_id", "client"},
                                          {"client_secret", ""}});
  const auto sent = (*http)->send(request, [&](HttpResponse& response) {
    replayed = response.body;
    return Result<void>();
  });
  ASSERT_TRUE(sent) << sent.error().message << content(files().at(0));
  EXPECT_EQ(replayed, bytes);
}

TEST_F(Recorded, ARequestThatWasNotRecordedIsNamed) {
  EXPECT_EQ(record().errors(), "");
  Replay replay(directory_ / "recorded");
  FakeHost host;
  host.hold_now(*parse_time("2026-05-01T00:00:00Z"));
  const auto synced = sync_streams(recorded_connector(), config(replay.url() + "/v2", "secret&1"), host);
  EXPECT_NE(synced.errors().find("HTTP 400"), std::string::npos) << synced.errors();
  EXPECT_EQ(replay.unexpected(), Texts{"GET /v2/changes?until=2026-05-01T00:00:00Z"});
}

TEST_F(Recorded, NothingIsRecordedWithoutTheVariable) {
  FakeHost host;
  host.hold_now(*parse_time("2026-02-03T04:05:06Z"));
  const auto synced = sync_streams(recorded_connector(), config(server_.url() + "/v2", "secret&1"), host);
  EXPECT_EQ(synced.errors(), "");
  EXPECT_FALSE(fs::exists(directory_ / "recorded"));
}

TEST_F(Recorded, ADirectoryThatCannotBeMadeFailsTheOpen) {
  write_file(directory_ / "file", "");
  for (const auto* name : {"file", "file/below"}) {
    const auto synced = record(name);
    ASSERT_EQ(synced.failures.size(), 1U);
    EXPECT_EQ(synced.failures[0].second.status, Status::config);
    EXPECT_NE(synced.errors().find(
                  fmt::format("TAPSTER_RECORD: cannot write {}/{}: ", directory_.path().string(), name)),
              std::string::npos)
        << synced.errors();
  }
}

TEST_F(Recorded, AnOldHostCannotRecord) {
  ::setenv("TAPSTER_RECORD", (directory_ / "recorded").c_str(), 1);
  FakeHost host;
  host.become_old();
  const auto synced = sync_streams(recorded_connector(), config(server_.url() + "/v2", "secret&1"), host);
  EXPECT_EQ(synced.errors(), "TAPSTER_RECORD: this version of the host cannot record\n");
}

TEST(Replays, NameTheFileThatIsNotAnExchange) {
  const TemporaryDirectory directory;
  EXPECT_THROW(Replay(directory.path()), std::runtime_error) << "nothing is recorded";
  write_file(directory / "000001.json", "{\"now\":");
  try {
    const Replay replay(directory.path());
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_NE(std::string(e.what()).find("000001.json: not a recorded exchange"), std::string::npos)
        << e.what();
  }
}

}  // namespace
}  // namespace tapster
