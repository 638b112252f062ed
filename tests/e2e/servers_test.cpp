// Several servers in one run: each with its own token, data, state and failures.
#include <fmt/format.h>

#include <chrono>
#include <deque>

#include "expected_lists.hpp"
#include "fixture.hpp"

namespace tapster::e2e {
namespace {

constexpr std::string_view no_lookback = R"("lookback_days":0,"stats_lookback_days":0,)";
constexpr int64_t first_id = 7;
const std::vector<std::string> tokens{"token-of-seven", "token-of-eight", "token-of-nine"};
constexpr std::string_view account_token = "token-of-the-account";

constexpr std::string_view one = R"("postmark_server_token":"token-of-seven",)";
constexpr std::string_view eight = R"("postmark_server_token":"token-of-eight",)";
constexpr std::string_view all_given =
    R"("postmark_server_token":"token-of-seven","postmark_server_tokens":["token-of-eight","token-of-nine"],)";
constexpr std::string_view all_listed =
    R"("postmark_account_token":"token-of-the-account","all_servers":true,)";

// The servers 7, 8 and 9. Messages of different servers have the same ids.
class SeveralServers : public EndToEnd {
 protected:
  SeveralServers() {
    first_day_ = "2026-11-09";
    add_servers({.messages = 500, .days = 14, .future_days = 3});
  }

  // The server's threads may still be at what is destroyed here.
  ~SeveralServers() override { server_.reset(); }

  void add_servers(sandbox::AccountOptions options) {
    server_.reset();
    apis_.clear();
    accounts_.clear();
    options.now = at(now_);
    for (const auto* name : {"Product", "Grüße & news", "Staging"}) {
      options.server_id = first_id + static_cast<int64_t>(accounts_.size());
      options.server_name = name;
      options.seed = accounts_.size() + 1;
      sandbox::ApiOptions api;
      api.token = tokens[accounts_.size()];
      apis_.emplace_back(accounts_.emplace_back(options), api);
    }
    serve();
  }

  void serve() {
    std::vector<const sandbox::Api*> all;
    for (const auto& api : apis_) all.push_back(&api);
    server_.reset();
    server_ = std::make_unique<sandbox::Server>(sandbox::Servers(all, std::string(account_token)));
    configure(settings_);
  }

  // `settings`: the tokens and other settings.
  void configure(std::string_view settings) {
    settings_ = settings;
    write_file(directory_ / "config.json", fmt::format(R"({{{}"start_date":"{}","base_url":"{}"}})",
                                                       settings_, first_day_, server_->base_url()));
  }

  void set_now(std::string_view now) {
    server_.reset();
    now_ = now;
    for (auto& account : accounts_) account.set_now(at(now));
    serve();
  }

  [[nodiscard]] Tables everything_of(const std::set<int64_t>& ids = {7, 8, 9}) const {
    Tables tables;
    for (const auto& account : accounts_) {
      if (ids.contains(account.options().server_id))
        merge(tables, expected_tables(account, first_day_, at(now_) - std::chrono::minutes(1)));
    }
    if (settings_.find(account_token) != std::string::npos) merge(tables, of_account());
    return tables;
  }

  // The account's own lists.
  [[nodiscard]] Tables of_account() const {
    std::vector<const sandbox::Account*> servers;
    for (const auto& account : accounts_) servers.push_back(&account);
    return expected_account_lists(servers);
  }

  // The rows that a run with the state file reads. It must end with `exit`.
  Tables next_rows(int exit = 0) {
    last_ = read({"--state-file", file("state.json")});
    EXPECT_EQ(last_.exit, exit) << last_.err;
    size_t doubled = 0;
    auto tables = tables_of_singer(last_.out, doubled);
    EXPECT_EQ(doubled, 0U);
    return tables;
  }

  [[nodiscard]] json::object bookmark(const std::string& stream) const {
    return json::parse(content(file("state.json"))).at("bookmarks").at(stream).as_object();
  }

  // A fault of one server's requests, from now on.
  static void fail(sandbox::Server& server, size_t number, int status, std::string path = "/",
                   int times = 1'000'000) {
    sandbox::Fault fault;
    fault.path = std::move(path);
    fault.token = tokens[number];
    fault.status = status;
    fault.times = times;
    server.inject(fault);
  }

  // Where a token may have come to: everything that the last run wrote.
  void expect_no_token() const {
    for (const auto& token : tokens) {
      for (const auto& text : {last_.out, last_.err}) EXPECT_EQ(text.find(token), std::string::npos) << text;
      for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path())) {
        if (!entry.is_regular_file() || entry.path().filename() == "config.json") continue;
        EXPECT_EQ(content(entry.path()).find(token), std::string::npos) << entry.path();
      }
    }
    EXPECT_EQ((last_.out + last_.err).find(account_token), std::string::npos);
  }

  std::string settings_{all_given};
  std::deque<sandbox::Account> accounts_;
  std::deque<sandbox::Api> apis_;
  Finished last_;
};

TEST_F(SeveralServers, EveryRowOfEachServerIsRead) {
  for (const auto settings : {all_given, all_listed}) {
    configure(settings);
    last_ = read();
    ASSERT_EQ(last_.exit, 0) << last_.err;
    size_t doubled = 0;
    EXPECT_EQ(difference(everything_of(), tables_of_singer(last_.out, doubled)), "");
    EXPECT_EQ(doubled, 0U);
    size_t schemas = 0;
    for (const auto& line : lines_of(last_.out)) {
      if (!line.starts_with(R"({"type":"SCHEMA")")) continue;
      const auto schema = json::parse(line);
      const auto stream = json::value_to<std::string>(schema.at("stream"));
      EXPECT_EQ(schema.at("key_properties").at(0), of_account().contains(stream) ? "id" : "server_id")
          << stream;
      ++schemas;
    }
    EXPECT_EQ(schemas, everything_of().size());
  }
}

TEST_F(SeveralServers, ShareTheUsersRate) {
  configure(all_given);
  last_ = expect_paced(read_arguments({"--rate", "20", "--select", "templates", "--select", "webhooks"}),
                       std::chrono::milliseconds(50), 2 * tokens.size());
}

TEST_F(SeveralServers, ASingleServerHasTheServerColumnsOutsideTheKey) {
  configure(one);
  last_ = read();
  ASSERT_EQ(last_.exit, 0) << last_.err;
  size_t doubled = 0;
  EXPECT_EQ(difference(everything_of({7}), tables_of_singer(last_.out, doubled)), "");
  EXPECT_EQ(last_.out.find(R"("key_properties":["server_id")"), std::string::npos);
  const auto asked = server_->requests();
  EXPECT_EQ(std::count(asked.begin(), asked.end(), "/server"), 2);  // for the columns, and for the stream
  EXPECT_EQ(std::count(asked.begin(), asked.end(), "/servers"), 0);
}

// The name is requested beside the plan, which does not know the columns.
TEST_F(SeveralServers, DeselectedColumnsCostAtMostOneRequest) {
  configure(one);
  auto catalog = json::parse(run({"discover", "postmark", "--config", file("config.json")}).out);
  for (auto& stream : catalog.at("streams").as_array()) {
    for (auto& entry : stream.at("metadata").as_array()) {
      const auto& path = entry.at("breadcrumb").as_array();
      if (path.size() != 2 || !path[1].as_string().starts_with("server_")) continue;
      entry.at("metadata").as_object()["selected"] = false;
    }
  }
  write_file(file("catalog.json"), json::serialize(catalog));
  const auto finished = read({"--catalog", file("catalog.json"), "--exclude", "server"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  const auto asked = server_->requests();
  EXPECT_LE(std::count(asked.begin(), asked.end(), "/server"), 1);
  EXPECT_EQ(finished.out.find(R"("server_name":"Product")"), std::string::npos);
}

TEST_F(SeveralServers, DiscoverMakesNoRequest) {
  for (const auto settings : {one, all_given, all_listed}) {
    configure(settings);
    EXPECT_EQ(run({"discover", "postmark", "--config", file("config.json")}).exit, 0);
  }
  EXPECT_EQ(server_->requests().size(), 0U);
}

TEST_F(SeveralServers, TheNextRunContinuesEachServer) {
  configure(std::string(all_listed) + std::string(no_lookback));
  auto all = next_rows();
  set_now("2026-11-24T19:30:00Z");
  const auto second = next_rows();
  EXPECT_EQ(
      difference(part_of(everything_of(), "2026-11-23T17:11:00Z", "9999", "2026-11-23", "9999"), second), "");
  merge(all, second);
  EXPECT_EQ(difference(without_status(everything_of()), without_status(all)), "");
  EXPECT_EQ(
      bookmark("stats_outbound_bounces"),
      json::parse(
          R"({"servers":{"7":{"date":"2026-11-24"},"8":{"date":"2026-11-24"},"9":{"date":"2026-11-24"}}})")
          .as_object());
}

// Whatever the request at which it happens.
TEST_F(SeveralServers, ATokenRevokedMidwayFailsOnlyItsServer) {
  for (const int from : {2, 9, 30}) {
    std::filesystem::remove(file("state.json"));
    serve();
    std::atomic<int> made = 0;
    server_->on_request([&, server = server_.get()](const std::string&) {
      if (++made == from) fail(*server, 1, 401);
    });
    auto all = next_rows(5);
    expect_no_token();
    EXPECT_NE(last_.err.find("HTTP 401"), std::string::npos) << last_.err;
    EXPECT_NE(last_.err.find("check token 1 of postmark_server_tokens"), std::string::npos) << last_.err;
    for (const auto& [stream, rows] : everything_of({7, 9})) {
      for (const auto& [key, row] : rows) ASSERT_TRUE(all[stream].contains(key)) << stream << key;
    }
    for (const auto* id : {"7", "9"}) {
      EXPECT_EQ(bookmark("stats_outbound_platform").at("servers").at(id).at("date"), "2026-11-23");
      for (const auto* message_stream : {"outbound", "broadcast", "old-news"})
        EXPECT_EQ(bookmark("messages_outbound").at("servers").at(id).at("message_streams").at(message_stream),
                  "2026-11-23T17:11:00Z");
    }
    serve();
    merge(all, next_rows());
    EXPECT_EQ(difference(everything_of(), all), "") << from;
  }
}

TEST_F(SeveralServers, AServerThatIsDownLeavesTheOthersAndIsReadByTheNextRun) {
  configure(std::string(all_given) + std::string(no_lookback));
  for (const int status : {401, 503}) {
    std::filesystem::remove(file("state.json"));
    std::filesystem::remove_all(file("out"));
    serve();
    fail(*server_, 2, status);
    const std::vector<std::string> more{"--until",   "2026-11-23T16:12:00Z", "--output",
                                        file("out"), "--state-file",         file("state.json")};
    last_ = read(more);
    EXPECT_EQ(last_.exit, 5) << last_.err;
    EXPECT_NE(last_.err.find(fmt::format("HTTP {}", status)), std::string::npos);
    EXPECT_NE(last_.err.find("token 2 of postmark_server_tokens"), std::string::npos) << last_.err;
    size_t doubled = 0;
    const auto until = [](const Tables& tables) {
      return part_of(tables, "", "2026-11-23T16:12:00Z", "", "9999");
    };
    // An incomplete list does not replace the previous one.
    auto expected = until(everything_of({7, 8}));
    std::erase_if(expected, [](const auto& table) { return is_list(table.first); });
    EXPECT_EQ(difference(expected, tables_of_files(file("out"), doubled)), "");
    EXPECT_EQ(doubled, 0U);
    serve();
    last_ = read(more);
    EXPECT_EQ(last_.exit, 0) << last_.err;
    EXPECT_EQ(difference(until(everything_of()), tables_of_files(file("out"), doubled)), "");
  }
}

// Rate limits are per token.
TEST_F(SeveralServers, ARateLimitOfOneServerLosesNoRow) {
  fail(*server_, 1, 429, "/", 12);
  last_ = read({"--until", "2026-11-23T16:12:00Z"});
  EXPECT_EQ(last_.exit, 0) << last_.err;
  EXPECT_NE(last_.err.find("HTTP 429"), std::string::npos) << last_.err;
  size_t doubled = 0;
  EXPECT_EQ(difference(part_of(everything_of(), "", "2026-11-23T16:12:00Z", "", "9999"),
                       tables_of_singer(last_.out, doubled)),
            "");
}

TEST_F(SeveralServers, CheckReportsEachServerThatFails) {
  const auto check = [&] { return last_ = run({"check", "postmark", "--config", file("config.json")}); };
  EXPECT_EQ(check().exit, 0) << last_.err;
  EXPECT_EQ(server_->requests(), (std::vector<std::string>{"/server", "/server", "/server"}));
  fail(*server_, 1, 401);
  EXPECT_EQ(check().exit, 3);
  EXPECT_NE(last_.err.find("token 1 of postmark_server_tokens"), std::string::npos) << last_.err;
  fail(*server_, 2, 401);
  EXPECT_EQ(check().exit, 3);
  EXPECT_NE(last_.err.find("token 1 of postmark_server_tokens"), std::string::npos) << last_.err;
  EXPECT_NE(last_.err.find("token 2 of postmark_server_tokens"), std::string::npos) << last_.err;
  EXPECT_EQ(last_.err.find("check postmark_server_token)"), std::string::npos) << last_.err;
  configure(all_listed);
  EXPECT_EQ(check().exit, 3);
  EXPECT_NE(last_.err.find("server 8 (Grüße & news)"), std::string::npos) << last_.err;
  EXPECT_NE(last_.err.find("server 9 (Staging)"), std::string::npos) << last_.err;
  expect_no_token();
}

TEST_F(SeveralServers, MoreServersThanAPageAreAllFound) {
  server_.reset();
  apis_.clear();
  accounts_.clear();
  for (int64_t id = 1; id <= 501; ++id) {
    sandbox::ApiOptions api;
    api.token = fmt::format("token-{}", id);
    apis_.emplace_back(
        accounts_.emplace_back(sandbox::AccountOptions{.messages = 0, .now = at(now_), .server_id = id}),
        api);
  }
  settings_ = all_listed;
  serve();
  EXPECT_EQ(run({"check", "postmark", "--config", file("config.json")}).exit, 0);
  const auto asked = server_->requests();
  EXPECT_EQ(std::count(asked.begin(), asked.end(), "/servers?count=500&offset=500"), 1);
  EXPECT_EQ(std::count(asked.begin(), asked.end(), "/server"), 501);
}

TEST_F(SeveralServers, ARefusedAccountTokenIsNamed) {
  configure(R"("postmark_account_token":"wrong-token","all_servers":true,)");
  last_ = read();
  EXPECT_EQ(last_.exit, 3) << last_.err;
  EXPECT_NE(last_.err.find("check postmark_account_token"), std::string::npos) << last_.err;
  // The servers with given tokens are read nevertheless.
  configure(
      R"("postmark_account_token":"wrong-token","all_servers":true,"postmark_server_token":"token-of-eight",)");
  last_ = read();
  EXPECT_EQ(last_.exit, 5) << last_.err;
  size_t doubled = 0;
  EXPECT_EQ(difference(everything_of({8}), tables_of_singer(last_.out, doubled)), "");
}

TEST_F(SeveralServers, AServerIsReadOnceIfItsTokenIsGivenAndListed) {
  configure(std::string(all_listed) + std::string(eight));
  EXPECT_EQ(difference(everything_of(), next_rows()), "");
}

TEST_F(SeveralServers, TwoTokensOfOneServerAreAConfigError) {
  configure(R"("postmark_server_token":"token-of-seven","postmark_server_tokens":["token-of-seven"],)");
  last_ = read();
  EXPECT_EQ(last_.exit, 2);
  EXPECT_NE(last_.err.find("postmark_server_token and token 1 of postmark_server_tokens are the same"),
            std::string::npos)
      << last_.err;
  EXPECT_EQ(server_->requests().size(), 0U);

  sandbox::ApiOptions second;
  second.token = "second-token-of-seven";
  apis_.emplace_back(accounts_.front(), second);
  configure(
      R"("postmark_server_token":"token-of-seven","postmark_server_tokens":["second-token-of-seven"],)");
  serve();
  for (const auto* command : {"check", "read"}) {
    last_ = run({command, "postmark", "--config", file("config.json")});
    EXPECT_EQ(last_.exit, 2) << last_.err;
    EXPECT_NE(last_.err.find("both belong to server 7 (Product)"), std::string::npos) << last_.err;
    expect_no_token();
  }
}

TEST_F(SeveralServers, AStateOfOneServerBecomesAStateOfSeveralAndBack) {
  configure(std::string(one) + std::string(no_lookback));
  next_rows();
  set_now("2026-11-24T02:00:00Z");
  configure(std::string(all_given) + std::string(no_lookback));
  auto expected = part_of(everything_of({7}), "2026-11-23T17:11:00Z", "9999", "2026-11-23", "9999");
  merge(expected, everything_of({8, 9}));
  EXPECT_EQ(difference(expected, next_rows()), "");
  EXPECT_EQ(bookmark("messages_opens").size(), 1U);
  EXPECT_EQ(bookmark("messages_opens").at("servers").as_object().size(), 3U);

  set_now("2026-11-24T20:00:00Z");
  configure(std::string(eight) + std::string(no_lookback));
  EXPECT_EQ(difference(part_of(everything_of({8}), "2026-11-24T01:59:00Z", "9999", "2026-11-23", "9999"),
                       next_rows()),
            "");
  const auto servers = bookmark("stats_outbound_overview").at("servers");
  EXPECT_EQ(servers.at("7").at("date"), "2026-11-23");
  EXPECT_EQ(servers.at("8").at("date"), "2026-11-24");

  // The others continue from their bookmarks.
  configure(std::string(all_listed) + std::string(no_lookback));
  expected = part_of(everything_of({7, 9}), "2026-11-24T01:59:00Z", "9999", "2026-11-23", "9999");
  merge(expected, part_of(everything_of({8}), "9999", "9999", "2026-11-24", "9999"));
  EXPECT_EQ(difference(expected, next_rows()), "");
}

// The state is kept until the first slice of its server has been read.
TEST_F(SeveralServers, TheStateOfAFailedServerIsKept) {
  configure(std::string(one) + std::string(no_lookback));
  next_rows();
  set_now("2026-11-24T02:00:00Z");
  configure(std::string(all_given) + std::string(no_lookback));
  fail(*server_, 0, 401);
  next_rows(5);
  EXPECT_EQ(bookmark("stats_outbound_overview").at("date"), "2026-11-23");
  EXPECT_EQ(bookmark("stats_outbound_overview").at("servers").as_object().size(), 2U);
  serve();
  auto expected = part_of(everything_of({7}), "2026-11-23T17:11:00Z", "9999", "2026-11-23", "9999");
  merge(expected, part_of(everything_of({8, 9}), "9999", "9999", "2026-11-23", "9999"));
  EXPECT_EQ(difference(expected, next_rows()), "");
  EXPECT_FALSE(bookmark("stats_outbound_overview").contains("date"));
}

TEST_F(SeveralServers, AStateOfTapPostmarkContinues) {
  configure(std::string(all_given) + std::string(no_lookback));
  write_file(file("state.json"), R"({"bookmarks":{"stats_outbound_overview":{"start_date":"2026-11-12"}}})");
  auto expected = part_of(everything_of({7}), "", "", "2026-11-10", "9999");
  merge(expected, everything_of({8, 9}));
  last_ = read({"--state-file", file("state.json"), "--select", "stats_outbound_overview"});
  EXPECT_EQ(last_.exit, 0) << last_.err;
  size_t doubled = 0;
  EXPECT_EQ(difference(streams_of(expected, "stats_outbound_overview"), tables_of_singer(last_.out, doubled)),
            "");
  EXPECT_EQ(bookmark("stats_outbound_overview").at("servers").at("7").at("date"), "2026-11-23");
}

TEST_F(SeveralServers, AStateOfAnUnknownServerIsRefused) {
  const std::string state = R"({"bookmarks":{"stats_outbound_bounces":{"date":"2026-11-10"}}})";
  for (const auto settings :
       {all_listed, std::string_view(R"("postmark_server_tokens":["token-of-seven","token-of-eight"],)")}) {
    configure(settings);
    write_file(file("state.json"), state);
    last_ = read({"--state-file", file("state.json"), "--select", "stats_outbound_bounces"});
    EXPECT_EQ(last_.exit, 2) << last_.err;
    EXPECT_NE(last_.err.find("stats_outbound_bounces"), std::string::npos);
    EXPECT_NE(last_.err.find("does not say which"), std::string::npos) << last_.err;
    EXPECT_EQ(bookmark("stats_outbound_bounces").at("date"), "2026-11-10");
  }
}

TEST_F(SeveralServers, AnInvalidBookmarkFailsItsServer) {
  write_file(
      file("state.json"),
      R"({"bookmarks":{"stats_outbound_bounces":{"servers":{"8":{"date":"2026-12-10"},"9":"2026-11-10"}}}})");
  last_ = read({"--state-file", file("state.json"), "--select", "stats_outbound_bounces"});
  EXPECT_EQ(last_.exit, 5) << last_.err;
  EXPECT_NE(last_.err.find("server 8 (Grüße & news): the bookmark 2026-12-10 is in the future"),
            std::string::npos)
      << last_.err;
  EXPECT_NE(last_.err.find("servers.9 must be an object, not \"2026-11-10\""), std::string::npos)
      << last_.err;
  size_t doubled = 0;
  EXPECT_EQ(difference(streams_of(everything_of({7}), "stats_outbound_bounces"),
                       tables_of_singer(last_.out, doubled)),
            "");
  EXPECT_EQ(
      bookmark("stats_outbound_bounces"),
      json::parse(R"({"servers":{"7":{"date":"2026-11-23"},"8":{"date":"2026-12-10"},"9":"2026-11-10"}})"));
}

TEST_F(SeveralServers, AFailedMessageStreamLeavesTheOthers) {
  fail(*server_, 0, 422, "/messages/outbound?messagestream=broadcast");
  fail(*server_, 1, 422, "/messages/outbound/opens?messagestream=outbound");
  auto expected = everything_of();
  const auto erase = [&](const char* stream, int64_t server, const char* message_stream) {
    std::erase_if(expected[stream], [&](const auto& row) {
      return row.second.at("server_id") == server && row.second.at("message_stream") == message_stream;
    });
  };
  erase("messages_outbound", 7, "broadcast");
  erase("messages_opens", 8, "outbound");
  EXPECT_EQ(difference(expected, next_rows(5)), "");
  EXPECT_NE(last_.err.find("| messages_outbound               partial "), std::string::npos) << last_.err;
  EXPECT_NE(last_.err.find("server 7 (Product): message stream broadcast: "), std::string::npos) << last_.err;
  EXPECT_NE(last_.err.find("server 8 (Grüße & news): message stream outbound: "), std::string::npos)
      << last_.err;
  const auto has = [&](const char* stream, const char* server, const char* message_stream) {
    const auto servers = bookmark(stream).at("servers");
    return servers.at(server).at("message_streams").as_object().contains(message_stream);
  };
  EXPECT_FALSE(has("messages_outbound", "7", "broadcast"));
  EXPECT_TRUE(has("messages_outbound", "7", "old-news"));
  EXPECT_FALSE(has("messages_opens", "8", "outbound"));
  EXPECT_TRUE(has("messages_opens", "8", "broadcast"));
}

TEST_F(SeveralServers, NoTokenIsWrittenAnywhere) {
  for (const auto settings : {all_given, all_listed}) {
    serve();
    configure(settings);
    last_ = read({"-v", "--state-file", file("state.json"), "--summary", file("summary")});
    EXPECT_EQ(last_.exit, 0) << last_.err;
    expect_no_token();
    // Answers with tokens that are not valid JSON.
    for (const auto kind : {sandbox::Fault::Kind::malformed, sandbox::Fault::Kind::truncated}) {
      sandbox::Fault fault;
      fault.kind = kind;
      fault.path = "/server";
      fault.times = 2;
      server_->inject(fault);
    }
    last_ = read({"-v", "--log-format", "json", "--output", file("out"), "--state-file", file("files.json")});
    EXPECT_EQ(last_.exit, 0) << last_.err;
    EXPECT_NE(last_.err.find("/server"), std::string::npos) << last_.err;
    expect_no_token();
    fail(*server_, 1, 500, "/", 40);
    last_ = read({"-v"});
    expect_no_token();
  }
}

// The connector learns these tokens from the account, so no config names them.
TEST_F(SeveralServers, ALearnedTokenIsHiddenInEveryForm) {
  configure(all_listed);
  server_->on_answer([](std::string& body) {
    const auto at = body.find("An injected fault.");
    if (at == std::string::npos) return;
    body.insert(at, "X-Postmark-Server-Token: token-of-eight, Basic dG9rZW4tb2YtZWlnaHQ= ");
    body.insert(at, std::string(900, 'x'));  // in several errors put together the token is cut
  });
  fail(*server_, 1, 500);
  for (const auto* format : {"text", "json"}) {
    last_ = read({"-v", "--log-format", format, "--summary", file("summary")});
    EXPECT_EQ(last_.exit, 5) << last_.err;
    EXPECT_NE(last_.err.find("X-Postmark-Server-Token: ***, Basic ***="), std::string::npos) << last_.err;
    expect_no_token();
    for (const auto& text : {last_.err, content(file("summary"))}) {
      EXPECT_EQ(text.find("token-of"), std::string::npos) << text;
      EXPECT_EQ(text.find("dG9rZW4"), std::string::npos) << text;
    }
  }
}

}  // namespace
}  // namespace tapster::e2e
