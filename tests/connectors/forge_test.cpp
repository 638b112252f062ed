// The connector of forge/, against a forge that changes and misbehaves while it is read. Rows are compared
// one by one with the forge's data.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tapster/json.hpp>
#include <tapster/time.hpp>
#include <vector>

#include "forge/server/forge.hpp"
#include "http_server.hpp"
#include "kills.hpp"
#include "paths.hpp"
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "tables.hpp"

namespace tapster::connectors {
namespace {

// The time of the runs, and in seconds since 1970. The forge's last change is some weeks before it.
constexpr const char* now_text = "2024-06-01T12:00:00Z";
constexpr int64_t now = 1'717'243'200;

std::string time_text(int64_t seconds) {
  std::string text;
  append_time(text, from_unix_micros(seconds * 1'000'000));
  return text;
}

json::object row_of(const Issue& issue) {
  const auto updated = time_text(issue.updated);
  return {{"id", issue.id},
          {"repository", issue.repository},
          {"number", issue.number},
          {"title", issue.title},
          {"state", issue.is_open ? "open" : "closed"},
          {"author", fmt::format("user-{}", issue.id % 7)},
          {"labels", {"bug", "näher"}},
          {"closed_at", issue.is_open ? json::value() : json::value(updated)},
          {"updated_at", updated}};
}

json::object row_of(const Repository& repository) {
  return {
      {"id", repository.id},
      {"name", repository.name},
      {"description", repository.description.empty() ? json::value() : json::value(repository.description)},
      {"private", repository.id % 2 == 0},
      {"stars", repository.stars},
      {"size", 1500.0},
      {"created_at", time_text(1'711'929'600 + repository.id)}};
}

json::object row_of(const Event& event) {
  return {{"id", event.id},
          {"repository", event.repository},
          {"kind", event.kind},
          {"actor", {{"login", "ann"}, {"profile", {{"site_admin", false}}}}},
          {"public", event.is_public},
          {"created_at", time_text(event.created)},
          {"details", json::parse("{" + event.more.substr(1) + "}")}};
}

std::string key_of(const std::string& stream, const json::object& row) {
  return json::serialize(row.at(stream == "languages" ? "name" : "id"));
}

template <class Row>
void add(Tables& tables, const std::string& stream, const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    auto object = row_of(row);
    tables[stream][key_of(stream, object)] = std::move(object);
  }
}

// All rows of the forge.
Tables everything(const ForgeServer& forge) {
  Tables tables;
  add(tables, "repositories", forge.repositories());
  add(tables, "issues", forge.issues());
  add(tables, "events", forge.events());
  for (const auto* text :
       {R"({"name":"C++","color":"#f34b7d","files":12})", R"({"name":"Go","color":null,"files":3})",
        R"({"name":"Größe/~1","color":null,"files":null})"}) {
    auto row = json::parse(text).as_object();
    tables["languages"][key_of("languages", row)] = std::move(row);
  }
  return tables;
}

class Forge : public testing::Test {
 protected:
  Forge() { configure(ForgeServer::token); }

  void configure(const std::string& token) {
    const json::object config{{"token", token},
                              {"repositories", {"alpha", "beta"}},
                              {"start_date", "2024-01-01"},
                              {"base_url", forge_.base_url()}};
    write_file(file("config.json"), json::serialize(config));
  }

  [[nodiscard]] std::string file(std::string_view name) const { return directory_ / name; }

  [[nodiscard]] Arguments arguments(const std::string& command, const Arguments& more) const {
    Arguments all{command,        "forge",
                  "--plugin-dir", fmt::format("{}/forge", paths::connectors),
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

  static Tables tables_of(const Finished& finished) {
    Tables tables;
    EXPECT_EQ(merge(tables, finished.out, key_of), 0U) << "a row was read twice";
    return tables;
  }

  // The bookmark of a repository's issues; empty if there is none.
  [[nodiscard]] std::string bookmark(const std::string& repository) const {
    const auto state = json::parse(content(file("state.json")));
    json::error_code error;
    const auto* value = state.find_pointer("/bookmarks/issues/repositories/" + repository, error);
    return value == nullptr ? "" : std::string(view(value->as_string()));
  }

  TemporaryDirectory directory_;
  std::string now_ = now_text;  // empty for the machine's clock
  ForgeServer forge_;
};

TEST_F(Forge, EachRowIsReadOnce) {
  const auto finished = read({"--validate"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_EQ(difference(everything(forge_), tables_of(finished)), "");
  EXPECT_EQ(bookmark("alpha"), now_text);
  EXPECT_EQ(bookmark("beta"), now_text);
}

TEST_F(Forge, AHostOfAbi10ReadsTheSameRows) {
  const auto finished = run_program(
      paths::old_host, {fmt::format("{}/forge/tapster-forge.so", paths::connectors), file("config.json"),
                        std::to_string(now * 1'000'000), "repositories", "languages", "issues", "events"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  std::string rows;
  json::object states;
  for (const auto& line : lines_of(finished.out)) {
    const auto parsed = json::parse(line).as_object();
    if (const auto* state = parsed.if_contains("state"))
      states[text_of(parsed, "stream")] = *state;
    else
      rows += line + "\n";
  }
  Tables found;
  EXPECT_EQ(merge(found, rows, key_of), 0U);
  EXPECT_EQ(difference(everything(forge_), found), "");
  EXPECT_EQ(json::serialize(states.at("issues")),
            fmt::format(R"({{"repositories":{{"alpha":"{0}","beta":"{0}"}}}})", now_text));
}

TEST_F(Forge, ValuesKeepTheirBytes) {
  const auto finished = read();
  const std::vector<std::string> texts{
      R"("id":9007199254740995,)",
      R"("details":{"payload":{"size":159,"commits":[{"sha":"000000000000000000000000000000000000009f","parents":[]}]},"weight":1.10})",
      R"("size":1.50e3)",
      R"("description":"A \"quoted\" text: \\ / \t, é, 漢, 😀, and \u2028 a line separator")",
      R"("name":"Größe/~1")",
  };
  for (const auto& text : texts) EXPECT_NE(finished.out.find(text), std::string::npos) << text;
}

TEST_F(Forge, ACheckMakesOneRequest) {
  EXPECT_EQ(run("check").exit, 0);
  EXPECT_EQ(targets_of(forge_.requests()), std::vector<std::string>{"/user"});
}

TEST_F(Forge, AWrongTokenIsRefusedOnce) {
  configure("another-token");
  const auto finished = read({"--jobs", "1"});
  EXPECT_EQ(finished.exit, 3) << finished.err;
  EXPECT_EQ(finished.out, "");
  EXPECT_EQ(forge_.requests().size(), 1U);
  EXPECT_EQ(finished.err.find("another-token"), std::string::npos);
  EXPECT_EQ(run("check").exit, 3);
}

TEST_F(Forge, ALaterRunReadsWhatHasChanged) {
  EXPECT_EQ(read().exit, 0);
  forge_.touch_issue(10'005, now);  // in the second of the bookmark
  forge_.touch_issue(10'100, now + 60);
  forge_.start_again();
  now_ = "2024-06-01T13:00:00Z";
  const auto finished = read({"--select", "issues"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  Tables changed;
  for (const auto& issue : forge_.issues()) {
    if (issue.updated >= now) add(changed, "issues", std::vector{issue});
  }
  EXPECT_EQ(changed["issues"].size(), 2U);
  EXPECT_EQ(difference(changed, tables_of(finished)), "");
  for (const auto* path : {"/repos/alpha/issues", "/repos/beta/issues"}) {
    const auto requests = targets_of(forge_.requests(path));
    EXPECT_LE(requests.size(), 2U);
    EXPECT_NE(requests.at(0).find("since=2024-06-01T12:00:00Z"), std::string::npos) << requests.at(0);
  }
}

// The forge shows whole seconds. An issue of the second in which a run begins may change again in it.
TEST_F(Forge, ARowOfTheSecondInWhichTheRunBeganIsReadByTheNextRun) {
  now_ = "2024-06-01T12:00:00.5Z";
  forge_.touch_issue(10'005, now);
  EXPECT_EQ(read().exit, 0);
  forge_.touch_issue(10'100, now);
  now_ = "2024-06-01T13:00:00Z";
  const auto finished = read({"--select", "issues"});
  const auto tables = tables_of(finished);
  ASSERT_TRUE(tables.contains("issues")) << finished.err;
  EXPECT_TRUE(tables.at("issues").contains("10100"));
}

TEST_F(Forge, ADeletedRowHidesNoOther) {
  forge_.on_request([&](const Request& request, int number) -> std::optional<Response> {
    if (request.path == "/repos" && number == 2) forge_.erase_repository(490);
    if (request.path == "/repos/beta/issues" && number == 2) forge_.erase_issue(20'003);
    // In the second with many issues.
    if (request.path == "/repos/alpha/issues" && number == 3) forge_.erase_issue(10'045);
    return std::nullopt;
  });
  const auto finished = read();
  EXPECT_EQ(finished.exit, 0) << finished.err;
  auto found = tables_of(finished);
  EXPECT_EQ(found["repositories"].erase("490"), 1U) << "it was there when its page was read";
  EXPECT_EQ(found["issues"].erase("20003"), 1U);
  EXPECT_EQ(found["issues"].erase("10045"), 1U);
  EXPECT_EQ(difference(everything(forge_), found), "");
}

// A server may leave out rows after it has made a page.
TEST_F(Forge, APageWithFewerRowsIsNotTheLast) {
  forge_.on_request([&](const Request& request, int number) -> std::optional<Response> {
    if (!request.path.ends_with("/issues") || number % 2 != 0) return std::nullopt;
    auto response = forge_.respond(request);
    auto rows = json::parse(response.body).as_array();
    if (rows.size() > 1) rows.erase(rows.begin());  // it was on the page before
    response.body = json::serialize(rows);
    return response;
  });
  const auto finished = read();
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_EQ(difference(everything(forge_), tables_of(finished)), "");
}

// Each of the first pages of issues finds three issues changed, which moves them to the end of the list: one
// that was read, one that was not read yet, and the one at which the page starts.
class ForgeChanges : public Forge {
 protected:
  void change_issues(int64_t seconds) {
    forge_.on_request([this, seconds](const Request& request, int number) -> std::optional<Response> {
      if (!request.path.ends_with("/issues") || number < 2 || number > 20) return std::nullopt;
      const auto first = request.path == "/repos/alpha/issues" ? 10'000 : 20'000;
      const auto start = parse_time(request.parameter("since"))->time_since_epoch() / std::chrono::seconds(1);
      forge_.touch_issue(first + number, seconds + number);
      forge_.touch_issue(first + 105 - number, seconds + number);
      const auto issues = forge_.issues();
      const auto at_start = std::find_if(issues.begin(), issues.end(), [&](const Issue& issue) {
        return issue.id > first && issue.id < first + 1'000 && issue.updated == start;
      });
      if (at_start != issues.end()) forge_.touch_issue(at_start->id, seconds + number);
      return std::nullopt;
    });
  }
};

TEST_F(ForgeChanges, RowsThatChangeBeforeTheEndOfTheWindowAreRead) {
  change_issues(now - 3'600);
  const auto finished = read();
  EXPECT_EQ(finished.exit, 0) << finished.err;
  Tables found;
  merge(found, finished.out, key_of);
  EXPECT_EQ(difference(everything(forge_), found), "");
}

TEST_F(ForgeChanges, RowsThatChangeAfterItAreReadByTheNextRun) {
  change_issues(now + 60);
  const auto first = read();
  EXPECT_EQ(first.exit, 0) << first.err;
  forge_.start_again();
  now_ = "2024-06-01T13:00:00Z";
  const auto second = read();
  EXPECT_EQ(second.exit, 0) << second.err;
  Tables found;
  merge(found, first.out, key_of);
  merge(found, second.out, key_of);
  EXPECT_EQ(difference(everything(forge_), found), "");
}

TEST_F(Forge, TheLimitOfRequestsIsWaitedFor) {
  now_ = "";
  using Clock = std::chrono::system_clock;
  std::optional<int64_t> reset;
  int early = 0;
  forge_.on_request([&](const Request& request, int number) -> std::optional<Response> {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(Clock::now().time_since_epoch()).count();
    if (request.path == "/repos/beta/issues" && (number == 1 || number == 3)) {
      reset = seconds + 2;
      // The last request before the limit, and then one too many.
      auto response = number == 1 ? forge_.respond(request) : Response{429, R"({"message":"Slow down"})"};
      response.headers = {{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", std::to_string(*reset)}};
      return response;
    }
    if (reset && seconds < *reset) ++early;
    return std::nullopt;
  });
  const auto finished = read({"--jobs", "1", "--select", "issues"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  Tables issues;
  add(issues, "issues", forge_.issues());
  EXPECT_EQ(difference(issues, tables_of(finished)), "");
  ASSERT_TRUE(reset);
  EXPECT_EQ(early, 0);
  EXPECT_EQ(forge_.requests("/repos/beta/issues").size(), 5U);
}

// The server gives every page of a path as its first one.
class ForgeRepeats : public Forge {
 protected:
  // Expects an error that names the page, and all rows of the other streams and repositories.
  void expect_error(const std::string& stream, const std::string& path, const std::string& message) {
    std::optional<Response> first;
    forge_.on_request([&](const Request& request, int) -> std::optional<Response> {
      if (request.path != path) return std::nullopt;
      if (!first) first = forge_.respond(request);
      return first;
    });
    const auto finished = read();
    EXPECT_EQ(finished.exit, 5) << finished.err;
    EXPECT_NE(finished.err.find(path), std::string::npos) << finished.err;
    EXPECT_NE(finished.err.find(message), std::string::npos) << finished.err;
    EXPECT_LT(forge_.requests(path).size(), 10U);

    Tables found;
    merge(found, finished.out, key_of);
    auto expected = everything(forge_);
    for (auto* tables : {&expected, &found}) {
      std::erase_if((*tables)[stream], [&](const auto& row) {
        const auto* repository = row.second.if_contains("repository");
        return repository == nullptr || path.find(view(repository->as_string())) != std::string::npos;
      });
    }
    EXPECT_EQ(difference(expected, found), "");
    EXPECT_EQ(bookmark("alpha"), now_text);
    EXPECT_EQ(bookmark("beta"), stream == "issues" ? "" : now_text);

    forge_.start_again();
    EXPECT_EQ(read().exit, 0);
    EXPECT_EQ(bookmark("beta"), now_text);
  }
};

TEST_F(ForgeRepeats, APageByNumberIsAnError) {
  expect_error("repositories", "/repos", "a page has only rows of the page before it");
}

TEST_F(ForgeRepeats, APageByTimeIsAnError) {
  expect_error("issues", "/repos/beta/issues", "the page has only rows of earlier pages");
}

TEST_F(ForgeRepeats, APageByLinkIsAnError) {
  expect_error("events", "/repos/alpha/events", "the page has the same rows as a page before it");
}

TEST_F(Forge, ALinkToAnEarlierPageIsAnError) {
  forge_.on_request([&](const Request& request, int number) -> std::optional<Response> {
    if (request.path != "/repos/alpha/events" || number < 3) return std::nullopt;
    auto response = forge_.respond(request);
    response.headers["Link"] = fmt::format("<{}>; rel=next", forge_.requests(request.path).at(1).target);
    return response;
  });
  const auto finished = read();
  EXPECT_EQ(finished.exit, 5);
  EXPECT_NE(finished.err.find("the page has the same rows as a page before it"), std::string::npos)
      << finished.err;
}

// The token is for the forge alone.
TEST_F(Forge, ALinkToAnotherHostIsNotFollowed) {
  std::atomic<int> requests = 0;
  const HttpServer other([&](const Request&) {
    ++requests;
    return Response{200, "[]"};
  });
  const auto host = fmt::format("http://127.0.0.1:{}", other.port());
  forge_.on_request([this, host](const Request& request, int) -> std::optional<Response> {
    auto response = forge_.respond(request);
    if (request.path == "/repos/alpha/events")
      response.headers["Link"] = fmt::format("<{}/events>; rel=\"next\"", host);
    return response;
  });
  const auto finished = read();
  EXPECT_EQ(finished.exit, 5);
  EXPECT_NE(finished.err.find(fmt::format("a response leads to {}, which is not requested", host)),
            std::string::npos)
      << finished.err;
  EXPECT_EQ(requests, 0);
}

// The issues of alpha are one slice. Its first page ends in the second with many issues.
TEST_F(Forge, AfterAKillInTheMiddleOfASliceItsRestIsRead) {
  const Arguments to_files{"--output",         file("out"),         "--state-file",
                           file("state.json"), "--commit-interval", "0"};
  const auto first = run_until_killed(arguments("read", to_files), options(), [&](const auto& kill) {
    forge_.on_request([kill](const Request& request, int number) -> std::optional<Response> {
      if (request.path == "/repos/alpha/issues" && number == 4) kill();
      return std::nullopt;
    });
  });
  EXPECT_EQ(first.exit, 128 + SIGKILL);
  forge_.start_again();
  const auto second = run("read", to_files);
  EXPECT_EQ(second.exit, 0) << second.err;
  const auto first_request = forge_.requests("/repos/alpha/issues").at(0).target;
  EXPECT_NE(first_request.find("since=2024-04-02T16:00:00Z"), std::string::npos) << first_request;
  expect_rows_of_files(everything(forge_), file("out"), key_of);
}

TEST_F(Forge, FilesHaveEveryRowAfterKillsAtAnyRequest) {
  const Arguments to_files{"--output",         file("out"),         "--state-file",
                           file("state.json"), "--commit-interval", "0"};
  const auto run_to = [&](size_t at) {
    auto finished = run_until_killed(arguments("read", to_files), options(), [&](const auto& kill) {
      forge_.on_request([this, kill, at](const Request&, int) -> std::optional<Response> {
        if (forge_.requests().size() == at) kill();
        return std::nullopt;
      });
    });
    forge_.start_again();
    return finished;
  };
  const auto killed = kill_at_requests(run_to, [](size_t at) { return at + 2; });
  EXPECT_EQ(killed.last.exit, 0) << killed.last.err;
  EXPECT_GT(killed.runs, 3);
  expect_rows_of_files(everything(forge_), file("out"), key_of);
}

// The shard that reads the issues of alpha dies in the middle of the slice, and reads the rest later.
TEST_F(Forge, ShardsHaveTheRowsAndTheStateOfASingleRun) {
  ASSERT_EQ(run("plan", {"--output", file("plan.jsonl")}).exit, 0);
  const auto shard = [&](int index) {
    const auto number = std::to_string(index);
    return Arguments{"--plan",
                     file("plan.jsonl"),
                     "--shard",
                     number + "/2",
                     "--state-file",
                     file("s" + number),
                     "--output",
                     file("data/" + number),
                     "--commit-interval",
                     "0"};
  };
  int killed = 0;
  for (const int index : {1, 2}) {
    const auto first = run_until_killed(arguments("read", shard(index)), options(), [&](const auto& kill) {
      forge_.on_request([kill](const Request& request, int number) -> std::optional<Response> {
        if (request.path == "/repos/alpha/issues" && number == 4) kill();
        return std::nullopt;
      });
    });
    forge_.start_again();
    if (first.exit == 0) continue;
    ++killed;
    EXPECT_EQ(first.exit, 128 + SIGKILL) << first.err;
    const auto state = content(file(fmt::format("s{}", index)));
    EXPECT_NE(state.find(R"("became":{"0")"), std::string::npos) << state;
    const auto second = run("read", shard(index));
    EXPECT_EQ(second.exit, 0) << second.err;
  }
  EXPECT_EQ(killed, 1);
  auto rows = rows_of_files(file("data/1"), key_of);
  const auto others = rows_of_files(file("data/2"), key_of);
  EXPECT_EQ(rows.repeated + others.repeated, 0U);
  for (const auto& [stream, table] : others.tables)
    for (const auto& row : table) EXPECT_TRUE(rows.tables[stream].insert(row).second) << stream << row.first;
  EXPECT_EQ(difference(everything(forge_), rows.tables), "");

  const auto merged =
      run_program(paths::tapster,
                  {"state", "merge", file("plan.jsonl"), file("s1"), file("s2"), "--plugin-dir",
                   fmt::format("{}/forge", paths::connectors), "--config", file("config.json")},
                  options());
  ASSERT_EQ(merged.exit, 0) << merged.err;
  ASSERT_EQ(read().exit, 0);
  const auto whole = json::parse(content(file("state.json")));
  EXPECT_EQ(json::parse(merged.out).at("bookmarks").at("issues"), whole.at("bookmarks").at("issues"));
}

}  // namespace
}  // namespace tapster::connectors
