// Faults of the source: transient ones are retried, permanent ones are reported, and no row is lost. The
// waits between the attempts are virtual, as TAPSTER_NOW sets the clock, and all runs read up to `until_text`
// however long they wait.
#include <fmt/format.h>

#include "fixture.hpp"

namespace tapster::e2e {
namespace {

using namespace std::chrono_literals;
using sandbox::Fault;

constexpr const char* until_text = "2026-11-23T16:12:00Z";

struct Weather {
  const char* name;
  Fault fault;
  const char* logged;  // the cause, in a warning
};

// Without this the printer shows the bytes.
void PrintTo(const Weather& weather, std::ostream* out) {
  *out << weather.name;
}

Fault status(int status, std::string retry_after = {}) {
  Fault fault;
  fault.status = status;
  fault.retry_after = std::move(retry_after);
  return fault;
}

Fault of_kind(Fault::Kind kind, int status = 200) {
  Fault fault;
  fault.kind = kind;
  fault.status = status;
  return fault;
}

class Faults : public EndToEnd {
 protected:
  [[nodiscard]] Tables until_then() const { return part_of(everything(), "", until_text, "", "9999"); }
  static std::vector<std::string> arguments(std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--until", until_text});
    return more;
  }
  void inject(Fault fault, std::string path, int every, int times = 1'000'000) {
    inject(*server_, std::move(fault), std::move(path), every, times);
  }
  // For the server's own threads, which must not look at the fixture.
  static void inject(sandbox::Server& server, Fault fault, std::string path, int every,
                     int times = 1'000'000) {
    fault.path = std::move(path);
    fault.every = every;
    fault.times = times;
    server.inject(fault);
  }
};

class TransientFault : public Faults, public testing::WithParamInterface<Weather> {};

TEST_P(TransientFault, LosesAndDuplicatesNoRow) {
  start({.messages = 2'000, .days = 40});
  const auto& weather = GetParam();
  inject(weather.fault, "/message-streams", 1, 2);
  inject(weather.fault, "/messages/outbound", 3);
  inject(weather.fault, "/messages/inbound", 3);
  inject(weather.fault, "/stats", 3);
  // One at a time, so that the faults meet each request once.
  const auto finished = read(arguments({"--jobs", "1"}));
  ASSERT_EQ(finished.exit, 0) << finished.err;
  size_t doubled = 0;
  EXPECT_EQ(difference(until_then(), tables_of_singer(finished.out, doubled)), "");
  EXPECT_EQ(doubled, 0U);
  // Each attempt is logged with its cause, though libcurl tries once more by itself where a kept connection
  // ends.
  size_t warnings = 0;
  for (const auto& line : lines_of(finished.err)) {
    if (line.find("WARNING") == std::string::npos) continue;
    ++warnings;
    EXPECT_NE(line.find(weather.logged), std::string::npos) << line;
    EXPECT_NE(line.find("attempt "), std::string::npos) << line;
  }
  EXPECT_GE(warnings, 2U) << finished.err;
  EXPECT_NE(finished.err.find("/message-streams"), std::string::npos) << finished.err;
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, TransientFault,
    testing::Values(Weather{"TooMany", status(429), "HTTP 429"},
                    Weather{"TooManyWithSeconds", status(429, "7"), "the next in 7.0 s"},
                    Weather{"TooManyWithDate", status(429, "Fri, 31 Dec 2100 23:59:59 GMT"),
                            "the next in 600.0 s"},
                    Weather{"TooManyWithRubbish", status(429, "soon"), "HTTP 429"},
                    Weather{"RequestTimeout", status(408), "HTTP 408"},
                    Weather{"InternalServerError", status(500), "HTTP 500"},
                    Weather{"BadGateway", status(502), "HTTP 502"},
                    Weather{"ServiceUnavailable", status(503, "2"), "the next in 2.0 s"},
                    Weather{"GatewayTimeout", status(504), "HTTP 504"},
                    Weather{"ProxysPage", of_kind(Fault::Kind::html, 502), "HTTP 502"},
                    Weather{"ProxysPageAsSuccess", of_kind(Fault::Kind::html), "JSON"},
                    Weather{"Malformed", of_kind(Fault::Kind::malformed), "JSON"},
                    Weather{"Truncated", of_kind(Fault::Kind::truncated), "connection failed"},
                    Weather{"Empty", of_kind(Fault::Kind::empty), "JSON"},
                    Weather{"Reset", of_kind(Fault::Kind::reset), "connection failed"}),
    [](const auto& tested) { return tested.param.name; });

// Several faults at once and several jobs. A request is made six times, so five faults that count for it fail
// none, whatever the threads do. Too many requests count separately.
TEST_F(Faults, FaultsOfAllKindsLeaveFilesWithEveryRowOnce) {
  start({.messages = 8'000, .days = 40});
  inject(status(429), "/", 7);
  inject(of_kind(Fault::Kind::reset), "/messages", 3, 2);
  inject(of_kind(Fault::Kind::truncated), "/messages", 4, 2);
  inject(of_kind(Fault::Kind::malformed), "/messages/outbound?", 2, 1);
  inject(status(500), "/stats", 4, 5);
  const auto finished = read(
      arguments({"--output", file("out"), "--state-file", file("state.json"), "--commit-interval", "0"}));
  ASSERT_EQ(finished.exit, 0) << finished.err;
  size_t doubled = 0;
  EXPECT_EQ(difference(until_then(), tables_of_files(file("out"), doubled)), "");
  EXPECT_EQ(doubled, 0U);
}

TEST_F(Faults, APermanentFaultFailsOnlyItsStream) {
  start({.messages = 2'000, .days = 40});
  const std::pair<const char*, const char*> places[] = {
      {"stats_outbound_platform", "/stats/outbound/opens/platforms"},
      {"stats_outbound_overview", "/stats/outbound?"},
      {"messages_opens", "/messages/outbound/opens"},
      {"messages_inbound", "/messages/inbound?status=failed"},
      {"messages_outbound", "/messages/outbound?messagestream=broadcast"}};
  for (const auto& [stream, path] : places) {
    if (sanitized && stream != std::string_view("messages_outbound")) continue;
    serve();
    std::filesystem::remove(file("state.json"));
    inject(status(500), path, 1);
    const auto first = read(arguments({"--state-file", file("state.json")}));
    EXPECT_EQ(first.exit, 5) << stream;
    // The message names the stream and the URL.
    EXPECT_NE(first.err.find(fmt::format("{}: ", stream)), std::string::npos) << first.err;
    EXPECT_NE(first.err.find(server_->base_url() + path), std::string::npos) << first.err;
    EXPECT_NE(first.err.find(fmt::format("1 of {} streams failed ({}): ", until_then().size(), stream)),
              std::string::npos)
        << first.err;
    size_t doubled = 0;
    auto all = tables_of_singer(first.out, doubled);
    EXPECT_EQ(doubled, 0U);
    auto others = all;
    auto expected = until_then();
    others.erase(stream);
    expected.erase(stream);
    EXPECT_EQ(difference(expected, others), "");

    server_->clear_faults();
    const auto second = read(arguments({"--state-file", file("state.json")}));
    EXPECT_EQ(second.exit, 0) << second.err;
    merge(all, tables_of_singer(second.out, doubled));
    EXPECT_EQ(difference(until_then(), all), "") << stream;
  }
}

// The plan of many rows requests statistics to estimate them by day, but works without them.
TEST_F(Faults, APermanentFaultOfStatisticsFailsNoListOfMessages) {
  start({.messages = 10'000, .days = 40, .opens_per_hundred = 0});
  inject(status(500), "/stats/outbound/sends", 1);
  const auto finished = read(arguments({"--select", "messages_outbound"}));
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_NE(finished.err.find("planning by days"), std::string::npos) << finished.err;
  size_t doubled = 0;
  EXPECT_EQ(
      difference(streams_of(until_then(), "messages_outbound"), tables_of_singer(finished.out, doubled)), "");
  EXPECT_EQ(doubled, 0U);
}

TEST_F(Faults, APermanentFaultIsReportedWithItsCause) {
  start({.messages = 200, .days = 40});
  auto expected = streams_of(until_then(), "stats_");
  expected.erase("stats_outbound_bounces");
  const std::pair<Fault, const char*> kinds[] = {{status(429), "HTTP 429"},
                                                 {of_kind(Fault::Kind::html, 502), "HTTP 502"},
                                                 {of_kind(Fault::Kind::html), "JSON"},
                                                 {of_kind(Fault::Kind::malformed), "JSON"},
                                                 {of_kind(Fault::Kind::empty), "JSON"},
                                                 {of_kind(Fault::Kind::truncated), "connection failed"},
                                                 {of_kind(Fault::Kind::reset), "connection failed"}};
  for (const auto& [fault, said] : kinds) {
    serve();
    inject(fault, "/stats/outbound/bounces", 1);
    const auto finished = read(arguments({"--select", "stats_*", "--exclude", "stats_outbound_read_times"}));
    EXPECT_EQ(finished.exit, 5) << finished.err;
    std::string error;
    for (const auto& line : lines_of(finished.err)) {
      if (line.find(" ERROR ") != std::string::npos) error += line;
    }
    for (const auto* words : {"stats_outbound_bounces", "/stats/outbound/bounces?", said})
      EXPECT_NE(error.find(words), std::string::npos) << finished.err;
    size_t doubled = 0;
    EXPECT_EQ(difference(expected, tables_of_singer(finished.out, doubled)), "");
    EXPECT_EQ(doubled, 0U);
  }
}

TEST_F(Faults, APermanentErrorIsNotRetried) {
  start({.messages = 200, .days = 40});
  for (const int code : {400, 403, 404, 422}) {
    serve();
    inject(status(code), "/stats/outbound/bounces", 1);
    const auto finished = read(arguments({"--select", "stats_*", "--exclude", "stats_outbound_read_times"}));
    EXPECT_EQ(finished.exit, 5) << code;
    EXPECT_NE(finished.err.find(fmt::format("HTTP {}", code)), std::string::npos) << finished.err;
    const auto asked = server_->requests();
    EXPECT_EQ(std::count_if(asked.begin(), asked.end(),
                            [](const auto& target) { return target.starts_with("/stats/outbound/bounces"); }),
              1);
  }
}

TEST_F(Faults, ARefusedTokenIsNotTriedAgain) {
  start({.messages = 200, .days = 40});
  write_file(file("config.json"),
             fmt::format(R"({{"postmark_server_token":"another-token","start_date":"{}","base_url":"{}"}})",
                         start_text, server_->base_url()));
  const auto finished = read(arguments({"--jobs", "4"}));
  EXPECT_EQ(finished.exit, 3) << finished.err;
  EXPECT_LE(server_->requests().size(), 4U) << "one for each job";
  const auto count = [&](std::string_view words) {
    size_t found = 0;
    for (auto at = finished.err.find(words); at != std::string::npos; at = finished.err.find(words, at + 1))
      ++found;
    return found;
  };
  EXPECT_LE(count("ERROR"), 4U) << finished.err;
  // The last line says why.
  const auto last = finished.err.substr(finished.err.rfind('\n', finished.err.size() - 2) + 1);
  EXPECT_NE(last.find(fmt::format("{0} of {0} streams failed: ", until_then().size())), std::string::npos)
      << last;
  EXPECT_NE(last.find("HTTP 401"), std::string::npos) << last;
  EXPECT_NE(last.find("(check postmark_server_token)"), std::string::npos) << last;
}

TEST_F(Faults, NoConnectionDoesNotBlameTheToken) {
  start({.messages = 20, .days = 2});
  server_.reset();
  for (const auto& command : {"check", "read"}) {
    const auto finished = run({command, "postmark", "--config", file("config.json")});
    EXPECT_EQ(finished.exit, 1);
    EXPECT_NE(finished.err.find("no connection"), std::string::npos) << finished.err;
    EXPECT_EQ(finished.err.find("postmark_server_token"), std::string::npos) << finished.err;
    EXPECT_LE(lines_of(finished.err).size(), 60U) << finished.err;
  }
}

// Whatever the request at which it happens.
TEST_F(Faults, ATokenRevokedMidwayLeavesAValidState) {
  start({.messages = 3'000, .days = 40});
  for (const int from : {1, 2, 9, 20, 40}) {
    serve();
    std::filesystem::remove(file("state.json"));
    std::atomic<int> made = 0;
    server_->on_request([&, server = server_.get()](const std::string&) {
      if (++made == from) inject(*server, status(401), "/", 1);
    });
    const auto first = read(arguments({"--state-file", file("state.json"), "--commit-interval", "0"}));
    EXPECT_TRUE(first.exit == 3 || (first.exit == 5 && from > 1)) << first.exit;
    EXPECT_NE(first.err.find("HTTP 401"), std::string::npos) << first.err;
    EXPECT_NE(first.err.find("check postmark_server_token"), std::string::npos) << first.err;
    EXPECT_EQ(first.err.find("attempt"), std::string::npos) << "no use in asking again\n" << first.err;
    serve();
    size_t doubled = 0;
    auto all = tables_of_singer(first.out, doubled);
    const auto second = read(arguments({"--state-file", file("state.json")}));
    EXPECT_EQ(second.exit, 0) << second.err;
    merge(all, tables_of_singer(second.out, doubled));
    EXPECT_EQ(difference(until_then(), all), "") << from;
  }
}

TEST_F(Faults, AnOutageFailsTheRunAndTheNextRunReadsEverything) {
  start({.messages = 3'000, .days = 40});
  std::atomic<int> made = 0;
  server_->on_request([&, server = server_.get()](const std::string&) {
    if (++made == 15) inject(*server, of_kind(Fault::Kind::reset), "/", 1);
  });
  const auto first = read(arguments({"--output", file("out"), "--state-file", file("state.json")}));
  EXPECT_TRUE(first.exit == 1 || first.exit == 5) << first.err;
  serve();
  configure(R"(,"lookback_days":0,"stats_lookback_days":0)");
  const auto second = read(arguments({"--output", file("out"), "--state-file", file("state.json")}));
  EXPECT_EQ(second.exit, 0) << second.err;
  size_t doubled = 0;
  EXPECT_EQ(difference(until_then(), tables_of_files(file("out"), doubled)), "");
}

// The data change while they are read: each requested page advances the account's clock. One job makes one
// connection, so only one thread uses the account.
class MovingData : public Faults {
 protected:
  // Reads the stream of the message stream outbound; `step` passes with each page from the second to the
  // `last`.
  Tables read_moving(const char* stream, std::chrono::minutes step, int last, int& passed) {
    configure(R"(,"message_streams":["outbound"])");
    const std::string list =
        stream == std::string_view("messages_opens") ? "/messages/outbound/opens?" : "/messages/outbound?";
    int pages = 0;
    server_->on_request([&, list](const std::string& target) {
      if (!target.starts_with(list) || target.find("count=500") == std::string::npos) return;
      if (++pages < 2 || pages > last) return;
      account_->set_now(account_->now() + step);
      ++passed;
    });
    const auto finished = read({"--jobs", "1", "--since", "2026-11-22", "--select", stream});
    serve();
    EXPECT_EQ(finished.exit, 0) << finished.err;
    size_t doubled = 0;
    const auto rows = tables_of_singer(finished.out, doubled);
    EXPECT_EQ(doubled, 0U);
    return rows;
  }
  // Of the message stream outbound, since the same day.
  [[nodiscard]] Tables outbound(const char* stream) const {
    auto tables = part_of(streams_of(everything(), stream), "2026-11-22T05:00:00Z", "9999", "", "");
    std::erase_if(tables[stream],
                  [](const auto& row) { return row.second.at("message_stream") != "outbound"; });
    return tables;
  }
};

TEST_F(MovingData, NewRowsDuringTheReadHideNoRow) {
  using Dates = sandbox::ApiOptions::Dates;
  for (const auto dates : {Dates::own, Dates::of_message, Dates::ignored}) {
    if (sanitized && dates == Dates::of_message) continue;
    for (const auto* stream : {"messages_outbound", "messages_opens"}) {
      start({.messages = 8'000, .days = 2, .future_days = 2, .opens_per_hundred = 120},
            {.opens_dates = dates});
      int passed = 0;
      const auto actual = read_moving(stream, 30min, 100, passed);
      EXPECT_GE(passed, 4);
      EXPECT_EQ(difference(without_status(outbound(stream)), without_status(actual)), "")
          << static_cast<int>(dates);
    }
  }
}

// Rows that come late into the lists, into a window that is being read.
TEST_F(MovingData, RowsAddedWithinTheWindowAreRead) {
  for (const auto* stream : {"messages_outbound", "messages_opens"}) {
    now_ = now_text;
    start({.messages = 8'000, .days = 2, .future_days = 2, .opens_per_hundred = 120});
    now_ = "2026-11-23T18:12:00Z";  // of the run alone
    int passed = 0;
    const auto actual = read_moving(stream, 12min, 6, passed);
    ASSERT_EQ(passed, 5);
    EXPECT_EQ(difference(without_status(outbound(stream)), without_status(actual)), "");
  }
}

}  // namespace
}  // namespace tapster::e2e
