// For any answer of a source, no string of a redacted column is written unchanged.
#include <tapster/record_parser.hpp>
#include <tapster/redaction.hpp>

#include <algorithm>

#include "fuzz.hpp"

namespace {

using namespace tapster;

constexpr std::string_view config =
    R"({"redact":{"recipient":"mask","city":"drop","to":"hash","metadata":"mask"},"redact_key":"0123456789abcdef"})";

bool is_hash(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Every string at any depth.
void require_strings(const json::value& value, bool (*holds)(std::string_view), std::string_view lines) {
  if (const auto* text = value.if_string()) fuzz::require(holds(view(*text)), "a string is redacted", lines);
  if (const auto* array = value.if_array())
    for (const auto& item : *array) require_strings(item, holds, lines);
  if (const auto* object = value.if_object())
    for (const auto& member : *object) require_strings(member.value(), holds, lines);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto redaction = *Redaction::create(json::parse(config).as_object(), {&fuzz::stream()});
  static const auto projection = *Projection::create(fuzz::stream(), {});
  static RecordParser parser(projection, {.records = "/Rows"});
  std::string body(fuzz::text_of(data, size));
  Block block;
  const auto page =
      parser.parse(body, block, [](const Row&, std::string&) -> Result<Keep> { return Keep::yes; });
  if (!page) return 0;
  redaction.apply(*redaction.of("things"), block.lines);
  const auto is_masked = [](std::string_view text) { return text.starts_with("***"); };
  const auto records = fuzz::records_of(block.lines);
  fuzz::require(records.size() == block.count, "each record stays", block.lines);
  for (const auto& record : records) {
    fuzz::require(!record.contains("city"), "a dropped column is gone", block.lines);
    require_strings(record.at("recipient"), is_masked, block.lines);
    require_strings(record.at("metadata"), is_masked, block.lines);
    require_strings(record.at("to"), is_hash, block.lines);
  }
  return 0;
}
