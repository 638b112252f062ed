// How a call fails: one value type with the classes of the ABI, carried in tl::expected.
#pragma once

#include <tapster/connector.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace tapster {

// The class of a failure; it decides what happens next. See tapster_status in connector.h.
enum class Status : tapster_status {
  config = TAPSTER_CONFIG,
  auth = TAPSTER_AUTH,
  state = TAPSTER_STATE,
  transient = TAPSTER_TRANSIENT,
  rate_limited = TAPSTER_RATE_LIMITED,
  source = TAPSTER_SOURCE,
  cancelled = TAPSTER_CANCELLED,
  unsupported = TAPSTER_UNSUPPORTED,
  internal = TAPSTER_INTERNAL,
};

// The class's name as people see it: "rate_limited".
std::string_view to_string(Status status);

struct Error {
  Status status = Status::internal;
  // One line: what was attempted, what was wrong, where, and what to do. No secrets.
  std::string message;
  // The source's own code, such as an HTTP status or an API's error number; 0 where there is none.
  int source_code = 0;
  // How long to wait before asking again, where the source said so.
  std::optional<std::chrono::milliseconds> retry_after;

  // Whether the same call may succeed later without anybody changing anything.
  [[nodiscard]] bool is_transient() const {
    return status == Status::transient || status == Status::rate_limited;
  }
};

template <class T>
using Result = tl::expected<T, Error>;

// What a function returning Result<T> returns when it fails: `return config_error("...");`
using Failed = tl::unexpected<Error>;

Failed config_error(std::string message);
Failed auth_error(std::string message, int source_code = 0);
Failed state_error(std::string message);
Failed transient_error(std::string message, int source_code = 0);
Failed source_error(std::string message, int source_code = 0);
Failed cancelled();
Failed unsupported_error(std::string message);
Failed internal_error(std::string message);

// Passes an error on, with words in front that say what was being done: "reading X: the old message".
Failed with_context(std::string_view context, Error error);

// Fills the ABI's struct, cutting the message at a whole character where it is too long. Returns the status
// to return.
tapster_status to_abi(const Error& error, tapster_error* out);

// The error in a struct that a call returning `status` filled. A status outside the ABI becomes `internal`.
Error from_abi(tapster_status status, const tapster_error& error);

// A tapster_text of a string that outlives it, and the other way round.
inline tapster_text to_text(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string_view to_view(tapster_text text) {
  return text.size == 0 ? std::string_view() : std::string_view(text.data, text.size);
}

}  // namespace tapster
