// The data of a sandbox server: messages and their events, generated from a seed. The same options give the
// same data.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tapster::sandbox {

// A point in time in steps of 100 ns, as Postmark counts.
using Ticks = std::chrono::duration<int64_t, std::ratio<1, 10'000'000>>;
using Time = std::chrono::sys_time<Ticks>;

struct AccountOptions {
  int64_t messages = 2'000;  // spread over `days`
  int days = 14;             // how far back the messages go
  int future_days = 0;       // days after `now` with messages, which appear when the clock reaches them
  int64_t minute_burst = 0;  // more messages, all in one minute
  int64_t second_burst = 0;  // more messages, all in one second
  // More messages, and more opens of the first message, all within burst_span from burst_at on.
  int64_t burst = 0, opens_burst = 0;
  Time burst_at{};
  Ticks burst_span{};
  int opens_per_hundred = 40;   // opens per hundred messages
  int clicks_per_hundred = 15;  // clicks per hundred messages
  int same_clicks = 0;          // more clicks, which are all equal
  int bounces_per_hundred = 4;  // bounces per hundred messages
  // Received messages per hundred messages sent, and more of them, all within the span.
  int inbound_per_hundred = 20;
  int64_t inbound_burst = 0;
  Time inbound_burst_at{};
  Ticks inbound_burst_span{};
  int retention_days = 45;  // older rows are not shown, but are counted in the statistics
  uint64_t seed = 1;
  Time now{};  // the newest message is slightly older
  int64_t server_id = 7;
  std::string server_name = "Sandbox";
  std::string subject{};  // of the first message, as JSON text without quotes; empty for a generated one
};

// A message stream: https://postmarkapp.com/developer/api/message-streams-api
struct MessageStream {
  std::string_view id, name, type;
  bool is_archived;
};

// All functions except `set_now` may be called from any thread. During `set_now` there must be no other call.
class Account {
 public:
  explicit Account(const AccountOptions& options);

  // The message streams. The last one is the inbound stream, which does not send.
  static const std::vector<MessageStream>& streams();

  [[nodiscard]] const AccountOptions& options() const { return options_; }
  [[nodiscard]] Time now() const { return now_; }
  // Advances the clock: messages and events appear, statuses change, old rows disappear.
  void set_now(Time now);

  struct Message {
    Time at;
    uint32_t id;  // everything else is generated from it
    uint32_t stream;
  };
  struct Open {
    Time at;
    uint32_t message;  // its id
    uint32_t number;   // counts the message's opens
  };
  struct Click {
    Time at;
    uint32_t message;
    uint32_t number;
  };
  struct Bounce {
    Time at;
    uint32_t message;
  };
  // A received message.
  struct Inbound {
    Time at;
    uint32_t id;
  };
  struct BounceType {
    std::string_view name;
    int code;
    std::string_view title;
  };

  // The rows of a message stream that are shown now, oldest first, between two times, both included.
  template <class Row>
  struct Range {
    const Row* first;
    const Row* last;
    [[nodiscard]] size_t size() const { return static_cast<size_t>(last - first); }
  };
  [[nodiscard]] Range<Message> messages(size_t stream, Time from, Time to) const;
  [[nodiscard]] Range<Open> opens(size_t stream, Time from, Time to) const;
  [[nodiscard]] Range<Click> clicks(size_t stream, Time from, Time to) const;
  [[nodiscard]] Range<Bounce> bounces(size_t stream, Time from, Time to) const;
  // Finds a message by its MessageID; null if it is not shown.
  [[nodiscard]] const Message* find_message(std::string_view message_id) const;

  // Finds a received message by its MessageID; null if it is not shown.
  [[nodiscard]] const Inbound* find_inbound(std::string_view message_id) const;
  // Finds a bounce by its ID; null if it is not shown.
  [[nodiscard]] const Bounce* find_bounce(int64_t id) const;

  // When a message was sent, shown or not.
  [[nodiscard]] Time sent_at(uint32_t message) const { return by_id_[message].at; }

  // The same for the inbound message stream.
  [[nodiscard]] Range<Inbound> inbound(Time from, Time to) const;

  // Append a row as the API writes it.
  void append_message(std::string& out, const Message& message) const;
  void append_open(std::string& out, const Open& open) const;
  void append_click(std::string& out, const Click& click) const;
  void append_bounce(std::string& out, const Bounce& bounce) const;
  void append_inbound(std::string& out, const Inbound& inbound) const;
  // Appends the response to a request for the details of a message.
  void append_details(std::string& out, const Message& message) const;
  void append_details(std::string& out, const Inbound& inbound) const;
  // Appends the response to a request for the dump of a bounce.
  void append_dump(std::string& out, const Bounce& bounce) const;

  // The attributes by which lists can be filtered.
  [[nodiscard]] std::string_view status(const Message& message) const;  // Queued, Processed or Sent
  [[nodiscard]] static std::string_view platform(const Open& open);
  [[nodiscard]] static std::string_view platform(const Click& click);
  [[nodiscard]] static std::string_view click_location(const Click& click);  // HTML or Text
  [[nodiscard]] static BounceType type(const Bounce& bounce);
  // Queued, Scheduled, Failed, Blocked or Processed.
  [[nodiscard]] std::string_view status(const Inbound& inbound) const;
  [[nodiscard]] std::string recipient(uint32_t message) const;
  [[nodiscard]] static std::string_view tag(uint32_t message);  // empty for none

  // The Date header of a received message, as JSON text without quotes, and its time.
  struct Sent {
    std::optional<std::string> header;  // nothing if there is no header
    std::optional<Time> at;             // nothing if there is no valid time
  };
  [[nodiscard]] static Sent sent(const Inbound& inbound);

  // The attributes by which the statistics count: the mail client and the browser, as JSON text without
  // quotes.
  [[nodiscard]] static std::string_view client(const Open& open);
  [[nodiscard]] static std::string_view browser(const Click& click);
  // The reading time by which the statistics count: "0s" to "19s", or "20s+".
  [[nodiscard]] static std::string read_time(const Open& open);

  // Counts by name ("Sent", "Opens", "HardBounce", "Desktop", ...) of one Eastern day and message stream.
  // They include rows that are no longer shown.
  using Counts = std::map<std::string, int64_t, std::less<>>;
  struct DayCounts {
    int64_t sent = 0, opens = 0, unique_opens = 0, tracked = 0, clicks = 0, unique_clicks = 0;
    Counts bounces, platforms, clients, read_times, browsers, click_platforms, click_locations;
    void add(const DayCounts& other);
  };
  // The counts by day, in days since 1970-01-01. Days without counts are left out.
  [[nodiscard]] const std::map<int, DayCounts>& statistics(size_t stream) const {
    return statistics_[stream];
  }
  // The same for some messages, selected by id.
  [[nodiscard]] std::map<int, DayCounts> statistics(
      size_t stream, const std::function<bool(uint32_t message)>& is_counted) const;

 private:
  [[nodiscard]] std::string message_id(uint32_t message) const;
  [[nodiscard]] std::string inbound_id(uint32_t inbound) const;
  [[nodiscard]] static std::string_view link(const Click& click);
  // The events in the details of a message, separated by commas.
  [[nodiscard]] std::string events_of(const Message& message) const;
  [[nodiscard]] static int64_t bounce_id(const Bounce& bounce);
  void add_message(Time at);
  void add_inbound(Time start, Ticks span);
  void count();

  AccountOptions options_;
  Time now_;
  std::vector<std::vector<Message>> messages_;  // by stream, oldest first
  std::vector<std::vector<Open>> opens_;
  std::vector<std::vector<Click>> clicks_;
  std::vector<std::vector<Bounce>> bounces_;
  std::vector<Inbound> inbound_;  // oldest first
  std::vector<Message> by_id_;
  std::vector<std::map<int, DayCounts>> statistics_;
};

// Returns the Eastern day of a time, in days since 1970-01-01.
int eastern_day(Time time);

// Returns "2014-02-20T07:25:02.8782715-05:00", or a form with fewer digits, or in UTC with a Z. `form`
// selects one.
std::string time_text(Time time, uint64_t form);

}  // namespace tapster::sandbox
