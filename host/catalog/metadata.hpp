// The metadata of a stream in a catalog: about the stream, and about places in its schema.
// https://github.com/singer-io/getting-started/blob/master/docs/DISCOVERY_MODE.md#metadata
//
// The functions here never fail: check_shape (catalog_shape.hpp) has rejected what they cannot read, in
// Source::discover or in read_entries.
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

// The metadata of one place; members that are not given are empty.
struct MetadataEntry {
  std::optional<bool> selected;
  std::optional<bool> by_default;
  std::string inclusion;

  // This entry; members that are not given come from `others`.
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
