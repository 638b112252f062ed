// What the sandbox knows: a Postmark server's messages and what became of them, made up from a seed, the same
// for the same options.
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
  int64_t messages = 2'000;  // over the whole time
  int days = 14;             // how far back the messages go
  int future_days = 0;       // messages of the days after `now`, which appear when the clock gets there
  int64_t minute_burst = 0;  // further messages, all in one minute
  int64_t second_burst = 0;  // further messages, all in one second
  // Further messages, and further opens of the first message, all in this time.
  int64_t burst = 0, opens_burst = 0;
  Time burst_at{};
  Ticks burst_span{};
  int opens_per_hundred = 40;   // opens of a hundred messages
  int clicks_per_hundred = 15;  // clicks of a hundred messages
  int same_clicks = 0;          // further clicks that differ in nothing
  int bounces_per_hundred = 4;  // messages of a hundred that bounce
  // Messages received for a hundred messages, and further ones, all in this time.
  int inbound_per_hundred = 20;
  int64_t inbound_burst = 0;
  Time inbound_burst_at{};
  Ticks inbound_burst_span{};
  int retention_days = 45;  // older rows are not shown; statistics are
  uint64_t seed = 1;
  Time now{};  // the newest message is a little older
  int64_t server_id = 7;
  std::string server_name = "Sandbox";
  std::string subject{};  // of the first message, as inside JSON; empty for one such as the others have
};

// A message stream: https://postmarkapp.com/developer/api/message-streams-api
struct MessageStream {
  std::string_view id, name, type;
  bool is_archived;
};

// All but `set_now` may be called from any thread; `set_now` while nobody else calls.
class Account {
 public:
  explicit Account(const AccountOptions& options);

  // The message streams; the last is the inbound one, through which nothing is sent.
  static const std::vector<MessageStream>& streams();

  [[nodiscard]] const AccountOptions& options() const { return options_; }
  [[nodiscard]] Time now() const { return now_; }
  // Moves the clock on: messages and events appear, statuses change, old rows go.
  void set_now(Time now);

  struct Message {
    Time at;
    uint32_t id;  // what everything else of it is made from
    uint32_t stream;
  };
  struct Open {
    Time at;
    uint32_t message;  // its id
    uint32_t number;   // of the message's opens
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
  // A message received.
  struct Inbound {
    Time at;
    uint32_t id;
  };
  struct BounceType {
    std::string_view name;
    int code;
    std::string_view title;
  };

  // What is shown now of a message stream, oldest first, between two times, both included.
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
  // The message with this MessageID, if it is shown.
  [[nodiscard]] const Message* find_message(std::string_view message_id) const;

  // When a message was sent, shown or not.
  [[nodiscard]] Time sent_at(uint32_t message) const { return by_id_[message].at; }

  // Those of the inbound message stream.
  [[nodiscard]] Range<Inbound> inbound(Time from, Time to) const;

  // Appends a row as the API writes it.
  void append_message(std::string& out, const Message& message) const;
  void append_open(std::string& out, const Open& open) const;
  void append_click(std::string& out, const Click& click) const;
  void append_bounce(std::string& out, const Bounce& bounce) const;
  void append_inbound(std::string& out, const Inbound& inbound) const;
  // The answer to a request for a message's details.
  void append_details(std::string& out, const Message& message) const;

  // Attributes that the lists can be filtered by.
  [[nodiscard]] std::string_view status(const Message& message) const;  // Queued, Processed or Sent
  [[nodiscard]] static std::string_view platform(const Open& open);
  [[nodiscard]] static std::string_view platform(const Click& click);
  [[nodiscard]] static std::string_view click_location(const Click& click);  // HTML or Text
  [[nodiscard]] static BounceType type(const Bounce& bounce);
  // Queued, Scheduled, Failed, Blocked or Processed.
  [[nodiscard]] std::string_view status(const Inbound& inbound) const;
  [[nodiscard]] std::string recipient(uint32_t message) const;
  [[nodiscard]] static std::string_view tag(uint32_t message);  // empty for none

  // What the sender of a message received wrote into its Date header, as inside JSON, and the time that it
  // means.
  struct Sent {
    std::optional<std::string> header;  // nothing: there is none
    std::optional<Time> at;             // nothing: none, or none that can be read
  };
  [[nodiscard]] static Sent sent(const Inbound& inbound);

  // What the statistics count by: the mail client, and the browser. Texts as in JSON.
  [[nodiscard]] static std::string_view client(const Open& open);
  [[nodiscard]] static std::string_view browser(const Click& click);

  // Counts by name ("Sent", "Opens", "HardBounce", "Desktop", ...) of one Eastern day and message stream,
  // retention or not.
  using Counts = std::map<std::string, int64_t, std::less<>>;
  struct DayCounts {
    int64_t sent = 0, opens = 0, unique_opens = 0, tracked = 0, clicks = 0, unique_clicks = 0;
    Counts bounces, platforms, clients, browsers, click_platforms, click_locations;
    void add(const DayCounts& other);
  };
  // By days since 1970-01-01; days without any are left out.
  [[nodiscard]] const std::map<int, DayCounts>& statistics(size_t stream) const {
    return statistics_[stream];
  }
  // The same of some messages, chosen by their ids.
  [[nodiscard]] std::map<int, DayCounts> statistics(
      size_t stream, const std::function<bool(uint32_t message)>& is_counted) const;

 private:
  [[nodiscard]] std::string message_id(uint32_t message) const;
  [[nodiscard]] static std::string_view link(const Click& click);
  // The events of a message's details, with commas between.
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

// The Eastern day of a time, in days since 1970-01-01.
int eastern_day(Time time);

// "2014-02-20T07:25:02.8782715-05:00", or with fewer digits, or in UTC with a Z: `form` chooses.
std::string time_text(Time time, uint64_t form);

}  // namespace tapster::sandbox
