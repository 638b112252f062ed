// What cannot work: each its own message with the key, file or URL in it, its own exit code, nothing on
// standard output, and the token nowhere.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.hpp"
#include "support/file_limit.hpp"

namespace tapster::e2e {
namespace {

constexpr std::string_view token = "sandbox-token";

class Errors : public EndToEnd {
 protected:
  void SetUp() override { start({.messages = 500, .days = 10}); }

  // The run fails with this code and these words, and gives nothing away.
  void expect_failure(const Finished& finished, int exit, const std::vector<std::string>& words) {
    EXPECT_EQ(finished.exit, exit) << finished.err;
    EXPECT_EQ(finished.out.substr(0, 300), "");
    for (const auto& word : words)
      EXPECT_NE(finished.err.find(word), std::string::npos) << word << "\n" << finished.err;
    EXPECT_NE(finished.err.find("CRITICAL"), std::string::npos) << finished.err;
    expect_no_token(finished);
  }
  void expect_no_token(const Finished& finished) {
    EXPECT_EQ(finished.out.find(token), std::string::npos);
    EXPECT_EQ(finished.err.find(token), std::string::npos) << finished.err;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path())) {
      if (!entry.is_regular_file() || entry.path() == directory_ / "config.json") continue;
      EXPECT_EQ(content(entry.path()).find(token), std::string::npos) << entry.path();
    }
  }
  // All commands that take a config, as loud as they can be.
  void expect_all_to_fail(int exit, const std::vector<std::string>& words) {
    for (const auto* command : {"check", "discover", "plan", "read"}) {
      expect_failure(run({command, "postmark", "--config", file("config.json"), "-v"}), exit, words);
    }
  }
  void write_config(std::string_view text) { write_file(file("config.json"), text); }
  [[nodiscard]] std::string config(std::string_view start_date, std::string_view base_url) const {
    return fmt::format(R"({{"postmark_server_token":"{}","start_date":{},"base_url":"{}"}})", token,
                       start_date, base_url);
  }
};

TEST_F(Errors, AnInvalidStartDateIsNamed) {
  for (const auto* date : {R"("")", R"("2026-13-01")", R"("2026-02-30")", R"("01.10.2026")",
                           R"("2026-10-01T00:00:00")", R"("yesterday")", "20261001", "null"}) {
    write_config(config(date, server_->base_url()));
    expect_all_to_fail(2, {file("config.json"), "\"start_date\""});
  }
  EXPECT_EQ(server_->requests().size(), 0U);
}

TEST_F(Errors, AStartDateMayBeATime) {
  const auto slices = [&](const std::string& date) {
    write_config(config('"' + date + '"', server_->base_url()));
    return run({"plan", "postmark", "--config", file("config.json"), "--select", "stats_outbound_overview"})
        .out;
  };
  const auto of_the_day = slices("2026-11-17");
  EXPECT_NE(of_the_day.find("2026-11-17"), std::string::npos) << of_the_day;
  // Midnight in UTC is the evening before in US Eastern time.
  for (const auto* time :
       {"2026-11-18T00:00:00Z", "2026-11-18T00:00:00.000000Z", "2026-11-17T10:00:00-05:00"})
    EXPECT_EQ(slices(time), of_the_day) << time;
}

TEST_F(Errors, AStartDateInTheFutureIsRefused) {
  write_config(config(R"("2026-11-24")", server_->base_url()));
  expect_all_to_fail(
      2, {file("config.json"), "\"start_date\" 2026-11-24 is in the future: today is 2026-11-23"});
  // The day is the Eastern one: in UTC it has begun.
  now_ = "2026-11-24T03:00:00Z";
  expect_all_to_fail(2, {"\"start_date\" 2026-11-24 is in the future: today is 2026-11-23"});
  now_ = "2026-11-24T05:00:00Z";
  EXPECT_EQ(run({"check", "postmark", "--config", file("config.json")}).exit, 0);
}

TEST_F(Errors, ATokenWithALineBreakIsNamed) {
  write_config(R"({"postmark_server_token":"sandbox-token\n","start_date":"2026-10-20"})");
  expect_all_to_fail(2, {"postmark_server_token contains a line break"});
}

TEST_F(Errors, CheckNamesAnUnknownMessageStream) {
  configure(R"(,"message_streams":["outbound","outbond"])");
  expect_failure(run({"check", "postmark", "--config", file("config.json")}), 2,
                 {R"("message_streams" contains "outbond", but the server has only outbound, broadcast)"});
  configure(R"(,"message_streams":["outbound"])");
  EXPECT_EQ(run({"check", "postmark", "--config", file("config.json")}).exit, 0);
}

TEST_F(Errors, AMissingConfigFileIsNamed) {
  std::filesystem::remove(file("config.json"));
  expect_all_to_fail(2, {file("config.json"), "No such file"});
  std::filesystem::create_directory(file("config.json"));
  expect_all_to_fail(2, {file("config.json"), "directory"});
}

TEST_F(Errors, AConfigThatIsNotAJsonObjectIsNamedWithThePlace) {
  write_config("{\n  \"postmark_server_token\": \"sandbox-token\",\n  \"start_date\" \"2026-10-20\"\n}");
  expect_all_to_fail(2, {file("config.json"), "line 3"});
  for (const auto* text : {"", "[]", "\"sandbox-token\"", R"({"postmark_server_token":"sandbox-token)"}) {
    write_config(text);
    expect_all_to_fail(2, {file("config.json")});
  }
}

TEST_F(Errors, AMissingRequiredKeyIsNamed) {
  write_config(R"({"start_date":"2026-10-20"})");
  expect_all_to_fail(2, {"\"postmark_server_token\"", "\"postmark_server_tokens\"", "\"all_servers\""});
  write_config(R"({"all_servers":true,"start_date":"2026-10-20"})");
  expect_all_to_fail(2, {"\"all_servers\"", "\"postmark_account_token\""});
  write_config(R"({"postmark_server_token":"sandbox-token"})");
  expect_all_to_fail(2, {file("config.json"), "\"start_date\""});
  write_config(R"({})");
  expect_all_to_fail(2, {"\"start_date\""});
  write_config(R"({"postmark_server_token":"","start_date":"2026-10-20"})");
  expect_all_to_fail(2, {"\"postmark_server_token\""});
}

TEST_F(Errors, ASettingOfTheWrongTypeOrRangeIsNamed) {
  for (const auto& [more, key] : std::vector<std::pair<const char*, const char*>>{
           {R"(,"lookback_days":-1)", "lookback_days"},
           {R"(,"lookback_days":"2")", "lookback_days"},
           {R"(,"lookback_days":1.5)", "lookback_days"},
           {R"(,"stats_lookback_days":1000000000000)", "stats_lookback_days"},
           {R"(,"message_streams":"outbound")", "message_streams"},
           {R"(,"message_streams":[7])", "message_streams"},
           {R"(,"message_streams":[""])", "message_streams"}}) {
    configure(more);
    expect_all_to_fail(2, {file("config.json"), key});
  }
}

TEST_F(Errors, ATokenWithALineBreakIsNotShown) {
  write_config(R"({"postmark_server_token":"sandbox-token\r\nX-Other: 1","start_date":"2026-10-20"})");
  expect_all_to_fail(2, {file("config.json"), "line break"});
}

TEST_F(Errors, AnUnknownKeyIsAWarningWithASuggestion) {
  configure(R"(,"lookback_day":3,"colour":"red")");
  const auto finished = read();
  EXPECT_EQ(finished.exit, 0);
  EXPECT_NE(finished.err.find(file("config.json") +
                              ": the connector has no setting \"lookback_day\"; did you mean"),
            std::string::npos)
      << finished.err;
  EXPECT_NE(finished.err.find("\"colour\""), std::string::npos) << finished.err;
  size_t doubled = 0;
  EXPECT_EQ(difference(everything(), tables_of_singer(finished.out, doubled)), "");
  expect_no_token(finished);
}

TEST_F(Errors, AnInvalidBaseUrlIsNamed) {
  for (const auto* url : {"ftp://127.0.0.1", "file:///etc/passwd", "127.0.0.1", "", "https://",
                          "http://user:sandbox-token@127.0.0.1", "http://127.0.0.1/?a=b"}) {
    write_config(config(R"("2026-10-20")", url));
    expect_all_to_fail(2, {file("config.json"), "\"base_url\""});
  }
}

TEST_F(Errors, AHostThatRefusesConnectionsIsNamed) {
  const auto url = server_->base_url();
  server_.reset();  // from now on its port refuses
  for (const auto* command : {"check", "plan", "read"}) {
    expect_failure(run({command, "postmark", "--config", file("config.json"), "-v"}), 1,
                   {url, "no connection"});
  }
}

TEST_F(Errors, AWrongTokenExitsWithThreeAndNamesItsSetting) {
  write_config(fmt::format(
      R"({{"postmark_server_token":"sandbox-token-2","start_date":"2026-10-20","base_url":"{}"}})",
      server_->base_url()));
  for (const auto* command : {"check", "plan", "read"}) {
    expect_failure(run({command, "postmark", "--config", file("config.json"), "-v"}), 3,
                   {"postmark_server_token", "HTTP 401", server_->base_url()});
  }
}

TEST_F(Errors, AnUnknownConnectorExitsWithFourAndListsTheSearchedPlaces) {
  const auto finished =
      run({"check", "postmrk", "--config", file("config.json"), "--plugin-dir", file("plugins")});
  expect_failure(finished, 4,
                 {"postmrk", R"(did you mean "postmark")", file("plugins"), "lib/tapster/plugins"});
}

TEST_F(Errors, APatternThatMatchesNoStreamIsNamed) {
  expect_failure(read({"--select", "mesages_*"}), 2, {"mesages_*", "messages_outbound"});
  expect_failure(read({"--exclude", "stat_*"}), 2, {"stat_*"});
  expect_failure(read({"--select", "messages_*", "--exclude", "messages_*"}), 2, {});
}

TEST_F(Errors, AnInvalidCatalogIsNamed) {
  expect_failure(read({"--catalog", file("catalog.json")}), 2, {file("catalog.json"), "No such file"});
  const std::vector<std::pair<const char*, std::vector<std::string>>> catalogs{
      {"", {}},
      {"[]", {}},
      {"{}", {"streams"}},
      {R"({"streams":{}})", {"streams"}},
      {R"({"streams":[]})", {}},
      {R"({"streams":[{"tap_stream_id":"messages_outbnd","metadata":[{"breadcrumb":[],"metadata":{"selected":true}}]}]})",
       {"messages_outbnd", "messages_outbound"}}};
  for (const auto& [text, words] : catalogs) {
    write_file(file("catalog.json"), text);
    auto all = words;
    all.push_back(file("catalog.json"));
    expect_failure(read({"--catalog", file("catalog.json")}), 2, all);
  }
}

TEST_F(Errors, AnOutputThatIsNotADirectoryIsNamed) {
  write_file(file("taken"), "mine");
  expect_failure(read({"--output", file("taken")}), 6, {file("taken")});
  expect_failure(read({"--output", file("taken") + "/below"}), 6, {file("taken")});
  EXPECT_EQ(content(file("taken")), "mine");
}

TEST_F(Errors, AStateFileThatCannotBeCreatedIsNamed) {
  write_file(file("taken"), "mine");
  expect_failure(read({"--state-file", file("taken/state.json")}), 6, {file("taken")});
  expect_failure(read({"--state", file("state.json")}), 2, {file("state.json"), "No such file"});
  EXPECT_EQ(server_->requests().size(), 0U);
}

TEST_F(Errors, AStateThatCannotBeWrittenExitsWithSix) {
  std::filesystem::create_directory(file("state.json.new"));  // where the new one would be written
  const auto finished = read({"--state-file", file("state.json")});
  expect_failure(finished, 6, {file("state.json.new"), "it is not a regular file; remove it"});
  EXPECT_FALSE(std::filesystem::exists(file("state.json")));
}

TEST_F(Errors, AClosedPipeExitsWithSix) {
  for (const auto* format : {"singer", "jsonl"}) {
    const auto fifo = directory_ / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ASSERT_GE(reader, 0);
    Process process(paths::tapster,
                    read_arguments({"--format", format, "-v", "--state-file", file("state.json")}),
                    {.environment = run_options().environment, .output_file = fifo});
    ::close(reader);  // the program has its end open when it is started
    const auto finished = process.wait();
    expect_failure(finished, 6, {"standard output", "closed the pipe"});
    std::filesystem::remove(fifo);
    // Nothing was written, so nothing is covered.
    size_t doubled = 0;
    EXPECT_EQ(
        difference(everything(), tables_of_singer(read({"--state-file", file("state.json")}).out, doubled)),
        "");
    std::filesystem::remove(file("state.json"));
  }
}

TEST_F(Errors, AFullDiskExitsWithSix) {
  for (const auto* format : {"singer", "jsonl"}) {
    Process process(paths::tapster,
                    read_arguments({"--format", format, "-v", "--state-file", file("state.json")}),
                    {.environment = run_options().environment, .output_file = "/dev/full"});
    expect_failure(process.wait(), 6, {"standard output", "No space left"});
    size_t doubled = 0;
    EXPECT_EQ(
        difference(everything(), tables_of_singer(read({"--state-file", file("state.json")}).out, doubled)),
        "");
    std::filesystem::remove(file("state.json"));
  }
}

// As under `ulimit -f` or a quota: an error, and not the signal that would end the program in the middle of a
// line.
TEST_F(Errors, AFileSizeLimitExitsWithSixAndTheNextRunContinues) {
  const std::vector<std::string> to_files{"--output", file("out"), "--state-file", file("state.json")};
  {
    const FileLimit limit(50'000);
    expect_failure(read(to_files), 6, {file("out"), "File too large"});
  }
  EXPECT_EQ(read(to_files).exit, 0);
  size_t doubled = 0;
  auto tables = streams_of(tables_of_files(file("out"), doubled), "messages_");
  EXPECT_EQ(difference(streams_of(everything(), "messages_"), tables), "");
}

TEST_F(Errors, ASuccessfulRunShowsNoToken) {
  // Faults give it more to log.
  server_->inject(sandbox::parse_fault("/:every=3:status=503"));
  for (const auto* format : {"text", "json"}) {
    auto finished = read({"-v", "--log-format", format, "--state-file", file("state.json"), "--jobs", "1"});
    EXPECT_EQ(finished.exit, 0);
    expect_no_token(finished);
    finished = read({"-v", "--log-format", format, "--output", file("out"), "--state-file",
                     file("files.json"), "--jobs", "1"});
    EXPECT_EQ(finished.exit, 0) << finished.err;
    expect_no_token(finished);
    finished = run({"info", "postmark", "--config", file("config.json"), "-v"});
    EXPECT_EQ(finished.exit, 0);
    expect_no_token(finished);
  }
}

TEST_F(Errors, ATokenFromTheEnvironmentIsHiddenToo) {
  write_config(
      fmt::format(R"({{"postmark_server_token":"${{E2E_TOKEN}}","start_date":"2026-11-20","base_url":"{}"}})",
                  server_->base_url()));
  expect_failure(read(), 2, {"E2E_TOKEN", "not set"});
  const auto finished = run_program(paths::tapster, read_arguments({"-v"}),
                                    {.environment = {{"TAPSTER_NOW", now_}, {"E2E_TOKEN", "sandbox-token"}}});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  expect_no_token(finished);
}

TEST_F(Errors, AUsageErrorSuggestsTheRightName) {
  expect_failure(run({"raed", "postmark"}), 2, {"raed", R"(did you mean "read")"});
  expect_failure(read({"--sinse", "2026-11-01"}), 2, {"--sinse", R"(did you mean "--since")"});
  expect_failure(read({"--since", "soon"}), 2, {"soon", "--since"});
  expect_failure(read({"--since", "2026-11-05", "--until", "2026-11-04"}), 2, {"2026-11-05", "2026-11-04"});
  expect_failure(read({"--jobs", "0"}), 2, {"--jobs"});
  expect_failure(read({"--state", "a", "--state-file", "b"}), 2, {"--state"});
  EXPECT_EQ(server_->requests().size(), 0U);
}

}  // namespace
}  // namespace tapster::e2e
