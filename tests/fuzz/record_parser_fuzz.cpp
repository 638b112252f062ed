// Any answer of a source gives complete JSON lines, or an error and no line. If rejects are taken, each
// record is a line or a reject, which is JSON.
#include <tapster/json.hpp>
#include <tapster/record_parser.hpp>

#include "fuzz.hpp"

namespace {

void set_aside(tapster::RecordParser& parser, std::string body) {
  using namespace tapster;
  Block block;
  block.takes_rejects = true;
  const auto page = parser.parse(body, block, [](const Row&, std::string&) { return Keep::yes; });
  if (!page) return fuzz::require(block.rejects.empty(), "an error leaves no reject", body);
  fuzz::require(block.count + block.rejects.size() == page->rows, "each record is a line or a reject", body);
  for (const auto& [record, reason] : block.rejects) {
    fuzz::require(parse_json_object(record, "").has_value(), "a reject is a record", body);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tapster;
  static const auto projection = *Projection::create(fuzz::stream(), {});
  static RecordParser parser(projection, {.records = "/Rows", .total = "/Total"});
  static RecordParser root_parser(projection, {});
  static RecordParser map_parser(projection, {.records = "/Rows", .map_key = "id", .values = {"/Geo/City"}});
  static RecordParser line_parser(projection, {.format = RecordSelector::Format::json_lines});
  for (auto* each : {&parser, &root_parser, &map_parser, &line_parser}) {
    set_aside(*each, std::string(fuzz::text_of(data, size)));
    std::string body(fuzz::text_of(data, size));
    Block block;
    block.lines = "{}\n";
    block.count = 1;
    size_t kept = 0;
    const auto keep = [&](const Row& row, std::string&) -> Result<Keep> {
      fuzz::require(row.key.ends_with('\n'), "a key ends in a line break", row.key);
      kept = row.index % 3 == 2 ? kept : kept + 1;
      return row.index % 3 == 2 ? Keep::no : Keep::yes;
    };
    const auto page = each->parse(body, block, keep);
    const auto records = fuzz::records_of(block.lines);
    fuzz::require(records.size() == block.count, "the count is that of the lines", block.lines);
    if (!page) {
      fuzz::require(block.lines == "{}\n", "an error leaves the block as it was", block.lines);
      continue;
    }
    fuzz::require(block.count - 1 <= page->rows, "no more records than the answer has", block.lines);
    for (size_t i = 1; i < records.size(); ++i) {
      fuzz::require(records[i].size() == fuzz::stream().columns.size(), "a record has each column once",
                    block.lines);
      fuzz::require(records[i].at("id").is_string(), "a key is never null", block.lines);
    }
  }
  return 0;
}
