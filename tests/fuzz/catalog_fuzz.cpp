// Any catalog file selects streams or fails with a message. The first line is a pattern, or empty; the rest
// is the catalog.
#include "catalog/stream_selection.hpp"

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tapster;
  using namespace tapster::host;
  static const auto discovered = catalog({&fuzz::stream()});
  const auto [pattern, text] = fuzz::first_line(fuzz::text_of(data, size));
  const auto given = parse_json_object(text, "catalog.json");
  if (!given) return 0;
  SelectionOptions options{.patterns = {}, .catalog_file = "catalog.json"};
  if (!pattern.empty()) options.patterns.select.emplace_back(pattern);
  const auto selected = select_streams(discovered, &*given, options);
  if (!selected) {
    fuzz::require(!selected.error().message.empty(), "a failure says why");
    return 0;
  }
  fuzz::require(!selected->empty(), "a selection of nothing is a failure");
  for (const auto& stream : *selected) {
    fuzz::require(stream.name == "things", "a stream is one that the connector has", stream.name);
    const auto* properties = find_object(stream.schema, "properties");
    fuzz::require(properties != nullptr && properties->contains("id") && properties->contains("at"),
                  "the key and the replication key are always selected", json::serialize(stream.schema));
    if (!stream.columns.empty())
      fuzz::require(parse_json(stream.columns, "columns")->is_array(), "columns are a JSON array",
                    stream.columns);
  }
  return 0;
}
