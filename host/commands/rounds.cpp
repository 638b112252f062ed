#include "commands/rounds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "system/descriptor.hpp"
#include "system/signals.hpp"

namespace tapster::host {

namespace {

// Waits until the next round, or until a signal comes.
Outcome<void> wait(const CommandContext& context, int64_t round, std::chrono::microseconds left) {
  const auto signals = StopSignals::start();
  if (!signals) return tl::unexpected(signals.error());
  (*signals)->on_stop([] {});
  context.log.info(
      fmt::format("round {} ended; the next one begins {}", round,
                  left.count() > 0 ? fmt::format("in {} s", left.count() / 1'000'000) : std::string("now")));
  context.clock.sleep(std::max(left, std::chrono::microseconds(0)),
                      [&] { return (*signals)->received() != 0; });
  (*signals)->on_stop(nullptr);
  return {};
}

// A failure if a signal has come, in a round or in the wait after it. A round may have ended before the
// signal could stop it.
Outcome<void> check_signal() {
  const int number = stop_signal();
  if (number == 0) return {};
  return fail(static_cast<Exit>(signal_exit + number),
              fmt::format("stopped by a signal: {}", ::strsignal(number)));
}

// Whether no later round can succeed: the first one could not start, or the reader of the records is gone.
bool is_final(const CommandContext& context, const Failure& failure, int64_t round) {
  if (round == 1 && (failure.exit == Exit::usage || failure.exit == Exit::plugin)) return true;
  const auto& options = context.options;
  return !options.output && !options.to && has_lost_reader(context.output);
}

}  // namespace

Outcome<void> run_rounds(const CommandContext& context, std::chrono::seconds every,
                         const std::function<Outcome<void>(const Rounds& before)>& round) {
  Rounds rounds;
  while (true) {
    const auto began = context.clock.monotonic();
    auto result = round(rounds);
    ++rounds.done;
    if (const auto going_on = check_signal(); !going_on) return result ? going_on : result;
    if (!result) {
      const auto& failure = result.error();
      if (is_final(context, failure, rounds.done)) return result;
      ++rounds.failed;
      context.log.write(Level::error, "tapster", "",
                        fmt::format("round {} failed ({} so far), exit code {}: {}", rounds.done,
                                    rounds.failed, static_cast<int>(failure.exit), failure.message));
    }
    const auto left = std::chrono::microseconds(every) - (context.clock.monotonic() - began);
    auto waited = wait(context, rounds.done, left);
    if (waited) waited = check_signal();
    if (!waited) return waited;
  }
}

}  // namespace tapster::host
