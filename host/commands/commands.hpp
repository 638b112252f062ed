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
struct Run {
  const Options& options;
  Clock& clock;
  Log& log;
  int output;  // the open file that takes what is printed; descriptor 1 is the log's by now
};

Outcome<void> list(const Run& run);
Outcome<void> info(const Run& run);
Outcome<void> spec(const Run& run);
Outcome<void> check(const Run& run);
Outcome<void> discover(const Run& run);
Outcome<void> select(const Run& run);
Outcome<void> plan(const Run& run);
Outcome<void> read(const Run& run);
Outcome<void> link(const Run& run);
// Options that only a tap has.
Outcome<void> test(const Run& run);
Outcome<void> about(const Run& run);
Outcome<void> version(const Run& run);
Outcome<void> preview(const Run& run);

// The connector that the options name, loaded.
Outcome<Connector> find_connector(const Options& options);

// From the options to an opened source, which `use` gets: finds and loads the connector, reads the config and
// checks it, and opens. SIGINT, SIGTERM and SIGHUP cancel the source while `use` runs; where that makes it
// fail, the exit code is 128 + the signal's number.
using UseSource = std::function<Outcome<void>(Source& source, Services& services)>;
Outcome<void> with_source(const Run& run, const UseSource& use);

}  // namespace tapster::host
