// The metadata of a catalog's stream: what it says of the stream and of each place in the stream's schema.
// https://github.com/singer-io/getting-started/blob/master/docs/DISCOVERY_MODE.md#metadata
//
// The readers here never fail: check_shape (catalog_shape.hpp) has refused what they could not read.
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

// The breadcrumb of a metadata entry.
Breadcrumb breadcrumb_of(const json::object& entry);

// A flag of a catalog: true and false, also as "true" and "False", as people and tools write them; nothing if
// it is absent, null or something else.
std::optional<bool> flag_of(const json::object& object, std::string_view key);

// What the metadata says of one place; what it does not say is empty.
struct MetadataEntry {
  std::optional<bool> selected;
  std::optional<bool> by_default;
  std::string inclusion;

  // This entry, completed by `others`.
  [[nodiscard]] MetadataEntry over(const MetadataEntry& others) const;
};

// A stream's metadata by breadcrumb. Refers to the catalog, which must outlive it.
class Metadata {
 public:
  Metadata() = default;
  explicit Metadata(const json::object& stream);

  [[nodiscard]] MetadataEntry at(const Breadcrumb& breadcrumb) const;
  // The places in the schema whose "selected" is `flag`.
  [[nodiscard]] std::vector<Breadcrumb> selected(bool flag) const;
  // The stream's own metadata object; empty if there is none.
  [[nodiscard]] const json::object& root() const;

 private:
  std::map<Breadcrumb, MetadataEntry> entries_;
  const json::object* root_ = nullptr;
};

}  // namespace tapster::host
