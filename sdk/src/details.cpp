#include <fmt/format.h>

#include <tapster/details.hpp>
#include <tapster/json.hpp>
#include <utility>

namespace tapster {

namespace {

void log_gone(Host host, const std::string& what, std::string_view id) {
  host.warning(fmt::format("{} {} skipped: it is listed, but no longer has details", what, id));
}

// Appends a value as records are written: a text that is not ASCII stays readable.
void append_json(std::string& out, const json::value& value) {
  if (const auto* text = value.if_string())
    append_json_string(out, view(*text));
  else
    out += json::serialize(value);
}

}  // namespace

Result<void> DetailsReader::append(std::string_view id, Block& block,
                                   const std::vector<Projection::Value>& values, const RowVisitor& visit) {
  const auto request = details_.request.build({{in_path("id"), json::string(id)}});
  auto got = client_.send(request, [&](HttpResponse& response) -> Result<void> {
    auto parsed = parser_.parse(response.body, block, visit, values);
    if (!parsed) return Failed(std::move(parsed).error());
    return {};
  });
  if (got || !details_.is_gone(got.error())) return got;
  log_gone(host_, details_.what, id);
  return {};
}

Result<void> DetailsReader::push(const std::vector<std::string>& ids, Block& block, Records& records,
                                 const std::vector<Projection::Value>& values) {
  for (const auto& id : ids) {
    auto read = append(id, block, values);
    block.extracted_at = host_.now();
    if (read && block.lines.size() > large_block) read = records.push(block);
    if (!read) return read;
  }
  return records.push(block);
}

Result<std::string> RequestedColumnReader::value_of(const std::string& id) {
  std::string value;
  auto got = client_.send(column_.request.build({{in_path("id"), json::string(id)}}),
                          [&](HttpResponse& response) -> Result<void> {
                            const auto body = parse_json_object(response.body, "the response");
                            // The body may be truncated, and complete the next time.
                            if (!body) return transient_error(body.error().message);
                            value.clear();
                            append_json(value, column_.value(*body));
                            return {};
                          });
  if (got) return value;
  if (!column_.is_gone(got.error())) return Failed(std::move(got).error());
  log_gone(host_, column_.what, id);
  return std::string("null");
}

Result<void> RequestedColumnReader::push(const std::vector<std::string>& ids, Block& block,
                                         Records& records) {
  const auto listed = std::exchange(block.lines, {});
  block.count = 0;
  size_t begin = 0;
  for (const auto& id : ids) {
    auto value = value_of(id);
    if (!value) return Failed(std::move(value).error());
    const auto end = listed.find('\n', begin);
    block.lines.append(listed, begin, end - 1 - begin);  // without the closing brace
    block.lines += fmt::format(",\"{}\":{}}}\n", column_.column, *value);
    ++block.count;
    begin = end + 1;
    block.extracted_at = host_.now();
    auto pushed = block.lines.size() > large_block ? records.push(block) : Result<void>();
    if (!pushed) return pushed;
  }
  return records.push(block);
}

}  // namespace tapster
