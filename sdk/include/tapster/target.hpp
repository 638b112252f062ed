// What a request asks for: a path and a query in which every value is encoded.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/error.hpp>

namespace tapster {

// The part of a URL after the base: "/streams/a%2Fb/dump?from=2026-01-31". It is the only thing that
// HttpClient requests, so a value from a config or an answer can never change the path or add a parameter. A
// plain value.
class Target {
 public:
  struct Value {
    std::string_view name, value;
  };

  // `path` is a template such as "/streams/{id}/dump". It begins with a slash, and its own text is sent as it
  // is. Each name in braces is replaced by the value of that name, as one segment of the path.
  //
  // The errors of a target are reported by the request: an internal error for a template that is not a path
  // or a name without a value, a source error for a value that cannot be a segment. Those are "", "." and
  // "..", which lead to another path even when they are encoded.
  explicit Target(std::string_view path, std::initializer_list<Value> segments = {});

  // The same target with one more query parameter.
  [[nodiscard]] Target with(std::string_view name, std::string_view value) const;
  [[nodiscard]] Target with(std::string_view name, int64_t value) const;

  // The target as it is sent and logged.
  [[nodiscard]] const std::string& text() const { return text_; }
  // Why it cannot be requested, if it cannot.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  void fail(Failed error);
  void append_segment(std::string_view name, std::initializer_list<Value> segments);

  std::string text_;
  bool has_query_ = false;
  std::optional<Error> error_;
};

}  // namespace tapster
