// The program as people and schedulers use it: exit codes, standard output and standard error.
#include "program.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <set>

namespace tapster::host {
namespace {

TEST_F(Program, ExitsWithTheUsageCodeForUserErrors) {
  const auto good = config(R"({"count":3})");
  const auto file = [&](const std::string& name, const std::string& text) {
    return directory_.write(name, text).string();
  };
  expect_failure(run({"raed"}), Exit::usage,
                 "there is no command raed; did you mean \"read\"? (see tapster --help)");
  expect_failure(run({"read", "counter"}), Exit::usage, "--config is required (see tapster read --help)");
  expect_failure(run({"read", "../counter", "--config", good}), Exit::usage, "cannot be a connector's name");
  expect_failure(run({"check", "counter", "--config", "/no/such"}), Exit::usage, "/no/such cannot be opened");
  expect_failure(run({"check", "counter", "--config", file("bad.json", "{")}), Exit::usage,
                 "bad.json is not JSON");
  expect_failure(run({"check", "counter", "--config", file("empty.json", "{}")}), Exit::usage,
                 "empty.json: \"count\" is required: How far to count");
  expect_failure(
      run({"check", "counter", "--config", file("url.json", R"({"count":1,"base_url":"ftp://x"})")}),
      Exit::usage, "\"base_url\" must be a URL that matches ^https?://, but is \"ftp://x\"");
  expect_failure(run({"read", "counter", "--config", good, "--catalog", "/no/such"}), Exit::usage,
                 "/no/such cannot be");
  expect_failure(run({"read", "counter", "--config", good, "--catalog", file("catalog.json", "[]")}),
                 Exit::usage, "catalog.json must be a JSON object");
  expect_failure(run({"read", "counter", "--config", good, "--catalog",
                      file("catalog.json", R"({"streams":[{"tap_stream_id":"number","selected":true}]})")}),
                 Exit::usage, "the connector has no stream \"number\"; did you mean \"numbers\"?");
  expect_failure(run({"read", "counter", "--config", good, "--select", "x*"}), Exit::usage,
                 "\"x*\" matches no stream");
  expect_failure(run({"check", "counter", "--config", good}, {{"TAPSTER_NOW", "noon"}}), Exit::usage,
                 "TAPSTER_NOW");
  for (const auto* command : {"plan", "read"}) {
    expect_failure(run({command, "counter", "--config", good, "--since", "2026-02-02"},
                       {{"TAPSTER_NOW", "2026-01-31T09:59:59Z"}}),
                   Exit::usage, "--since 2026-02-02 is in the future");
  }
}

TEST_F(Program, ExitsWithThePluginCodeForAMissingOrInvalidConnector) {
  const auto good = config("{}");
  expect_failure(run({"check", "countr", "--config", good}), Exit::plugin,
                 "there is no connector countr; did you mean \"counter\"? Looked in:");
  expect_failure(run({"check", "undefined-symbol", "--config", good}), Exit::plugin,
                 "a_function_of_no_library");
  expect_failure(run({"info", "no-entry-point"}), Exit::plugin, "it exports no tapster_connector_v1");
}

TEST_F(Program, ExitsByTheClassOfTheConnectorsError) {
  const std::map<std::string, Exit> codes{{"config", Exit::usage},     {"state", Exit::usage},
                                          {"auth", Exit::auth},        {"source", Exit::failed},
                                          {"transient", Exit::failed}, {"internal", Exit::failed}};
  for (const auto& [status, code] : codes) {
    const auto file = config(R"({"count":1,"check_status":")" + status + "\"}");
    expect_failure(run({"check", "counter", "--config", file}), code, "the check failed");
  }
}

TEST_F(Program, ReportsASuccessfulCheckOnlyInTheLog) {
  const auto ended = run({"check", "counter", "--config", config(R"({"count":3})")});
  EXPECT_EQ(ended.exit, 0);
  EXPECT_EQ(ended.out, "");
  EXPECT_NE(ended.err.find("INFO     counter: " + (directory_.path() / "config.json").string() + " works"),
            std::string::npos)
      << ended.err;
}

TEST_F(Program, ShowsNoSecret) {
  const auto file =
      config(R"({"count":3,"token":"${TAPSTER_TEST_TOKEN}","leak":true,"check_status":"auth"})");
  for (const char* format : {"text", "json"}) {
    const auto ended = run({"check", "counter", "--config", file, "-v", "--log-format", format},
                           {{"TAPSTER_TEST_TOKEN", "open-sesame"}});
    EXPECT_EQ(ended.exit, static_cast<int>(Exit::auth));
    EXPECT_EQ(ended.err.find("sesame"), std::string::npos) << ended.err;
    EXPECT_NE(ended.err.find("the check failed with ***"), std::string::npos) << ended.err;
  }
}

TEST_F(Program, LogsUsageErrorsAsJson) {
  for (const Arguments& arguments : {Arguments{"read", "counter", "--log-format", "json", "--jobs", "0"},
                                     Arguments{"info", "countr", "--log-format=json"}}) {
    const auto logged = lines(run(arguments).err);
    ASSERT_EQ(logged.size(), 1U);
    EXPECT_EQ(logged[0].at("level"), "critical");
    EXPECT_EQ(logged[0].at("logger_name"), "tapster");
  }
}

TEST_F(Program, ListsEveryConnectorEvenIfOneCrashes) {
  const auto ended = run({"list", "--format", "json"});
  EXPECT_EQ(ended.exit, 0);
  std::map<std::string, std::string> found;
  const auto listed = json::parse(ended.out);
  for (const auto& value : listed.as_array()) {
    const auto& connector = value.as_object();
    const auto* error = find_string(connector, "error");
    found[std::string(view(connector.at("name").as_string()))] =
        error == nullptr ? "" : std::string(view(*error));
  }
  EXPECT_EQ(found["counter"], "");
  EXPECT_NE(found["crash"].find("crashed while it was loaded: Aborted"), std::string::npos) << found["crash"];
  EXPECT_NE(found["exit"].find("ended the process while it was loaded"), std::string::npos) << found["exit"];
  EXPECT_NE(found["null-table"].find("it cannot work with this host's ABI"), std::string::npos);

  const auto text = run({"list"});
  EXPECT_EQ(text.exit, 0);
  EXPECT_NE(text.out.find("\ncounter                 1.0.0    Counts, for tests\n"), std::string::npos)
      << text.out;
}

TEST_F(Program, ASummaryShowsNoSecret) {
  const auto path = directory_.path() / "summary.json";
  const auto ended = run({"read", "counter", "--config",
                          config(R"({"count":3,"token":"open-sesame","leak":true,"fail_at":2})"), "--select",
                          "numbers", "--summary", path.string()});
  EXPECT_EQ(ended.exit, static_cast<int>(Exit::failed)) << ended.err;
  EXPECT_EQ(content(path).find("sesame"), std::string::npos) << content(path);
  const auto summary = json::parse(content(path));
  EXPECT_EQ(summary.at("streams").at(0).at("error"),
            "slice {\"from\":2,\"to\":2}: the number 2 cannot be read with ***");
}

TEST_F(Program, HidesASecretThatTheConnectorLearned) {
  const auto file = config(R"({"count":3,"token":"open-sesame","leak":true})");
  const auto ended = run({"check", "counter", "--config", file});
  EXPECT_EQ(ended.exit, 0) << ended.err;
  EXPECT_NE(ended.err.find("checking with *** and ***\n"), std::string::npos) << ended.err;
}

TEST_F(Program, RunsAConnectorBuiltForAbi10) {
  const Environment plugins{{"TAPSTER_PLUGIN_PATH", paths::plugins_1_0}};
  const auto file = config(R"({"count":3,"token":"open-sesame","leak":true})");
  const auto checked = run({"check", "counter", "--config", file}, plugins);
  EXPECT_EQ(checked.exit, 0) << checked.err;
  EXPECT_NE(checked.err.find("checking with *** and a key for this session\n"), std::string::npos)
      << "it cannot announce what it learned: " << checked.err;
}

// Its errors have no http_status.
TEST_F(Program, AConnectorBuiltForAbi10ReportsTheSameErrors) {
  const Environment today{{"TAPSTER_NOW", "2026-01-31T12:00:00Z"}};
  auto old = today;
  old["TAPSTER_PLUGIN_PATH"] = paths::plugins_1_0;
  for (const auto* status : {"config", "auth", "state", "source", "unsupported", "internal"}) {
    const auto file = config(fmt::format(R"({{"count":3,"check_status":"{}"}})", status));
    const auto expected = run({"check", "counter", "--config", file}, today);
    const auto found = run({"check", "counter", "--config", file}, old);
    EXPECT_NE(found.exit, 0) << status;
    EXPECT_EQ(found.exit, expected.exit) << status;
    EXPECT_EQ(found.err, expected.err) << status;
  }
  // A connector of 1.0 cannot set a record aside, so the slice fails.
  const auto file = config(R"({"count":3,"slices":1,"reject_at":2})");
  const auto rejects = (directory_.path() / "rejects.jsonl").string();
  const Arguments read{"read", "counter", "--config", file, "--select", "numbers", "--rejects", rejects};
  EXPECT_EQ(run(read, today).exit, 0);
  const auto found = run(read, old);
  EXPECT_EQ(found.exit, static_cast<int>(Exit::failed)) << found.err;
  EXPECT_NE(found.err.find("the number 2 is odd"), std::string::npos) << found.err;
}

TEST_F(Program, EveryCommandGivesTheSameWithAConnectorBuiltForAbi10) {
  const auto file = config(R"({"count":30,"slices":3})");
  // Neither the time of the run nor the number of its states depends on the machine.
  const Environment today{{"TAPSTER_NOW", "2026-01-31T12:00:00Z"}};
  auto old = today;
  old["TAPSTER_PLUGIN_PATH"] = paths::plugins_1_0;
  const auto read = [&](const Arguments& more) {
    Arguments all{"read", "counter", "--config", file, "--jobs", "1", "--commit-interval", "3600"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const auto state = directory_.write("state.json", R"({"bookmarks":{"numbers":{"id":12}}})").string();
  for (const auto& arguments :
       {Arguments{"discover", "counter", "--config", file},
        Arguments{"plan", "counter", "--config", file, "--state", state},
        Arguments{"preview", "counter", "numbers", "--config", file}, read({}), read({"--state", state}),
        read({"--format", "jsonl"}), read({"--format", "airbyte"}), read({"--select", "numbers.parity.odd"}),
        read({"--since", "2026-01-01", "--validate"})}) {
    const auto expected = run(arguments, today);
    const auto found = run(arguments, old);
    EXPECT_EQ(found.exit, expected.exit) << arguments[0] << ": " << found.err;
    EXPECT_EQ(found.exit, 0) << arguments[0] << ": " << found.err;
    EXPECT_EQ(found.out, expected.out) << arguments[0];
    EXPECT_NE(found.out, "") << arguments[0];
  }
  for (const auto* which : {"today", "old"}) {
    const auto out = (directory_.path() / which).string();
    const auto finished = run(read({"--output", out, "--state-file", out + ".json"}),
                              which == std::string("old") ? old : today);
    EXPECT_EQ(finished.exit, 0) << finished.err;
  }
  EXPECT_EQ(parts_content(directory_.path() / "old" / "numbers"),
            parts_content(directory_.path() / "today" / "numbers"));
  EXPECT_EQ(lines_of(parts_content(directory_.path() / "old" / "numbers")).size(), 30U);
}

TEST_F(Program, WritesASummary) {
  const auto path = directory_.path() / "summary.json";
  const auto ended = run({"read", "counter", "--config", config(R"({"count":30})"), "--select", "numbers",
                          "--summary", path.string()});
  EXPECT_EQ(ended.exit, 0) << ended.err;
  const auto summary = json::parse(content(path));
  EXPECT_EQ(summary.at("rows"), 30);
  EXPECT_EQ(summary.at("streams").at(0).at("status"), "complete");
}

TEST_F(Program, ASummaryThatCannotBeWrittenFailsTheRunBeforeItReads) {
  const auto good = config(R"({"count":3})");
  expect_failure(run({"read", "counter", "--config", good, "--summary", "/no/such/file"}), Exit::output,
                 "/no/such/file: cannot write: No such file or directory");
  expect_failure(run({"read", "counter", "--config", good, "--summary", directory_.path().string()}),
                 Exit::output, "cannot write: Is a directory");
}

TEST_F(Program, ASummaryIsWrittenForARunThatFails) {
  const auto path = (directory_.path() / "summary.json").string();
  const auto ended = run({"read", "counter", "--config", config("{}"), "--summary", path});
  EXPECT_EQ(ended.exit, static_cast<int>(Exit::usage)) << ended.err;
  const auto summary = json::parse(content(path));
  EXPECT_EQ(summary.at("exit_code"), static_cast<int>(Exit::usage));
  EXPECT_NE(summary.at("error").as_string().find("\"count\" is required"), std::string::npos);
  EXPECT_EQ(summary.at("connector"), "counter");
  EXPECT_EQ(summary.at("run_id").as_string().size(), 36U);
}

TEST_F(Program, WritesMetricsForPrometheus) {
  const auto path = (directory_.path() / "tapster.prom").string();
  const auto file = config(R"({"count":30})");
  const auto ended = run({"read", "counter", "--config", file, "--select", "numbers", "--metrics", path});
  EXPECT_EQ(ended.exit, 0) << ended.err;
  const auto good = content(path);
  EXPECT_NE(good.find("\ntapster_stream_rows{connector=\"counter\",stream=\"numbers\"} 30\n"),
            std::string::npos)
      << good;
  EXPECT_NE(good.find("\ntapster_last_success_time_seconds{connector=\"counter\"} "), std::string::npos)
      << good;
  const auto failed = run({"read", "counter", "--config", config("{}"), "--metrics", path});
  EXPECT_EQ(failed.exit, static_cast<int>(Exit::usage)) << failed.err;
  const auto bad = content(path);
  EXPECT_NE(bad.find("\ntapster_run_exit_code{connector=\"counter\"} 2\n"), std::string::npos) << bad;
  EXPECT_NE(bad.find("\ntapster_last_success_time_seconds{connector=\"counter\"} "), std::string::npos)
      << bad;
  expect_failure(run({"read", "counter", "--config", file, "--metrics", "/no/such/file"}), Exit::output,
                 "/no/such/file: cannot write");
}

TEST_F(Program, ARunThatCannotBeginSaysOnlyWhy) {
  const auto file = config(R"({"count":3})");
  const auto output = (directory_.path() / "out").string();
  const Arguments read{"read", "counter", "--config", file, "--select", "numbers", "--output", output};
  ASSERT_EQ(run(read).exit, 0);
  const auto again = run(read);
  expect_failure(again, Exit::usage, "--overwrite");
  for (const auto* word : {"waiting", "sync_duration", "0 rows"})
    EXPECT_EQ(again.err.find(word), std::string::npos) << again.err;
}

TEST_F(Program, AFileThatItWritesHasOneUse) {
  const auto file = config(R"({"count":3})");
  const auto other = (directory_.path() / "other.json").string();
  fs::create_symlink("other.json", directory_.path() / "link.json");
  const auto link = (directory_.path() / "link.json").string();
  const Arguments read{"read", "counter", "--config", file, "--select", "numbers"};
  const std::vector<std::pair<Arguments, std::string>> runs{
      {{"--summary", file}, "--summary and --config are both " + file},
      {{"--metrics", file}, "--metrics and --config are both " + file},
      {{"--rejects", file}, "--rejects and --config are both " + file},
      {{"--state-file", other, "--summary", other}, "--summary and --state-file are both " + other},
      {{"--state-file", other, "--metrics", link}, "--metrics and --state-file are both " + link},
      {{"--state-file", other, "--credentials", other}, "--credentials and --state-file are both " + other}};
  for (const auto& [more, words] : runs) {
    auto arguments = read;
    arguments.insert(arguments.end(), more.begin(), more.end());
    expect_failure(run(arguments), Exit::usage, words);
    EXPECT_EQ(content(file), R"({"count":3})");
    EXPECT_FALSE(fs::exists(other));
  }
  auto twice = read;
  twice.insert(twice.end(), {"--summary", "/dev/null", "--rejects", "/dev/null"});
  EXPECT_EQ(run(twice).exit, 0) << "a device";
}

TEST_F(Program, MetricsReplaceNothingButAFile) {
  const auto fifo = directory_.path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const auto file = config(R"({"count":3})");
  for (const auto& path : {fifo, fs::path("/dev/null")}) {
    const auto ended = run({"read", "counter", "--config", file, "--metrics", path.string()});
    expect_failure(ended, Exit::usage, path.string() + " is not a regular file");
    EXPECT_FALSE(fs::is_regular_file(path));
  }
}

TEST_F(Program, SelectReplacesNothingButAFile) {
  const auto fifo = directory_.path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  expect_failure(run({"select", fifo.string(), "numbers"}), Exit::usage, "is not a regular file");
  EXPECT_TRUE(fs::is_fifo(fifo));
}

TEST_F(Program, LogsMetricsForFilesToo) {
  const auto ended = run({"read", "counter", "--config", config(R"({"count":30})"), "--select", "numbers",
                          "--output", (directory_.path() / "out").string()});
  EXPECT_EQ(ended.exit, 0) << ended.err;
  EXPECT_NE(ended.err.find(R"(METRIC: {"type":"counter","metric":"record_count","value":30,)"),
            std::string::npos)
      << ended.err;
}

TEST_F(Program, ShowsThePlanToAPerson) {
  const auto file = config(R"({"count":6,"slices":2})");
  const auto state = directory_.write("state.json", R"({"bookmarks":{"numbers":{"id":4}}})").string();
  const auto table =
      run({"plan", "counter", "--config", file, "--state", state, "--exclude", "extras", "--format", "text"});
  EXPECT_EQ(table.exit, 0) << table.err;
  EXPECT_EQ(table.out.find("STREAM   READ"), 0U) << table.out;
  EXPECT_NE(table.out.find("\nnumbers  from its bookmark  "), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("\nletters  in full            "), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("\n2 streams, "), std::string::npos) << table.out;
}

TEST_F(Program, PreviewShowsOneColumnPerLine) {
  const auto file = config(R"({"count":3})");
  const auto shown = run({"preview", "counter", "numbers", "--config", file, "-n", "1", "--expanded"});
  EXPECT_EQ(shown.exit, 0) << shown.err;
  EXPECT_EQ(shown.out.find("-- row 1 --\n"), 0U) << shown.out;
  EXPECT_NE(shown.out.find("\nid "), std::string::npos) << shown.out;
}

TEST_F(Program, PreviewSelectsColumns) {
  const auto file = config(R"({"count":3})");
  const auto shown =
      run({"preview", "counter", "numbers", "--config", file, "-n", "1", "--select", "numbers.id"});
  EXPECT_EQ(shown.exit, 0) << shown.err;
  EXPECT_EQ(shown.out, "{\"id\":3}\n");
  expect_failure(run({"preview", "counter", "numbers", "--config", file, "--select", "letters"}), Exit::usage,
                 "--select selects nothing of the stream numbers");
}

TEST_F(Program, SetsRecordsAsideThatCannotBeRead) {
  const auto odd = config(R"({"count":30,"slices":3,"reject_at":20})");
  const auto rejects = directory_.write("rejects.jsonl", "{\"kept\":1}\n").string();
  const auto summary = (directory_.path() / "summary.json").string();
  const auto ended = run({"read", "counter", "--config", odd, "--select", "numbers", "--format", "jsonl",
                          "--rejects", rejects, "--summary", summary});
  EXPECT_EQ(ended.exit, 0) << ended.err;
  EXPECT_EQ(lines(ended.out).size(), 29U);
  EXPECT_EQ(ended.out.find("\"id\":20,"), std::string::npos);
  EXPECT_EQ(content(rejects),
            "{\"kept\":1}\n{\"stream\":\"numbers\",\"slice\":{\"from\":11,\"to\":20},\"reason\":\"it is "
            "odd\",\"record\":"
            "{\"id\":20, \"odd\":1.50}}\n");
  EXPECT_EQ(json::parse(content(summary)).at("streams").at(0).at("rejected"), 1);
  EXPECT_NE(ended.err.find("numbers: 1 records cannot be read; they are in " + rejects), std::string::npos)
      << ended.err;
  EXPECT_NE(ended.err.find("29 rows, 1 rejected, in"), std::string::npos) << ended.err;
  const auto dropped =
      run({"read", "counter", "--config", odd, "--select", "numbers", "--rejects", "/dev/null"});
  EXPECT_EQ(dropped.exit, 0) << "a device cannot be synced: " << dropped.err;

  const auto strict = run({"read", "counter", "--config", odd, "--select", "numbers"});
  EXPECT_EQ(strict.exit, static_cast<int>(Exit::failed)) << strict.err;
  EXPECT_NE(strict.err.find("the number 20 is odd"), std::string::npos) << strict.err;
}

TEST_F(Program, SetsARecordAsideOnceIfItsSliceIsReadAgain) {
  const auto odd = config(
      R"({"count":30,"slices":1,"batch":1,"reject_at":5,"fail_at":9,"fail_times":1,"fail_status":"transient"})");
  const auto rejects = (directory_.path() / "rejects.jsonl").string();
  const auto ended = run({"read", "counter", "--config", odd, "--select", "numbers", "--format", "jsonl",
                          "--rejects", rejects, "--output", (directory_.path() / "data").string()},
                         {{"TAPSTER_NOW", "2026-11-23T12:00:00Z"}});
  EXPECT_EQ(ended.exit, 0) << ended.err;
  EXPECT_EQ(lines_of(content(rejects)).size(), 1U);
  EXPECT_EQ(run({"read", "counter", "--config", odd, "--rejects", "/no/such/file"}).exit,
            static_cast<int>(Exit::output));
}

TEST_F(Program, ReadsTheConfigFromStandardInput) {
  const auto with_input = [&](const std::string& text) {
    return run({"-c", "printf '%s' '" + text + "' | '" + paths::tapster + "' check counter --config -"}, {},
               "/bin/sh");
  };
  const auto checked = with_input(R"({"count":3})");
  EXPECT_EQ(checked.exit, 0) << checked.err;
  EXPECT_NE(checked.err.find("standard input works"), std::string::npos) << checked.err;
  expect_failure(with_input("{}"), Exit::usage, "standard input: \"count\" is required");
}

TEST_F(Program, WarnsOfBookmarksThatAreForNoStream) {
  const auto good = config(R"({"count":3})");
  const auto with_state = [&](const std::string& text) {
    const auto ended =
        run({"read", "counter", "--config", good, "--state", directory_.write("state.json", text).string()});
    EXPECT_EQ(ended.exit, 0) << ended.err;
    return ended.err;
  };
  const auto other = with_state(R"({"bookmarks":{"contacts":{"at":1},"deals":{"at":2}}})");
  EXPECT_NE(
      other.find(
          "state.json: all its bookmarks are for streams that counter does not have (contacts, deals), so "
          "every stream is read from its start; expected bookmarks of streams such as "),
      std::string::npos)
      << other;
  const auto near = with_state(R"({"bookmarks":{"numbrs":{"id":1},"numbers":{"id":2}}})");
  EXPECT_NE(near.find("counter has no stream \"numbrs\"; did you mean \"numbers\"?"), std::string::npos)
      << near;
  const auto fine = with_state(R"({"bookmarks":{"numbers":{"id":2},"gone":{}}})");
  EXPECT_EQ(fine.find("bookmark"), std::string::npos) << fine;
}

TEST_F(Program, WarnsIfThereIsNoConnector) {
  // Outside the build tree, so that it does not find the plugins there.
  const auto program = directory_.path() / "bin" / "tapster";
  fs::create_directory(program.parent_path());
  fs::copy_file(paths::tapster, program);
  const auto ended = run({"list"}, {{"TAPSTER_PLUGIN_PATH", ""}, {"XDG_DATA_HOME", "/no/such"}}, program);
  EXPECT_EQ(ended.exit, 0);
  EXPECT_NE(ended.err.find("/no/such/tapster/plugins (the user's)"), std::string::npos) << ended.err;
}

TEST_F(Program, ShowsInfoAboutAConnector) {
  const auto text = run({"info", "counter", "--config", config(R"({"count":3})")});
  EXPECT_EQ(text.exit, 0) << text.err;
  for (const char* words :
       {"counter 1.0.0\nCounts, for tests\n", "\n  count: integer, required\n      How far to count\n",
        "\n  slices: integer, default 4\n", "\n  token: string, secret\n",
        "\n  numbers  key id      incremental by id\n",
        "\n  extras   key id      incremental by id  only when selected\n"}) {
    EXPECT_NE(text.out.find(words), std::string::npos) << words << text.out;
  }
  const auto machine = json::parse(run({"info", "counter", "--format", "json"}).out);
  EXPECT_EQ(machine.at("name"), "counter");
  EXPECT_EQ(machine.at("abi_version"), "1.1");
  EXPECT_EQ(machine.at("settings").at("required"), json::array{"count"});
  EXPECT_FALSE(machine.as_object().contains("streams"));
}

TEST_F(Program, PreviewsTheNewestRowsAsATableOrAsLines) {
  const auto count = config(R"({"count":30,"slices":4})");
  const auto table = run({"preview", "counter", "numbers", "--config", count, "-n", "2", "--format", "text"});
  EXPECT_EQ(table.exit, 0) << table.err;
  EXPECT_EQ(table.out.substr(0, 3), "id ") << "the replication key comes first";
  EXPECT_EQ(std::count(table.out.begin(), table.out.end(), '\n'), 3);
  const auto piped = lines(run({"preview", "counter", "numbers", "--config", count, "-n", "2"}).out);
  ASSERT_EQ(piped.size(), 2U);
  EXPECT_EQ(piped[0].at("id"), 30);
  EXPECT_EQ(piped[1].at("id"), 29);
  expect_failure(run({"preview", "counter", "number", "--config", count}), Exit::usage,
                 "CRITICAL tapster: there is no stream \"number\"; did you mean \"numbers\"?\n");
  expect_failure(run({"preview", "counter", "zzz", "--config", count}), Exit::usage,
                 "there is no stream \"zzz\". The streams are numbers, letters, extras\n");
}

TEST_F(Program, PreviewSortsNumbersOfAnyTypeBeforeRecordsWithoutOne) {
  const auto ended = run({"preview", "replication-key-gaps", "s", "--config", config("{}"), "-n", "4"});
  EXPECT_EQ(ended.exit, 0) << ended.err;
  std::vector<double> numbers;
  for (const auto& row : lines(ended.out))
    numbers.push_back(row.contains("n") ? row.at("n").to_number<double>() : 0);
  EXPECT_EQ(numbers, (std::vector<double>{10.5, 10, 9.5, 0}));
}

TEST_F(Program, KeepsPrintsOfAConnectorOutOfTheData) {
  const auto ended = run({"discover", "prints", "--config", config("{}")});
  EXPECT_EQ(ended.exit, 0) << ended.err;
  EXPECT_EQ(json::parse(ended.out).at("streams").as_array().size(), 1U);
  EXPECT_EQ(ended.err.substr(0, ended.err.find('\n')), "a stray line of the connector");
}

TEST_F(Program, ReadsEveryRecordOfTheSelectedStreams) {
  const auto file = config(R"({"count":1000,"slices":7,"batch":9})");
  const auto ended =
      run({"read", "counter", "--config", file, "--select", "numbers", "--format", "jsonl", "-q"});
  EXPECT_EQ(ended.exit, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
  std::set<int64_t> ids;
  const auto written = lines(ended.out);
  for (const auto& line : written) {
    EXPECT_EQ(line.at("stream"), "numbers");
    const auto id = line.at("record").at("id").as_int64();
    EXPECT_EQ(line.at("record").at("square"), id * id);
    ids.insert(id);
  }
  EXPECT_EQ(written.size(), 1000U);
  EXPECT_EQ(ids.size(), 1000U);
  EXPECT_EQ(*ids.begin(), 1);
  EXPECT_EQ(*ids.rbegin(), 1000);
}

TEST_F(Program, ReadsTheColumnsThatACatalogSelects) {
  const auto catalog = directory_.write("catalog.json", R"({"streams":[{"tap_stream_id":"numbers","metadata":[
    {"breadcrumb":[],"metadata":{"selected":true}},
    {"breadcrumb":["properties","label"],"metadata":{"selected":false}},
    {"breadcrumb":["properties","parity","properties","odd"],"metadata":{"selected":false}}]}]})");
  const auto ended = run({"read", "counter", "--config", config(R"({"count":2,"slices":1})"), "--catalog",
                          catalog.string(), "--format", "jsonl"});
  EXPECT_EQ(ended.out,
            "{\"stream\":\"numbers\",\"record\":{\"id\":1,\"square\":1,\"parity\":{\"even\":false}}}\n"
            "{\"stream\":\"numbers\",\"record\":{\"id\":2,\"square\":4,\"parity\":{\"even\":true}}}\n");
}

TEST_F(Program, IgnoresStreamsAndColumnsOfTheCatalogThatDoNotExist) {
  const auto catalog =
      directory_.write("catalog.json", R"({"streams":[{"tap_stream_id":"letters","selected":true,
    "schema":{"properties":{"letter":{},"positon":{}}}},{"tap_stream_id":"digits","selected":false}]})");
  const auto ended = run({"read", "counter", "--config", config(R"({"count":2})"), "--catalog",
                          catalog.string(), "--format", "jsonl"});
  EXPECT_EQ(ended.exit, 0) << ended.err;
  EXPECT_EQ(lines(ended.out).size(), 26U);
  EXPECT_NE(
      ended.err.find("WARNING  tapster: " + catalog.string() +
                     ": the stream \"letters\" has no column \"positon\"; did you mean \"position\"?\n"),
      std::string::npos)
      << ended.err;
}

TEST_F(Program, PatternsSelectTheSameInDiscoverSelectAndRead) {
  const auto file = config(R"({"count":2,"slices":1})");
  const Arguments patterns{"--select", "numbers.parity.even", "--select",
                           "letters",  "--exclude",           "*.position"};
  const auto with = [](Arguments arguments, const Arguments& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  const auto read =
      run(with({"read", "counter", "--config", file, "--format", "jsonl", "-q", "-j", "1"}, patterns));
  EXPECT_EQ(read.exit, 0) << read.err;
  EXPECT_NE(read.out.find(R"({"stream":"numbers","record":{"id":2,"parity":{"even":true}}})"),
            std::string::npos)
      << read.out;
  EXPECT_NE(read.out.find(R"({"stream":"letters","record":{"letter":"z"}})"), std::string::npos);

  const auto discovered = run(with({"discover", "counter", "--config", file}, patterns));
  EXPECT_EQ(discovered.exit, 0) << discovered.err;
  const auto catalog = directory_.write("catalog.json", discovered.out);
  const Arguments by_catalog{"read", "counter", "--config", file,        "--format",      "jsonl",
                             "-q",   "-j",      "1",        "--catalog", catalog.string()};
  EXPECT_EQ(run(by_catalog).out, read.out);

  const auto plain = directory_.write("plain.json", run({"discover", "counter", "--config", file}).out);
  const Arguments edit{"select", plain.string(), "numbers.parity.even", "letters", "--exclude", "*.position"};
  const auto printed = run(with(edit, {"--print"}));
  EXPECT_EQ(json::parse(printed.out), json::parse(discovered.out));
  EXPECT_EQ(content(plain).find("\"selected\""), std::string::npos);
  EXPECT_EQ(run(edit).out, "");
  EXPECT_EQ(content(plain), printed.out);
}

TEST_F(Program, ReadsAStreamInFullIfTheCatalogSaysSo) {
  const auto catalog = directory_.write("catalog.json", R"({"streams":[{"tap_stream_id":"numbers","metadata":[
    {"breadcrumb":[],"metadata":{"selected":true,"replication-method":"FULL_TABLE"}}]}]})");
  const auto state = directory_.write("state.json", R"({"bookmarks":{"numbers":{"id":8}}})");
  const auto file = config(R"({"count":10,"slices":2})");
  int64_t version = 0;
  for (int time = 0; time < 2; ++time) {
    const auto ended = run(
        {"read", "counter", "--config", file, "--catalog", catalog.string(), "--state-file", state.string()});
    EXPECT_EQ(ended.exit, 0) << ended.err;
    const auto messages = lines(ended.out);
    std::set<int64_t> ids;
    const auto before = version;
    std::string order;
    for (const auto& message : messages) {
      order += message.at("type").as_string()[0];
      if (message.at("type") == "RECORD") ids.insert(message.at("record").at("id").as_int64());
      if (message.contains("version")) version = message.at("version").as_int64();
    }
    EXPECT_EQ(ids.size(), 10U);
    EXPECT_TRUE(order.starts_with("SR") && order.ends_with("RAS")) << order;
    EXPECT_GT(version, before);
    EXPECT_EQ(json::parse(content(state)),
              json::parse(R"({"bookmarks":{"numbers":{"id":8,"version":)" + std::to_string(version) + "}}}"));
  }
  // A read of some rows must not delete the others.
  const auto part =
      run({"read", "counter", "--config", file, "--catalog", catalog.string(), "--since", "2001-01-01"});
  EXPECT_EQ(part.exit, 0) << part.err;
  EXPECT_EQ(part.out.find("version"), std::string::npos) << part.out;
}

TEST_F(Program, ContinuesFromAStateWithoutWritingIt) {
  const std::string text = R"({"bookmarks":{"numbers":{"id":8}}})";
  const auto state = directory_.write("state.json", text);
  const auto ended = run({"read", "counter", "--config", config(R"({"count":10})"), "--select", "numbers",
                          "--state", state.string()});
  std::vector<int64_t> ids;
  for (const auto& line : lines(ended.out)) {
    if (line.at("type") == "RECORD") ids.push_back(line.at("record").at("id").as_int64());
  }
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(ids, (std::vector<int64_t>{9, 10}));
  EXPECT_EQ(content(state), text);
}

TEST_F(Program, PrintsThePlan) {
  const auto ended = run({"plan", "counter", "--config", config(R"({"count":6,"slices":2})")});
  EXPECT_EQ(ended.exit, 0) << ended.err;
  EXPECT_EQ(ended.out,
            "{\"stream\":\"numbers\",\"slice\":{\"from\":1,\"to\":3}}\n"
            "{\"stream\":\"numbers\",\"slice\":{\"from\":4,\"to\":6}}\n"
            "{\"stream\":\"letters\",\"slice\":{\"from\":1,\"to\":26}}\n");
}

// So much to count that a run has not finished when it is stopped.
const std::string endless = R"({"count":100000000,"slices":1000,"batch":1})";

TEST_F(Program, WritesTheStateOfTheWrittenRowsOnASignal) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const auto process =
        start({"read", "counter", "--config", config(R"({"count":100000000,"slices":10000,"batch":1})"),
               "--select", "numbers", "--jobs", "1"});
    std::string output;
    for (int n = 0; n < 50'000; ++n) output += process->line() + "\n";
    process->signal(signal);
    const auto ended = process->wait();
    output += ended.out;
    EXPECT_EQ(ended.signal, signal) << ended.err;
    const auto messages = lines(output);
    ASSERT_EQ(messages.back().at("type"), "STATE");
    std::set<int64_t> ids;
    for (const auto& message : messages) {
      if (message.at("type") == "RECORD") ids.insert(message.at("record").at("id").as_int64());
    }
    const auto covered = messages.back().at("value").at("bookmarks").at("numbers").at("id").as_int64();
    EXPECT_GE(covered, 10'000);
    for (int64_t id = 1; id <= covered; ++id) ASSERT_TRUE(ids.contains(id)) << id;
    EXPECT_LT(ids.size(), 100'000'000U);
  }
}

TEST_F(Program, FailsIfItsPipeIsClosed) {
  const auto process = start({"read", "counter", "--config", config(endless), "--select", "numbers"});
  EXPECT_NE(process->line(), "");
  process->close_pipe();
  const auto ended = process->wait();
  EXPECT_EQ(ended.exit, static_cast<int>(Exit::output));
  EXPECT_NE(last_line(ended.err).find(" CRITICAL "), std::string::npos);
}

TEST_F(Program, FailsWithoutAStandardOutputAndDamagesNoFile) {
  const auto file = config(R"({"count":10})");
  const auto state = directory_.write("state.json", R"({"bookmarks":{}})");
  const auto ended = run_shell(fmt::format("'{}' read counter --config '{}' --state '{}' >&- <&-",
                                           paths::tapster, file, state.string()),
                               {.environment = {{"HOME", "/"}, {"TAPSTER_PLUGIN_PATH", paths::plugins}}});
  EXPECT_EQ(ended.exit, static_cast<int>(Exit::output)) << ended.err;
  EXPECT_EQ(content(file), R"({"count":10})");
  EXPECT_EQ(content(state), R"({"bookmarks":{}})");
}

TEST_F(Program, PrintsHelpToStandardOutput) {
  const auto help = run({"read", "--help"});
  EXPECT_EQ(help.exit, 0);
  EXPECT_EQ(help.err, "");
  EXPECT_NE(help.out.find("Usage: tapster read"), std::string::npos);
  const auto version = run({"--version"});
  EXPECT_EQ(version.exit, 0);
  EXPECT_TRUE(version.out.starts_with("tapster ")) << version.out;
}

}  // namespace
}  // namespace tapster::host
