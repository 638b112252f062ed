#include <fmt/format.h>

#include <algorithm>
#include <map>
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

ListedRows::ListedRows(Host host, HttpClient& client, const std::optional<Details>& details,
                       const std::optional<RequestedColumn>& requested, const Projection& projection)
    : host_(host), client_(client), projection_(projection) {
  if (details) {
    details_ = &*details;
    parser_.emplace(projection, details->records);
  }
  if (requested && projection.has(requested->column)) requested_ = &*requested;
}

Result<void> ListedRows::push(const std::vector<std::string>& ids, Block& block, Records& records,
                              const std::vector<Projection::Value>& values) {
  if (!keeps_ids()) return records.push(block);
  std::string listed;
  if (requested_ != nullptr) {
    listed = std::exchange(block.lines, {});
    block.count = 0;
  }
  size_t begin = 0;
  for (const auto& id : ids) {
    const auto end = std::min(listed.find('\n', begin), listed.size());
    auto done = details_ != nullptr
                    ? append_details(id, block, values)
                    : append_column(id, std::string_view(listed).substr(begin, end - begin), block);
    begin = end + 1;
    block.extracted_at = host_.now();
    if (done && block.lines.size() > large_block) done = records.push(block);
    if (!done) return done;
  }
  return records.push(block);
}

Result<void> ListedRows::append_details(const std::string& id, Block& block,
                                        std::vector<Projection::Value> values) {
  std::string id_value;
  if (const auto& name = details_->id_column; !name.empty()) {
    const auto* column = find_column(projection_.stream(), name);
    if (column != nullptr && column->type == Type::integer)
      id_value = id;
    else
      append_json_string(id_value, id);
    values.push_back({name, id_value});
  }
  std::map<std::string, int, std::less<>> twins;  // the number of records so far, by key
  const auto visit = [&](const Row& row, std::string& line) {
    if (row.index == 0) twins.clear();
    // The records of a response are always read together, so a count distinguishes equal ones.
    if (!details_->twin_column.empty())
      line += fmt::format(",\"{}\":{}", details_->twin_column, twins[std::string(row.key)]++);
    return Keep::yes;
  };
  const auto request = details_->request.build({{in_path("id"), json::string(id)}});
  auto got = client_.send(request, [&](HttpResponse& response) -> Result<void> {
    auto parsed = parser_->parse(response.body, block, visit, values);
    if (!parsed) return Failed(std::move(parsed).error());
    return {};
  });
  if (got || !details_->is_gone(got.error())) return got;
  log_gone(host_, details_->what, id);
  return {};
}

// Completes a line of the list.
Result<void> ListedRows::append_column(const std::string& id, std::string_view line, Block& block) {
  auto value = value_of(id);
  if (!value) return Failed(std::move(value).error());
  line.remove_suffix(1);  // the closing brace
  block.lines += fmt::format("{},\"{}\":{}}}\n", line, requested_->column, *value);
  ++block.count;
  return {};
}

Result<std::string> ListedRows::value_of(const std::string& id) {
  std::string value;
  const auto request = requested_->request.build({{in_path("id"), json::string(id)}});
  auto got = client_.send(request, [&](HttpResponse& response) -> Result<void> {
    const auto body = parse_json_object(response.body, "the response");
    // The body may be truncated, and complete the next time.
    if (!body) return transient_error(body.error().message);
    value.clear();
    append_json(value, requested_->value(*body));
    return {};
  });
  if (got) return value;
  if (!requested_->is_gone(got.error())) return Failed(std::move(got).error());
  log_gone(host_, requested_->what, id);
  return std::string("null");
}

}  // namespace tapster
