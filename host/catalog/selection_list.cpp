#include "catalog/selection_list.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tapster::host {

namespace {

size_t count_selected(const std::vector<Property>& columns) {
  return static_cast<size_t>(
      std::count_if(columns.begin(), columns.end(), [](const Property& c) { return c.is_selected; }));
}

}  // namespace

std::string Choice::text(size_t row) const {
  const auto& [stream, path] = rows_[row];
  const char* box = is_selected(rows_[row]) ? "[x]" : "[ ]";
  if (path.empty()) {
    const auto& marks = marks_[stream];
    return fmt::format("{} {:<32} {} of {} columns", box, marks.name, count_selected(marks.columns),
                       marks.columns.size());
  }
  const auto& property = *path.back();
  if (property.is_automatic) box = "[*]";
  if (property.is_unsupported) box = "[-]";
  return fmt::format("{:{}}{} {}", "", 4 * path.size(), box, property.breadcrumb.back());
}

void Choice::move(std::ptrdiff_t rows) {
  if (rows_.empty()) return;
  const auto last = static_cast<std::ptrdiff_t>(rows_.size()) - 1;
  current_ =
      static_cast<size_t>(std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(current_) + rows, 0, last));
}

void Choice::toggle() {
  if (rows_.empty()) return;
  const auto& row = rows_[current_];
  auto& stream = marks_[row.stream];
  const bool selects = !is_selected(row);
  if (row.path.empty()) {
    stream.is_selected = selects;
    return;
  }
  auto& property = *row.path.back();
  if (property.is_automatic || property.is_unsupported) return;
  property.is_selected = selects;
  if (!selects) return;
  stream.is_selected = true;
  for (auto* outer : row.path) outer->is_selected = true;
}

void Choice::open() {
  if (rows_.empty()) return;
  is_open_[rows_[current_].stream] = true;
  update();
}

void Choice::close() {
  if (rows_.empty()) return;
  const auto stream = rows_[current_].stream;
  is_open_[stream] = false;
  update();
  const auto row = std::find_if(rows_.begin(), rows_.end(), [&](const Row& r) { return r.stream == stream; });
  current_ = static_cast<size_t>(row - rows_.begin());
}

void Choice::update() {
  rows_.clear();
  for (size_t stream = 0; stream < marks_.size(); ++stream) {
    rows_.push_back({stream, {}});
    if (is_open_[stream]) add(stream, marks_[stream].columns, {});
  }
}

void Choice::add(size_t stream, std::vector<Property>& properties, const std::vector<Property*>& path) {
  for (auto& property : properties) {
    auto below = path;
    below.push_back(&property);
    rows_.push_back({stream, below});
    add(stream, property.inside, below);
  }
}

bool Choice::is_selected(const Row& row) const {
  return marks_[row.stream].is_selected &&
         std::all_of(row.path.begin(), row.path.end(), [](const Property* p) { return p->is_selected; });
}

}  // namespace tapster::host
