#include "soak.hpp"

#include <fmt/format.h>

#include <atomic>
#include <tapster/time.hpp>
#include <thread>

namespace tapster::soak {

using namespace std::chrono_literals;
using e2e::Tables;

namespace {

// The newest rows, which a sync leaves to the next.
constexpr auto settling = 60s;

std::string text_of(sandbox::Time time) {
  return format_time(std::chrono::floor<std::chrono::microseconds>(time));
}

size_t size_of(const Tables& tables) {
  size_t size = 0;
  for (const auto& [stream, rows] : tables) size += rows.size();
  return size;
}

// Without the values that may have changed since they were read: the status if it is not read again, the
// counts of the day, and the lists without times.
Tables settled(Tables tables, bool has_status, const std::string& moving_day) {
  if (!has_status) tables = e2e::without_status(std::move(tables));
  if (moving_day.empty()) return tables;
  std::erase_if(tables, [](const auto& table) { return e2e::is_list(table.first); });
  for (auto& [stream, rows] : tables) {
    std::erase_if(rows, [&](const auto& row) {
      return !has_time(row.second) && row.second.at("date").as_string() == moving_day;
    });
  }
  return tables;
}

}  // namespace

Soak::Soak(uint64_t seed, Figures& figures)
    : plan(seed), figures_(figures), account_(plan.account()), api_(account_, plan.api()) {
  for (const auto way : all_ways)
    pipelines_.try_emplace(way, way, directory_ / std::to_string(static_cast<int>(way)));
}

std::string Soak::run(const Round& round) {
  account_.set_now(round.now);
  auto& pipeline = pipelines_.at(round.way);
  const auto before = pipeline.state();
  Pipeline::Run run;
  {
    std::atomic<int> made = 0;
    std::atomic<pid_t> program = 0;
    std::atomic<bool> has_event = false;
    sandbox::Server server(api_);
    for (const auto& [name, fault] : round.faults) server.inject(fault);
    server.on_request([&](const std::string&) {
      if (++made != (round.event ? round.event->request : 0)) return;
      has_event = true;
      while (program == 0) std::this_thread::yield();
      switch (round.event->what) {
        case Event::What::kill:
          ::kill(program, SIGKILL);
          break;
        case Event::What::terminate:
          ::kill(program, SIGTERM);
          break;
        case Event::What::revoke:
          server.inject(sandbox::parse_fault("/:status=401"));
          break;
        case Event::What::outage:
          server.inject(sandbox::parse_fault("/:reset"));
          break;
        case Event::What::move_on:
          account_.set_now(round.now + Round::pace);
          break;
      }
    });
    pipeline.configure(plan.first_day(), round.has_no_host ? "http://no..such.host" : server.base_url());
    const auto now = round.now + plan.lateness();
    run = pipeline.run(round, text_of(now), round.has_faults() ? text_of(now - settling) : "",
                       [&](pid_t id) { program = id; });
    count_troubles(round, run, server, has_event);
  }
  last_log = run.err;
  return check(round, pipeline, run, before);
}

void Soak::count_troubles(const Round& round, const Pipeline::Run& run, const sandbox::Server& server,
                          bool has_event) {
  ++figures_.rounds;
  ++figures_.exits[run.exit];
  const auto happened = server.faults_met();
  for (size_t i = 0; i < round.faults.size(); ++i)
    figures_.troubles[std::string(round.faults[i].name)] += happened[i];
  const auto add = [&](std::string_view name, bool did_happen) {
    if (did_happen) ++figures_.troubles[std::string(name)];
  };
  const auto is = [&](Event::What what) { return has_event && round.event->what == what; };
  add("SIGKILL", is(Event::What::kill));
  add("SIGTERM", is(Event::What::terminate));
  add("token revoked", is(Event::What::revoke));
  add("outage", is(Event::What::outage));
  add("data move", is(Event::What::move_on));
  add("SIGKILL at a record", run.was_killed);
  add("pipe closed", run.has_left);
  add("pipe full", round.has_full_pipe && run.exit == 6);
  add("state full", round.has_full_state && run.exit == 6);
  add("disk full", round.file_limit > 0 && run.exit == 6);
  add("no such host", round.has_no_host && (run.exit == 1 || run.exit == 5));
  add("none", round.trouble == "none");
}

// The exit codes that host/README.md documents, each for its cause.
std::string Soak::check_exit(const Round& round, const Pipeline::Run& run) const {
  const auto may_be = [&](Event::What what) { return round.event && round.event->what == what; };
  const bool is_cut_off = round.file_limit > 0 || round.has_full_state || round.has_full_pipe || run.has_left;
  const bool is_known = [&] {
    switch (run.exit) {
      case 0:
        return !round.has_no_host && !round.has_full_state && !round.has_full_pipe;
      case 1:
      case 5:
        return round.has_faults() || may_be(Event::What::revoke);
      case 3:
        return may_be(Event::What::revoke);
      case 6:
        return is_cut_off;
      case 128 + SIGKILL:
        return may_be(Event::What::kill) || round.kill_at_record > 0;
      case 128 + SIGTERM:
        return may_be(Event::What::terminate);
      default:
        return false;
    }
  }();
  return is_known ? "" : fmt::format("the exit code is {}, which nothing in this round explains\n", run.exit);
}

std::string Soak::check(const Round& round, Pipeline& pipeline, const Pipeline::Run& run,
                        const State& before) {
  const bool is_complete = run.exit == 0 && !run.has_left;
  const auto state = pipeline.state();
  const bool is_exact = !round.moves();  // every row is the same whenever it was read
  const auto now = round.now + plan.lateness();
  const auto moving_day = is_exact ? "" : format_day(Day(std::chrono::days(sandbox::eastern_day(now))));

  auto wrong = check_exit(round, run);
  for (const auto* text : {&run.text, &run.err}) {
    if (text->find(plan.api().token) != std::string::npos) wrong += "the token shows\n";
  }
  wrong += bookmarks_that_went_back(before, state);

  auto expected =
      e2e::expected_tables(account_, plan.first_day(), now - settling, plan.api().overview_has_read_time);
  std::erase_if(expected, [&](const auto& table) { return !pipeline.reads(table.first); });
  const auto to_read =
      count_to_read(before, expected, {lookback_of(round.way), stats_lookback_of(round.way)});
  size_t doubled = 0;
  size_t written = 0;
  if (pipeline.has_files()) {
    pipeline.rows = pipeline.files(!is_complete, doubled);
    written = size_of(pipeline.rows) + doubled - pipeline.lines;
    pipeline.lines += written;
    if (round.way == Way::files_once && doubled > 0)
      wrong += fmt::format("{} rows are in the files twice\n", doubled);
  } else {
    const auto rows =
        round.is_jsonl ? e2e::tables_of_jsonl(run.text, doubled) : e2e::tables_of_singer(run.text, doubled);
    written = size_of(rows) + doubled;
    // Every row that was read exists.
    Tables there;
    for (const auto& [stream, table] : rows) {
      for (const auto& [key, row] : table) {
        if (const auto found = expected[stream].find(key); found != expected[stream].end())
          there[stream].insert(*found);
      }
    }
    const auto different =
        e2e::difference(settled(there, is_exact, moving_day), settled(rows, is_exact, moving_day));
    if (!different.empty()) wrong += "the run wrote rows that are not the sandbox's:\n" + different;
    if (doubled > 0 && round.faults.empty()) wrong += fmt::format("the run wrote {} rows twice\n", doubled);
    e2e::merge(pipeline.rows, rows);
    written -= doubled;
  }
  wrong += made_up(expected, pipeline.rows);
  wrong += covered_and_missing(state, expected, pipeline.rows);
  if (!is_complete) {
    if (written > to_read)
      wrong += fmt::format("{} rows were written, and {} were to be read\n", written, to_read);
    return wrong;
  }

  ++figures_.complete;
  figures_.rows_compared += size_of(expected);
  const bool has_status = is_exact && lookback_of(round.way) > 0;
  wrong += e2e::difference(settled(expected, has_status, moving_day),
                           settled(pipeline.rows, has_status, moving_day));
  if (is_exact && written != to_read)
    wrong += fmt::format("{} rows were written, and {} were to be read\n", written, to_read);
  return wrong;
}

}  // namespace tapster::soak
