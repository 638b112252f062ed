#include "validate/streams.hpp"

#include <fmt/format.h>

#include "catalog/catalog_entry.hpp"
#include "catalog/patterns.hpp"
#include "catalog/replication.hpp"

namespace tapster::host {

namespace {

ValidatedStream to_stream(const json::object& stream) {
  ValidatedStream result;
  result.name = text_of(stream, "tap_stream_id");
  if (const auto* schema = find_object(stream, "schema")) result.schema = *schema;
  if (const auto* keys = find_array(stream, "key_properties")) {
    for (const auto& key : *keys) {
      if (key.is_string()) result.keys.emplace_back(view(key.get_string()));
    }
  }
  if (text_of(stream, "replication_method") == "INCREMENTAL")
    result.replication_key = text_of(stream, "replication_key");
  return result;
}

}  // namespace

Result<std::vector<ValidatedStream>> selected_for_validation(const json::object& catalog,
                                                             const std::vector<std::string>& patterns) {
  auto entries = read_entries(catalog, nullptr, "the connector's catalog");
  if (!entries) return Failed(entries.error());
  const auto applied = apply_patterns({patterns, {}, "--select"}, *entries);
  if (!applied) return Failed(applied.error());
  std::vector<ValidatedStream> streams;
  for (const auto& entry : *entries) {
    if (entry.is_selected) streams.push_back(to_stream(*entry.discovered));
  }
  return streams;
}

Result<std::vector<std::string>> plan_all(Source& source, std::string_view stream, std::string_view state) {
  std::vector<std::string> slices;
  auto planned = source.plan({stream, state, {}, {}}, [&](std::string_view slice) -> Result<void> {
    if (slices.size() == most_slices)
      return internal_error(fmt::format("the plan has more than {} slices", most_slices));
    slices.emplace_back(slice);
    return {};
  });
  if (!planned) return Failed(std::move(planned).error());
  return slices;
}

std::vector<json::object> records_of(std::string_view lines) {
  std::vector<json::object> records;
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    auto record = parse_json_object(line, "the record");
    if (record) records.push_back(*std::move(record));
  }
  return records;
}

std::string key_of(const ValidatedStream& stream, const json::object& record) {
  std::string key;
  for (const auto& name : stream.keys) {
    const auto* value = record.if_contains(name);
    if (value == nullptr || value->is_null()) return {};
    key += json::serialize(*value) + ",";
  }
  return key;
}

void add_keys(std::vector<std::string>& keys, const ValidatedStream& stream, std::string_view lines) {
  for (const auto& record : records_of(lines)) keys.push_back(key_of(stream, record));
}

}  // namespace tapster::host
