#include "output/record_size_limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <tapster/json.hpp>

namespace tapster::host {

namespace {

// The name of the widest column; empty if the line is not a record.
std::string widest_column(std::string_view line) {
  std::string widest;
  const auto record = parse_json_object(line, "a record");
  if (!record) return widest;
  size_t most = 0;
  for (const auto& [name, value] : *record) {
    const auto size = json::serialize(value).size();
    if (size <= most) continue;
    most = size;
    widest = name;
  }
  return widest;
}

}  // namespace

Result<void> check_length(const tapster_batch& batch) {
  if (batch.size <= longest_record) return {};  // and so is every line
  std::string_view lines(batch.data, batch.size);
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find('\n'));
    if (line.size() > longest_record) {
      return source_error(
          fmt::format("a record has {} bytes, more than the limit of {} MiB: leave out the column \"{}\"",
                      line.size(), longest_record >> 20U, widest_column(line)));
    }
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
  }
  return {};
}

}  // namespace tapster::host
