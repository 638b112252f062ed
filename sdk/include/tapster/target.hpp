// The target of a request: a path and a query in which every value is encoded.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <vector>

namespace tapster {

// The part of a URL after the base: "/streams/a%2Fb/dump?from=2026-01-31". HttpClient accepts nothing else,
// so a value from a config or a response cannot change the path or add a parameter. A plain value.
class Target {
 public:
  struct Value {
    std::string_view name, value;
  };

  // `path` is a template such as "/streams/{id}/dump", which starts with a slash. Each name in braces is
  // replaced by the value of that name, encoded as one segment; the other text is used as it is. All texts
  // are copied.
  //
  // An error is stored and returned by the request: internal, for a template that is not a path or a name
  // without a value; source, for the values "", "." and "..", which lead to another path even if encoded.
  explicit Target(std::string_view path, std::initializer_list<Value> segments = {})
      : Target(path, std::vector<Value>(segments)) {}
  Target(std::string_view path, const std::vector<Value>& segments);

  // Returns a copy with one more query parameter, encoded.
  [[nodiscard]] Target with(std::string_view name, std::string_view value) const;
  [[nodiscard]] Target with(std::string_view name, int64_t value) const;

  // Returns a copy with this error, unless it has one.
  [[nodiscard]] Target failed(Error error) const;

  // The encoded target, as it is sent and logged.
  [[nodiscard]] const std::string& text() const { return text_; }
  // The first error, if there is one.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  void fail(Failed error);
  void append_segment(std::string_view name, const std::vector<Value>& segments);

  std::string text_;
  bool has_query_ = false;
  std::optional<Error> error_;
};

}  // namespace tapster
