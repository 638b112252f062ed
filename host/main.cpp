// tapster: reads the command line, prepares what every command needs, and turns the result into an exit code.
#include <fcntl.h>
#include <fmt/format.h>
#include <locale.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string_view>

#include "cli/tap_command_line.hpp"
#include "commands/commands.hpp"
#include "commands/completion.hpp"
#include "output/line_writer.hpp"
#include "plugin/call_guard.hpp"
#include "protocol/airbyte.hpp"
#include "report/print.hpp"
#include "system/signals.hpp"
#include "system/terminal.hpp"

namespace tapster::host {

namespace {

// Keeps standard output for the data: returns a duplicate of descriptor 1, and points 1 to standard error, so
// that what a connector prints by mistake lands there. Negative if the program was started without a standard
// output.
int claim_standard_output() {
  const bool is_open = ::fcntl(1, F_GETFD) >= 0;
  // A file that is opened later must not get the number of a closed standard descriptor: the log would go
  // into it.
  for (int standard = 0; standard <= 2; ++standard) {
    if (::fcntl(standard, F_GETFD) < 0) (void)!::open("/dev/null", O_RDWR);
  }
  const int data = is_open ? ::fcntl(1, F_DUPFD_CLOEXEC, 3) : -1;
  // Otherwise such prints would mix with the data. Standard error is not there to report the failure.
  if (::dup2(2, 1) < 0) std::_Exit(static_cast<int>(Exit::failed));
  return data;
}

// Whether a usage error is logged as JSON, although the arguments could not be parsed.
bool asks_for_json_log(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--log-format=json") return true;
    if (argument == "--log-format" && i + 1 < argc && std::string_view(argv[i + 1]) == "json") return true;
  }
  return false;
}

Outcome<std::unique_ptr<Clock>> choose_clock() {
  const char* now = std::getenv("TAPSTER_NOW");
  if (now == nullptr) return system_clock();
  const auto time = parse_time(now);
  if (time) return fixed_clock(std::chrono::floor<std::chrono::microseconds>(*time));
  return fail(Exit::usage,
              fmt::format("TAPSTER_NOW must be a time such as 2026-01-31T12:00:00Z, not \"{}\"", now));
}

Outcome<void> run_command(const CommandContext& context) {
  switch (context.options.command) {
    case Command::help:
      return print(context.output, context.options.help);
    case Command::list:
      return list(context);
    case Command::info:
      return info(context);
    case Command::spec:
      return spec(context);
    case Command::check:
      return check(context);
    case Command::discover:
      return discover(context);
    case Command::select:
      return select(context);
    case Command::plan:
      return plan(context);
    case Command::read:
      return read(context);
    case Command::link:
      return link(context);
    case Command::new_connector:
      return new_connector(context);
    case Command::test:
      return test(context);
    case Command::about:
      return about(context);
    case Command::version:
      return version(context);
    case Command::preview:
      return preview(context);
    case Command::validate:
      return validate(context);
    case Command::merge_states:
      return merge_states(context);
    case Command::completion:
      return print(context.output, completion_script(context.options.shell));
  }
  return {};
}

// The name under which the program was started decides how its arguments are parsed.
Outcome<Options> parse_as_named(int argc, const char* const* argv, size_t help_width) {
  const std::string_view program = argc > 0 ? argv[0] : "";
  if (const auto tap = tap_of(program); !tap.empty()) return parse_tap_options(tap, argc, argv, help_width);
  if (const auto source = airbyte_source_of(program); !source.empty())
    return parse_airbyte_options(source, argc, argv, help_width);
  return parse_options(argc, argv, help_width);
}

int run_program(int argc, const char* const* argv) {
  // With an arena per thread, each would keep the memory of its largest slice, and a long sync would seem to
  // grow.
  ::mallopt(M_ARENA_MAX, 2);
  ::setlocale(LC_CTYPE, "C.UTF-8");  // for the widths of characters
  const int output = claim_standard_output();
  // Make a closed pipe and a file that reaches its size limit errors of write(), which have an exit code.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);

  if (argc > 1 && std::string_view(argv[1]) == "complete")
    return static_cast<int>(complete(argv[0], {argv + 2, argv + argc}, output));
  const auto options = parse_as_named(argc, argv, std::min<size_t>(terminal_width(output), 120));
  auto clock = choose_clock();
  const auto machine_clock = system_clock();
  const bool json_log = options ? options->log_format == LogFormat::json : asks_for_json_log(argc, argv);
  Log log(clock ? **clock : *machine_clock, json_log ? LogFormat::json : LogFormat::text,
          options ? options->log_level : Level::info);
  CallGuard::report_to(log);

  Outcome<void> result;
  if (!options) {
    result = tl::unexpected(options.error());
  } else if (!clock) {
    result = tl::unexpected(clock.error());
  } else {
    LineWriter lines(output);
    result = check_since(*options, (*clock)->now());
    if (result) result = run_command({*options, **clock, log, output, lines});
    if (!result && options->format == Format::airbyte)
      (void)print(output, log.redact(airbyte::error_message(result.error(), (*clock)->now())) + "\n");
  }
  if (result) return static_cast<int>(Exit::done);
  log.critical(result.error().message);
  const int exit = static_cast<int>(result.error().exit);
  if (exit > signal_exit) die_of(exit - signal_exit);
  return exit;
}

}  // namespace

}  // namespace tapster::host

int main(int argc, char** argv) {
  try {
    return tapster::host::run_program(argc, argv);
  } catch (const std::exception& e) {
    fmt::print(stderr, "tapster: a bug: {}\n", e.what());
  }
  return 1;
}
