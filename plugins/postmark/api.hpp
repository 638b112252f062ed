// Postmark's read API: one token, its requests and its errors.
// https://postmarkapp.com/developer/api/overview
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/http.hpp>
#include <tapster/json.hpp>
#include <vector>

namespace postmark {

// What a list endpoint gives at most: rows in a page, and rows that can be reached at all by count and
// offset. https://postmarkapp.com/developer/api/messages-api#outbound-message-search
constexpr int64_t page_size = 500;
constexpr int64_t reachable_rows = 10'000;

// What requests are made with. https://postmarkapp.com/developer/api/overview#authentication
struct Token {
  std::string_view header;
  std::string_view value;
  std::string name;  // what errors call it, such as the setting's
};
inline Token server_token(std::string_view value, std::string name) {
  return {"X-Postmark-Server-Token", value, std::move(name)};
}
inline Token account_token(std::string_view value) {
  return {"X-Postmark-Account-Token", value, "postmark_account_token"};
}

// A page of a list, which is given without count and offset.
tapster::Target page_of(const tapster::Target& list, int64_t count, int64_t offset);

// A transient error where a page shows more rows than its TotalCount, or the count is negative. Both are read
// at slightly different times, so asking again may help.
tapster::Result<void> check_total(int64_t total, int64_t offset, size_t rows);

// How many rows a list's answer counts; nothing where it does not.
std::optional<int64_t> total_of(const tapster::json::object& answer);

// Whether the error of a request says that there is no such message, or no longer.
bool is_gone(const tapster::Error& error);

// https://postmarkapp.com/developer/api/message-streams-api
struct MessageStream {
  std::string id;
  bool is_inbound = false;
};

// Every member may be called from any thread.
class Api {
 public:
  // `message_streams`: the ids of those to read; empty for all that the server has. `transport` makes the
  // requests; without one libcurl does.
  static tapster::Result<std::unique_ptr<Api>> open(const tapster::Host& host, std::string base_url,
                                                    const Token& token,
                                                    std::vector<std::string> message_streams,
                                                    tapster::HttpTransport transport = {});

  // GETs a target with retries; see tapster::HttpClient::get.
  tapster::Result<void> get(const tapster::Target& target, const tapster::HttpClient::Handler& handler) {
    return http_->get(target, handler);
  }

  // GETs a target whose answer is a small JSON object.
  tapster::Result<tapster::json::object> get_object(const tapster::Target& target);

  // The TotalCount of a list, which is given without count and offset. `records` is the member with its rows.
  tapster::Result<int64_t> total_count(const tapster::Target& list, std::string_view records);

  // The message streams to read, archived ones included, as their messages are still there. Asks once. Those
  // that the config names are taken for ones that send.
  tapster::Result<std::vector<MessageStream>> message_streams();

  // Proves that the server has the message streams that the config names, with a request if it names any.
  tapster::Result<void> check_message_streams();

  [[nodiscard]] const tapster::Host& host() const { return host_; }

 private:
  Api(const tapster::Host& host, std::vector<std::string> message_streams);

  tapster::Result<std::vector<MessageStream>> listed_message_streams();

  tapster::Host host_;
  const bool are_named_;  // the message streams, by the config
  std::unique_ptr<tapster::HttpClient> http_;
  std::mutex mutex_;
  std::vector<MessageStream> message_streams_;
};

}  // namespace postmark
