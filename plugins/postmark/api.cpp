#include "api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tapster/record_parser.hpp>

#include "eastern.hpp"

namespace postmark {

using namespace tapster;
using std::chrono::days;

namespace {

constexpr int no_such_thing = 404;

// {"ErrorCode":10,"Message":"..."}. A proxy may respond with something else.
struct ApiMessage {
  int code = 0;
  std::string text;
};

ApiMessage api_message(const HttpResponse& response) {
  const auto body = parse_json_object(response.body, "the response");
  if (!body) return {0, fmt::format("a response of type {}", response.content_type)};
  ApiMessage message;
  if (const auto* code = body->if_contains("ErrorCode")) {
    if (const auto* number = code->if_int64()) message.code = static_cast<int>(*number);
    if (const auto* text = code->if_string()) message.code = std::atoi(text->c_str());
  }
  if (const auto* text = find_string(*body, "Message")) message.text = view(*text);
  return message;
}

// https://postmarkapp.com/developer/api/overview#response-codes
Error classify(const HttpResponse& response, std::string_view token) {
  const auto [code, text] = api_message(response);
  auto reason = fmt::format("HTTP {}, ErrorCode {}: {}", response.status, code, text);
  if (!response.redirect.empty())
    reason = fmt::format("a redirect to {}, which is not followed", response.redirect);
  switch (response.status) {
    case 401:
    case 403:
      return auth_error(fmt::format("{} (check {})", reason, token), code).value();
    case 429:
      return Error{Status::rate_limited, reason, code, response.retry_after};
    case 404:
      // A 404 without a code is from a proxy, and does not mean that a message is gone.
      return source_error(reason, code == 0 ? 0 : no_such_thing).value();
    case 408:
      return transient_error(reason, code).value();
    default:
      return response.status >= 500 ? transient_error(reason, code).value()
                                    : source_error(reason, code).value();
  }
}

}  // namespace

Api::Api(const Host& host, std::vector<std::string> message_streams)
    : host_(host), are_named_(!message_streams.empty()) {
  for (auto& id : message_streams) message_streams_.push_back({std::move(id)});
}

Result<std::unique_ptr<Api>> Api::open(const Host& host, std::string base_url, const Token& token,
                                       std::vector<std::string> message_streams, HttpTransport transport) {
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
  options.classify = [name = token.name](const HttpResponse& response) { return classify(response, name); };
  using Client = Result<std::unique_ptr<HttpClient>>;
  auto http = transport ? Client(std::make_unique<HttpClient>(host, std::move(options), std::move(transport)))
                        : HttpClient::create(host, std::move(options));
  if (!http) return with_context("\"base_url\"", http.error());
  std::unique_ptr<Api> api(new Api(host, std::move(message_streams)));
  api->http_ = *std::move(http);
  return api;
}

Target page_of(const Target& list, int64_t count, int64_t offset) {
  return list.with("count", count).with("offset", offset);
}

Result<json::object> Api::get_object(const Target& target) {
  json::object object;
  auto got = get(target, [&](HttpResponse& response) -> Result<void> {
    auto parsed = parse_json_object(response.body, "the response");
    // The body may be truncated, and complete the next time.
    if (!parsed) return transient_error(parsed.error().message);
    object = *std::move(parsed);
    return {};
  });
  if (!got) return Failed(std::move(got).error());
  return object;
}

std::optional<int64_t> total_of(const json::object& answer) {
  const auto* total = answer.if_contains("TotalCount");
  if (const auto* text = total ? total->if_string() : nullptr) return parse_total(view(*text));
  if (!total || !total->is_int64()) return std::nullopt;
  return total->get_int64();
}

Result<void> check_total(int64_t total, int64_t offset, size_t rows) {
  const auto shown = rows == 0 ? 0 : offset + static_cast<int64_t>(rows);
  if (total >= shown) return {};
  return transient_error(
      fmt::format("TotalCount is {}, but the page shows {} rows from row {} on", total, rows, offset + 1));
}

Result<int64_t> Api::total_count(const Target& list, std::string_view records) {
  int64_t total = 0;
  auto got = get(page_of(list, 1, 0), [&](HttpResponse& response) -> Result<void> {
    const auto answer = parse_json_object(response.body, "the response");
    if (!answer) return transient_error(answer.error().message);
    const auto counted = total_of(*answer);
    const auto* rows = find_array(*answer, records);
    if (!counted || !rows)
      return source_error(fmt::format("the response has no TotalCount or no {}", records));
    total = *counted;
    return check_total(total, 0, rows->size());
  });
  if (!got) return Failed(std::move(got).error());
  return total;
}

// https://postmarkapp.com/developer/api/overview#error-codes
bool is_gone(const Error& error) {
  // A message, a bounce, a sender signature, a domain, a template.
  constexpr int not_found[] = {no_such_thing, 701, 407, 501, 510, 1101};
  return error.status == Status::source &&
         std::find(std::begin(not_found), std::end(not_found), error.source_code) != std::end(not_found);
}

bool is_too_old(const Error& error) {
  constexpr int older_than_a_year = 1500;  // "FromDate cannot be older than one year"
  return error.status == Status::source && error.source_code == older_than_a_year;
}

// https://postmarkapp.com/developer/api/overview#error-codes
bool Api::skips(const MessageStream& stream, const Error& error) {
  constexpr int unknown_message_streams[] = {1226, 1235};
  const bool is_unknown = error.status == Status::source &&
                          std::find(std::begin(unknown_message_streams), std::end(unknown_message_streams),
                                    error.source_code) != std::end(unknown_message_streams);
  if (!stream.is_archived || !is_unknown) return false;
  const std::lock_guard lock(mutex_);
  if (skipped_.insert(stream.id).second)
    host_.info(fmt::format("message stream {} skipped: it is archived, and the API refuses to read it: {}",
                           stream.id, error.message));
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
    const auto answer = get_object(Target("/stats/outbound/sends")
                                       .with("fromdate", format_day(middle))
                                       .with("todate", format_day(middle)));
    if (!answer && !is_too_old(answer.error())) return Failed(answer.error());
    (answer ? accepted : older) = middle;
  }
  host_.warning(fmt::format("statistics before {} skipped: the API does not return them: {}",
                            format_day(accepted), error.message));
  return oldest_day_ = accepted;
}

Result<std::vector<MessageStream>> Api::message_streams() {
  const std::lock_guard lock(mutex_);
  if (!message_streams_.empty()) return message_streams_;
  auto listed = listed_message_streams();
  if (listed) message_streams_ = *listed;
  return listed;
}

Result<void> Api::check_message_streams() {
  const std::lock_guard lock(mutex_);
  if (!are_named_) return {};
  const auto listed = listed_message_streams();
  if (!listed) return Failed(listed.error());
  std::string ids;
  for (const auto& one : *listed) ids += (ids.empty() ? "" : ", ") + one.id;
  for (const auto& named : message_streams_) {
    const bool is_there = std::any_of(listed->begin(), listed->end(),
                                      [&](const MessageStream& one) { return one.id == named.id; });
    if (!is_there)
      return config_error(
          fmt::format(R"("message_streams" contains "{}", but the server has only {})", named.id, ids));
  }
  return {};
}

// https://postmarkapp.com/developer/api/message-streams-api#list-message-streams
Result<std::vector<MessageStream>> Api::listed_message_streams() {
  const auto target =
      Target("/message-streams").with("MessageStreamType", "All").with("IncludeArchivedStreams", "true");
  const auto answer = get_object(target);
  if (!answer) return Failed(answer.error());
  const auto* list = find_array(*answer, "MessageStreams");
  if (!list) return source_error(fmt::format("{}: the response has no MessageStreams", target.text()));
  std::vector<MessageStream> streams;
  for (const auto& entry : *list) {
    const auto* object = entry.if_object();
    const auto* id = object ? find_string(*object, "ID") : nullptr;
    if (!id) return source_error(fmt::format("{}: a message stream has no ID", target.text()));
    const bool is_listed = std::any_of(streams.begin(), streams.end(),
                                       [&](const MessageStream& one) { return one.id == view(*id); });
    if (is_listed) continue;  // listed twice: its rows must not be read twice
    const auto* type = find_string(*object, "MessageStreamType");
    streams.push_back(
        {std::string(view(*id)), type && *type == "Inbound", find_string(*object, "ArchivedAt") != nullptr});
  }
  return streams;
}

}  // namespace postmark
