#include "account.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "random.hpp"

namespace tapster::sandbox {

namespace {

using namespace std::chrono_literals;

const date::time_zone& eastern() {
  static const auto* zone = date::locate_zone("America/New_York");
  return *zone;
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
  clicks_.resize(streams().size());
  bounces_.resize(streams().size());
  const auto span = Ticks(std::chrono::hours(24) * (options.days + options.future_days));
  const auto start = options.now - std::chrono::hours(24) * options.days;
  for (int64_t i = 0; i < options.messages; ++i) {
    auto at = start + Ticks(static_cast<int64_t>(mix(options.seed, static_cast<uint64_t>(i)) %
                                                 static_cast<uint64_t>(span.count())));
    // Boundary times: an Eastern midnight, the last tick of a second, a full second.
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
    add_message(std::max(at, start));
  }
  add_inbound(start, span);
  const auto burst =
      std::chrono::floor<std::chrono::minutes>(start + std::chrono::hours(24) * options.days / 2);
  for (int64_t i = 0; i < options.minute_burst; ++i)
    add_message(burst + Ticks(mix(options.seed + 2, static_cast<uint64_t>(i)) % 600'000'000U));
  for (int64_t i = 0; i < options.second_burst; ++i)
    add_message(burst + 1h + Ticks(mix(options.seed + 3, static_cast<uint64_t>(i)) % 10'000'000U));
  const auto draw_burst = [&](uint64_t salt, int64_t i) {
    return options.burst_at + Ticks(static_cast<int64_t>(mix(options.seed + salt, static_cast<uint64_t>(i)) %
                                                         static_cast<uint64_t>(options.burst_span.count())));
  };
  for (int64_t i = 0; i < options.burst; ++i) add_message(draw_burst(5, i));

  if (!by_id_.empty()) {
    const auto& opened = by_id_.front();
    for (int64_t i = 0; i < options.opens_burst; ++i)
      opens_[opened.stream].push_back({draw_burst(6, i), opened.id, static_cast<uint32_t>(100 + i)});
    const auto& clicked = by_id_.front();
    for (int i = 0; i < options.same_clicks; ++i)
      clicks_[clicked.stream].push_back({clicked.at + 1h, clicked.id, 0});
  }

  const auto by_time = [](const auto& a, const auto& b) { return a.at < b.at; };
  for (auto& rows : messages_) std::stable_sort(rows.begin(), rows.end(), by_time);
  for (auto& rows : opens_) std::stable_sort(rows.begin(), rows.end(), by_time);
  for (auto& rows : clicks_) std::stable_sort(rows.begin(), rows.end(), by_time);
  for (auto& rows : bounces_) std::stable_sort(rows.begin(), rows.end(), by_time);
  std::stable_sort(inbound_.begin(), inbound_.end(), by_time);
  count();
}

// How many events a message has, given the average of a hundred messages.
static uint32_t draw_count(uint32_t message, uint64_t salt, int per_hundred) {
  const auto chance = static_cast<uint64_t>(per_hundred);
  return static_cast<uint32_t>(chance / 100 + (attribute(message, salt) % 100 < chance % 100 ? 1 : 0));
}

void Account::add_message(Time at) {
  const auto id = static_cast<uint32_t>(by_id_.size());
  const auto draw = attribute(id, options_.seed + 10) % 100;
  const uint32_t stream = draw < 75 ? 0 : draw < 95 ? 1 : 2;
  messages_[stream].push_back({at, id, stream});
  by_id_.push_back({at, id, stream});

  const auto opens = draw_count(id, 11, options_.opens_per_hundred);
  Time opened = at + 2s;
  for (uint32_t number = 0; number < opens; ++number) {
    // Some opens of a message differ only in the seventh digit.
    const auto delay = mix(attribute(id, 12), number) % 10 == 0
                           ? Ticks(1)
                           : Ticks(mix(attribute(id, 13), number) % 864'000'000'000U);
    opened += delay;
    opens_[stream].push_back({opened, id, number});
    if (attribute(id, 14) % 50 == 0 && number + 1 == opens) {
      opened = std::chrono::floor<std::chrono::microseconds>(opened) + 1us + Ticks(3);
      opens_[stream].back().at = opened;
      opens_[stream].push_back({opened + Ticks(4), id, number + 1});
    }
  }

  auto clicks = draw_count(id, 15, options_.clicks_per_hundred);
  // A scanner opens all links at the same time, and one of them in both bodies.
  const bool is_scanned = clicks > 0 && attribute(id, 16) % 10 == 0;
  if (is_scanned) clicks = 6;
  Time clicked = std::chrono::floor<std::chrono::seconds>(at) + 4s;
  for (uint32_t number = 0; number < clicks; ++number) {
    if (!is_scanned) clicked += Ticks(mix(attribute(id, 17), number) % 864'000'000'000U);
    clicks_[stream].push_back({clicked, id, number});
  }

  if (static_cast<int>(attribute(id, 60) % 100) < options_.bounces_per_hundred)
    bounces_[stream].push_back({at + 3s + Ticks(attribute(id, 63) % 72'000'000'000U), id});
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

Account::Range<Account::Click> Account::clicks(size_t stream, Time from, Time to) const {
  const Time oldest = now_ - std::chrono::hours(24) * options_.retention_days;
  return between(clicks_[stream], std::max(from, oldest), std::min(to, now_));
}

Account::Range<Account::Bounce> Account::bounces(size_t stream, Time from, Time to) const {
  const Time oldest = now_ - std::chrono::hours(24) * options_.retention_days;
  return between(bounces_[stream], std::max(from, oldest), std::min(to, now_));
}

Account::Range<Account::Inbound> Account::inbound(Time from, Time to) const {
  const Time oldest = now_ - std::chrono::hours(24) * options_.retention_days;
  return between(inbound_, std::max(from, oldest), std::min(to, now_));
}

const Account::Message* Account::find_message(std::string_view message_id_text) const {
  // The first eight digits are the id.
  uint32_t id = 0;
  std::from_chars(message_id_text.data(),
                  message_id_text.data() + std::min<size_t>(message_id_text.size(), 8), id, 16);
  if (id >= by_id_.size() || message_id(id) != message_id_text) return nullptr;
  const auto& message = by_id_[id];
  const bool is_shown =
      message.at <= now_ && message.at >= now_ - std::chrono::hours(24) * options_.retention_days;
  return is_shown ? &message : nullptr;
}

const Account::Bounce* Account::find_bounce(int64_t id) const {
  for (size_t stream = 0; stream < bounces_.size(); ++stream) {
    const auto shown = bounces(stream, Time::min(), Time::max());
    const auto* found =
        std::find_if(shown.first, shown.last, [&](const Bounce& bounce) { return bounce_id(bounce) == id; });
    if (found != shown.last) return found;
  }
  return nullptr;
}

void Account::DayCounts::add(const DayCounts& other) {
  for (const auto number : {&DayCounts::sent, &DayCounts::opens, &DayCounts::unique_opens,
                            &DayCounts::tracked, &DayCounts::clicks, &DayCounts::unique_clicks})
    this->*number += other.*number;
  for (const auto counts :
       {&DayCounts::bounces, &DayCounts::platforms, &DayCounts::clients, &DayCounts::read_times,
        &DayCounts::browsers, &DayCounts::click_platforms, &DayCounts::click_locations}) {
    for (const auto& [name, count] : other.*counts) (this->*counts)[name] += count;
  }
}

void Account::count() {
  statistics_.clear();
  for (size_t stream = 0; stream < messages_.size(); ++stream)
    statistics_.push_back(statistics(stream, [](uint32_t) { return true; }));
}

std::map<int, Account::DayCounts> Account::statistics(
    size_t stream, const std::function<bool(uint32_t message)>& is_counted) const {
  std::map<int, DayCounts> days;
  int day = 0;
  Time day_end = Time::min();
  // Rows are in order, so the zone is looked up once per day.
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
    if (!is_counted(message.id)) continue;
    auto& counts = counts_at(message.at);
    ++counts.sent;
    if (attribute(message.id, 46) % 3 != 0) ++counts.tracked;
  }
  day_end = Time::min();
  for (const auto& open : opens_[stream]) {
    if (open.at > now_) break;
    if (!is_counted(open.message)) continue;
    auto& counts = counts_at(open.at);
    ++counts.opens;
    if (open.number == 0) ++counts.unique_opens;
    ++counts.platforms[std::string(platform(open))];
    ++counts.clients[std::string(client(open))];
    ++counts.read_times[read_time(open)];
  }
  day_end = Time::min();
  for (const auto& click : clicks_[stream]) {
    if (click.at > now_) break;
    if (!is_counted(click.message)) continue;
    auto& counts = counts_at(click.at);
    ++counts.clicks;
    if (click.number == 0) ++counts.unique_clicks;
    ++counts.browsers[std::string(browser(click))];
    ++counts.click_platforms[std::string(platform(click))];
    ++counts.click_locations[std::string(click_location(click))];
  }
  day_end = Time::min();
  for (const auto& bounce : bounces_[stream]) {
    if (bounce.at > now_) break;
    if (!is_counted(bounce.message)) continue;
    ++counts_at(bounce.at).bounces[std::string(type(bounce).name)];
  }
  return days;
}

}  // namespace tapster::sandbox
