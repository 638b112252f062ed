#include <algorithm>
#include <cstring>
#include <tapster/error.hpp>

namespace tapster {

namespace {

Failed fail(Status status, std::string message, int source_code = 0) {
  return Failed(Error{status, std::move(message), source_code, std::nullopt});
}

// The longest prefix of at most `limit` bytes that does not end inside a UTF-8 character.
std::string_view cut(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  while (limit > 0 && is_continuation(text[limit])) --limit;
  return text.substr(0, limit);
}

}  // namespace

std::string_view to_string(Status status) {
  switch (status) {
    case Status::config:
      return "config";
    case Status::auth:
      return "auth";
    case Status::state:
      return "state";
    case Status::transient:
      return "transient";
    case Status::rate_limited:
      return "rate_limited";
    case Status::source:
      return "source";
    case Status::cancelled:
      return "cancelled";
    case Status::unsupported:
      return "unsupported";
    case Status::internal:
      break;
  }
  return "internal";
}

Failed config_error(std::string message) {
  return fail(Status::config, std::move(message));
}
Failed auth_error(std::string message, int source_code) {
  return fail(Status::auth, std::move(message), source_code);
}
Failed state_error(std::string message) {
  return fail(Status::state, std::move(message));
}
Failed transient_error(std::string message, int source_code) {
  return fail(Status::transient, std::move(message), source_code);
}
Failed source_error(std::string message, int source_code) {
  return fail(Status::source, std::move(message), source_code);
}
Failed cancelled() {
  return fail(Status::cancelled, "cancelled");
}
Failed unsupported_error(std::string message) {
  return fail(Status::unsupported, std::move(message));
}
Failed internal_error(std::string message) {
  return fail(Status::internal, std::move(message));
}

Failed with_context(std::string_view context, Error error) {
  if (error.status != Status::cancelled) error.message = std::string(context) + ": " + error.message;
  return Failed(std::move(error));
}

tapster_status to_abi(const Error& error, tapster_error* out) {
  const auto status = static_cast<tapster_status>(error.status);
  out->status = status;
  out->source_code = error.source_code;
  out->retry_after_ms = error.retry_after ? error.retry_after->count() : -1;
  const auto message = cut(error.message, sizeof out->message);
  std::memcpy(out->message, message.data(), message.size());
  out->message_size = message.size();
  if (TAPSTER_HAS(tapster_error, out, http_status)) out->http_status = error.http_status;
  return status;
}

Error from_abi(tapster_status status, const tapster_error& error) {
  const size_t size = std::min(error.message_size, sizeof error.message);
  Error result{static_cast<Status>(status), std::string(error.message, size), error.source_code,
               std::nullopt};
  if (TAPSTER_HAS(tapster_error, &error, http_status)) result.http_status = error.http_status;
  if (error.retry_after_ms >= 0) result.retry_after = std::chrono::milliseconds(error.retry_after_ms);
  if (status < TAPSTER_CONFIG || status > TAPSTER_INTERNAL) {
    result.status = Status::internal;
    result.message = "a status outside the ABI, " + std::to_string(status) + ": " + result.message;
  }
  return result;
}

}  // namespace tapster
