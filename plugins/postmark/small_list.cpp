#include "small_list.hpp"

#include <fmt/format.h>

#include <set>
#include <tapster/record_parser.hpp>

namespace postmark {

using namespace tapster;

namespace {

constexpr int attempts = 3;  // at a list that changes while it is read
constexpr std::string_view message_stream_id = "{message_stream}";

// The path with the message stream's id in its place.
std::string target(const SmallList& list, std::string_view message_stream) {
  std::string path(list.path);
  if (const auto place = path.find(message_stream_id); place != std::string::npos)
    path.replace(place, message_stream_id.size(), message_stream);
  return path;
}

using Keys = std::set<std::string, std::less<>>;

// Reads one answer. Of rows whose key is in `keys` already none is kept; without `keys` all are.
Result<Page> read_page(Api& api, const SmallList& list, RecordParser& parser, std::string_view page_target,
                       Keys* keys, Block& block) {
  Page page;
  auto got = api.get(page_target, [&](HttpResponse& response) -> Result<void> {
    std::string shared = "null";
    if (!list.shared.empty()) {
      const auto answer = parse_json_object(response.body, "the answer");
      // A body that is cut short may be whole the next time.
      if (!answer) return transient_error(answer.error().message);
      if (const auto* value = answer->if_contains(list.shared)) shared = json::serialize(*value);
    }
    Keys new_keys;
    auto parsed = parser.parse(response.body, block,
                               [&](const Row& row, std::string&) {
                                 if (!keys) return Keep::yes;
                                 if (keys->contains(row.key)) return Keep::no;
                                 return new_keys.emplace(row.key).second ? Keep::yes : Keep::no;
                               },
                               {{list.shared_column, shared}});
    if (!parsed) return Failed(std::move(parsed).error());
    if (keys) keys->merge(new_keys);
    page = *parsed;
    return {};
  });
  if (!got) return Failed(std::move(got).error());
  return page;
}

// Reads all pages. False where their rows do not add up to the list's count, as it changed meanwhile.
Result<bool> read_pages(Api& api, const SmallList& list, RecordParser& parser, const std::string& path,
                        Block& block) {
  Keys keys;
  int64_t total = -1;
  for (int64_t offset = 0; total < 0 || offset < total; offset += page_size) {
    const auto page_target = fmt::format("{}?count={}&offset={}", path, page_size, offset);
    const auto page = read_page(api, list, parser, page_target, &keys, block);
    if (!page) return Failed(page.error());
    if (!page->total) return source_error(fmt::format("{}: the answer holds no TotalCount", page_target));
    if (*page->total > reachable_rows)
      return source_error(fmt::format("{}: {} rows are more than the {} that the API shows", path,
                                      *page->total, reachable_rows));
    if (total >= 0 && *page->total != total) return false;
    total = *page->total;
  }
  return static_cast<int64_t>(keys.size()) == total;
}

Result<void> read_all_pages(Api& api, const SmallList& list, RecordParser& parser, const std::string& path,
                            Block& block) {
  for (int attempt = 1; attempt <= attempts; ++attempt) {
    block.clear();
    const auto is_whole = read_pages(api, list, parser, path, block);
    if (!is_whole) return Failed(is_whole.error());
    if (*is_whole) return {};
  }
  return source_error(
      fmt::format("{}: the rows did not add up to TotalCount in {} attempts, as the list changes while it is "
                  "read: try again later",
                  path, attempts));
}

}  // namespace

Result<void> plan_list(const SmallList& list, Servers::Part& part) {
  if (list.path.find(message_stream_id) == std::string_view::npos) return part.slices.push({});
  const auto message_streams = part.server.api().message_streams();
  if (!message_streams) return Failed(message_streams.error());
  for (const auto& message_stream : *message_streams) {
    if (message_stream.is_inbound) continue;
    auto pushed = part.slices_of(message_stream.id).push({{"message_stream", message_stream.id}});
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
  RecordParser parser(columns, {list.records, list.is_paged ? "TotalCount" : ""});
  const auto path = target(list, message_stream);
  Block block;
  auto got = list.is_paged ? read_all_pages(api, list, parser, path, block)
                           : read_page(api, list, parser, path, nullptr, block).map([](const Page&) {});
  if (!got) return got;
  block.extracted_at = api.host().now();
  return records.push(block);
}

}  // namespace postmark
