// The metadata of a catalog's stream: what is said of the stream and of each place in its schema.
// https://github.com/singer-io/getting-started/blob/master/docs/DISCOVERY_MODE.md#metadata
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <vector>

namespace tapster::host {

// A place in a stream's schema: {"properties", "to", "items", "properties", "Email"}; empty for the stream.
using Breadcrumb = std::vector<std::string>;

// Thrown where a catalog's shape is wrong at any depth; whoever takes a catalog turns it into a Failure.
struct WrongShape {
  std::string message;
};

// Throws that what is at `path` has to be `expected`.
[[noreturn]] void wrong(std::string_view path, std::string_view expected);

// A flag of a catalog; nothing where it is not there or null. People and tools write "true" too.
std::optional<bool> read_flag(const json::object& object, std::string_view key, std::string_view path);

// A text of a catalog; empty where it is not there or null.
std::string read_text(const json::object& object, std::string_view key, std::string_view path);

// What the metadata says of one place; what it does not say is empty.
struct Marks {
  std::optional<bool> selected;
  std::optional<bool> by_default;
  std::string inclusion;

  // These marks, and `others` where these say nothing.
  [[nodiscard]] Marks over(const Marks& others) const;
};

// A stream's metadata by breadcrumb. Refers to the catalog, which has to outlive it.
class Metadata {
 public:
  Metadata() = default;
  // `path` is where the stream is, for WrongShape.
  Metadata(const json::object& stream, const std::string& path);

  [[nodiscard]] Marks at(const Breadcrumb& breadcrumb) const;
  // The places in the schema of which it is said that they are selected, or that they are not.
  [[nodiscard]] std::vector<Breadcrumb> selected(bool flag) const;
  // What is said of the stream itself.
  [[nodiscard]] const json::object& root() const;

 private:
  void add(const json::value& value, const std::string& path);

  std::map<Breadcrumb, Marks> marks_;
  const json::object* root_ = nullptr;
};

}  // namespace tapster::host
