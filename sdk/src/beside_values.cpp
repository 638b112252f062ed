#include "beside_values.hpp"

#include <tapster/record_parser.hpp>
#include <utility>

#include "json_text.hpp"

namespace tapster {

namespace {

// The value of the only column of a stream whose record is the response, as JSON.
Result<std::string> only_value(const Stream& stream, std::string& body) {
  const auto projection = Projection::create(stream, {});
  if (!projection) return Failed(projection.error());
  Block block;
  const auto parsed =
      RecordParser(*projection, {}).parse(body, block, [](const Row&, std::string&) { return Keep::yes; });
  if (!parsed) return Failed(parsed.error());
  const auto& line = block.lines;  // {"name":3}
  const auto begin = string_end(line, 1) + 1;
  return line.substr(begin, line.rfind('}') - begin);
}

}  // namespace

Result<void> BesideValues::parse(std::string& body) {
  texts_.clear();
  values_.clear();
  for (const auto& stream : prepared_.beside) {
    auto text = only_value(stream, body);
    if (!text) return Failed(std::move(text).error());
    texts_.push_back(*std::move(text));
  }
  for (size_t i = 0; i < texts_.size(); ++i)
    values_.push_back({prepared_.stream.beside[i].column, texts_[i]});
  return {};
}

}  // namespace tapster
