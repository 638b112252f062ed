#include "output/target.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>
#include <tapster/secrets.hpp>

namespace tapster::host {

namespace {

constexpr size_t last_lines_kept = 10;
constexpr size_t longest_line = 500;  // bytes
constexpr std::string_view early = "the target exited before the end of its input";

std::string how_it_ended(int code) {
  if (code <= 128) return fmt::format("the target exited with code {}", code);
  return fmt::format("the target was killed by signal {} ({})", code - 128, ::strsignal(code - 128));
}

}  // namespace

Outcome<std::unique_ptr<Target>> Target::start(const std::string& command, const State& state, Hooks hooks) {
  std::unique_ptr<Target> target(new Target(state, std::move(hooks)));
  auto child =
      Subprocess::start(command, {[self = target.get()](std::string_view line) { self->hear_output(line); },
                                  [self = target.get()](std::string_view line) { self->hear_error(line); },
                                  [self = target.get()] { self->note(std::string(early)); }});
  if (!child) return fail(child.error().exit, fmt::format("the target: {}", child.error().message));
  target->child_ = *std::move(child);
  target->messages_ = singer_output(target->child_->input(), target->hooks_.clock);
  return target;
}

// ---- the target's output

void Target::hear_output(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos || !outcome()) return;
  const auto state = confirmation_.take(line);
  if (!state) return note(state.error().message);
  auto text = state->to_json();
  if (text == committed_) return;
  committed_ = std::move(text);
  auto stored = hooks_.commit(*state);
  if (!stored) note(std::move(stored).error().message);
}

void Target::hear_error(std::string_view line) {
  hooks_.log.relay("target", line);
  last_lines_.push_back(shortened(hooks_.log.redact(std::string(line)), longest_line));
  if (last_lines_.size() > last_lines_kept) last_lines_.pop_front();
}

void Target::note(std::string failure) {
  {
    const std::lock_guard lock(mutex_);
    if (failure_) return;
    failure_ = std::move(failure);
  }
  hooks_.stop();
}

Outcome<void> Target::outcome() const {
  const std::lock_guard lock(mutex_);
  if (!failure_) return {};
  return fail(Exit::output, *failure_);
}

// ---- the target's input

Outcome<void> Target::start(const std::vector<SelectedStream>& streams, State& state) {
  return messages_->start(streams, state);
}

Outcome<void> Target::after_write(const Outcome<void>& written) {
  if (!written) note(std::string(early));
  return outcome();
}

Outcome<void> Target::write(SliceId slice, const tapster_batch& batch) {
  return after_write(messages_->write(slice, batch));
}

Outcome<void> Target::restart(SliceId slice) {
  return messages_->restart(slice);
}

Outcome<void> Target::finish(SliceId slice) {
  return messages_->finish(slice);
}

Outcome<void> Target::commit(State& state) {
  confirmation_.sent(state);
  return after_write(messages_->commit(state));
}

Outcome<void> Target::end(size_t stream, bool complete) {
  return after_write(messages_->end(stream, complete));
}

Outcome<void> Target::finish() {
  const auto end = child_->finish();
  auto result = outcome();
  // The exit code or signal says more than the fact that the target exited early.
  if (end.code != 0 && (result || result.error().message == early)) {
    result = fail(Exit::output, how_it_ended(end.code));
  } else if (result && end.unread > 0) {
    result = fail(Exit::output, std::string(early));
  }
  if (!result) {
    if (!last_lines_.empty()) {
      result.error().message += fmt::format("; its last lines:\n{}", fmt::join(last_lines_, "\n"));
    }
    return result;
  }
  if (const auto missing = confirmation_.missing(); !missing.empty()) {
    hooks_.log.warning(
        fmt::format("the target has not confirmed the last state of {}: the next run starts from the state "
                    "before it",
                    fmt::join(missing, ", ")));
  }
  return {};
}

}  // namespace tapster::host
