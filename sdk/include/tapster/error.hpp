// Errors: one value type with the error classes of the ABI, returned in tl::expected. Everything here is a
// plain value or a pure function, usable from any thread.
#pragma once

#include <tapster/connector.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <type_traits>
#include <utility>

namespace tapster {

// The class of an error, which decides what the host does next. See tapster_status in connector.h.
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

// The name of the class in messages and logs, such as "rate_limited". The text lives as long as the process.
std::string_view to_string(Status status);

struct Error {
  Status status = Status::internal;
  // One line: what was attempted, what went wrong, where, and what to do. It must not contain secrets.
  std::string message;
  // The source's own code, such as an HTTP status or an API's error number; 0 if there is none.
  int source_code = 0;
  // How long to wait before the next attempt, if the source said so.
  std::optional<std::chrono::milliseconds> retry_after;
  // The status of the HTTP response that was the cause, such as 503; 0 if there is none. HttpClient sets it.
  int http_status = 0;

  // Whether the same call may succeed later without any change: transient or rate_limited.
  [[nodiscard]] bool is_transient() const {
    return status == Status::transient || status == Status::rate_limited;
  }
};

// A value or an error. A call that ignores its Result does not compile without a warning.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  using Base = tl::expected<T, Error>;
  using Value = std::conditional_t<std::is_void_v<T>, tl::unexpected<Error>, T>;

 public:
  Result() = default;
  Result(Base result) : Base(std::move(result)) {}
  // From a value, or from an error: see Failed.
  template <class U = Value, class = std::enable_if_t<!std::is_base_of_v<Base, std::remove_cvref_t<U>> &&
                                                      std::is_constructible_v<Base, U&&>>>
  explicit(!std::is_convertible_v<U&&, Base>) Result(U&& value) : Base(std::forward<U>(value)) {}
};

// What a function with a Result<T> returns on failure: `return config_error("...");`
using Failed = tl::unexpected<Error>;

// Makes an error of one class.
Failed config_error(std::string message);
Failed auth_error(std::string message, int source_code = 0);
Failed state_error(std::string message);
Failed transient_error(std::string message, int source_code = 0);
Failed source_error(std::string message, int source_code = 0);
Failed cancelled();
Failed unsupported_error(std::string message);
Failed internal_error(std::string message);

// Returns the error with a context in front of its message: "reading X: the old message". The message of a
// `cancelled` error stays as it is.
Failed with_context(std::string_view context, Error error);

// Fills the ABI's struct and returns its status. A message longer than the struct's buffer is cut between two
// characters.
tapster_status to_abi(const Error& error, tapster_error* out);

// Reads the struct that a call filled before it returned `status`. An unknown status becomes `internal`.
Error from_abi(tapster_status status, const tapster_error& error);

// Converts between a string and a tapster_text. The result borrows the text.
inline tapster_text to_text(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string_view to_view(tapster_text text) {
  return text.size == 0 ? std::string_view() : std::string_view(text.data, text.size);
}

}  // namespace tapster
