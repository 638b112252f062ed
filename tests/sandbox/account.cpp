#include "account.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tapster::sandbox {

namespace {

using namespace std::chrono_literals;

// https://prng.di.unimi.it/splitmix64.c: a number that looks random for each number.
uint64_t mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}
uint64_t mix(uint64_t a, uint64_t b) {
  return mix(mix(a) ^ b);
}

template <size_t size>
std::string_view pick(const std::array<std::string_view, size>& texts, uint64_t number) {
  return texts[number % size];
}

const date::time_zone& eastern() {
  static const auto* zone = date::locate_zone("America/New_York");
  return *zone;
}

constexpr std::array<std::string_view, 8> subjects{R"(Your invoice)",
                                                   R"(Quotes \"inside\" and a back\\slash)",
                                                   R"(Grüße 😀 from \ud83d\ude80)",
                                                   R"(Tab\tand line\nbreak)",
                                                   R"()",
                                                   R"(separators \u2028 and \u2029)",
                                                   R"(control \u0001\u001f)",
                                                   R"(slash \/ and {\"json\":[1]})"};
constexpr std::array<std::string_view, 5> tags{"", "welcome", "invoice", "Grüße", "a b&c=d"};
constexpr std::array<std::string_view, 4> platforms{"Desktop", "Mobile", "WebMail", "Unknown"};
constexpr std::array<std::string_view, 5> clients{"Apple Mail", "Gmail", "Outlook 2016", "Thunderbird",
                                                  "Name \\\"with\\\" quotes"};
constexpr std::array<std::string_view, 6> bounce_types{"HardBounce", "SoftBounce",    "Transient",
                                                       "Blocked",    "SpamComplaint", "DMARCPolicy"};
constexpr std::array<std::string_view, 4> metadata{R"({})", R"({"color":"blue","client-id":"12345"})",
                                                   R"({"odd \"key\"":"","":"empty"})", R"({"n":"3.10"})"};

// Of a message's id. The salt tells one attribute from another.
uint64_t attribute(uint32_t message, uint64_t salt) {
  return mix(message, salt);
}

}  // namespace

int eastern_day(Time time) {
  const auto local = eastern().to_local(date::floor<std::chrono::seconds>(time));
  return date::floor<date::days>(local).time_since_epoch().count();
}

std::string time_text(Time time, uint64_t form) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto ticks = (time - seconds).count();
  const bool is_utc = form % 5 == 0;
  const auto offset = is_utc ? 0s : eastern().get_info(seconds).offset;
  const auto shown = seconds + offset;
  const auto day = std::chrono::floor<std::chrono::days>(shown);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(shown - day);
  auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                          static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                          clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (ticks % 10 != 0) {
    text += fmt::format(".{:07}", ticks);
  } else if (ticks != 0) {
    text += fmt::format(".{:06}", ticks / 10);
  }
  return text +
         (is_utc ? "Z"
                 : fmt::format("-{:02}:00", -std::chrono::duration_cast<std::chrono::hours>(offset).count()));
}

const std::vector<MessageStream>& Account::streams() {
  static const std::vector<MessageStream> all{
      {"outbound", "Default Transactional Stream", "Transactional", false},
      {"broadcast", "Newsletter", "Broadcasts", false},
      {"old-news", "Old newsletter", "Broadcasts", true},
      {"inbound", "Default Inbound Stream", "Inbound", false}};
  return all;
}

Account::Account(const AccountOptions& options) : options_(options), now_(options.now) {
  messages_.resize(streams().size());
  opens_.resize(streams().size());
  const auto span = Ticks(std::chrono::hours(24) * (options.days + options.future_days));
  const auto start = options.now - std::chrono::hours(24) * options.days;
  uint32_t id = 0;
  const auto add = [&](Time at) {
    const auto draw = attribute(id, options_.seed + 10) % 100;
    const uint32_t stream = draw < 75 ? 0 : draw < 95 ? 1 : 2;
    messages_[stream].push_back({at, id, stream});
    const auto chance = static_cast<uint64_t>(options.opens_per_hundred);
    auto count = static_cast<uint32_t>(chance / 100 + (attribute(id, 11) % 100 < chance % 100 ? 1 : 0));
    Time opened = at + 2s;
    for (uint32_t number = 0; number < count; ++number) {
      // Some opens of a message differ in the seventh digit alone.
      const auto delay = mix(attribute(id, 12), number) % 10 == 0
                             ? Ticks(1)
                             : Ticks(mix(attribute(id, 13), number) % 864'000'000'000U);
      opened += delay;
      opens_[stream].push_back({opened, id, number});
      if (attribute(id, 14) % 50 == 0 && number + 1 == count) {
        opened = std::chrono::floor<std::chrono::microseconds>(opened) + 1us + Ticks(3);
        opens_[stream].back().at = opened;
        opens_[stream].push_back({opened + Ticks(4), id, number + 1});
      }
    }
    ++id;
  };
  for (int64_t i = 0; i < options.messages; ++i) {
    auto at = start + Ticks(static_cast<int64_t>(mix(options.seed, static_cast<uint64_t>(i)) %
                                                 static_cast<uint64_t>(span.count())));
    // Times that lie on borders: an Eastern midnight, the last tick of a second, a whole second.
    const auto kind = mix(options.seed + 1, static_cast<uint64_t>(i)) % 100;
    if (kind == 0) {
      const auto midnight =
          date::floor<date::days>(eastern().to_local(date::floor<std::chrono::seconds>(at)));
      at = eastern().to_sys(midnight, date::choose::earliest);
    } else if (kind == 1) {
      at = std::chrono::floor<std::chrono::seconds>(at) + Ticks(9'999'999);
    } else if (kind < 10) {
      at = std::chrono::floor<std::chrono::seconds>(at);
    } else if (kind < 30) {
      at = std::chrono::floor<std::chrono::microseconds>(at);
    }
    add(std::max(at, start));
  }
  const auto burst =
      std::chrono::floor<std::chrono::minutes>(start + std::chrono::hours(24) * options.days / 2);
  for (int64_t i = 0; i < options.minute_burst; ++i)
    add(burst + Ticks(mix(options.seed + 2, static_cast<uint64_t>(i)) % 600'000'000U));
  for (int64_t i = 0; i < options.second_burst; ++i)
    add(burst + 1h + Ticks(mix(options.seed + 3, static_cast<uint64_t>(i)) % 10'000'000U));

  const auto by_time = [](const auto& a, const auto& b) { return a.at < b.at; };
  for (auto& rows : messages_) std::stable_sort(rows.begin(), rows.end(), by_time);
  for (auto& rows : opens_) std::stable_sort(rows.begin(), rows.end(), by_time);
  count();
}

void Account::set_now(Time now) {
  now_ = now;
  count();
}

template <class Row>
static Account::Range<Row> between(const std::vector<Row>& rows, Time from, Time to) {
  const auto first = std::lower_bound(rows.begin(), rows.end(), from,
                                      [](const Row& row, Time time) { return row.at < time; });
  const auto last =
      std::upper_bound(first, rows.end(), to, [](Time time, const Row& row) { return time < row.at; });
  return {rows.data() + (first - rows.begin()), rows.data() + (std::max(first, last) - rows.begin())};
}

Account::Range<Account::Message> Account::messages(size_t stream, Time from, Time to) const {
  const Time oldest = now_ - std::chrono::hours(24) * options_.retention_days;
  return between(messages_[stream], std::max(from, oldest), std::min(to, now_));
}

Account::Range<Account::Open> Account::opens(size_t stream, Time from, Time to) const {
  const Time oldest = now_ - std::chrono::hours(24) * options_.retention_days;
  return between(opens_[stream], std::max(from, oldest), std::min(to, now_));
}

std::string Account::message_id(uint32_t message) const {
  const auto a = attribute(message, options_.seed + 20);
  const auto b = attribute(message, options_.seed + 21);
  // The id itself is in the first eight digits, so that no two are the same.
  return fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", message, a & 0xFFFFU, a >> 16U & 0xFFFU,
                     a >> 28U & 0xFFFU, b & 0xFFFFFFFFFFFFU);
}

const Account::Message* Account::find_message(std::string_view message_id_text) const {
  for (size_t stream = 0; stream < messages_.size(); ++stream) {
    const auto shown = messages(stream, Time::min(), Time::max());
    const auto* found = std::find_if(shown.first, shown.last,
                                     [&](const Message& m) { return message_id(m.id) == message_id_text; });
    if (found != shown.last) return found;
  }
  return nullptr;
}

std::string_view Account::status(const Message& message) const {
  const auto age = now_ - message.at;
  return age < 2min ? "Queued" : age < 10min ? "Processed" : "Sent";
}

std::string_view Account::platform(const Open& open) {
  return pick(platforms, mix(attribute(open.message, 30), open.number));
}

std::string Account::recipient(uint32_t message) const {
  return fmt::format("user{}@example.com", attribute(message, 31) % 1000);
}

std::string_view Account::tag(uint32_t message) {
  return pick(tags, attribute(message, 32));
}

static std::string tag_member(uint32_t message) {
  const auto tag = Account::tag(message);
  if (!tag.empty()) return fmt::format(R"("Tag":"{}",)", tag);
  return attribute(message, 33) % 2 == 0 ? R"("Tag":null,)" : "";
}

void Account::append_message(std::string& out, const Message& message) const {
  const auto id = message.id;
  const auto to = recipient(id);
  const std::array<std::string_view, 3> names{"null", R"("")", R"("Jane Ö. \"J\" Doe")"};
  const auto cc = attribute(id, 40) % 10 == 0 ? R"([{"Email":"cc@example.com","Name":"Cc"}])" : "[]";
  const auto bcc = attribute(id, 41) % 20 == 0
                       ? R"([{"Email":"bcc@example.com","Name":null},{"Email":"b2@example.com","Name":""}])"
                       : "[]";
  fmt::format_to(
      std::back_inserter(out),
      R"({{{}"MessageID":"{}","To":[{{"Email":"{}","Name":{}}}],"Cc":{},"Bcc":{},"Recipients":["{}"],"ReceivedAt":"{}",)"
      R"("From":"\"Sender\" <sender@example.com>","Subject":"{}","Attachments":{},"Status":"{}","TrackOpens":{},)"
      R"("TrackLinks":"{}","Metadata":{},"MessageStream":"{}","Sandboxed":{}}})",
      tag_member(id), message_id(id), to, pick(names, attribute(id, 42)), cc, bcc, to,
      time_text(message.at, attribute(id, 43)), pick(subjects, attribute(id, 44)),
      attribute(id, 45) % 10 == 0 ? R"(["a b.pdf","ü.png"])" : "[]", status(message),
      attribute(id, 46) % 3 != 0, attribute(id, 47) % 2 == 0 ? "None" : "HtmlAndText",
      pick(metadata, attribute(id, 48)), streams()[message.stream].id, attribute(id, 49) % 100 == 0);
}

void Account::append_open(std::string& out, const Open& open) const {
  const auto id = open.message;
  const auto draw = mix(attribute(id, 50), open.number);
  const std::array<std::string_view, 3> places{
      "{}", "null",
      R"({"CountryISOCode":"DE","Country":"Germany","RegionISOCode":"BW","Region":"Baden-Württemberg","City":"Ulm","Zip":"89073","Coords":"48.4,9.99","IP":"203.0.113.7"})"};
  uint32_t stream = 0;
  const auto stream_draw = attribute(id, options_.seed + 10) % 100;
  stream = stream_draw < 75 ? 0 : stream_draw < 95 ? 1 : 2;
  fmt::format_to(
      std::back_inserter(out),
      R"({{"RecordType":"Open","MessageStream":"{}",{}"Client":{{"Name":"{}","Company":"Maker","Family":"{}"}},)"
      R"("OS":{{"Name":"OS X 10.7 Lion","Company":"Apple Computer, Inc.","Family":"OS X 10"}},"Platform":"{}",)"
      R"("UserAgent":"Mozilla\/5.0 \"x\" (y","ReadSeconds":{},"Geo":{},"MessageID":"{}","ReceivedAt":"{}",{}"Recipient":"{}"}})",
      streams()[stream].id,
      open.number == 0 ? R"("FirstOpen":true,)"
      : draw % 2 == 0  ? R"("FirstOpen":false,)"
                       : "",
      pick(clients, draw), pick(clients, draw), platform(open), draw % 30, pick(places, draw >> 8U),
      message_id(id), time_text(open.at, draw >> 16U), tag_member(id), recipient(id));
}

void Account::append_details(std::string& out, const Message& message) const {
  append_message(out, message);
  out.pop_back();
  out += R"(,"TextBody":"text","HtmlBody":"<p>html<\/p>","Body":"raw","MessageEvents":[)";
  const auto age = now_ - message.at;
  if (age >= 10min) {
    out += fmt::format(
        R"({{"Recipient":"{}","Type":"Delivered","ReceivedAt":"{}","Details":{{"DeliveryMessage":"250 OK","DestinationServer":"mx.example.com","DestinationIP":"203.0.113.9"}}}})",
        recipient(message.id), time_text(message.at + 3s, 1));
    const auto shown = opens(message.stream, message.at, Time::max());
    if (std::any_of(shown.first, shown.last, [&](const Open& o) { return o.message == message.id; })) {
      out += fmt::format(
          R"(,{{"Recipient":"{}","Type":"Opened","ReceivedAt":"{}","Details":{{"Summary":"Email opened"}}}})",
          recipient(message.id), time_text(message.at + 5s, 1));
    }
  }
  out += "]}";
}

void Account::count() {
  statistics_.assign(streams().size(), {});
  for (size_t stream = 0; stream < messages_.size(); ++stream) {
    auto& days = statistics_[stream];
    int day = 0;
    Time day_end = Time::min();
    // Rows come in order, so the zone is asked once a day.
    const auto counts_at = [&](Time at) -> DayCounts& {
      if (at >= day_end) {
        day = eastern_day(at);
        const auto next = date::local_days(date::days(day + 1));
        day_end = eastern().to_sys(next, date::choose::earliest);
      }
      return days[day];
    };
    for (const auto& message : messages_[stream]) {
      if (message.at > now_) break;
      auto& counts = counts_at(message.at);
      ++counts.sent;
      if (attribute(message.id, 46) % 3 != 0) ++counts.tracked;
      if (attribute(message.id, 60) % 25 == 0)
        ++counts.bounces[std::string(pick(bounce_types, attribute(message.id, 61)))];
    }
    day_end = Time::min();
    for (const auto& open : opens_[stream]) {
      if (open.at > now_) break;
      auto& counts = counts_at(open.at);
      ++counts.opens;
      if (open.number == 0) ++counts.unique_opens;
      ++counts.platforms[std::string(platform(open))];
      ++counts.clients[std::string(pick(clients, mix(attribute(open.message, 50), open.number)))];
    }
  }
}

}  // namespace tapster::sandbox
