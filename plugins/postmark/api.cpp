#include "api.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <tapster/counted_pages.hpp>
#include <tapster/declared.hpp>

#include "eastern.hpp"
#include "streams.hpp"

namespace postmark {

using namespace tapster;
using std::chrono::days;

Api::Api(const Host& host, std::vector<std::string> message_streams, std::shared_ptr<KeptPages> kept)
    : host_(host), are_named_(!message_streams.empty()), kept_(std::move(kept)) {
  for (auto& id : message_streams) message_streams_.push_back({std::move(id)});
}

Result<std::shared_ptr<Api>> Api::open(const Host& host, std::string base_url, const Token& token,
                                       std::vector<std::string> message_streams,
                                       std::shared_ptr<KeptPages> kept, HttpTransport transport) {
  if (token.value.find_first_of("\r\n") != std::string_view::npos)
    return config_error(
        fmt::format("{} contains a line break: remove it; it is often the last character of a secret's file",
                    token.name));
  HttpOptions options;
  options.base_url = std::move(base_url);
  options.headers = {"Accept: application/json", fmt::format("{}: {}", token.header, token.value)};
  options.user_agent = "tapster-postmark/" TAPSTER_CONNECTOR_VERSION;
  options.schemes = {"https", "http"};
  options.max_body_size = size_t{512} << 20U;  // all suppressions come in one response, about 140 bytes each
  options.error_code = "/ErrorCode";
  options.error_message = "/Message";
  options.credential = token.name;
  using Client = Result<std::unique_ptr<HttpClient>>;
  auto http = transport ? Client(std::make_unique<HttpClient>(host, std::move(options), std::move(transport)))
                        : HttpClient::create(host, std::move(options));
  if (!http) return with_context("\"base_url\"", http.error());
  std::shared_ptr<Api> api(new Api(host, std::move(message_streams), std::move(kept)));
  api->http_ = *std::move(http);
  return api;
}

Target page_of(const Target& list, int64_t count, int64_t offset) {
  return list.with("count", count).with("offset", offset);
}

namespace {

// What `top` needs of a row: its time, at this JSON Pointer, or nothing.
Stream rows_with(std::string_view time) {
  Stream stream{.name = "the newest rows"};
  if (time.empty()) return stream;
  stream.columns.push_back({.name = "time", .type = Type::timestamp, .path = std::string(time)});
  stream.replication_key = "time";
  return stream;
}

}  // namespace

// Parses as the reader of the slice does: a document would be larger, and some texts that are read have no
// place in one.
Result<Api::Top> Api::top(const Target& list, std::string_view records, int64_t count,
                          std::string_view time) {
  const auto stream = rows_with(time);
  const auto projection = Projection::create(stream, {});
  if (!projection) return Failed(projection.error());
  RecordParser parser(*projection, {.records = std::string(records), .total = "/TotalCount"});
  Block block;
  Top top;
  const auto got = http_->get(page_of(list, count, 0), [&](HttpResponse& response) -> Result<void> {
    top = {};
    const auto page = parser.parse(response.body, block, [&](const Row& row, std::string&) -> Result<Keep> {
      if (row.index == 0) top.times.clear();
      if (row.cursor) top.times.push_back(*row.cursor);
      return Keep::no;
    });
    if (!page) return Failed(page.error());
    if (!page->total) return source_error("the response has no TotalCount that is an integer");
    top.total = *page->total;
    top.rows = static_cast<int64_t>(page->rows);
    auto checked = check_count("TotalCount", top.total, 0, page->rows);
    if (checked) top.body = std::move(response.body);
    return checked;
  });
  if (!got) return Failed(got.error());
  return top;
}

Result<void> Api::page(const Target& list, int64_t offset, const HttpClient::Handler& handler) {
  const auto target = page_of(list, page_size, offset);
  if (auto body = offset == 0 ? kept_->take({this, target.text()}, host_.monotonic()) : std::nullopt) {
    HttpResponse response{.status = 200, .body = *std::move(body)};
    auto handled = handler(response);
    if (handled || !handled.error().is_transient()) return handled;
  }
  return http_->get(target, handler);
}

void Api::keep(const Target& list, std::string body) {
  kept_->keep({this, page_of(list, page_size, 0).text()}, std::move(body), host_.monotonic());
}

// https://postmarkapp.com/developer/api/overview#error-codes
bool is_gone(const Error& error) {
  // A message, a bounce, a sender signature, a domain, a template. A 404 without a code is from a proxy.
  constexpr int not_found[] = {701, 407, 501, 510, 1101};
  return error.status == Status::source &&
         ((error.http_status == 404 && error.source_code != 0) ||
          std::find(std::begin(not_found), std::end(not_found), error.source_code) != std::end(not_found));
}

bool is_too_old(const Error& error) {
  constexpr int older_than_a_year = 1500;  // "FromDate cannot be older than one year"
  return error.status == Status::source && error.source_code == older_than_a_year;
}

// https://postmarkapp.com/developer/api/overview#error-codes
bool Api::skips(const Partition& stream, const Error& error) {
  constexpr int unknown_message_streams[] = {1226, 1235};
  const bool is_unknown = error.status == Status::source &&
                          std::find(std::begin(unknown_message_streams), std::end(unknown_message_streams),
                                    error.source_code) != std::end(unknown_message_streams);
  if (!is_archived(stream.members) || !is_unknown) return false;
  const std::lock_guard lock(mutex_);
  if (skipped_.insert(stream.name).second)
    host_.info(fmt::format("message stream {} skipped: it is archived, and the API refuses to read it: {}",
                           stream.name, error.message));
  return true;
}

Day Api::oldest_day() {
  const std::lock_guard lock(oldest_day_mutex_);
  return oldest_day_;
}

Result<Day> Api::find_oldest_day(Day refused, const Error& error) {
  const std::lock_guard lock(oldest_day_mutex_);
  if (oldest_day_ > refused) return oldest_day_;
  auto accepted = eastern().day_of(host_.now());
  if (refused >= accepted) return Failed(error);
  for (auto older = refused; accepted - older > days(1);) {
    const auto middle = older + (accepted - older) / 2;
    const auto answer = http_->get_object(Target("/stats/outbound/sends")
                                              .with("fromdate", format_day(middle))
                                              .with("todate", format_day(middle)));
    if (!answer && !is_too_old(answer.error())) return Failed(answer.error());
    (answer ? accepted : older) = middle;
  }
  host_.warning(fmt::format("statistics before {} skipped: the API does not return them: {}",
                            format_day(accepted), error.message));
  return oldest_day_ = accepted;
}

Result<std::vector<Partition>> Api::message_streams(bool with_inbound) {
  const std::lock_guard lock(mutex_);
  if (message_streams_.empty()) {
    auto listed = listed_message_streams();
    if (!listed) return listed;
    message_streams_ = *std::move(listed);
  }
  auto streams = message_streams_;
  if (!with_inbound) std::erase_if(streams, [](const auto& each) { return is_inbound(each.members); });
  return streams;
}

Result<void> Api::check_message_streams() {
  const std::lock_guard lock(mutex_);
  if (!are_named_) return {};
  const auto listed = listed_message_streams();
  if (!listed) return Failed(listed.error());
  std::string ids;
  for (const auto& one : *listed) ids += (ids.empty() ? "" : ", ") + one.name;
  for (const auto& named : message_streams_) {
    const bool is_there = std::any_of(listed->begin(), listed->end(),
                                      [&](const Partition& one) { return one.name == named.name; });
    if (!is_there)
      return config_error(
          fmt::format(R"("message_streams" contains "{}", but the server has only {})", named.name, ids));
  }
  return {};
}

Result<AccountName> Api::server() {
  const auto answer = http_->get_object(Target("/server"));
  if (!answer) return Failed(answer.error());
  is_proved_ = true;
  const auto* id = answer->if_contains("ID");
  const auto* name = find_string(*answer, "Name");
  if (!id || !id->is_int64() || !name) return source_error("/server: the server has no ID or no Name");
  return AccountName{std::to_string(id->as_int64()), std::string(view(*name))};
}

Result<void> Api::check() {
  if (!is_proved_) {
    const auto name = server();
    if (!name) return Failed(name.error());
  }
  return check_message_streams();
}

// https://postmarkapp.com/developer/api/message-streams-api#list-message-streams
Result<std::vector<Partition>> Api::listed_message_streams() {
  const DeclaredStream list{
      .stream = {.name = "message_streams",
                 .key = {"id"},
                 .columns = {{"id", Type::string, "/ID"},
                             {"type", Type::string, "/MessageStreamType"},
                             {"archived_at", Type::string, "/ArchivedAt"}},
                 .is_partial = true},
      .request = {.path = "/message-streams",
                  .query = {{"MessageStreamType", "All"}, {"IncludeArchivedStreams", "true"}}},
      .records = {"/MessageStreams"}};
  const auto rows = read_all(declare(host_, http_, list));
  if (!rows) return Failed(rows.error());
  std::vector<Partition> streams;
  for (const auto& row : *rows) {
    auto& members = streams.emplace_back(Partition{text_of(row, "id")}).members;
    if (text_of(row, "type") == "Inbound") members["is_inbound"] = true;
    if (!row.at("archived_at").is_null()) members["is_archived"] = true;
  }
  return streams;
}

}  // namespace postmark
