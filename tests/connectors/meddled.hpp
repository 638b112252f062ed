// What the servers here have in common: a log of what was requested, and a test that meddles with it.
#pragma once

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http_server.hpp"

namespace tapster::connectors {

// What a request asks for, by which requests are counted.
inline const std::string& name_of(const Request& request) {
  return request.path;
}

// The base of a server. A test sees each request as `Call`: Request itself, or what its body says.
//
// Its members may be called from any thread, and by what on_request was given.
template <class Call>
class Meddled {
 public:
  // Sets a function that is called before each response with the call and its number among those of its name,
  // from 1 on. It may change the data, and may respond itself.
  using Meddle = std::function<std::optional<Response>(const Call& call, int number)>;
  void on_request(Meddle meddle) {
    const std::lock_guard lock(mutex_);
    meddle_ = std::move(meddle);
  }

  // All calls of this name, in order; of all names if it is empty.
  [[nodiscard]] std::vector<Call> requests(const std::string& name = {}) const {
    const std::lock_guard lock(mutex_);
    std::vector<Call> found;
    std::copy_if(calls_.begin(), calls_.end(), std::back_inserter(found),
                 [&](const Call& call) { return name.empty() || name_of(call) == name; });
    return found;
  }

  // Forgets the calls and the function of on_request.
  void start_again() {
    const std::lock_guard lock(mutex_);
    meddle_ = nullptr;
    calls_.clear();
    numbers_.clear();
  }

 protected:
  // The response of the test, or that of `respond`.
  template <class Respond>
  Response meddle_or(const Call& call, const Respond& respond) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(call);
    const int number = ++numbers_[name_of(call)];
    auto instead = meddle_ ? meddle_(call, number) : std::nullopt;
    return instead ? *std::move(instead) : respond(call);
  }

  mutable std::recursive_mutex mutex_;  // of this and of the server's data; held during a response

 private:
  Meddle meddle_;
  std::vector<Call> calls_;
  std::map<std::string, int> numbers_;  // of calls, by name
};

// The targets of requests.
inline std::vector<std::string> targets_of(const std::vector<Request>& requests) {
  std::vector<std::string> targets;
  for (const auto& request : requests) targets.push_back(request.target);
  return targets;
}

}  // namespace tapster::connectors
