// Postmark's read API with one token: its requests and errors.
// https://postmarkapp.com/developer/api/overview
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tapster/accounts.hpp>
#include <tapster/http.hpp>
#include <tapster/incremental.hpp>
#include <tapster/json.hpp>
#include <tapster/time.hpp>
#include <vector>

#include "kept_pages.hpp"

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

// Whether the error of a request means that what it names does not exist, or no longer.
bool is_gone(const tapster::Error& error);

// Whether the error of a request means that the statistics of its first day are no longer returned.
bool is_too_old(const tapster::Error& error);

// A message stream is a partition; its slices say whether it is inbound or archived.
// https://postmarkapp.com/developer/api/message-streams-api
inline bool is_inbound(const tapster::json::object& members) {
  return members.contains("is_inbound");
}
inline bool is_archived(const tapster::json::object& members) {
  return members.contains("is_archived");
}

// The API as one token sees it. Every member may be called from any thread.
class Api {
 public:
  // Makes no request. `message_streams` are the ids of those to read; empty for all. `kept` is shared by the
  // servers of a source. `transport` makes the requests; the default is libcurl. Errors: config, for an
  // invalid base_url or token.
  static tapster::Result<std::shared_ptr<Api>> open(const tapster::Host& host, std::string base_url,
                                                    const Token& token,
                                                    std::vector<std::string> message_streams,
                                                    std::shared_ptr<KeptPages> kept,
                                                    tapster::HttpTransport transport = {});

  [[nodiscard]] const std::shared_ptr<tapster::HttpClient>& client() const { return http_; }

  // Requests the first page of a list, of `count` rows: its TotalCount, and if `time` is the member of the
  // rows with their time, the times of the rows. `list` has no count and offset; `records` points to its
  // rows. Errors: source, for a response of another shape.
  struct Top {
    int64_t total = 0;
    int64_t rows = 0;
    std::vector<tapster::FineTime> times;
    std::string body;  // the response
  };
  tapster::Result<Top> top(const tapster::Target& list, std::string_view records, int64_t count = 1,
                           std::string_view time = {});

  // Gets a page of `page_size` rows: a first page that `keep` has kept, or else by a request.
  tapster::Result<void> page(const tapster::Target& list, int64_t offset,
                             const tapster::HttpClient::Handler& handler);

  // Keeps the first page of a list, `page_size` rows that were just requested, for the slice that begins with
  // it.
  void keep(const tapster::Target& list, std::string body);

  // Returns the message streams to read, including archived ones, which still have messages. Requests them
  // once. Those named in the config are assumed to send, and not to be archived.
  tapster::Result<std::vector<tapster::Partition>> message_streams(bool with_inbound);

  // Requests the id and the name of the server.
  // https://postmarkapp.com/developer/api/server-api#get-server
  tapster::Result<tapster::AccountName> server();

  // Checks that the token works and that the server has the message streams named in the config, with at most
  // one request for each.
  tapster::Result<void> check();

  // Whether to skip this message stream, because it is archived and `error` is the API's refusal to read it.
  // Logs each such message stream once.
  bool skips(const tapster::Partition& stream, const tapster::Error& error);

  // Returns the oldest day whose statistics the API is known to return; the first of all days until one was
  // refused.
  tapster::Day oldest_day();

  // Finds the oldest day whose statistics the API returns. `refused` is an older one, and `error` the
  // refusal. Logs a warning. Makes a request for each halving of the time since then.
  tapster::Result<tapster::Day> find_oldest_day(tapster::Day refused, const tapster::Error& error);

  [[nodiscard]] const tapster::Host& host() const { return host_; }

 private:
  Api(const tapster::Host& host, std::vector<std::string> message_streams, std::shared_ptr<KeptPages> kept);

  tapster::Result<void> check_message_streams();
  tapster::Result<std::vector<tapster::Partition>> listed_message_streams();

  tapster::Host host_;
  const bool are_named_;  // whether the config names the message streams
  std::shared_ptr<KeptPages> kept_;
  std::shared_ptr<tapster::HttpClient> http_;
  std::atomic<bool> is_proved_ = false;  // a request for the server has succeeded
  std::mutex mutex_;
  std::vector<tapster::Partition> message_streams_;
  std::set<std::string, std::less<>> skipped_;  // the message streams that were logged

  std::mutex oldest_day_mutex_;  // held during the search, so that one thread makes it for all
  tapster::Day oldest_day_ = tapster::Day::min();
};

}  // namespace postmark
