#include "catalog/selection_list.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tapster::host {

namespace {

size_t count_selected(const std::vector<Column>& columns) {
  return static_cast<size_t>(
      std::count_if(columns.begin(), columns.end(), [](const Column& c) { return c.is_selected; }));
}

}  // namespace

std::string SelectionList::text(size_t row) const {
  const auto& [stream, path] = rows_[row];
  const char* box = is_selected(rows_[row]) ? "[x]" : "[ ]";
  if (path.empty()) {
    const auto& entry = streams_[stream];
    return fmt::format("{} {:<32} {} of {} columns", box, entry.name, count_selected(entry.columns),
                       entry.columns.size());
  }
  const auto& column = *path.back();
  if (column.is_automatic) box = "[*]";
  if (column.is_unsupported) box = "[-]";
  return fmt::format("{:{}}{} {}", "", 4 * path.size(), box, column.breadcrumb.back());
}

void SelectionList::move(std::ptrdiff_t rows) {
  if (rows_.empty()) return;
  const auto last = static_cast<std::ptrdiff_t>(rows_.size()) - 1;
  current_ =
      static_cast<size_t>(std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(current_) + rows, 0, last));
}

void SelectionList::toggle() {
  if (rows_.empty()) return;
  const auto& row = rows_[current_];
  auto& stream = streams_[row.stream];
  const bool selects = !is_selected(row);
  if (row.path.empty()) {
    stream.is_selected = selects;
    return;
  }
  auto& column = *row.path.back();
  if (column.is_automatic || column.is_unsupported) return;
  column.is_selected = selects;
  if (!selects) return;
  stream.is_selected = true;
  for (auto* outer : row.path) outer->is_selected = true;
}

void SelectionList::open() {
  if (rows_.empty()) return;
  is_open_[rows_[current_].stream] = true;
  update();
}

void SelectionList::close() {
  if (rows_.empty()) return;
  const auto stream = rows_[current_].stream;
  is_open_[stream] = false;
  update();
  const auto row = std::find_if(rows_.begin(), rows_.end(), [&](const Row& r) { return r.stream == stream; });
  current_ = static_cast<size_t>(row - rows_.begin());
}

void SelectionList::update() {
  rows_.clear();
  for (size_t stream = 0; stream < streams_.size(); ++stream) {
    rows_.push_back({stream, {}});
    if (is_open_[stream]) add(stream, streams_[stream].columns, {});
  }
}

void SelectionList::add(size_t stream, std::vector<Column>& columns, const std::vector<Column*>& path) {
  for (auto& column : columns) {
    auto below = path;
    below.push_back(&column);
    rows_.push_back({stream, below});
    add(stream, column.inside, below);
  }
}

bool SelectionList::is_selected(const Row& row) const {
  return streams_[row.stream].is_selected &&
         std::all_of(row.path.begin(), row.path.end(), [](const Column* p) { return p->is_selected; });
}

}  // namespace tapster::host
