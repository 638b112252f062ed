// A response in pieces gives the records of the whole response, or both are errors. The first byte of the
// input chooses the format and the size of the pieces.
#include <algorithm>
#include <tapster/record_stream.hpp>

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tapster;
  using Format = RecordSelector::Format;
  if (size == 0) return 0;
  static const auto projection = *Projection::create(fuzz::stream(), {});
  const std::vector<RecordSelector> selectors{
      {},
      {.records = "/Rows", .total = "/Total"},
      {.format = Format::json_lines},
      {.format = Format::csv},
      {.format = Format::csv, .columns = {"ID", "At", "Rate"}, .delimiter = ';'}};
  const auto& selector = selectors[data[0] % selectors.size()];
  const size_t piece = 1 + data[0] / selectors.size();
  const auto text = fuzz::text_of(data + 1, size - 1);
  const auto keep = [](const Row& row, std::string&) { return row.index % 3 == 2 ? Keep::no : Keep::yes; };

  std::string body(text);
  Block block;
  const auto whole = RecordParser(projection, selector).parse(body, block, keep);
  fuzz::require(fuzz::records_of(block.lines).size() == block.count, "the count is that of the lines", text);

  std::string lines;
  RecordStream stream(projection, selector, false, keep, [&](Block& sent) -> Result<void> {
    lines += sent.lines;
    sent.clear();
    return {};
  });
  stream.begin();
  Result<void> fed;
  for (auto rest = text; fed && !rest.empty(); rest.remove_prefix(std::min(piece, rest.size())))
    fed = stream.feed(rest.substr(0, piece));
  const auto page = fed ? stream.finish() : Failed(fed.error());
  fuzz::require(page.has_value() == whole.has_value(), "both are read, or none", text);
  if (!page) return 0;
  fuzz::require(lines == block.lines, "the records are the same", text);
  fuzz::require(page->rows == whole->rows && page->total == whole->total, "the page is the same", text);
  return 0;
}
