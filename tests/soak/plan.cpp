#include "plan.hpp"

#include <fmt/format.h>

#include <array>
#include <tapster/time.hpp>

namespace tapster::soak {

using namespace std::chrono_literals;
using sandbox::Ticks;

namespace {

sandbox::Time at(std::string_view text) {
  return std::chrono::floor<Ticks>(*parse_time(text));
}

std::string text_of(sandbox::Time time) {
  return format_time(std::chrono::floor<std::chrono::microseconds>(time));
}

// Faults of a request that the next attempt does not meet.
const std::vector<NamedFault>& transient_faults() {
  using sandbox::parse_fault;
  static const std::vector<NamedFault> all{
      {"429", parse_fault("/:status=429")},
      {"429 with seconds", parse_fault("/:status=429:retry-after=7")},
      {"429 with 300 seconds", parse_fault("/:status=429:retry-after=300")},
      {"500", parse_fault("/:status=500")},
      {"502 with a page", parse_fault("/:html:status=502")},
      {"503 with seconds", parse_fault("/:status=503:retry-after=2")},
      {"504", parse_fault("/:status=504")},
      {"page with 200", parse_fault("/:html:status=200")},
      {"reset", parse_fault("/:reset")},
      {"truncated", parse_fault("/:truncated")},
      {"malformed", parse_fault("/:malformed")},
      {"empty", parse_fault("/:empty")}};
  return all;
}

// At the n-th request or record.
Event::What event_of(std::string_view trouble) {
  if (trouble == "SIGKILL") return Event::What::kill;
  if (trouble == "SIGTERM") return Event::What::terminate;
  if (trouble == "token revoked") return Event::What::revoke;
  if (trouble == "outage") return Event::What::outage;
  return Event::What::move_on;
}

}  // namespace

std::string_view name_of(Way way) {
  constexpr std::array<std::string_view, 4> names{"files", "files once", "pipe", "orchestrator"};
  return names[static_cast<size_t>(way)];
}

int lookback_of(Way way) {
  return way == Way::files || way == Way::pipe ? 1 : 0;
}

int stats_lookback_of(Way way) {
  return way == Way::files ? 3 : 0;
}

const std::vector<std::string_view>& all_troubles() {
  static const auto all = [] {
    std::vector<std::string_view> names{"none",        "data move",  "SIGKILL",       "SIGKILL at a record",
                                        "SIGTERM",     "stall",      "token revoked", "outage",
                                        "disk full",   "state full", "pipe full",     "pipe closed",
                                        "no such host"};
    for (const auto& fault : transient_faults()) names.push_back(fault.name);
    return names;
  }();
  return all;
}

bool Round::is_cut_off() const {
  return kill_at_record > 0 || leave_at_record > 0 || file_limit > 0 || has_full_pipe || has_full_state;
}

bool Round::has_faults() const {
  return !faults.empty() || has_no_host || (event && event->what == Event::What::outage);
}

Plan::Plan(uint64_t seed) : seed_(seed), draw_(seed * 1'000'003) {
  if (seed % 3 == 1) change_ = at("2026-11-01T06:00:00Z");
  if (seed % 3 == 2) change_ = at("2027-03-14T07:00:00Z");
  now_ = change_ ? *change_ - std::chrono::minutes(draw_.between(200, 900))
                 : at("2026-06-10T00:00:00Z") + std::chrono::minutes(draw_.between(0, 100'000));
  account_.seed = seed;
  account_.now = now_;
  account_.days = static_cast<int>(draw_.between(3, 8));
  account_.future_days = 12;
  account_.messages = draw_.between(1'000, 5'000);
  account_.opens_per_hundred = static_cast<int>(draw_.between(20, 150));
  account_.retention_days = 365;
  // Sometimes more rows within one minute than the API shows.
  if (seed % 10 == 5) account_.minute_burst = 10'500;
  using Ambiguous = sandbox::ApiOptions::Ambiguous;
  // Each in turn, as one of three seeds goes through that hour.
  api_.ambiguous = std::array{Ambiguous::first, Ambiguous::second, Ambiguous::wall}[seed / 3 % 3];
  using Dates = sandbox::ApiOptions::Dates;
  const std::array dates{Dates::own, Dates::own, Dates::of_message, Dates::ignored};
  api_.opens_dates = draw_.one_of(dates);
  api_.clicks_dates = draw_.one_of(dates);
  api_.bounces_know_inbound = draw_.chance(50);
  api_.total_stops_at_limit = draw_.chance(50);
  api_.todate_includes_fraction = draw_.chance(50);
  api_.overview_has_read_time = draw_.chance(50);
  // The burst is halfway, and must be read.
  const auto days_back = draw_.between(1, account_.days + 1);
  first_day_ = format_day(Day(std::chrono::days(sandbox::eastern_day(now_))) -
                          std::chrono::days(account_.minute_burst > 0 ? account_.days : days_back));
  lateness_ = draw_.one_of(std::array{0s, 7s, 31s, 60s});
}

std::string Plan::to_text() const {
  constexpr std::array<std::string_view, 3> readings{"first", "second", "wall"};
  constexpr std::array<std::string_view, 3> dates{"their own", "their message's", "no"};
  return fmt::format(
      "seed {}: {} messages{} from {} days before {} on, start_date {}, rows {} s late, repeated hour read "
      "as {}, opens "
      "by {} dates, clicks by {} dates, TotalCount {}, todate {} the fraction",
      seed_, account_.messages, account_.minute_burst > 0 ? " and 10500 in a minute" : "", account_.days,
      text_of(account_.now), first_day_, lateness_.count(), readings[static_cast<size_t>(api_.ambiguous)],
      dates[static_cast<size_t>(api_.opens_dates)], dates[static_cast<size_t>(api_.clicks_dates)],
      api_.total_stops_at_limit ? "stops at 10000" : "exact",
      api_.todate_includes_fraction ? "with" : "without");
}

// From seconds to days, often to a full hour or around the change of the clock.
void Plan::move_clock(const Round& round) {
  const auto kind = draw_.between(1, 100);
  Ticks step{};
  if (change_ && now_ > *change_ - 3h && now_ < *change_ + 2h) {
    step = std::chrono::seconds(draw_.between(30, 1'500));
  } else if (kind <= 15) {
    const auto hour = std::chrono::ceil<std::chrono::hours>(now_ + 2s);
    step = hour - now_ + std::chrono::seconds(draw_.between(-1, 1));
  } else if (kind <= 50) {
    step = std::chrono::seconds(draw_.between(1, 120));
  } else if (kind <= 85) {
    step = std::chrono::minutes(draw_.between(1, 60));
  } else if (kind <= 99) {
    step = std::chrono::minutes(draw_.between(60, 600));
  } else {
    step = std::chrono::hours(draw_.between(24, 40));
  }
  now_ += step;
  // The statistics are by the sandbox's day, so all clocks of a round are on one day: the sandbox's before
  // and after it moves, the program's, and the latest end of a sync with faults.
  const auto is_on_one_day = [&] {
    const auto day = sandbox::eastern_day(now_);
    const auto program = now_ + lateness_;
    return sandbox::eastern_day(program) == day &&
           (!round.moves() || sandbox::eastern_day(now_ + Round::pace) == day) &&
           (!round.has_faults() || sandbox::eastern_day(program - 61s) == day);
  };
  while (!is_on_one_day()) now_ += 20s;
}

Round Plan::next() {
  Round round;
  round.number = ++rounds_;
  // In turn, so that two consecutive seeds have all of them in thirteen rounds each.
  const auto& troubles = all_troubles();
  round.trouble = troubles[(seed_ * 13 + static_cast<uint64_t>(rounds_)) % troubles.size()];
  round.jobs = static_cast<int>(draw_.between(1, 6));
  round.commit_interval = draw_.one_of(std::array{0, 0, 0, 5, 1'000});
  round.way = draw_.one_of(std::array{Way::files, Way::files_once, Way::pipe, Way::orchestrator});
  add_trouble(round);
  if (!round.is_cut_off()) add_chance(round);
  round.is_jsonl = round.way == Way::pipe && draw_.chance(50);
  move_clock(round);
  round.now = now_;
  if (round.moves()) now_ += Round::pace;
  return round;
}

void Plan::add_trouble(Round& round) {
  const auto trouble = round.trouble;
  for (auto fault : transient_faults()) {
    if (fault.name != trouble) continue;
    fault.fault.every = static_cast<int>(draw_.between(1, 4));
    // Sometimes more often than the program retries.
    fault.fault.times = static_cast<int>(draw_.chance(20) ? 1'000 : draw_.between(1, 4));
    round.faults.push_back(fault);
  }
  if (trouble == "stall") {
    auto stall = sandbox::parse_fault("/:stall");
    stall.every = static_cast<int>(draw_.between(1, 8));
    stall.times = 1;
    // Waiting for the stall takes half a minute, so most rounds stop the program.
    const bool is_seen_through = rounds_ > 25 && draw_.chance(30);
    if (!is_seen_through) {
      stall.times = 1'000;
      round.event = {Event::What::terminate, stall.every};
    }
    round.faults.push_back({"stall", stall});
  } else if (trouble == "data move") {
    round.jobs = 1;  // one connection, so only one thread uses the account
    round.event = {Event::What::move_on, static_cast<int>(draw_.between(2, 8))};
  } else if (trouble == "SIGKILL" || trouble == "SIGTERM" || trouble == "token revoked" ||
             trouble == "outage") {
    round.event = {event_of(trouble), static_cast<int>(draw_.between(1, 20))};
  } else if (trouble == "SIGKILL at a record") {
    round.way = draw_.one_of(std::array{Way::pipe, Way::orchestrator});
    round.kill_at_record = static_cast<int>(draw_.between(1, draw_.chance(50) ? 3 : 100));
  } else if (trouble == "disk full") {
    round.way = draw_.one_of(std::array{Way::files, Way::files_once});
    round.file_limit = draw_.between(1, 20'000);
  } else if (trouble == "state full") {
    round.way = draw_.one_of(std::array{Way::files, Way::files_once, Way::pipe});
    round.has_full_state = true;
  } else if (trouble == "pipe full") {
    round.way = draw_.one_of(std::array{Way::pipe, Way::orchestrator});
    round.has_full_pipe = true;
  } else if (trouble == "pipe closed") {
    round.way = Way::orchestrator;
    round.leave_at_record = static_cast<int>(draw_.between(1, draw_.chance(50) ? 3 : 100));
  } else if (trouble == "no such host") {
    round.has_no_host = true;
  }
}

void Plan::add_chance(Round& round) {
  if (draw_.chance(30)) {
    for (auto more = draw_.between(1, 2); more > 0; --more) {
      auto fault = draw_.one_of(transient_faults());
      fault.fault.path =
          draw_.one_of(std::array{"/", "/messages/outbound?", "/messages/outbound/opens", "/stats"});
      fault.fault.every = static_cast<int>(draw_.between(2, 9));
      fault.fault.times = static_cast<int>(draw_.between(1, 6));
      round.faults.push_back(fault);
    }
  }
  // Not before the fault of this round.
  if (!round.event && draw_.chance(25)) {
    round.event = {draw_.chance(70) ? Event::What::kill : Event::What::terminate,
                   static_cast<int>(draw_.between(5, 30))};
  }
}

Round Plan::calm(Way way) {
  Round round;
  round.number = ++rounds_;
  round.trouble = "none";
  round.way = way;
  round.jobs = 4;
  move_clock(round);
  round.now = now_;
  return round;
}

std::string to_text(const Round& round) {
  auto text = fmt::format("round {} at {}: {}, {} jobs, --commit-interval {}{}, trouble: {}", round.number,
                          text_of(round.now), name_of(round.way), round.jobs, round.commit_interval,
                          round.is_jsonl ? ", JSON lines" : "", round.trouble);
  for (const auto& [name, fault] : round.faults)
    text += fmt::format("; {} at {} each {}, {} times", name, fault.path, fault.every, fault.times);
  if (round.event) {
    constexpr std::array<std::string_view, 5> names{"SIGKILL", "SIGTERM", "token revoked", "outage",
                                                    "the data move"};
    text += fmt::format("; {} at request {}", names[static_cast<size_t>(round.event->what)],
                        round.event->request);
  }
  if (round.kill_at_record > 0) text += fmt::format("; SIGKILL at record {}", round.kill_at_record);
  if (round.leave_at_record > 0) text += fmt::format("; the pipe closed at record {}", round.leave_at_record);
  if (round.file_limit > 0) text += fmt::format("; files of {} bytes", round.file_limit);
  return text;
}

}  // namespace tapster::soak
