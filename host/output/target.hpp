// A Singer target as the output of a run: starts it, feeds it, and stores the states that it confirms.
// https://github.com/singer-io/getting-started/blob/master/docs/SPEC.md#targets
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "output/output.hpp"
#include "report/log.hpp"
#include "state/confirmed_state.hpp"
#include "system/subprocess.hpp"

namespace tapster::host {

class Target : public Output {
 public:
  // What the target uses. The functions are called on a thread of its own. Everything must outlive the
  // target.
  struct Hooks {
    const Clock& clock;
    Log& log;                                           // gets the target's standard error, line by line
    std::function<Outcome<void>(const State&)> commit;  // stores a state that the target has confirmed
    std::function<void()> stop;                         // ends the run, because the target has failed
  };

  // Starts the shell command. `state` is the one that the run begins with.
  static Outcome<std::unique_ptr<Target>> start(const std::string& command, const State& state, Hooks hooks);

  // Closes the target's input and waits for it to exit. Unconfirmed states are a warning. Failures have
  // Exit::output and quote the target's last lines. They are: an exit code that is not 0, a signal, an exit
  // before the end of the input, a line on standard output that is not a state that was sent, and a state
  // that could not be stored.
  Outcome<void> finish();

  Outcome<void> start(const std::vector<SelectedStream>& streams, State& state) override;
  Outcome<void> write(SliceId slice, const tapster_batch& batch) override;
  Outcome<void> restart(SliceId slice) override;
  Outcome<void> finish(SliceId slice) override;
  Outcome<void> commit(State& state) override;
  Outcome<void> end(size_t stream, bool complete) override;

 private:
  Target(const State& state, Hooks hooks) : hooks_(std::move(hooks)), confirmation_(state) {}
  void hear_output(std::string_view line);
  void hear_error(std::string_view line);
  // Keeps only the first failure, and stops the run.
  void note(std::string failure);
  // The first failure, if there was one.
  Outcome<void> outcome() const;
  // The outcome after a write to the target's input; a write fails only if the target exited early.
  Outcome<void> after_write(const Outcome<void>& written);

  const Hooks hooks_;
  ConfirmedState confirmation_;
  std::string committed_;               // the last state that was stored, as text
  std::deque<std::string> last_lines_;  // of its standard error
  mutable std::mutex mutex_;
  std::optional<std::string> failure_;  // under mutex_
  std::unique_ptr<Output> messages_;
  std::unique_ptr<Subprocess> child_;  // last: its thread uses the others
};

}  // namespace tapster::host
