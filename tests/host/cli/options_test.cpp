#include "cli/options.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>

#include "cli/completion_context.hpp"

namespace tapster::host {
namespace {

Outcome<Options> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "tapster");
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

Outcome<Options> parse_read(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), {"read", "postmark", "--config", "c.json"});
  return parse(std::move(arguments));
}

std::string error(const Outcome<Options>& options) {
  if (options) return "no error";
  EXPECT_EQ(options.error().exit, Exit::usage);
  EXPECT_EQ(options.error().message.find('\n'), std::string::npos);
  return options.error().message;
}

TEST(Options, HelpIsForAKnownCommand) {
  EXPECT_EQ(parse({"--help"})->command, Command::help);
  EXPECT_NE(parse({"read", "--help"})->help.find("replaced as records are written"), std::string::npos);
  const auto plan = parse({"plan", "--help"})->help;
  EXPECT_NE(plan.find("--state-file FILE"), std::string::npos);
  EXPECT_EQ(plan.find("replaced"), std::string::npos) << plan;
  EXPECT_NE(parse({"completion", "--help"})->help.find("\n  source <(tapster completion bash)"),
            std::string::npos);
  EXPECT_EQ(error(parse({"nosuch", "--help"})), "there is no command nosuch (see tapster --help)");
  EXPECT_EQ(error(parse({"raed", "-h"})),
            "there is no command raed; did you mean \"read\"? (see tapster --help)");
}

// The words of a text that begin with two hyphens. In roff a hyphen has a backslash, and so has a change of
// the font.
std::set<std::string> options_in(std::string text) {
  text = std::regex_replace(text, std::regex(R"(\\f[BIR])"), "");
  std::erase(text, '\\');
  std::set<std::string> found;
  for (auto at = text.find("--"); at != std::string::npos; at = text.find("--", at)) {
    const auto end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", at);
    if (end - at > 2) found.insert(text.substr(at, end - at));
    at = end;
  }
  return found;
}

TEST(Options, AManualPageHasEveryOptionOfTheHelp) {
  for (const auto* command : {"list", "info", "spec", "check", "discover", "select", "plan", "read", "link",
                              "preview", "validate"}) {
    const auto page = parse({"help", "--man", command})->help;
    EXPECT_EQ(options_in(page), options_in(parse({command, "--help"})->help)) << command;
    EXPECT_TRUE(page.starts_with(".TH TAPSTER\\-")) << page;
    EXPECT_NE(page.find(".SH EXIT STATUS"), std::string::npos) << command;
    // Its meaning has two lines in --help.
    EXPECT_NE(page.find("or another run\nuses the state, the credentials or the files\n.TP\n\\fB3\\fR\n"),
              std::string::npos)
        << page;
  }
  EXPECT_NE(parse({"help", "--man"})->help.find("\\fBpreview\\fR\nShow a stream's newest rows"),
            std::string::npos);
  EXPECT_EQ(error(parse({"help", "--man", "raed"})), "help --man: unknown command raed (see tapster --help)");
}

// A line of roff that begins with a dot is a macro.
TEST(Options, NoLineOfAManualPageIsAMacroByAccident) {
  const std::set<std::string> macros{".TH", ".SH", ".TP", ".PP", ".nf", ".fi"};
  std::istringstream lines(parse({"help", "--man", "read"})->help);
  for (std::string line; std::getline(lines, line);) {
    const auto word = line.substr(0, line.find(' '));
    EXPECT_TRUE(!word.starts_with('.') || macros.contains(word)) << line;
  }
}

TEST(Options, OfAReadHaveDefaults) {
  const auto options = parse_read({});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->command, Command::read);
  EXPECT_EQ(options->connector, "postmark");
  EXPECT_EQ(options->config, std::vector<std::string>{"c.json"});
  EXPECT_EQ(options->jobs, 4);
  EXPECT_EQ(options->rate, 0);
  EXPECT_EQ(options->format, Format::singer);
  EXPECT_EQ(options->log_level, Level::info);
  EXPECT_EQ(options->log_format, LogFormat::text);
  EXPECT_FALSE(options->catalog || options->state || options->state_file || options->output);
}

TEST(Options, OfAReadAreAllParsed) {
  const auto options = parse_read({"--plugin-dir",
                                   "a",
                                   "--plugin-dir=b",
                                   "--catalog",
                                   "cat.json",
                                   "--state-file",
                                   "s.json",
                                   "--select",
                                   "x*",
                                   "--select",
                                   "y",
                                   "--exclude",
                                   "z",
                                   "--since",
                                   "2026-01-31",
                                   "--until",
                                   "2026-02-01T00:00:00Z",
                                   "--jobs",
                                   "64",
                                   "--rate",
                                   "0.5",
                                   "--format",
                                   "jsonl",
                                   "--output",
                                   "out",
                                   "--log-format",
                                   "json",
                                   "-v"});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->plugin_dirs, (std::vector<std::filesystem::path>{"a", "b"}));
  EXPECT_EQ(options->catalog, "cat.json");
  EXPECT_EQ(options->state_file, "s.json");
  EXPECT_EQ(options->select, (std::vector<std::string>{"x*", "y"}));
  EXPECT_EQ(options->exclude, std::vector<std::string>{"z"});
  EXPECT_EQ(options->since, "2026-01-31");
  EXPECT_EQ(options->until, "2026-02-01T00:00:00Z");
  EXPECT_EQ(options->jobs, 64);
  EXPECT_EQ(options->rate, 0.5);
  EXPECT_EQ(options->format, Format::jsonl);
  EXPECT_EQ(options->output, "out");
  EXPECT_EQ(options->log_format, LogFormat::json);
  EXPECT_EQ(options->log_level, Level::debug);
}

TEST(Options, ThatRepeatTakeOneValueEach) {
  const auto options =
      parse({"read", "--select", "x", "postmark", "--config", "c.json", "--plugin-dir", "p"});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->connector, "postmark");
  EXPECT_EQ(options->select, std::vector<std::string>{"x"});
}

TEST(Options, OverwriteNeedsAnOutput) {
  EXPECT_FALSE(parse_read({"--output", "out"})->overwrite);
  EXPECT_TRUE(parse_read({"--output", "out", "--overwrite"})->overwrite);
  EXPECT_EQ(error(parse_read({"--overwrite"})), "--overwrite requires --output (see tapster read --help)");
}

TEST(Options, OfTheOtherCommands) {
  EXPECT_EQ(parse({"list"})->command, Command::list);
  EXPECT_EQ(parse({"list", "--format", "json"})->report, Report::json);
  EXPECT_EQ(parse({"info", "postmark", "--format", "markdown"})->report, Report::markdown);
  EXPECT_EQ(parse({"info", "postmark", "--markdown"})->report, Report::markdown);
  EXPECT_FALSE(parse({"list", "--format", "markdown"}));
  EXPECT_EQ(parse({"info", "postmark"})->command, Command::info);
  EXPECT_EQ(parse({"check", "postmark", "-c", "x"})->command, Command::check);
  EXPECT_EQ(parse({"discover", "postmark", "-c", "x"})->command, Command::discover);
  EXPECT_EQ(parse({"plan", "postmark", "-c", "x", "--state", "s"})->state, "s");
}

TEST(Options, NameTheErrorAndTheHelpToSee) {
  EXPECT_EQ(error(parse({"raed"})), "there is no command raed; did you mean \"read\"? (see tapster --help)");
  EXPECT_EQ(error(parse({"--verison"})),
            "there is no option --verison; did you mean \"--version\"? (see tapster --help)");
  EXPECT_EQ(error(parse({"check", "postmark"})), "--config is required (see tapster check --help)");
  EXPECT_EQ(error(parse({"read", "--config", "x"})), "NAME is required (see tapster read --help)");
  EXPECT_EQ(error(parse_read({"--stat-file", "x"})),
            "there is no option --stat-file; did you mean \"--state-file\"? (see tapster read --help)");
  EXPECT_EQ(error(parse_read({"--tokn=sesame"})),
            "there is no option --tokn; did you mean \"--to\"? (see tapster read --help)");
  EXPECT_EQ(error(parse_read({"more"})), "more is one argument too many (see tapster read --help)");
  EXPECT_EQ(error(parse_read({"--jobs", "0"})),
            "--jobs: must be a whole number from 1 to 64, but is \"0\" (see tapster read --help)");
  EXPECT_EQ(error(parse_read({"--jobs", "65"})),
            "--jobs: must be a whole number from 1 to 64, but is \"65\" (see tapster read --help)");
  EXPECT_EQ(error(parse_read({"--format", "xml"})),
            "--format: xml not in {singer,jsonl,airbyte} (see tapster read --help)");
  EXPECT_EQ(error(parse_read({"--state", "a", "--state-file", "b"})),
            "--state excludes --state-file (see tapster read --help)");
}

TEST(Options, RefuseAnEmptyValue) {
  for (const auto* option : {"--config", "--state-file", "--output", "--metrics", "--select", "--to"})
    EXPECT_EQ(error(parse_read({option, ""})).find(std::string(option) + ": the value is empty"), 0U)
        << option;
  EXPECT_EQ(error(parse({"select", ""})), "CATALOG: the value is empty (see tapster select --help)");
}

TEST(Options, CheckTheBounds) {
  EXPECT_EQ(error(parse_read({"--since", "yesterday"})),
            "--since: \"yesterday\" is neither a day such as 2026-01-31 nor a time such as "
            "2026-01-31T12:00:00Z (see tapster read --help)");
  EXPECT_NE(error(parse_read({"--until", "2026-02-30"})), "no error");
  for (const std::string bound : {"0001-01-01", "1677-12-31", "2262-01-01", "9999-12-31T12:00:00Z"})
    EXPECT_EQ(error(parse_read({"--since", bound.c_str()})),
              "--since: \"" + bound + "\": the year must be between 1678 and 2261 (see tapster read --help)");
  EXPECT_EQ(error(parse_read({"--since", "1678-01-01", "--until", "2261-12-31"})), "no error");
  EXPECT_NE(error(parse_read({"--since", "2026-01-31T12:00:00"})), "no error");
}

TEST(Options, RefuseASinceAfterTheUntil) {
  const auto bounds = [](const char* since, const char* until) {
    return error(parse_read({"--since", since, "--until", until}));
  };
  EXPECT_EQ(bounds("2026-02-01", "2026-01-31"),
            "--since 2026-02-01 is after --until 2026-01-31 (see tapster read --help)");
  EXPECT_NE(bounds("2026-01-31T12:00:01Z", "2026-01-31T13:00:00+01:00"), "no error");
  EXPECT_NE(bounds("2026-02-02", "2026-01-31T00:00:00Z"), "no error");
  EXPECT_EQ(bounds("2026-01-31", "2026-01-31"), "no error");
  EXPECT_EQ(bounds("2026-01-31T12:00:00Z", "2026-01-31T13:00:00+01:00"), "no error");
  // A day of the source's calendar may begin before or after this one.
  EXPECT_EQ(bounds("2026-02-01", "2026-01-31T23:00:00Z"), "no error");
}

// A day begins first at the offset +14:00.
TEST(Options, RefuseASinceAfterTomorrowInEveryTimeZone) {
  const auto now = std::chrono::floor<std::chrono::microseconds>(*parse_time("2026-11-27T09:00:00Z"));
  const auto checked = [&](const char* since) {
    const auto result = check_since(*parse_read({"--since", since}), now);
    if (result) return std::string("no error");
    EXPECT_EQ(result.error().exit, Exit::usage);
    return result.error().message;
  };
  EXPECT_EQ(checked("2027-11-20"), "--since 2027-11-20 is in the future: the time is 2026-11-27T09:00:00Z");
  EXPECT_EQ(checked("2026-11-28T09:00:01Z"),
            "--since 2026-11-28T09:00:01Z is in the future: the time is 2026-11-27T09:00:00Z");
  EXPECT_EQ(checked("2026-11-28T09:00:00Z"), "no error");
  EXPECT_NE(checked("2026-11-29"), "no error");
  EXPECT_EQ(checked("2026-11-28"), "no error");
  EXPECT_EQ(checked("2026-11-27"), "no error");
  EXPECT_EQ(checked("1678-01-01"), "no error");
  EXPECT_TRUE(check_since(*parse_read({"--until", "2027-11-20"}), now));
}

TEST(Options, RefuseSingerMessagesInFiles) {
  EXPECT_EQ(error(parse_read({"--output", "out", "--format", "singer"})),
            "--output writes bare records, so --format singer cannot be combined with it (see tapster read "
            "--help)");
  EXPECT_EQ(error(parse_read({"--output", "out"})), "no error");
}

TEST(Options, AllowOnlySingerMessagesForATarget) {
  EXPECT_EQ(parse_read({"--to", "target-x --config y"})->to, "target-x --config y");
  EXPECT_EQ(error(parse_read({"--to", "x", "--format", "singer", "--state-file", "s"})), "no error");
  EXPECT_EQ(error(parse_read({"--to", "x", "--output", "out"})),
            "--to feeds a Singer target, so --output cannot be combined with it (see tapster read --help)");
  EXPECT_EQ(
      error(parse_read({"--to", "x", "--format", "jsonl"})),
      "--to feeds a Singer target, so --format jsonl cannot be combined with it (see tapster read --help)");
  EXPECT_EQ(error(parse_read({"--to", " "})), "--to: the command is empty (see tapster read --help)");
}

TEST(Options, TakeHelpInAnyPlace) {
  const auto main = parse({"--help"});
  ASSERT_TRUE(main);
  EXPECT_EQ(main->command, Command::help);
  EXPECT_NE(main->help.find("Exit codes:"), std::string::npos);
  const auto read = parse({"read", "--help"});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->command, Command::help);
  for (const char* text : {"--state-file FILE", "Examples:", "Usage: tapster read"}) {
    EXPECT_NE(read->help.find(text), std::string::npos) << text;
  }
  EXPECT_TRUE(std::regex_search(
      parse({"--version"})->help,
      std::regex(R"(^tapster \d+\.\d+\.\d+ \(commit ([0-9a-f]{12}|unknown), connector ABI 1\.\d+\))")));
}

TEST(Options, HelpIsACommandAndTheDefault) {
  EXPECT_EQ(parse({})->help, parse({"--help"})->help);
  EXPECT_EQ(parse({"help"})->help, parse({"--help"})->help);
  EXPECT_EQ(parse({"help", "read"})->help, parse({"read", "--help"})->help);
  EXPECT_EQ(error(parse({"help", "raed"})),
            "there is no command raed; did you mean \"read\"? (see tapster --help)");
}

TEST(Options, HelpWrapsAtTheWidthAndEveryCommandHasExamples) {
  std::istringstream main(parse({"--help"})->help);
  std::vector<std::string> commands;
  bool is_list = false;
  for (std::string line; std::getline(main, line);) {
    if (line.empty()) is_list = false;
    if (is_list && line.size() > 2 && line[2] != ' ')
      commands.push_back(line.substr(2, line.find(' ', 2) - 2));
    if (line == "Subcommands:") is_list = true;
  }
  EXPECT_EQ(commands.size(), 15U);
  for (const auto& command : commands) {
    if (command == "help") continue;
    const std::vector<const char*> arguments{"tapster", command.c_str(), "--help"};
    const auto help = parse_options(3, arguments.data(), 60)->help;
    EXPECT_NE(help.find(command == "completion" ? "tapster completion" : "Examples:"), std::string::npos)
        << help;
    EXPECT_EQ(help.find("Exit codes"), std::string::npos) << command;
    // Examples are to be pasted, so they are not wrapped.
    std::istringstream lines(help.substr(0, help.find("Examples:")));
    for (std::string line; command != "completion" && std::getline(lines, line);)
      EXPECT_LE(line.size(), 60U) << line;
  }
}

std::vector<std::string> words_of(const std::vector<Candidate>& candidates) {
  std::vector<std::string> words;
  for (const auto& candidate : candidates) words.push_back(candidate.word);
  return words;
}

TEST(CompletionContext, IsWhatTheCommandLineTakesNext) {
  using Kind = CompletionContext::Kind;
  const auto commands = words_of(completion_context({}).words);
  EXPECT_NE(std::find(commands.begin(), commands.end(), "read"), commands.end());
  EXPECT_EQ(completion_context({"read"}).kind, Kind::connector);
  EXPECT_NE(completion_context({"new"}).kind, Kind::connector) << "the connector does not exist yet";
  EXPECT_EQ(completion_context({"preview", "counter", "--config", "c.json"}).kind, Kind::stream);
  EXPECT_EQ(completion_context({"read", "counter", "--config"}).kind, Kind::file);
  EXPECT_EQ(completion_context({"read", "counter", "--output"}).kind, Kind::directory);
  EXPECT_EQ(completion_context({"read", "counter", "-q", "--select"}).kind, Kind::pattern);
  EXPECT_EQ(words_of(completion_context({"read", "counter", "--log-format"}).words),
            (std::vector<std::string>{"text", "json"}));
  EXPECT_EQ(words_of(completion_context({"completion"}).words),
            (std::vector<std::string>{"bash", "zsh", "fish"}));
  EXPECT_EQ(words_of(completion_context({"state"}).words), std::vector<std::string>{"merge"});
  EXPECT_TRUE(completion_context({"read", "counter", "--log-format"}).options.empty()) << "a value is due";
  const auto options = words_of(completion_context({"read", "counter"}).options);
  EXPECT_NE(std::find(options.begin(), options.end(), "--state-file"), options.end());
  EXPECT_TRUE(completion_context({"no-such"}).words.empty());
}

}  // namespace
}  // namespace tapster::host
