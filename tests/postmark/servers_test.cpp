#include "servers.hpp"

#include "scripted.hpp"
#include "streams.hpp"

namespace postmark {
namespace {

using namespace tapster;

// The error's message for a config with these members; empty if it is accepted.
std::string refusal(std::string_view members) {
  auto config = json::parse(R"({"postmark_server_tokens":[],"all_servers":false,
      "base_url":"https://api.example.com","message_streams":[]})")
                    .as_object();
  const auto more = json::parse(std::string(members)).as_object();
  for (const auto& [name, value] : more) config[name] = value;
  const FakeHost fake;
  const auto servers = open_servers(config, fake.host(), {});
  if (servers) return "";
  EXPECT_EQ(servers.error().status, Status::config);
  return servers.error().message;
}

TEST(ServersOfAConfig, NeedATokenOfAnyKind) {
  EXPECT_NE(refusal("{}").find("a token is required"), std::string::npos);
  EXPECT_EQ(refusal(R"({"postmark_server_token":"a"})"), "");
  EXPECT_EQ(refusal(R"({"postmark_server_tokens":["a","b"]})"), "");
  EXPECT_EQ(refusal(R"({"postmark_account_token":"a"})"), "");
  EXPECT_NE(refusal(R"({"postmark_server_token":"a","all_servers":true})").find("postmark_account_token"),
            std::string::npos);
}

TEST(ServersOfAConfig, ARepeatedTokenIsNamedButNotShown) {
  const auto message =
      refusal(R"({"postmark_server_token":"s3cret","postmark_server_tokens":["b","s3cret"]})");
  EXPECT_NE(message.find("postmark_server_token and token 2 of postmark_server_tokens"), std::string::npos)
      << message;
  EXPECT_EQ(message.find("s3cret"), std::string::npos);
}

TEST(ServersOfAConfig, ATokenWithALineBreakIsNamedButNotShown) {
  const auto message = refusal("{\"postmark_server_tokens\":[\"b\",\"s3cret\\n\"]}");
  EXPECT_NE(message.find("token 2 of postmark_server_tokens"), std::string::npos) << message;
  EXPECT_EQ(message.find("s3cret"), std::string::npos);
}

TEST(AServer, IsRequestedOnceForItsNameAndTheCheck) {
  FakeHost fake;
  Script script;
  script.answer("/server", R"({"ID":7,"Name":"Production"})");
  const auto api = script.api(fake);
  const auto name = api->server();
  ASSERT_TRUE(name);
  EXPECT_EQ(name->id, "7");
  EXPECT_EQ(name->name, "Production");
  ASSERT_TRUE(api->check()) << "the request for the name has already checked the token";
  EXPECT_EQ(script.requests().size(), 1U);
}

TEST(AServer, AResponseWithoutAnIdIsAnError) {
  FakeHost fake;
  for (const auto* body :
       {"{}", R"({"ID":"7","Name":"Production"})", R"({"ID":7})", R"({"ID":7,"Name":1})"}) {
    Script script;
    script.answer("/server", body);
    const auto name = script.api(fake)->server();
    ASSERT_FALSE(name) << body;
    EXPECT_EQ(name.error().message, "/server: the server has no ID or no Name");
  }
}

TEST(AServer, CheckReportsAnUnknownMessageStream) {
  FakeHost fake;
  Script script;
  script.answer("/server", R"({"ID":7,"Name":"Production"})");
  script.answer("/message-streams?MessageStreamType=All&IncludeArchivedStreams=true",
                R"({"MessageStreams":[{"ID":"outbound"},{"ID":"inbound","MessageStreamType":"Inbound"}]})");
  EXPECT_TRUE(script.api(fake, {"outbound"})->check());
  const auto checked = script.api(fake, {"outbound", "outbund"})->check();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().status, Status::config);
  EXPECT_NE(checked.error().message.find("outbund"), std::string::npos);
}

TEST(AServer, ARejectedTokenIsNamed) {
  FakeHost fake;
  Script script;
  script.answer("/server", R"({"ErrorCode":10,"Message":"No Account or Server API tokens were supplied"})",
                401);
  const auto checked = script.api(fake)->check();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().status, Status::auth);
  EXPECT_NE(checked.error().message.find("check a token"), std::string::npos) << checked.error().message;
}

TEST(ServerColumns, AreInEveryStreamAndWithSeveralServersInTheKey) {
  const FakeHost fake;
  for (const bool are_several : {false, true}) {
    const auto config = json::parse(are_several ? R"({"postmark_server_tokens":["a","b"],"all_servers":false,
      "message_streams":[],"base_url":"https://api.example.com"})"
                                                : R"({"postmark_server_tokens":["a"],"all_servers":false,
      "message_streams":[],"base_url":"https://api.example.com"})");
    auto servers = open_servers(config.as_object(), fake.host(), {});
    ASSERT_TRUE(servers);
    const auto stream =
        Accounts::over(servers->accounts, {.stream = entry(lists(), "templates").declared.stream}).stream;
    EXPECT_EQ(stream.key, are_several ? (Names{"server_id", "template_id"}) : Names{"template_id"});
    ASSERT_NE(find_column(stream, "server_id"), nullptr);
    EXPECT_EQ(find_column(stream, "server_id")->type, Type::integer);
    EXPECT_NE(find_column(stream, "server_name"), nullptr);
  }
}

}  // namespace
}  // namespace postmark
