// The sandbox's implementation of Postmark's read API: from a request to a response, without sockets.
// https://postmarkapp.com/developer/api/overview
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "account.hpp"

namespace tapster::sandbox {

struct Answer {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
};

// Choices that the reference leaves open. A client must work with all of them.
struct ApiOptions {
  std::string token = "sandbox-token";
  // How a date filter in the repeated hour of autumn is interpreted.
  enum class Ambiguous { first, second, wall } ambiguous = Ambiguous::first;
  // What a date filter of opens or clicks compares: their own time, the time of their message, or nothing.
  enum class Dates { own, of_message, ignored } opens_dates = Dates::own, clicks_dates = Dates::own;
  // How lists are sorted. With the last value, each page is sorted newest first by itself.
  enum class Order { newest_first, oldest_first, oldest_pages_first } order = Order::newest_first;
  bool bounces_know_inbound = true;      // the list of bounces accepts inbound message streams
  bool total_stops_at_limit = false;     // TotalCount is at most 10,000
  bool todate_includes_fraction = true;  // "12:00:00" means 12:00:00.9999999
  bool overview_has_read_time = true;    // the overview has WithReadTimeRecorded
  bool refuses_archived = false;         // archived message streams are listed, but cannot be read
  int statistics_days = 0;               // older statistics are refused; 0 for none
};

// The decoded parameters of a target.
using Query = std::map<std::string, std::string, std::less<>>;
Query parse_query(std::string_view target);

// The API of one server. Any thread, as long as the clock of the account is not set.
class Api {
 public:
  Api(const Account& account, ApiOptions options) : account_(account), options_(std::move(options)) {}

  // Returns the response to GET `target`, "/path?query". `token` is the X-Postmark-Server-Token header, or
  // empty.
  [[nodiscard]] Answer get(std::string_view target, std::string_view token) const;

  [[nodiscard]] const std::string& token() const { return options_.token; }
  // The server, as in the responses of /server and /servers.
  [[nodiscard]] std::string server() const;

 private:
  struct Bounds {
    Time from, to;
    [[nodiscard]] bool contains(Time time) const { return time >= from && time <= to; }
  };

  [[nodiscard]] Answer messages(const Query& query) const;
  [[nodiscard]] Answer opens(const Query& query) const;
  [[nodiscard]] Answer clicks(const Query& query) const;
  [[nodiscard]] Answer bounces(const Query& query) const;
  [[nodiscard]] Answer inbound(const Query& query) const;
  [[nodiscard]] Answer message(std::string_view message_id, bool is_opens) const;
  [[nodiscard]] Answer received(std::string_view message_id) const;
  [[nodiscard]] Answer dump(std::string_view bounce_id) const;
  [[nodiscard]] Answer message_streams(const Query& query) const;
  [[nodiscard]] Answer statistics(std::string_view what, const Query& query) const;

  // Opens or clicks. `between` is the function of Account that returns them.
  template <class Row, class Append>
  Answer events(std::string_view name, ApiOptions::Dates dates, const Query& query,
                Account::Range<Row> (Account::*between)(size_t, Time, Time) const,
                const Append& append) const;

  // A page of rows, newest first. `matches` and `append` take a row.
  template <class Row, class Matches, class Append>
  Answer page(std::string_view name, const Account::Range<Row>& rows, const Query& query, bool is_filtered,
              const Matches& matches, const Append& append) const;

  // Finds a message stream that can be read.
  [[nodiscard]] std::optional<size_t> stream_index(std::string_view id) const;
  [[nodiscard]] std::optional<Time> moment(std::string_view text, bool is_end) const;
  [[nodiscard]] std::optional<Bounds> bounds(const Query& query) const;

  const Account& account_;
  ApiOptions options_;
};

}  // namespace tapster::sandbox
