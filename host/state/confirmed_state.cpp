#include "state/confirmed_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tapster/json.hpp>
#include <tapster/secrets.hpp>

namespace tapster::host {

namespace {

// Does not depend on the order of members: a target may print a bookmark with another one.
size_t hash(std::string_view bookmark) {
  return std::hash<json::value>()(parse_json(bookmark, "the bookmark").value());
}

std::string beginning(std::string_view line) {
  return shortened(line, 200);
}

}  // namespace

ConfirmedState::ConfirmedState(State start) : confirmed_(std::move(start)) {
  for (const auto& [stream, bookmark] : confirmed_.bookmarks()) streams_[stream] = {{hash(bookmark)}, 1};
}

void ConfirmedState::sent(const State& state) {
  const std::lock_guard lock(mutex_);
  for (const auto& [stream, bookmark] : state.bookmarks()) {
    auto& known = streams_[stream].sent;
    const auto one = hash(bookmark);
    if (known.empty() || known.back() != one) known.push_back(one);
  }
}

Outcome<State> ConfirmedState::take(std::string_view line) {
  const auto printed = State::parse(line, "the target's state");
  if (!printed) {
    return fail(Exit::output,
                fmt::format("the target printed a line that is not a state: {}", beginning(line)));
  }
  const std::lock_guard lock(mutex_);
  auto state = confirmed_;
  std::map<std::string, size_t> newer;
  bool is_late = false;
  for (const auto& [stream, bookmark] : printed->bookmarks()) {
    const auto known = streams_.find(stream);
    const auto& sent = known == streams_.end() ? std::vector<size_t>() : known->second.sent;
    const auto found = std::find(sent.rbegin(), sent.rend(), hash(bookmark));
    if (found == sent.rend()) {
      return fail(Exit::output,
                  fmt::format("the target printed a bookmark of stream {} that it was not sent: {}", stream,
                              beginning(line)));
    }
    const auto count = static_cast<size_t>(sent.rend() - found);
    is_late = is_late || count < known->second.confirmed;
    if (count <= known->second.confirmed) continue;
    newer[stream] = count;
    state.set_bookmark(stream, bookmark);
    if (const auto version = printed->version(stream)) state.set_version(stream, *version);
  }
  for (const auto& [stream, count] : newer) streams_[stream].confirmed = count;
  // Two states with equal bookmarks differ in this if a stream ended in between.
  const auto syncing = printed->currently_syncing();
  if (!is_late && (!newer.empty() || syncing.empty())) state.set_currently_syncing(syncing);
  return confirmed_ = std::move(state);
}

std::vector<std::string> ConfirmedState::missing() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, bookmarks] : streams_) {
    if (bookmarks.confirmed < bookmarks.sent.size()) names.push_back(name);
  }
  return names;
}

}  // namespace tapster::host
