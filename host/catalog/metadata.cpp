#include "catalog/metadata.hpp"

#include <fmt/format.h>

namespace tapster::host {

void wrong(std::string_view path, std::string_view expected) {
  throw WrongShape{fmt::format("{} has to be {}", path, expected)};
}

std::optional<bool> read_flag(const json::object& object, std::string_view key, std::string_view path) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (const auto* flag = value->if_bool()) return *flag;
  if (const auto* text = value->if_string()) {
    if (*text == "true" || *text == "True") return true;
    if (*text == "false" || *text == "False") return false;
  }
  wrong(fmt::format("{}.{}", path, key), "true or false");
}

std::string read_text(const json::object& object, std::string_view key, std::string_view path) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return {};
  if (!value->is_string()) wrong(fmt::format("{}.{}", path, key), "a string");
  return std::string(view(value->get_string()));
}

Marks Marks::over(const Marks& others) const {
  return {selected ? selected : others.selected, by_default ? by_default : others.by_default,
          inclusion.empty() ? others.inclusion : inclusion};
}

Metadata::Metadata(const json::object& stream, const std::string& path) {
  const auto* value = stream.if_contains("metadata");
  if (value == nullptr || value->is_null()) return;
  const auto* entries = value->if_array();
  if (entries == nullptr) wrong(path + ".metadata", "an array");
  for (size_t i = 0; i < entries->size(); ++i) add((*entries)[i], fmt::format("{}.metadata[{}]", path, i));
}

Marks Metadata::at(const Breadcrumb& breadcrumb) const {
  const auto found = marks_.find(breadcrumb);
  return found == marks_.end() ? Marks() : found->second;
}

std::vector<Breadcrumb> Metadata::selected(bool flag) const {
  std::vector<Breadcrumb> places;
  for (const auto& [breadcrumb, marks] : marks_) {
    if (!breadcrumb.empty() && marks.selected == flag) places.push_back(breadcrumb);
  }
  return places;
}

const json::object& Metadata::root() const {
  static const json::object nothing;
  return root_ == nullptr ? nothing : *root_;
}

void Metadata::add(const json::value& value, const std::string& path) {
  const auto* entry = value.if_object();
  if (entry == nullptr) wrong(path, "an object");
  const auto* steps = find_array(*entry, "breadcrumb");
  if (steps == nullptr) wrong(path + ".breadcrumb", "an array");
  Breadcrumb breadcrumb;
  for (const auto& step : *steps) {
    if (!step.is_string()) wrong(path + ".breadcrumb", "an array of strings");
    breadcrumb.emplace_back(view(step.get_string()));
  }
  const auto* metadata = find_object(*entry, "metadata");
  if (metadata == nullptr) wrong(path + ".metadata", "an object");
  const auto inside = path + ".metadata";
  marks_[breadcrumb] = {read_flag(*metadata, "selected", inside),
                        read_flag(*metadata, "selected-by-default", inside),
                        read_text(*metadata, "inclusion", inside)};
  if (breadcrumb.empty()) root_ = metadata;
}

}  // namespace tapster::host
