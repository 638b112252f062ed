// What the program can do: one function a command.
#pragma once

#include <functional>

#include "cli/options.hpp"
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
  int output;  // the open file that takes what is printed; descriptor 1 is the log's by now
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
// Options that only a tap has.
Outcome<void> test(const CommandContext& context);
Outcome<void> about(const CommandContext& context);
Outcome<void> version(const CommandContext& context);
Outcome<void> preview(const CommandContext& context);

// The connector that the options name, loaded.
Outcome<Connector> find_connector(const Options& options);

// From the options to an opened source, which `use` gets: finds and loads the connector, reads the config and
// checks it, and opens. SIGINT, SIGTERM and SIGHUP cancel the source while `use` runs; where that makes it
// fail, the exit code is 128 + the signal's number.
using UseSource = std::function<Outcome<void>(Source& source, HostServices& services)>;
Outcome<void> with_source(const CommandContext& context, const UseSource& use);

}  // namespace tapster::host
