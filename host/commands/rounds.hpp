// tapster read --every: syncs in one process, one after the other.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "commands/commands.hpp"

namespace tapster::host {

// The rounds that have ended.
struct Rounds {
  int64_t done = 0;    // all of them
  int64_t failed = 0;  // those that failed
};

// Calls `round` at once, and again each time `every` has passed since the last round began; a round that took
// longer is followed by the next one at once. `round` gets the rounds before it. A round that fails is
// logged, and the next one tries again. Returns only
//   when a signal stops a round or the wait after it: with 128 + its number;
//   when the first round fails because the command line, the config, the state or the connector is wrong:
//   with that failure; when a round fails because the reader of standard output, which gets the records, is
//   gone: with that failure.
Outcome<void> run_rounds(const CommandContext& context, std::chrono::seconds every,
                         const std::function<Outcome<void>(const Rounds& before)>& round);

}  // namespace tapster::host
