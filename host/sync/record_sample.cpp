#include "sync/record_sample.hpp"

#include <fmt/format.h>

#include <tapster/json.hpp>

namespace tapster::host {

namespace {

std::string flaw_of(std::string_view line, const std::vector<std::string>& keys) {
  const auto record = parse_json_object(line, "it");
  if (!record) return fmt::format("is not a JSON object in UTF-8: {}", record.error().message);
  for (const auto& key : keys) {
    const auto* value = record->if_contains(key);
    if (value == nullptr) return fmt::format("has no key column {}", key);
    if (value->is_null()) return fmt::format("has null in the key column {}", key);
  }
  return {};
}

}  // namespace

std::string RecordSample::flaw(std::string_view lines, size_t count) {
  // A plain load on the fast path: the counter's cache line then stays shared by all workers.
  if (!all_ && seen_.load(std::memory_order_relaxed) >= size) return {};
  auto number = seen_.fetch_add(count, std::memory_order_relaxed);
  while (!lines.empty() && (all_ || number < size)) {
    ++number;
    const auto line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(line.size() + 1);
    const auto why = flaw_of(line, keys_);
    if (!why.empty()) return fmt::format("record {} {}", number, why);
  }
  return {};
}

}  // namespace tapster::host
