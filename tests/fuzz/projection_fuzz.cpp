// A record keeps exactly the selected columns. The first line has the columns as JSON Pointers with a space
// between them; the rest is an answer.
#include <tapster/record_parser.hpp>

#include "fuzz.hpp"

namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return words;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tapster;
  const auto [columns, answer] = fuzz::first_line(fuzz::text_of(data, size));
  const auto projection = Projection::create(fuzz::stream(), words_of(columns));
  if (!projection) return 0;
  RecordParser parser(*projection, {.records = "/Rows"});
  std::string body(answer);
  Block block;
  const auto page =
      parser.parse(body, block, [](const Row&, std::string&) -> Result<Keep> { return Keep::yes; });
  if (!page) return 0;
  const auto all = fuzz::records_of(block.lines);
  auto lines = block.lines;
  projection->prune(lines);
  const auto pruned = fuzz::records_of(lines);
  fuzz::require(pruned.size() == all.size(), "each record stays", lines);
  for (size_t i = 0; i < pruned.size(); ++i) {
    fuzz::require(pruned[i].size() == all[i].size(), "each column stays", lines);
    for (const auto& [name, value] : pruned[i]) {
      fuzz::require(projection->has(name), "a column is one of those wanted", lines);
      if (!value.is_structured()) fuzz::require(value == all[i].at(name), "a plain value stays", lines);
    }
  }
  auto again = lines;
  projection->prune(again);
  fuzz::require(again == lines, "pruning twice changes nothing", again);
  return 0;
}
