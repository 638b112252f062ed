#include "servers.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace tapster::sandbox {
namespace {

namespace json = boost::json;

class SandboxServers : public testing::Test {
 protected:
  static ApiOptions with_token(std::string token) {
    ApiOptions options;
    options.token = std::move(token);
    return options;
  }
  [[nodiscard]] json::object ok(std::string_view target, std::string_view server,
                                std::string_view account) const {
    const auto answer = servers_.get(target, server, account);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::parse(answer.body).as_object();
  }

  static constexpr Time now{std::chrono::hours(24 * 20'000)};
  Account one_{{.messages = 10, .now = now, .server_id = 1, .server_name = "One"}};
  Account two_{{.messages = 20, .now = now, .server_id = 2, .server_name = "Two"}};
  Api one_api_{one_, with_token("one")};
  Api two_api_{two_, with_token("two")};
  Servers servers_{{&one_api_, &two_api_}, "account"};
};

TEST_F(SandboxServers, ATokenSelectsItsServer) {
  EXPECT_EQ(ok("/server", "one", "").at("ID"), 1);
  EXPECT_EQ(ok("/server", "two", "").at("Name"), "Two");
  EXPECT_EQ(ok("/stats/outbound", "two", "").at("Sent"), 20);
  for (const auto* token : {"", "three", "account"})
    EXPECT_EQ(servers_.get("/server", token, "account").status, 401);
}

TEST_F(SandboxServers, TheAccountTokenListsTheServers) {
  const auto all = ok("/servers?count=500&offset=0", "", "account");
  EXPECT_EQ(all.at("TotalCount"), 2);
  EXPECT_EQ(json::serialize(all.at("Servers").at(0).at("ApiTokens")), R"(["one"])");
  const auto second = ok("/servers?count=1&offset=1", "", "account");
  EXPECT_EQ(second.at("Servers").as_array().size(), 1U);
  EXPECT_EQ(second.at("Servers").at(0).at("ID"), 2);
  EXPECT_TRUE(ok("/servers?count=1&offset=2", "", "account").at("Servers").as_array().empty());
  for (const auto* token : {"", "one"})
    EXPECT_EQ(servers_.get("/servers?count=1&offset=0", "one", token).status, 401);
  EXPECT_EQ(servers_.get("/servers", "", "account").status, 422);
}

}  // namespace
}  // namespace tapster::sandbox
