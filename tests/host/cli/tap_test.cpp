// The program under the name of a tap, as Meltano, PipelineWise and shells call taps.
#include <set>

#include "cli/tap_command_line.hpp"
#include "program.hpp"

namespace tapster::host {
namespace {

Outcome<Options> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "/somewhere/tap-counter");
  return parse_tap_options("counter", static_cast<int>(arguments.size()), arguments.data());
}

std::string error(const Outcome<Options>& options) {
  if (options) return "no error";
  EXPECT_EQ(options.error().exit, Exit::usage);
  return options.error().message;
}

TEST(TapOptions, AreOnlyForTheNameOfATap) {
  EXPECT_EQ(tap_of("tap-counter"), "counter");
  EXPECT_EQ(tap_of("/usr/bin/tap-some-source"), "some-source");
  EXPECT_EQ(tap_of("../bin/tapster"), "");
  EXPECT_EQ(tap_of("/tap-counter/tapster"), "");
  EXPECT_EQ(tap_of("tap-"), "");
  EXPECT_EQ(tap_of("tap-Counter"), "");
  EXPECT_EQ(tap_of(""), "");
}

TEST(TapOptions, OfMeltano) {
  const auto discover = parse({"--config", "c.json", "--discover"});
  ASSERT_TRUE(discover) << discover.error().message;
  EXPECT_EQ(discover->command, Command::discover);
  EXPECT_EQ(discover->connector, "counter");
  const auto read = parse({"--config", "c.json", "--catalog", "tap.properties.json", "--state", "s.json"});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->command, Command::read);
  EXPECT_EQ(read->format, Format::singer);
  EXPECT_EQ(read->config, std::vector<std::string>{"c.json"});
  EXPECT_EQ(read->catalog, "tap.properties.json");
  EXPECT_EQ(read->state, "s.json");
  const auto about = parse({"--about", "--format", "json"});
  ASSERT_TRUE(about) << about.error().message;
  EXPECT_EQ(about->command, Command::about);
  EXPECT_EQ(about->report, Report::json);
  EXPECT_EQ(parse({"--about", "--format=markdown"})->report, Report::markdown);
  EXPECT_EQ(parse({"--version"})->command, Command::version);
}

TEST(TapOptions, OfOlderTapsAndRunners) {
  const auto pipelinewise = parse({"--config", "c.json", "--properties", "p.json", "--state", "s.json"});
  ASSERT_TRUE(pipelinewise) << pipelinewise.error().message;
  EXPECT_EQ(pipelinewise->catalog, "p.json");
  const auto singer_python = parse({"-c", "c.json", "-p", "p.json", "-s", "s.json"});
  ASSERT_TRUE(singer_python) << singer_python.error().message;
  EXPECT_EQ(singer_python->command, Command::read);
  EXPECT_EQ(singer_python->catalog, "p.json");
  EXPECT_EQ(singer_python->state, "s.json");
  EXPECT_EQ(parse({"-c", "c.json", "-d"})->command, Command::discover);
  EXPECT_EQ(parse({"--config", "c.json", "--test_connection"})->command, Command::check);
  EXPECT_TRUE(parse({"--config", "c.json", "--discover", "--discover_streams"})->names_only);
}

TEST(TapOptions, TakeSeveralConfigsAndAllFormsOfTest) {
  EXPECT_EQ(parse({"--config", "a.json", "--config=ENV", "-c", "b.json"})->config,
            (std::vector<std::string>{"a.json", "ENV", "b.json"}));
  for (const auto& arguments : std::vector<std::vector<const char*>>{
           {"--test"}, {"--test=all"}, {"--test=records"}, {"--test", "records"}, {"--test=schema"}}) {
    auto all = arguments;
    all.insert(all.end(), {"--config", "c.json"});
    const auto options = parse(all);
    ASSERT_TRUE(options) << options.error().message;
    EXPECT_EQ(options->command, Command::test) << arguments.front();
    EXPECT_EQ(options->schemas_only, std::string(arguments.front()) == "--test=schema");
  }
}

TEST(TapOptions, SayWhatIsWrong) {
  EXPECT_EQ(error(parse({})), "--config is required (see tap-counter --help)");
  EXPECT_EQ(error(parse({"--discover"})), "--config is required (see tap-counter --help)");
  EXPECT_EQ(error(parse({"--config", "c", "--stat", "s"})),
            "there is no option --stat; did you mean \"--state\"? (see tap-counter --help)");
  EXPECT_EQ(error(parse({"--config", "c", "read"})),
            "read is one argument too many (see tap-counter --help)");
  EXPECT_EQ(error(parse({"--config", "c", "--test", "--state", "s"})),
            "--state excludes --test (see tap-counter --help)");
  EXPECT_EQ(error(parse({"--config", "c", "--test=some"})),
            "--test: some not in {all,records,schema} (see tap-counter --help)");
  EXPECT_EQ(error(parse({"--config", "c", "--discover_streams"})),
            "--discover_streams requires --discover (see tap-counter --help)");
}

TEST(TapOptions, RefuseTheExtraOptionsOfMageWithoutShowingTheirValues) {
  EXPECT_EQ(
      error(parse({"--config_json", R"({"token":"open-sesame"})", "--discover"})),
      "there is no option --config_json: it would show the config to every user of the machine; use --config "
      "(see tap-counter --help)");
  for (const char* option :
       {"--config_json=open-sesame", "--tokn=open-sesame", "--count_records", "--query_json", "--state_json",
        "--catalog_json", "--selected_streams_json", "--load_sample_data"}) {
    const auto message = error(parse({"--config", "c", option}));
    EXPECT_TRUE(message.starts_with("there is no option --")) << message;
    EXPECT_EQ(message.find("sesame"), std::string::npos);
  }
}

TEST(TapOptions, FollowTheLogSettingsOfMeltano) {
  TemporaryDirectory directory;
  const auto plain =
      directory.write("plain.json", R"json({"formatters":{"default":{"format":"%(message)s"}}})json");
  const auto structured =
      directory.write("structured.json",
                      R"json({"formatters":{"json":{"()":"singer_sdk.logging.StructuredFormatter"}}})json");
  ::setenv("SINGER_SDK_LOG_CONFIG", plain.c_str(), 1);
  EXPECT_EQ(parse({"-c", "c"})->log_format, LogFormat::text);
  ::setenv("SINGER_SDK_LOG_CONFIG", structured.c_str(), 1);
  EXPECT_EQ(parse({"-c", "c"})->log_format, LogFormat::json);
  EXPECT_EQ(parse({"-c", "c", "--log-format", "text"})->log_format, LogFormat::text);
  ::setenv("SINGER_SDK_LOG_CONFIG", "/no/such/file", 1);
  EXPECT_EQ(parse({"-c", "c"})->log_format, LogFormat::text);
  ::unsetenv("SINGER_SDK_LOG_CONFIG");
}

class Tap : public Program {
 protected:
  void SetUp() override {
    fs::create_directory(directory_.path() / "bin");
    const auto linked = run({"link", "counter", (directory_.path() / "bin").string()});
    ASSERT_EQ(linked.exit, 0) << linked.err;
    ASSERT_EQ(linked.out, tap().string() + "\n");
  }
  [[nodiscard]] fs::path tap() const { return fs::canonical(directory_.path()) / "bin/tap-counter"; }
  Finished run_tap(const Arguments& arguments, Environment environment = {}) {
    return run(arguments, std::move(environment), tap());
  }

  // The messages of one type and, for records, the streams they are of.
  static std::multiset<std::string> streams_of(const Finished& ended, std::string_view type) {
    std::multiset<std::string> streams;
    for (const auto& message : lines(ended.out)) {
      if (view(message.at("type").as_string()) == type)
        streams.emplace(view(message.at("stream").as_string()));
    }
    return streams;
  }
};

TEST_F(Tap, LinksAreRenewedButReplaceNoOtherFile) {
  const auto bin = (directory_.path() / "bin").string();
  EXPECT_EQ(fs::read_symlink(tap()), fs::canonical(paths::tapster));
  EXPECT_EQ(run({"link", "counter", bin}).exit, 0);
  fs::remove(tap());
  fs::create_symlink("/old/place/tapster", tap());
  EXPECT_EQ(run({"link", "counter", bin}).exit, 0);
  EXPECT_EQ(fs::read_symlink(tap()), fs::canonical(paths::tapster));
  EXPECT_EQ(std::distance(fs::directory_iterator(bin), {}), 1);
  fs::remove(tap());
  directory_.write("bin/tap-counter", "another tap");
  expect_failure(run({"link", "counter", bin}), Exit::usage, "exists and is not a link to tapster");
  EXPECT_EQ(content(tap()), "another tap");
  expect_failure(run({"link", "counter", bin + "/none"}), Exit::usage,
                 "is not a directory, so no link can be made in it");
  expect_failure(run({"link", "countr", bin}), Exit::plugin, "did you mean \"counter\"?");
}

TEST_F(Tap, LinksInsideAnInstallationMoveWithIt) {
  const auto install = directory_.path() / "install";
  fs::create_directories(install / "bin");
  fs::create_directories(install / "venv/bin");
  fs::copy(paths::tapster, install / "bin/tapster");
  for (const char* place : {"bin", "venv/bin"}) {
    const auto linked = run({"link", "counter", (install / place).string()}, {}, install / "bin/tapster");
    ASSERT_EQ(linked.exit, 0) << linked.err;
  }
  fs::rename(install, directory_.path() / "moved");
  for (const char* place : {"bin", "venv/bin"}) {
    const auto version = run({"--version"}, {}, directory_.path() / "moved" / place / "tap-counter");
    EXPECT_EQ(version.exit, 0) << version.err;
    EXPECT_TRUE(version.out.starts_with("tap-counter 1.0.0 (tapster ")) << version.out;
  }
}

TEST_F(Tap, PrintsItsAboutAndVersion) {
  const auto about = run_tap({"--about", "--format", "json"});
  ASSERT_EQ(about.exit, 0) << about.err;
  EXPECT_EQ(about.err, "");
  const auto object = json::parse(about.out).as_object();
  EXPECT_EQ(object.at("name"), "tap-counter");
  EXPECT_EQ(object.at("version"), "1.0.0");
  EXPECT_EQ(object.at("description"), "Counts, for tests");
  EXPECT_TRUE(object.at("sdk_version").is_string());
  EXPECT_EQ(object.at("settings").at("properties").at("count").at("type"), "integer");
  std::set<std::string> capabilities;
  for (const auto& capability : object.at("capabilities").as_array())
    capabilities.emplace(view(capability.as_string()));
  for (const char* one :
       {"about", "activate-version", "catalog", "discover", "state", "structured-logging", "test"})
    EXPECT_TRUE(capabilities.contains(one)) << one;
  EXPECT_FALSE(capabilities.contains("properties"));  // a tap names one of the two words

  const auto text = run_tap({"--about"});
  EXPECT_NE(text.out.find("Name: tap-counter\n"), std::string::npos);
  EXPECT_NE(text.out.find("Environment variable: TAP_COUNTER_DELAY_MS\n"), std::string::npos);
  const auto markdown = run_tap({"--about", "--format", "markdown"});
  EXPECT_NE(markdown.out.find("## `tap-counter`\n"), std::string::npos);
  EXPECT_NE(markdown.out.find("| `count` | integer, required | How far to count |"), std::string::npos);
}

TEST_F(Tap, DiscoversAndReadsWhatACatalogSelects) {
  const auto file = config(R"({"count":5})");
  const auto discovered = run_tap({"--config", file, "--discover"});
  ASSERT_EQ(discovered.exit, 0) << discovered.err;
  auto catalog = json::parse(discovered.out).as_object();
  ASSERT_EQ(catalog.at("streams").as_array().size(), 3U);
  const auto names = run_tap({"--config", file, "--discover", "--discover_streams"});
  EXPECT_EQ(json::parse(names.out).at(1), json::parse(R"({"stream":"letters","tap_stream_id":"letters"})"));

  for (auto& stream : catalog.at("streams").as_array()) {
    const bool selected = stream.at("stream") == "extras";
    stream.at("metadata").at(0).at("metadata").as_object()["selected"] = selected;
  }
  const auto edited = directory_.write("catalog.json", json::serialize(catalog)).string();
  const auto state = directory_.write("state.json", R"({"bookmarks":{"extras":{"id":3}}})").string();
  for (const char* option : {"--catalog", "--properties"}) {
    const auto read = run_tap({"--config", file, option, edited, "--state", state});
    ASSERT_EQ(read.exit, 0) << read.err;
    EXPECT_EQ(streams_of(read, "RECORD"), (std::multiset<std::string>{"extras", "extras"}));
    EXPECT_EQ(lines(read.out).back(),
              json::parse(R"({"type":"STATE","value":{"bookmarks":{"extras":{"id":5}}}})"));
  }
  const auto all = run_tap({"--config", file});
  EXPECT_EQ(streams_of(all, "SCHEMA"), (std::multiset<std::string>{"letters", "numbers"}));
}

TEST_F(Tap, TestsWithOneRecordOfEachStream) {
  const auto file = config(R"({"count":1000,"slices":7})");
  const auto test = run_tap({"--config", file, "--test"});
  ASSERT_EQ(test.exit, 0) << test.err;
  const std::multiset<std::string> both{"letters", "numbers"};
  EXPECT_EQ(streams_of(test, "SCHEMA"), both);
  EXPECT_EQ(streams_of(test, "RECORD"), both);
  const auto schemas = run_tap({"--config", file, "--test=schema"});
  ASSERT_EQ(schemas.exit, 0) << schemas.err;
  EXPECT_EQ(streams_of(schemas, "SCHEMA"), both);
  EXPECT_EQ(lines(schemas.out).size(), 2U);
  // A stream that cannot be read fails the test, and one without rows does not.
  const auto broken =
      run_tap({"--config", config(R"({"count":3,"fail_at":3,"slices":1,"batch":1})"), "--test"});
  EXPECT_EQ(broken.exit, 0) << "the first record is there";
  const auto at_once = run_tap({"--config", config(R"({"count":3,"fail_at":1,"slices":1})"), "--test"});
  EXPECT_EQ(at_once.exit, static_cast<int>(Exit::failed));
  EXPECT_NE(at_once.err.find("numbers: the number 1 cannot be read"), std::string::npos) << at_once.err;
  const auto empty = run_tap({"--config", config(R"({"count":0})"), "--test"});
  EXPECT_EQ(empty.exit, 0) << empty.err;
  EXPECT_EQ(streams_of(empty, "SCHEMA"), both);
  EXPECT_EQ(streams_of(empty, "RECORD"), (std::multiset<std::string>{"letters"}));
}

TEST_F(Tap, TakesItsConfigFromTheEnvironment) {
  const auto read = run_tap({"--config", "ENV", "--test=schema"}, {{"TAP_COUNTER_COUNT", "3"}});
  EXPECT_EQ(read.exit, 0) << read.err;
  expect_failure(run_tap({"--config=ENV"}, {{"TAP_COUNTER_COUNT", "x"}}), Exit::usage,
                 "TAP_COUNTER_COUNT must be a number, for the integer \"count\"");
  expect_failure(run_tap({"--config=ENV"}), Exit::usage,
                 "ENV: \"count\" is required (in the environment TAP_COUNTER_COUNT): How far to count");
}

TEST_F(Tap, EndsByTheSignalThatStopsItAtTheFirstRecord) {
  const auto process =
      start({"--config", config(R"({"count":100000000,"slices":1000,"batch":1})")}, {}, tap());
  std::string line;
  do line = process->line();
  while (!line.starts_with(R"({"type":"RECORD")") && !line.empty());
  ASSERT_NE(line, "");
  process->signal(SIGTERM);
  const auto ended = process->wait();
  EXPECT_EQ(ended.signal, SIGTERM) << ended.err;
  EXPECT_TRUE(ended.out.empty() || ended.out.back() == '\n');
  for (const auto& message : lines(ended.out)) EXPECT_TRUE(message.contains("type"));
}

TEST_F(Tap, ExitsWithTheCodesOfTheProgram) {
  const auto file = config(R"({"count":1,"check_status":"auth"})");
  expect_failure(run_tap({"--config", file, "--test_connection"}), Exit::auth, "the check failed");
  expect_failure(run_tap({"--config", "/no/such"}), Exit::usage, "/no/such cannot be opened");
  fs::create_symlink(paths::tapster, directory_.path() / "bin/tap-countr");
  expect_failure(run({"--about"}, {}, directory_.path() / "bin/tap-countr"), Exit::plugin,
                 "there is no connector countr");
}

}  // namespace
}  // namespace tapster::host
