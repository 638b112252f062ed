// The connector of helpdesk/, against a help desk whose tokens live a few seconds or requests, and which
// misbehaves. Rows are compared one by one with the help desk's data.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <tapster/json.hpp>
#include <tapster/testing/replay.hpp>
#include <tapster/time.hpp>
#include <thread>
#include <vector>

#include "helpdesk/server/helpdesk.hpp"
#include "http_server.hpp"
#include "kills.hpp"
#include "oauth_tokens.hpp"
#include "paths.hpp"
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "tables.hpp"

namespace tapster::connectors {
namespace {

using namespace std::chrono_literals;

// The time of the runs, and in seconds since 1970. The last ticket changed some days before it.
constexpr const char* now_text = "2024-06-01T12:00:00Z";
constexpr int64_t now = 1'717'243'200;

std::string time_text(int64_t seconds) {
  std::string text;
  append_time(text, from_unix_micros(seconds * 1'000'000));
  return text;
}

json::object row_of(const Ticket& ticket) {
  return {{"id", ticket.id},
          {"subject", ticket.subject},
          {"status", ticket.status},
          {"requester", ticket.requester},
          {"tags", {"a", "b c"}},
          {"created_at", time_text(ticket.created)},
          {"updated_at", time_text(ticket.updated)}};
}

json::object row_of(const Comment& comment, const Ticket& ticket) {
  return {
      {"id", comment.id},         {"ticket_id", ticket.id}, {"ticket_updated_at", time_text(ticket.updated)},
      {"author", comment.author}, {"body", comment.body},   {"created_at", time_text(comment.created)}};
}

std::string key_of(const std::string&, const json::object& row) {
  return json::serialize(row.at("id"));
}

class Helpdesk : public testing::Test {
 protected:
  Helpdesk() { configure({}); }

  void configure(const json::object& more) {
    json::object config{{"client_id", HelpdeskServer::client_id},
                        {"client_secret", HelpdeskServer::client_secret},
                        {"start_date", "2024-01-01"},
                        {"base_url", desk_.base_url()}};
    for (const auto& [name, value] : more) config[name] = value;
    write_file(file("config.json"), json::serialize(config));
  }

  [[nodiscard]] std::string file(std::string_view name) const { return directory_ / name; }

  [[nodiscard]] Arguments arguments(const std::string& command, const Arguments& more) const {
    Arguments all{command,        "helpdesk",
                  "--plugin-dir", fmt::format("{}/helpdesk", paths::connectors),
                  "--config",     file("config.json")};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  [[nodiscard]] ProcessOptions options() const {
    return {.environment = now_.empty() ? Environment() : Environment{{"TAPSTER_NOW", now_}}};
  }
  Finished run(const std::string& command, const Arguments& more = {}) {
    return run_program(paths::tapster, arguments(command, more), options());
  }
  // Reads as JSON lines, with the state in a file.
  Finished read(Arguments more = {}) {
    more.insert(more.end(), {"--format", "jsonl", "--state-file", file("state.json")});
    return run("read", more);
  }

  [[nodiscard]] Tables everything() const {
    Tables tables;
    for (const auto& ticket : desk_.tickets()) {
      auto row = row_of(ticket);
      tables["tickets"][key_of("tickets", row)] = std::move(row);
      for (const auto& comment : desk_.comments(ticket.id)) {
        auto child = row_of(comment, ticket);
        tables["comments"][key_of("comments", child)] = std::move(child);
      }
    }
    return tables;
  }
  static Tables tables_of(const Finished& finished) {
    Tables tables;
    EXPECT_EQ(merge(tables, finished.out, key_of), 0U) << "a row was read twice";
    return tables;
  }
  void expect_everything(const Finished& finished) {
    EXPECT_EQ(finished.exit, 0) << finished.err;
    EXPECT_EQ(difference(everything(), tables_of(finished)), "");
  }
  // No credential may be in the log.
  static void expect_no_secret(const std::string& text) {
    for (const auto* secret : {"access-token", "refresh-token-", "desk/secret", "desk%2Fsecret"})
      EXPECT_EQ(text.find(secret), std::string::npos) << secret << "\n" << text;
  }

  TemporaryDirectory directory_;
  std::string now_ = now_text;  // empty for the machine's clock
  HelpdeskServer desk_;
};

TEST_F(Helpdesk, EachRowIsReadOnceWithOneToken) {
  const auto finished = read({"--validate", "--verbose"});
  expect_everything(finished);
  expect_no_secret(finished.err);
  const auto tokens = desk_.requests("/oauth/token");
  ASSERT_EQ(tokens.size(), 1U);
  EXPECT_EQ(tokens[0].body,
            "grant_type=client_credentials&client_id=desk-client&client_secret=desk%2Fsecret%3D1&scope=read");
}

TEST_F(Helpdesk, ALaterRunReadsWhatHasChanged) {
  expect_everything(read());
  desk_.touch_ticket(4'005, now + 60);
  desk_.start_again();
  now_ = "2024-06-01T13:00:00Z";
  const auto finished = read();
  EXPECT_EQ(finished.exit, 0) << finished.err;
  auto changed = everything();
  std::erase_if(changed["tickets"], [](const auto& row) { return row.first != "4005"; });
  std::erase_if(changed["comments"], [](const auto& row) { return row.second.at("ticket_id") != 4'005; });
  EXPECT_EQ(changed["comments"].size(), 1U);
  EXPECT_EQ(difference(changed, tables_of(finished)), "");
  EXPECT_EQ(desk_.requests("/search").size(), 1U);
  EXPECT_EQ(desk_.requests("/tickets/4005/comments").size(), 1U);
}

TEST_F(Helpdesk, TicketsAreRequestedOnceForThemselvesAndTheirComments) {
  EXPECT_EQ(read({"--select", "tickets"}).exit, 0);
  const auto searches = desk_.requests("/search").size();
  desk_.start_again();
  expect_everything(run("read", {"--format", "jsonl"}));
  EXPECT_EQ(desk_.requests("/search").size(), searches);
}

TEST_F(Helpdesk, CommentsThatVanishAreSkipped) {
  desk_.on_request([&](const Request&, int) -> std::optional<Response> {
    if (desk_.requests().size() == 1) desk_.merge_ticket(4'007);
    return std::nullopt;
  });
  const auto finished = read();
  expect_everything(finished);
  EXPECT_NE(finished.err.find("4007"), std::string::npos) << finished.err;
}

TEST_F(Helpdesk, AnExpiredCursorStartsTheSliceAnew) {
  std::atomic<bool> is_expired = false;
  desk_.on_request([&](const Request& request, int) -> std::optional<Response> {
    if (request.body.find("cursor") == std::string::npos || is_expired.exchange(true)) return std::nullopt;
    return Response{410, R"({"error":{"code":"cursor_expired","message":"The cursor has expired"}})"};
  });
  const auto finished = run("read", {"--output", file("out"), "--state-file", file("state.json")});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_TRUE(is_expired);
  const auto found = rows_of_files(file("out"), key_of);
  EXPECT_EQ(found.repeated, 0U);
  EXPECT_EQ(difference(everything(), found.tables), "");
}

TEST_F(Helpdesk, TokensOfSecondsAreRenewedBeforeTheyExpire) {
  now_ = "";
  desk_.set_token_life(3s);
  desk_.on_request([](const Request& request, int) -> std::optional<Response> {
    if (request.path == "/search") std::this_thread::sleep_for(100ms);  // the run takes longer than a token
    return std::nullopt;
  });
  expect_everything(read({"--jobs", "2", "--until", "2024-06-01"}));
  EXPECT_GE(desk_.requests("/oauth/token").size(), 2U);
}

TEST_F(Helpdesk, A401MidwayIsFollowedByANewToken) {
  desk_.set_token_life(3'600s, 5);
  const auto finished = read({"--jobs", "1"});
  expect_everything(finished);
  const auto tokens = desk_.requests("/oauth/token").size();
  const auto refused = static_cast<size_t>(desk_.refused());
  EXPECT_EQ(refused, tokens - 1);
  EXPECT_EQ(tokens, (desk_.requests().size() - tokens - refused + 4) / 5);
  expect_no_secret(finished.err);
}

TEST_F(Helpdesk, ThreadsShareTheNewToken) {
  desk_.on_request([&](const Request&, int) -> std::optional<Response> {
    if (desk_.requests().size() == 10) desk_.revoke_access_tokens();
    return std::nullopt;
  });
  expect_everything(read({"--jobs", "8"}));
  EXPECT_EQ(desk_.requests("/oauth/token").size(), 2U);
  EXPECT_GT(desk_.refused(), 0);
}

TEST_F(Helpdesk, AWrongSecretIsRefusedOnce) {
  configure({{"client_secret", "another/secret"}});
  const auto finished = read();
  EXPECT_EQ(finished.exit, 3) << finished.err;
  EXPECT_EQ(desk_.requests().size(), 1U);
  EXPECT_NE(finished.err.find(
                "/oauth/token: HTTP 401, invalid_client: The request is refused. (check client_secret)"),
            std::string::npos)
      << finished.err;
  EXPECT_EQ(finished.err.find("another/secret"), std::string::npos);
}

TEST_F(Helpdesk, ATokenThatIsNeverAcceptedStopsTheRun) {
  desk_.set_token_life(3'600s, 0);
  const auto finished = read({"--jobs", "1"});
  EXPECT_EQ(finished.exit, 3) << finished.err;
  EXPECT_EQ(desk_.requests("/oauth/token").size(), 2U);
  EXPECT_EQ(desk_.requests("/search").size(), 2U);
}

TEST_F(Helpdesk, CutOffAnswersAndLimitsAreOvercome) {
  std::map<std::string, int> attempts;  // of each request
  desk_.on_request([&](const Request& request, int) -> std::optional<Response> {
    auto response = desk_.respond(request);
    switch (++attempts[request.path + " " + request.body]) {
      case 1:
        response.fault = Fault::cut_off;
        return response;
      case 2:
        return Response{
            429, R"({"error":{"code":"slow_down","message":"Too many requests"}})", {{"Retry-After", "1"}}};
      case 3:
        return Response{403, "{}", {{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "3"}}};
      default:
        return response;
    }
  });
  expect_everything(read());
  for (const auto& [what, count] : attempts) EXPECT_GE(count, 4) << what;
}

// A user's refresh token, which rotates: the old one ends when the new one, or its access token, is used.
class HelpdeskUser : public Helpdesk {
 protected:
  HelpdeskUser() { configure({{"refresh_token", OAuthTokens::first_refresh_token}}); }
  [[nodiscard]] Arguments credentials() const { return {"--credentials", file("credentials.json")}; }
};

TEST_F(HelpdeskUser, TheNextRunUsesTheNewRefreshToken) {
  for (const auto* command : {"check", "check", "discover", "check"}) {
    const auto finished = run(command, {"--credentials", file("credentials.json"), "--verbose"});
    EXPECT_EQ(finished.exit, 0) << finished.err;
    expect_no_secret(finished.err);
  }
  expect_everything(read(credentials()));
  EXPECT_EQ(desk_.refused(), 0);
  std::vector<std::string> used;
  for (const auto& request : desk_.requests("/oauth/token")) used.push_back(request.form.at("refresh_token"));
  EXPECT_EQ(used, (std::vector<std::string>{"refresh-token-0", "refresh-token-1", "refresh-token-2",
                                            "refresh-token-3"}));
}

// Tokens of the config and of responses, in forms, headers and bodies.
TEST_F(HelpdeskUser, ARecordedRunHasNoSecretsWhenItIsReplayed) {
  const auto read_as = [&](const Environment& environment, const std::string& credentials) {
    return run_program(paths::tapster,
                       arguments("read", {"--format", "jsonl", "--credentials", file(credentials)}),
                       {.environment = environment});
  };
  expect_everything(
      read_as({{"TAPSTER_NOW", now_text}, {"TAPSTER_RECORD", file("recorded")}}, "credentials.json"));
  const auto made = desk_.requests().size();
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(file("recorded"))) {
    expect_no_secret(content(entry.path()));
    ++files;
  }
  EXPECT_EQ(files, made);

  Replay replay(file("recorded"));
  configure({{"refresh_token", "any token"}, {"client_secret", "any secret"}, {"base_url", replay.url()}});
  expect_everything(read_as({{"TAPSTER_NOW", format_time(replay.now())}}, "other-credentials.json"));
  EXPECT_EQ(replay.unexpected(), std::vector<std::string>());
  EXPECT_EQ(replay.log().size(), made);
  EXPECT_EQ(desk_.requests().size(), made);
}

TEST_F(HelpdeskUser, WithoutAPlaceForItNoTokenIsRequested) {
  const auto finished = read();
  EXPECT_EQ(finished.exit, 2) << finished.err;
  EXPECT_NE(finished.err.find("add --credentials FILE"), std::string::npos) << finished.err;
  EXPECT_TRUE(desk_.requests().empty());
}

TEST_F(HelpdeskUser, AnEndedRefreshTokenNamesItsSetting) {
  configure({{"refresh_token", "refresh-token-x"}});
  const auto finished = run("check", credentials());
  EXPECT_EQ(finished.exit, 3) << finished.err;
  EXPECT_NE(finished.err.find("HTTP 400, invalid_grant: The request is refused. (check refresh_token)"),
            std::string::npos)
      << finished.err;
  EXPECT_EQ(desk_.requests().size(), 1U);
}

// Kills the program at a request: before the help desk acts on it, or after that and before it responds.
// Every access token lives four requests, so the refresh token rotates several times in a run.
class HelpdeskKills : public HelpdeskUser, public testing::WithParamInterface<bool> {};

TEST_P(HelpdeskKills, AfterAKillTheNextRunLogsIn) {
  const bool acts = GetParam();
  desk_.set_token_life(3'600s, 4);
  auto to_files = credentials();
  to_files.insert(to_files.end(), {"--output", file("out"), "--state-file", file("state.json"),
                                   "--commit-interval", "0", "--jobs", "1"});
  const auto run_to = [&](size_t at) {
    auto finished = run_until_killed(arguments("read", to_files), options(), [&](const auto& kill) {
      desk_.on_request([this, kill, at, acts](const Request& request, int) -> std::optional<Response> {
        if (desk_.requests().size() != at) return std::nullopt;
        std::optional<Response> lost;
        if (acts) lost = desk_.respond(request);
        kill();
        return lost;
      });
    });
    EXPECT_NE(finished.exit, 3) << "locked out before request " << at << "\n" << finished.err;
    desk_.start_again();
    return finished;
  };
  const auto killed = kill_at_requests(run_to, [](size_t at) { return at + (at < 12 ? 1 : 6); });
  EXPECT_EQ(killed.last.exit, 0) << killed.last.err;
  EXPECT_GT(killed.runs, 8);
  expect_rows_of_files(everything(), file("out"), key_of);
}

INSTANTIATE_TEST_SUITE_P(Helpdesk, HelpdeskKills, testing::Bool(),
                         [](const auto& acts) { return acts.param ? "AfterItActed" : "BeforeItActs"; });

}  // namespace
}  // namespace tapster::connectors
