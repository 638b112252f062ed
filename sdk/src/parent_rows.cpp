#include "parent_rows.hpp"

#include <utility>

#include "json_pointer.hpp"
#include "json_text.hpp"

namespace tapster {

namespace {

// The text of the value at a pointer into an object; "null" if there is none.
std::string_view text_at(std::string_view object, std::string_view pointer) {
  auto found = object;
  while (!pointer.empty()) {
    if (found.front() != '{') return "null";
    std::string wanted;
    append_json_string(wanted, take_token(pointer));
    std::string_view member = "null";
    for_each_member(found, 0, [&](std::string_view name, std::string_view value) {
      if (name == wanted) member = value;
    });
    found = member;
  }
  return found;
}

}  // namespace

void ParentRowsCollector::add(const Block& block) {
  for (std::string_view rest = block.lines; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
    values_.lines.push_back('[');
    for (const auto& pointer : pointers_) {
      if (values_.lines.back() != '[') values_.lines.push_back(',');
      values_.lines += text_at(rest.substr(0, rest.find('\n')), pointer);
    }
    values_.lines += "]\n";
  }
  values_.rejects.insert(values_.rejects.end(), block.rejects.begin(), block.rejects.end());
  size_ += block.lines.size();
  if (size_ <= most_records_)
    records_.push_back(block);
  else
    records_.clear();
}

ParentRows ParentRowsCollector::take() {
  values_.lines.shrink_to_fit();
  ParentRows rows{.values = std::make_shared<const BoundValues>(std::move(values_))};
  if (size_ <= most_records_) rows.records = std::make_shared<const std::vector<Block>>(std::move(records_));
  return rows;
}

size_t size_of(const BoundValues& values) {
  auto size = sizeof values + values.lines.size();
  for (const auto& reject : values.rejects) size += reject.record.size() + reject.reason.size();
  return size;
}

size_t size_of(const std::vector<Block>& records) {
  size_t size = 0;
  for (const auto& block : records) size += sizeof block + block.lines.size();
  return size;
}

std::vector<std::string_view> elements_of(std::string_view array) {
  std::vector<std::string_view> elements;
  for (size_t at = 1; at < array.size() && array[at] != ']';) {
    if (array[at] == ',') ++at;
    const auto end = value_end(array, at);
    elements.push_back(array.substr(at, end - at));
    at = end;
  }
  return elements;
}

}  // namespace tapster
