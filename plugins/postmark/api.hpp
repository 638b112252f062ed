// Postmark's read API with one token: its requests and errors.
// https://postmarkapp.com/developer/api/overview
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tapster/http.hpp>
#include <tapster/json.hpp>
#include <tapster/time.hpp>
#include <vector>

namespace postmark {

// The limits of a list endpoint: rows per page, and rows that count and offset can reach.
// https://postmarkapp.com/developer/api/messages-api#outbound-message-search
constexpr int64_t page_size = 500;
constexpr int64_t reachable_rows = 10'000;

// The token of requests. https://postmarkapp.com/developer/api/overview#authentication
struct Token {
  std::string_view header;
  std::string_view value;
  std::string name;  // its name in errors, such as that of the setting
};
inline Token server_token(std::string_view value, std::string name) {
  return {"X-Postmark-Server-Token", value, std::move(name)};
}
inline Token account_token(std::string_view value) {
  return {"X-Postmark-Account-Token", value, "postmark_account_token"};
}

// Returns the target of one page. `list` has no count and offset.
tapster::Target page_of(const tapster::Target& list, int64_t count, int64_t offset);

// Returns a transient error if a page shows more rows than its TotalCount, or the count is negative. Postmark
// reads the two at slightly different times, so another attempt may help.
tapster::Result<void> check_total(int64_t total, int64_t offset, size_t rows);

// Returns the TotalCount of a response, which may be a string; nothing if it has none.
std::optional<int64_t> total_of(const tapster::json::object& answer);

// Whether the error of a request means that the statistics of its first day are no longer returned.
bool is_too_old(const tapster::Error& error);

// Whether the error of a request means that what it names does not exist, or no longer.
bool is_gone(const tapster::Error& error);

// https://postmarkapp.com/developer/api/message-streams-api
struct MessageStream {
  std::string id;
  bool is_inbound = false;
  bool is_archived = false;
};

// The API as one token sees it. Every member may be called from any thread.
class Api {
 public:
  // Makes no request. `message_streams` are the ids of those to read; empty for all. `transport` makes the
  // requests; the default is libcurl. Errors: config, for an invalid base_url or token.
  static tapster::Result<std::unique_ptr<Api>> open(const tapster::Host& host, std::string base_url,
                                                    const Token& token,
                                                    std::vector<std::string> message_streams,
                                                    tapster::HttpTransport transport = {});

  // GETs a target, with retries. See tapster::HttpClient::get, also for its errors.
  tapster::Result<void> get(const tapster::Target& target, const tapster::HttpClient::Handler& handler) {
    return http_->get(target, handler);
  }

  // GETs a target whose response is a small JSON object.
  tapster::Result<tapster::json::object> get_object(const tapster::Target& target);

  // Requests the TotalCount of a list. `list` has no count and offset; `records` is the member with its rows.
  tapster::Result<int64_t> total_count(const tapster::Target& list, std::string_view records);

  // Returns the message streams to read, including archived ones, which still have messages. Requests them
  // once. Those named in the config are assumed to send, and not to be archived.
  tapster::Result<std::vector<MessageStream>> message_streams();

  // Checks that the server has the message streams named in the config. Makes one request if there are any.
  tapster::Result<void> check_message_streams();

  // Whether to skip this message stream, because it is archived and `error` is the API's refusal to read it.
  // Logs each such message stream once.
  bool skips(const MessageStream& stream, const tapster::Error& error);

  // Returns the oldest day whose statistics the API is known to return; the first of all days until one was
  // refused.
  tapster::Day oldest_day();

  // Finds the oldest day whose statistics the API returns. `refused` is an older one, and `error` the
  // refusal. Logs a warning. Makes a request for each halving of the time since then.
  tapster::Result<tapster::Day> find_oldest_day(tapster::Day refused, const tapster::Error& error);

  [[nodiscard]] const tapster::Host& host() const { return host_; }

 private:
  Api(const tapster::Host& host, std::vector<std::string> message_streams);

  tapster::Result<std::vector<MessageStream>> listed_message_streams();

  tapster::Host host_;
  const bool are_named_;  // whether the config names the message streams
  std::unique_ptr<tapster::HttpClient> http_;
  std::mutex mutex_;
  std::vector<MessageStream> message_streams_;
  std::set<std::string, std::less<>> skipped_;  // the message streams that were logged

  std::mutex oldest_day_mutex_;  // held during the search, so that one thread makes it for all
  tapster::Day oldest_day_ = tapster::Day::min();
};

}  // namespace postmark
