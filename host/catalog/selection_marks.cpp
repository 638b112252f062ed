#include "catalog/selection_marks.hpp"

namespace tapster::host {

namespace {

// Writes "selected" into the metadata of one place, which is made if it is not there.
void write_mark(json::array& metadata, const Breadcrumb& breadcrumb, bool selected) {
  json::array steps;
  for (const auto& step : breadcrumb) steps.emplace_back(step);
  for (auto& entry : metadata) {
    if (entry.at("breadcrumb") != json::value(steps)) continue;
    entry.at("metadata").as_object()["selected"] = selected;
    return;
  }
  metadata.push_back({{"breadcrumb", std::move(steps)}, {"metadata", {{"selected", selected}}}});
}

void write_marks(json::array& metadata, const std::vector<Property>& properties) {
  for (const auto& property : properties) {
    write_mark(metadata, property.breadcrumb, property.is_selected);
    write_marks(metadata, property.inside);
  }
}

}  // namespace

std::vector<StreamMarks> marks_of(const json::object& discovered, const json::object* given) {
  std::vector<StreamMarks> marks;
  for (const auto& candidate : candidates_of(discovered, given))
    marks.push_back({candidate.name, candidate.is_selected(), properties_of(candidate)});
  return marks;
}

json::object with_marks(json::object catalog, const std::vector<StreamMarks>& marks) {
  auto mark = marks.begin();
  for (auto& value : catalog.at("streams").as_array()) {
    auto& stream = value.as_object();
    if (mark == marks.end() || mark->name != name_of(stream)) continue;
    auto& metadata = stream["metadata"];
    if (!metadata.is_array()) metadata.emplace_array();
    write_mark(metadata.get_array(), {}, mark->is_selected);
    if (mark->is_selected) write_marks(metadata.get_array(), mark->columns);
    ++mark;
  }
  return catalog;
}

}  // namespace tapster::host
