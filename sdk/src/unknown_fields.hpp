// The members of a source's records that no column reads, reported once for each stream of a source.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <tapster/host.hpp>
#include <tapster/records.hpp>

namespace tapster {

// One for each source. Any thread.
class UnknownFields {
 public:
  explicit UnknownFields(Host host) : host_(host) {}

  // Logs the field unless it was logged before. Never its value, and not its name if that may be one: an
  // object used as a map can have addresses as names.
  void report(std::string_view stream, const UnknownField& field) {
    constexpr size_t longest_name = 100;
    constexpr size_t most = 1000;
    if (field.path.size() > longest_name || field.path.find('@') != std::string::npos) return;
    const std::lock_guard lock(mutex_);
    if (known_.size() >= most || !known_.insert(std::string(stream) + field.path).second) return;
    host_.warning(
        fmt::format("the records have a member that the schema of {} does not have: {}, {}; "
                    "it is not read",
                    stream, field.path, field.type));
  }

 private:
  Host host_;
  std::mutex mutex_;
  std::set<std::string> known_;
};

}  // namespace tapster
