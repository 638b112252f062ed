// The lists that are read completely by each sync: every row of the sandbox, and no token.
#include "expected_lists.hpp"
#include "fixture.hpp"

namespace tapster::e2e {
namespace {

constexpr std::string_view account_setting = R"(,"postmark_account_token":"sandbox-account-token")";

class SmallLists : public EndToEnd {
 protected:
  // A config with the account's token and no server's.
  void configure_account_alone() {
    write_file(file("config.json"), R"({"start_date":"2026-10-20","base_url":")" + server_->base_url() +
                                        "\"" + std::string(account_setting) + "}");
  }

  // Reads one stream, compares it with its rows, and looks for secrets in what the run wrote.
  void expect_rows(const std::string& stream, const Rows& rows) {
    EXPECT_FALSE(rows.empty());
    const auto finished = read({"--select", stream});
    EXPECT_EQ(finished.exit, 0) << finished.err;
    size_t doubled = 0;
    EXPECT_EQ(difference({{stream, rows}}, tables_of_singer(finished.out, doubled)), "");
    EXPECT_EQ(doubled, 0U);
    for (const auto* secret :
         {"sandbox-token", "sandbox-account-token", "ApiTokens", "api_tokens", "a-password"})
      EXPECT_EQ((finished.out + finished.err).find(secret), std::string::npos) << secret;
  }

  [[nodiscard]] std::vector<std::string> discovered(std::string& err) {
    const auto finished = run({"discover", "postmark", "--config", file("config.json")});
    EXPECT_EQ(finished.exit, 0) << finished.err;
    EXPECT_EQ(finished.err.find("left out"), std::string::npos) << "only info and check say it";
    err = run({"info", "postmark", "--config", file("config.json")}).err;
    std::vector<std::string> names;
    const auto catalog = json::parse(finished.out);
    for (const auto& stream : catalog.at("streams").as_array())
      names.push_back(json::value_to<std::string>(stream.at("tap_stream_id")));
    return names;
  }
};

TEST_F(SmallLists, EveryRowOfAServerIsRead) {
  start();
  for (const auto* stream : {"message_streams", "suppressions", "templates", "webhooks", "delivery_stats",
                             "server", "inbound_rules"})
    expect_rows(stream, everything().at(stream));
  expect_rows("template_details",
              of_server(expected_template_details(*account_), account_->options()).at("template_details"));
}

TEST_F(SmallLists, EveryRowOfAnAccountIsReadWithOrWithoutAServerToken) {
  start();
  auto expected = expected_account_lists({account_.get()});
  merge(expected, expected_account_details());
  configure(account_setting);
  for (const auto& [stream, rows] : expected) expect_rows(stream, rows);
  configure_account_alone();
  for (const auto& [stream, rows] : expected) expect_rows(stream, rows);
}

TEST_F(SmallLists, SuppressionsOfTheOtherMessageStreamsAreReadIfOneRefuses) {
  start();
  server_->inject(sandbox::parse_fault("/message-streams/outbound/suppressions:status=422"));
  auto expected = everything().at("suppressions");
  std::erase_if(expected, [](const auto& row) { return row.second.at("message_stream") == "outbound"; });
  ASSERT_FALSE(expected.empty());
  const auto finished = read({"--select", "suppressions"});
  EXPECT_EQ(finished.exit, 5) << finished.err;
  EXPECT_NE(finished.err.find("partition outbound: "), std::string::npos) << finished.err;
  size_t doubled = 0;
  EXPECT_EQ(difference({{"suppressions", expected}}, tables_of_singer(finished.out, doubled)), "");
}

TEST_F(SmallLists, ADeletedRowIsRemovedFromTheFiles) {
  start();
  const std::vector<std::string> arguments{"--select",  "suppressions", "--output",
                                           file("out"), "--state-file", file("state.json")};
  size_t doubled = 0;
  EXPECT_EQ(read(arguments).exit, 0);
  const auto before = everything().at("suppressions");
  EXPECT_EQ(difference({{"suppressions", before}}, tables_of_files(file("out"), doubled)), "");
  set_now("2027-01-03T17:12:00Z");  // the sandbox forgets bounces after 45 days
  EXPECT_EQ(read(arguments).exit, 0);
  const auto after = everything().at("suppressions");
  EXPECT_LT(after.size(), before.size());
  EXPECT_EQ(difference({{"suppressions", after}}, tables_of_files(file("out"), doubled)), "");
  EXPECT_EQ(doubled, 0U);
}

TEST_F(SmallLists, ARowDeletedBeforeItsDetailsAreReadIsLoggedAndSkipped) {
  start({.messages = 10, .days = 2});
  configure(account_setting);
  server_->inject(sandbox::parse_fault("/templates/1000003:status=422:code=1101"));
  server_->inject(sandbox::parse_fault("/domains/36735:status=422:code=510"));
  server_->inject(sandbox::parse_fault("/senders/36735:status=422:code=501"));
  auto expected = of_server(expected_template_details(*account_), account_->options());
  merge(expected, expected_account_details());
  for (auto& [stream, rows] : expected) {
    std::erase_if(rows, [](const auto& row) {
      const auto* id = row.second.if_contains("template_id");
      return id ? *id == 1'000'003 : row.second.at("id") == 36'735;
    });
  }
  const auto finished = read({"--select", "*_details", "--exclude", "messages_*"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  for (const auto* words :
       {"template 1000003 skipped", "domain 36735 skipped", "sender signature 36735 skipped"})
    EXPECT_NE(finished.err.find(words), std::string::npos) << finished.err;
  size_t doubled = 0;
  EXPECT_EQ(difference(expected, tables_of_singer(finished.out, doubled)), "");
}

TEST_F(SmallLists, AListThatChangesBetweenItsPagesIsReadAgain) {
  start({.messages = 10, .days = 2});
  int pages = 0;
  server_->on_request([&](const std::string& target) {
    if (target.starts_with("/templates?") && ++pages == 2)
      account_->set_now(account_->now() + std::chrono::hours(24));
  });
  const auto finished = read({"--jobs", "1", "--select", "templates"});
  serve();
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_EQ(pages, 4);
  size_t doubled = 0;
  EXPECT_EQ(
      difference({{"templates", everything().at("templates")}}, tables_of_singer(finished.out, doubled)), "");
}

TEST_F(SmallLists, InfoSaysWhichStreamsNeedAnotherToken) {
  start({.messages = 10, .days = 2});
  std::string err;
  auto names = discovered(err);
  EXPECT_NE(std::find(names.begin(), names.end(), "templates"), names.end());
  EXPECT_EQ(std::find(names.begin(), names.end(), "domains"), names.end());
  EXPECT_NE(err.find("need postmark_account_token and are left out: servers, domains, sender_signatures"),
            std::string::npos)
      << err;
  configure_account_alone();
  names = discovered(err);
  EXPECT_EQ(names, (std::vector<std::string>{"servers", "domains", "sender_signatures", "domain_details",
                                             "sender_signature_details"}));
  EXPECT_NE(err.find("need a server token or all_servers and are left out: messages_outbound,"),
            std::string::npos)
      << err;
  EXPECT_TRUE(server_->requests().empty());
}

TEST_F(SmallLists, AWrongAccountTokenFailsTheCheck) {
  start({.messages = 10, .days = 2});
  configure(R"(,"postmark_account_token":"a-wrong-one")");
  const auto finished = run({"check", "postmark", "--config", file("config.json")});
  EXPECT_EQ(finished.exit, 3) << finished.err;
  EXPECT_NE(finished.err.find("postmark_account_token"), std::string::npos) << finished.err;
  EXPECT_EQ(finished.err.find("a-wrong-one"), std::string::npos);
}

}  // namespace
}  // namespace tapster::e2e
