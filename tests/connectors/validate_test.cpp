// tapster validate: the connectors here keep every rule, against their servers.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <tapster/json.hpp>

#include "crm/server/crm.hpp"
#include "forge/server/forge.hpp"
#include "helpdesk/server/helpdesk.hpp"
#include "paths.hpp"
#include "shop/server/shop.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace tapster::connectors {
namespace {

void expect_valid(const std::string& connector, const json::object& config) {
  const TemporaryDirectory directory;
  const auto file = fmt::format("{0}/{1}/tapster-{1}.so", paths::connectors, connector);
  const auto finished = run_program(
      paths::tapster,
      {"validate", file, "--config", directory.write("config.json", json::serialize(config)).string()},
      {.environment = {{"TAPSTER_NOW", "2024-06-01T12:00:00Z"}}});
  EXPECT_EQ(finished.exit, 0) << finished.out << finished.err;
  EXPECT_NE(finished.out.find("0 failed, 0 skipped"), std::string::npos) << finished.out;
}

TEST(ValidConnector, Forge) {
  const ForgeServer forge;
  expect_valid("forge", {{"token", ForgeServer::token},
                         {"repositories", {"alpha", "beta"}},
                         {"start_date", "2024-01-01"},
                         {"base_url", forge.base_url()}});
}

TEST(ValidConnector, Helpdesk) {
  const HelpdeskServer desk;
  expect_valid("helpdesk", {{"client_id", HelpdeskServer::client_id},
                            {"client_secret", HelpdeskServer::client_secret},
                            {"start_date", "2024-01-01"},
                            {"base_url", desk.base_url()}});
}

TEST(ValidConnector, Crm) {
  const CrmServer crm;
  expect_valid("crm", {{"client_id", CrmServer::client_id},
                       {"client_secret", CrmServer::client_secret},
                       {"start_date", "2024-01-01"},
                       {"base_url", crm.base_url()}});
}

TEST(ValidConnector, Shop) {
  const ShopServer shop;
  expect_valid("shop",
               {{"token", ShopServer::token}, {"start_date", "2024-05-01"}, {"base_url", shop.base_url()}});
}

}  // namespace
}  // namespace tapster::connectors
