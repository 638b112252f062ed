// The commands of the program, one function each.
#pragma once

#include <functional>

#include "cli/options.hpp"
#include "output/line_writer.hpp"
#include "plugin/source.hpp"
#include "report/log.hpp"
#include "system/clock.hpp"
#include "system/exit_code.hpp"

namespace tapster::host {

// What a command works with.
struct CommandContext {
  const Options& options;
  Clock& clock;
  Log& log;
  int output;         // the descriptor to print to; descriptor 1 leads to standard error by now
  LineWriter& lines;  // the same, for lines that several threads write while the command runs
};

Outcome<void> list(const CommandContext& context);
Outcome<void> info(const CommandContext& context);
Outcome<void> spec(const CommandContext& context);
Outcome<void> check(const CommandContext& context);
Outcome<void> discover(const CommandContext& context);
Outcome<void> select(const CommandContext& context);
Outcome<void> plan(const CommandContext& context);
Outcome<void> read(const CommandContext& context);
Outcome<void> link(const CommandContext& context);
Outcome<void> validate(const CommandContext& context);
Outcome<void> new_connector(const CommandContext& context);
Outcome<void> merge_states(const CommandContext& context);
Outcome<void> preview(const CommandContext& context);
// Commands that only a tap has, as options.
Outcome<void> test(const CommandContext& context);
Outcome<void> about(const CommandContext& context);
Outcome<void> version(const CommandContext& context);

// Whether plan and preview print a table for a person: as --format says, otherwise if it goes to a terminal.
bool is_for_person(const CommandContext& context);

// Loads the connector that the options name.
Outcome<Connector> find_connector(const Options& options);

// Finds and loads the connector, reads and checks the config, opens the source, and calls `use` with it.
// SIGINT, SIGTERM and SIGHUP cancel the source while `use` runs; if `use` then fails, the exit code is 128 +
// the signal's number.
using UseSource = std::function<Outcome<void>(Source& source, HostServices& services)>;
Outcome<void> with_source(const CommandContext& context, const UseSource& use);

}  // namespace tapster::host
