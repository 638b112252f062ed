#include "small_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <tapster/record_parser.hpp>

#include "details.hpp"

namespace postmark {

using namespace tapster;

namespace {

constexpr int attempts = 3;  // because the list may change while it is read
constexpr std::string_view message_stream_id = "{message_stream}";

// Returns the target of the list, or of the list of one message stream.
Target target_of(const SmallList& list, std::string_view message_stream) {
  Target target(list.path, {{"message_stream", message_stream}});
  for (const auto& [name, value] : list.query) target = target.with(name, value);
  return target;
}

// Converts the member beside the rows to the value of its column.
Result<std::string> shared_value(const SmallList& list, std::string body) {
  const auto& columns = list.stream.columns;
  auto column = *std::find_if(columns.begin(), columns.end(),
                              [&](const Column& each) { return each.name == list.shared_column; });
  column.path = list.shared;
  const Stream stream{.name = list.stream.name, .description = "", .key = {}, .columns = {column}};
  const auto projection = Projection::create(stream, {});
  if (!projection) return Failed(projection.error());
  Block block;
  const auto parsed =
      RecordParser(*projection, {}).parse(body, block, [](const Row&, std::string&) { return Keep::yes; });
  if (!parsed) return Failed(parsed.error());
  const auto& line = block.lines;  // {"inactive_mails":3}
  const auto begin = line.find(':') + 1;
  return line.substr(begin, line.rfind('}') - begin);
}

using Keys = std::set<std::string, std::less<>>;

// The rows that the pages of a list have shown.
struct Shown {
  Keys keys;
  int64_t doubled = 0;  // rows that a page shows twice
};

// Reads one response and keeps the rows with new keys.
Result<Page> read_page(Api& api, const SmallList& list, RecordParser& parser, const Target& target,
                       int64_t offset, Shown& shown, Block& block) {
  Page page;
  Keys keys;
  Block rows;
  rows.takes_rejects = block.takes_rejects;
  auto got = api.get(target, [&](HttpResponse& response) -> Result<void> {
    std::string shared = "null";
    if (!list.shared.empty()) {
      auto value = shared_value(list, response.body);
      if (!value) return Failed(std::move(value).error());
      shared = *std::move(value);
    }
    keys.clear();
    rows.clear();
    const auto visit = [&](const Row& row, std::string&) {
      if (row.index == 0) keys.clear();
      const bool is_new = keys.emplace(row.key).second;
      return is_new && !shown.keys.contains(row.key) ? Keep::yes : Keep::no;
    };
    auto parsed = list.shared_column.empty()
                      ? parser.parse(response.body, rows, visit)
                      : parser.parse(response.body, rows, visit, {{list.shared_column, shared}});
    if (!parsed) return Failed(std::move(parsed).error());
    page = *parsed;
    if (!list.is_paged) return {};
    if (!page.total) return source_error("the response has no TotalCount");
    return check_total(*page.total, offset, page.rows);
  });
  if (!got) return Failed(std::move(got).error());
  shown.doubled += static_cast<int64_t>(page.rows - keys.size());
  shown.keys.merge(keys);
  block.lines += rows.lines;
  block.count += rows.count;
  std::move(rows.rejects.begin(), rows.rejects.end(), std::back_inserter(block.rejects));
  std::move(rows.unknown.begin(), rows.unknown.end(), std::back_inserter(block.unknown));
  return page;
}

// Reads all pages. Returns false if their rows do not add up to TotalCount, because the list changed.
Result<bool> read_pages(Api& api, const SmallList& list, RecordParser& parser, const Target& target,
                        Block& block) {
  Shown shown;
  std::optional<int64_t> total;
  for (int64_t offset = 0; !total || offset < *total; offset += page_size) {
    const auto page = read_page(api, list, parser, page_of(target, page_size, offset), offset, shown, block);
    if (!page) return Failed(page.error());
    if (*page->total >= reachable_rows)
      return source_error(fmt::format("{}: TotalCount is {}, but the API shows at most {} rows",
                                      target.text(), *page->total, reachable_rows));
    if (total && *page->total != *total) return false;
    total = page->total;
  }
  return static_cast<int64_t>(shown.keys.size()) + shown.doubled >= *total;
}

Result<void> read_all_pages(Api& api, const SmallList& list, RecordParser& parser, const Target& target,
                            Block& block) {
  for (int attempt = 1; attempt <= attempts; ++attempt) {
    block.clear();
    const auto is_complete = read_pages(api, list, parser, target, block);
    if (!is_complete) return Failed(is_complete.error());
    if (*is_complete) return {};
  }
  return source_error(fmt::format(
      "{}: the rows did not add up to TotalCount in {} attempts: the list changes while it is read, "
      "or a cache ignores the offset; try again later",
      target.text(), attempts));
}

// Reads the list, or the one page that is not paged.
Result<void> read_listed(Api& api, const SmallList& list, const Projection& columns, const Target& target,
                         Block& block) {
  RecordParser parser(columns, {list.records, list.is_paged ? "TotalCount" : ""});
  Shown shown;
  return list.is_paged ? read_all_pages(api, list, parser, target, block)
                       : read_page(api, list, parser, target, 0, shown, block).map([](const Page&) {});
}

// The key column of a list with details, as a stream of its own.
Stream ids_of(const SmallList& list) {
  const auto& columns = list.stream.columns;
  const auto key = std::find_if(columns.begin(), columns.end(), [&](const Column& column) {
    return !column.path.empty() && is_automatic(list.stream, column);
  });
  return {
      .name = list.stream.name, .description = "", .key = {key->name}, .columns = {*key}, .is_partial = true};
}

Result<void> read_details(Api& api, const SmallList& list, const Projection& projection, const Target& target,
                          Records& records) {
  const auto ids = ids_of(list);
  Block listed;
  listed.takes_rejects = records.takes_rejects();
  auto got = read_listed(api, list, *Projection::create(ids, {}), target, listed);
  if (!got) return got;
  DetailsReader details(api, *list.details, projection);
  Block block;
  block.takes_rejects = records.takes_rejects();
  block.rejects = std::move(listed.rejects);
  for (std::string_view rest = listed.lines; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
    const auto begin = rest.find(':') + 1;  // {"id":3}
    auto read = details.append(rest.substr(begin, rest.find('}') - begin), block);
    block.extracted_at = api.host().now();
    if (read && block.lines.size() > large_block) read = records.push(block);
    if (!read) return read;
  }
  return records.push(block);
}

}  // namespace

Result<void> plan_list(const SmallList& list, Servers::Part& part) {
  if (list.path.find(message_stream_id) == std::string_view::npos) return part.slices.push({});
  const auto message_streams = part.server.api().message_streams();
  if (!message_streams) return Failed(message_streams.error());
  for (const auto& message_stream : *message_streams) {
    if (message_stream.is_inbound) continue;
    json::object slice{{"message_stream", message_stream.id}};
    if (message_stream.is_archived) slice["is_archived"] = true;
    auto pushed = part.slices_of(message_stream.id).push(slice);
    if (!pushed) return pushed;
  }
  return {};
}

Result<void> read_list(Api& api, const SmallList& list, const Projection& projection,
                       const json::object& slice, Records& records) {
  const auto* id = find_string(slice, "message_stream");
  const std::string message_stream(id ? view(*id) : std::string_view());
  std::string quoted;
  append_json_string(quoted, message_stream);
  const auto columns = id ? projection.with("message_stream", quoted) : projection;
  const auto target = target_of(list, message_stream);
  if (list.details) return read_details(api, list, columns, target, records);
  Block block;
  block.takes_rejects = records.takes_rejects();
  auto got = read_listed(api, list, columns, target, block);
  if (!got && api.skips({message_stream, false, slice.contains("is_archived")}, got.error())) return {};
  if (!got) return got;
  block.extracted_at = api.host().now();
  return records.push(block);
}

}  // namespace postmark
