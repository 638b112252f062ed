#include "catalog/metadata.hpp"

namespace tapster::host {

Breadcrumb breadcrumb_of(const json::object& entry) {
  Breadcrumb breadcrumb;
  if (const auto* steps = find_array(entry, "breadcrumb")) {
    for (const auto& step : *steps) {
      if (step.is_string()) breadcrumb.emplace_back(view(step.get_string()));
    }
  }
  return breadcrumb;
}

std::optional<bool> flag_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* flag = value->if_bool()) return *flag;
  if (const auto* text = value->if_string()) {
    if (*text == "true" || *text == "True") return true;
    if (*text == "false" || *text == "False") return false;
  }
  return std::nullopt;
}

MetadataEntry MetadataEntry::over(const MetadataEntry& others) const {
  return {selected ? selected : others.selected, by_default ? by_default : others.by_default,
          inclusion.empty() ? others.inclusion : inclusion};
}

Metadata::Metadata(const json::object& stream) {
  const auto* entries = find_array(stream, "metadata");
  if (entries == nullptr) return;
  for (const auto& value : *entries) {
    const auto* entry = value.if_object();
    const auto* metadata = entry == nullptr ? nullptr : find_object(*entry, "metadata");
    if (metadata == nullptr) continue;
    const auto breadcrumb = breadcrumb_of(*entry);
    entries_[breadcrumb] = {flag_of(*metadata, "selected"), flag_of(*metadata, "selected-by-default"),
                            text_of(*metadata, "inclusion")};
    if (breadcrumb.empty()) root_ = metadata;
  }
}

MetadataEntry Metadata::at(const Breadcrumb& breadcrumb) const {
  const auto found = entries_.find(breadcrumb);
  return found == entries_.end() ? MetadataEntry() : found->second;
}

std::vector<Breadcrumb> Metadata::selected(bool flag) const {
  std::vector<Breadcrumb> places;
  for (const auto& [breadcrumb, entry] : entries_) {
    if (!breadcrumb.empty() && entry.selected == flag) places.push_back(breadcrumb);
  }
  return places;
}

const json::object& Metadata::root() const {
  static const json::object nothing;
  return root_ == nullptr ? nothing : *root_;
}

}  // namespace tapster::host
