// The connector of shop/, against a shop that changes and misbehaves while it is read. Rows are compared one
// by one with the shop's data.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <set>
#include <string>
#include <tapster/json.hpp>
#include <tapster/time.hpp>
#include <vector>

#include "http_server.hpp"
#include "kills.hpp"
#include "paths.hpp"
#include "shop/server/shop.hpp"
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "tables.hpp"

namespace tapster::connectors {
namespace {

// The time of the runs, and in seconds since 1970. The last customer changed some days before it.
constexpr const char* now_text = "2024-06-01T12:00:00Z";
constexpr int64_t now = 1'717'243'200;

std::string time_text(int64_t seconds) {
  std::string text;
  append_time(text, from_unix_micros(seconds * 1'000'000));
  return text;
}

std::string key_of(const std::string& stream, const json::object& row) {
  if (stream == "lines") return json::serialize(row.at("order_id")) + json::serialize(row.at("position"));
  return json::serialize(row.at("id"));
}

// All rows of these customers.
Tables tables_of(const std::vector<Customer>& customers) {
  Tables tables{{"customers", {}}, {"orders", {}}, {"lines", {}}};
  const auto add = [&](const std::string& stream, json::object row) {
    const auto key = key_of(stream, row);
    tables[stream][key] = std::move(row);
  };
  for (const auto& customer : customers) {
    const auto updated = time_text(customer.updated);
    add("customers", {{"id", customer.id},
                      {"email", customer.email},
                      {"city", customer.city.empty() ? json::value() : json::value(customer.city)},
                      {"updated_at", updated}});
    for (const auto& order : customer.orders) {
      add("orders", {{"id", order.id},
                     {"customer_id", customer.id},
                     {"number", order.number},
                     {"total", json::parse(order.amount)},
                     {"currency", "EUR"},
                     {"ordered_at", time_text(order.ordered)},
                     {"customer_updated_at", updated}});
      for (const auto& line : order.lines)
        add("lines", {{"order_id", order.id},
                      {"order_number", order.number},
                      {"position", line.position},
                      {"product", line.product},
                      {"quantity", line.quantity},
                      {"customer_updated_at", updated}});
    }
  }
  return tables;
}

class Shop : public testing::Test {
 protected:
  Shop() { configure(ShopServer::token); }

  void configure(const std::string& token) {
    const json::object config{{"token", token}, {"start_date", "2024-05-01"}, {"base_url", shop_.base_url()}};
    write_file(file("config.json"), json::serialize(config));
  }

  [[nodiscard]] std::string file(std::string_view name) const { return directory_ / name; }

  [[nodiscard]] Arguments arguments(const std::string& command, const Arguments& more) const {
    Arguments all{command,        "shop",
                  "--plugin-dir", fmt::format("{}/shop", paths::connectors),
                  "--config",     file("config.json")};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  [[nodiscard]] ProcessOptions options() const { return {.environment = {{"TAPSTER_NOW", now_}}}; }

  // Reads as JSON lines, with the state in a file.
  Finished read(Arguments more = {}) {
    more.insert(more.end(), {"--format", "jsonl", "--state-file", file("state.json")});
    return run_program(paths::tapster, arguments("read", more), options());
  }

  static Tables rows_of(const Finished& finished) {
    Tables tables{{"customers", {}}, {"orders", {}}, {"lines", {}}};
    EXPECT_EQ(merge(tables, finished.out, key_of), 0U) << "a row was read twice";
    return tables;
  }

  // The bookmark of a stream; empty if there is none.
  [[nodiscard]] std::string bookmark(const std::string& stream) const {
    const auto state = json::parse(content(file("state.json")));
    json::error_code error;
    const auto* value = state.find_pointer(fmt::format("/bookmarks/{}/updated_at", stream), error);
    return value == nullptr ? "" : std::string(view(value->as_string()));
  }
  void expect_bookmarks(const std::string& expected) const {
    for (const auto* stream : {"customers", "orders", "lines"})
      EXPECT_EQ(bookmark(stream), expected) << stream;
  }

  // Expects that no query was made twice.
  void expect_once() const {
    for (const auto* operation : {"Customers", "Orders", "Lines"}) {
      std::set<std::string> made;
      for (const auto& query : shop_.queries(operation))
        EXPECT_TRUE(made.insert(query).second) << operation << " " << query << " was requested twice";
    }
  }

  TemporaryDirectory directory_;
  std::string now_ = now_text;
  ShopServer shop_;
};

constexpr const char* end_text = "2024-06-01T11:59:55Z";  // of the runs at now_text

// ---- Once

TEST_F(Shop, EachRowIsReadOnceWithOneRequestForEachList) {
  const auto finished = read({"--validate"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_EQ(difference(tables_of(shop_.customers()), rows_of(finished)), "");
  expect_once();
  expect_bookmarks(end_text);
}

TEST_F(Shop, TheSameHoldsForOneJobAndForMany) {
  for (const auto* jobs : {"1", "16"}) {
    const auto finished =
        run_program(paths::tapster, arguments("read", {"--format", "jsonl", "--jobs", jobs}), options());
    EXPECT_EQ(finished.exit, 0) << finished.err;
    EXPECT_EQ(difference(tables_of(shop_.customers()), rows_of(finished)), "");
    expect_once();
    shop_.start_again();
  }
}

TEST_F(Shop, ParentsThatAreNotSelectedAreReadOnceToo) {
  const auto finished = read({"--select", "lines"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  auto expected = tables_of(shop_.customers());
  expected["customers"] = expected["orders"] = {};
  EXPECT_EQ(difference(expected, rows_of(finished)), "");
  expect_once();
  // Later the parents are read from the start, for themselves alone.
  const auto parents = read({"--select", "customers", "--select", "orders"});
  EXPECT_EQ(parents.exit, 0) << parents.err;
  expected = tables_of(shop_.customers());
  expected["lines"] = {};
  EXPECT_EQ(difference(expected, rows_of(parents)), "");
  expect_bookmarks(end_text);
}

TEST_F(Shop, ValuesKeepTheirBytes) {
  const auto finished = read();
  for (const auto* text :
       {R"("number":9007199254741195,"total":20.50)", R"("order_number":9007199254741195)"})
    EXPECT_NE(finished.out.find(text), std::string::npos) << text;
}

TEST_F(Shop, ALaterRunReadsTheChildrenOfWhatHasChanged) {
  EXPECT_EQ(read().exit, 0);
  shop_.start_again();
  shop_.add_order("customer/6", now + 60);
  shop_.add_order("customer/9", now + 120);
  now_ = "2024-06-01T13:00:00Z";
  const auto finished = read();
  EXPECT_EQ(finished.exit, 0) << finished.err;
  auto changed = shop_.customers();
  std::erase_if(changed, [](const Customer& customer) { return customer.updated < now; });
  EXPECT_EQ(changed.size(), 2U);
  EXPECT_EQ(difference(tables_of(changed), rows_of(finished)), "");
  EXPECT_EQ(shop_.queries("Customers").size(), 1U);
  expect_once();
  expect_bookmarks("2024-06-01T12:59:55Z");
}

// A child that failed is behind its parent, and is read from its own bookmark.
TEST_F(Shop, AChildHasABookmarkOfItsOwn) {
  shop_.on_request([](const Query& query, int) -> std::optional<Response> {
    if (query.operation == "Orders" && query.variables.at("customer") == "customer/30")
      return ShopServer::error("FORBIDDEN", "this customer is private");
    return std::nullopt;
  });
  const auto first = read();
  EXPECT_EQ(first.exit, 5) << first.err;
  EXPECT_NE(first.err.find("the response has the error FORBIDDEN: this customer is private"),
            std::string::npos)
      << first.err;
  EXPECT_EQ(bookmark("customers"), end_text);
  EXPECT_EQ(bookmark("orders"), "2024-05-15T00:00:00Z");
  EXPECT_EQ(bookmark("lines"), "2024-05-15T00:00:00Z");
  shop_.start_again();
  const auto second = read();
  EXPECT_EQ(second.exit, 0) << second.err;
  Tables found;
  merge(found, first.out, key_of);
  merge(found, second.out, key_of);
  EXPECT_EQ(difference(tables_of(shop_.customers()), found), "");
  EXPECT_EQ(rows_of(second)["customers"].size(), 0U);
  expect_bookmarks(end_text);
}

// ---- Misbehaving

TEST_F(Shop, ACheckMakesOneRequest) {
  EXPECT_EQ(run_program(paths::tapster, arguments("check", {}), options()).exit, 0);
  EXPECT_EQ(shop_.queries("Shop").size(), 1U);
}

TEST_F(Shop, AWrongTokenIsRefusedOnce) {
  configure("another-token");
  const auto finished = read({"--jobs", "1"});
  EXPECT_EQ(finished.exit, 3) << finished.err;
  EXPECT_EQ(finished.out, "");
  EXPECT_EQ(finished.err.find("another-token"), std::string::npos);
  EXPECT_NE(finished.err.find("the token is not valid (check token)"), std::string::npos) << finished.err;
}

TEST_F(Shop, ATokenThatIsRefusedMidwayStopsTheRunAndLosesNothing) {
  shop_.on_request([](const Query& query, int number) -> std::optional<Response> {
    if (query.operation == "Orders" && number > 20)
      return ShopServer::error("UNAUTHENTICATED", "the token has been revoked");
    return std::nullopt;
  });
  const auto first = read({"--jobs", "2"});
  EXPECT_NE(first.exit, 0);
  EXPECT_LE(shop_.queries("Orders").size(), 22U);
  shop_.start_again();
  const auto second = read();
  EXPECT_EQ(second.exit, 0) << second.err;
  Tables found;
  merge(found, first.out, key_of);
  merge(found, second.out, key_of);
  EXPECT_EQ(difference(tables_of(shop_.customers()), found), "");
}

TEST_F(Shop, ThrottledAndCutResponsesAreRequestedAgain) {
  shop_.on_request([this](const Query& query, int number) -> std::optional<Response> {
    if (number % 13 == 2) return ShopServer::error("THROTTLED", "Throttled");
    if (number % 13 == 5) return ShopServer::error("INTERNAL", "try again");
    if (number % 13 != 8) return std::nullopt;
    auto response = shop_.respond(query);
    response.fault = Fault::cut_off;
    return response;
  });
  const auto finished = read({"--jobs", "16"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_EQ(difference(tables_of(shop_.customers()), rows_of(finished)), "");
}

// The data beside the error has rows, but not all.
TEST_F(Shop, PartialDataIsNotTakenForAll) {
  shop_.on_request([this](const Query& query, int) -> std::optional<Response> {
    if (query.operation != "Orders" || query.variables.at("customer") != "customer/6") return std::nullopt;
    auto body = json::parse(shop_.respond(query).body).as_object();
    body["errors"] = {{{"message", "some orders are missing"}}};
    return Response{200, json::serialize(body)};
  });
  const auto finished = read();
  EXPECT_EQ(finished.exit, 5);
  EXPECT_NE(finished.err.find("some orders are missing"), std::string::npos) << finished.err;
  EXPECT_EQ(bookmark("orders"), "");
  EXPECT_EQ(bookmark("customers"), end_text);
}

TEST_F(Shop, AnExpiredCursorIsFollowedByTheFirstPage) {
  std::set<std::string> expired;  // of the server's threads
  std::atomic<int> refused = 0;
  shop_.on_request([&](const Query& query, int) -> std::optional<Response> {
    if (!query.variables.contains("after") || !expired.insert(query.operation).second) return std::nullopt;
    ++refused;
    return ShopServer::error("INVALID_CURSOR", "the cursor has expired");
  });
  const Arguments to_files{"--output", file("out"), "--state-file", file("state.json"), "--jobs", "1"};
  const auto finished = run_program(paths::tapster, arguments("read", to_files), options());
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_EQ(refused, 3);
  expect_rows_of_files(tables_of(shop_.customers()), file("out"), key_of);
}

// A customer vanishes after it was listed, and so does an order. Their children are skipped with a warning.
TEST_F(Shop, WhatVanishesHasNoChildren) {
  const auto before = shop_.customers();
  shop_.on_request([&](const Query& query, int) -> std::optional<Response> {
    if (query.operation == "Orders" && query.variables.at("customer") == "customer/31")
      shop_.erase_customer("customer/31");
    if (query.operation == "Lines" && query.variables.at("order") == "order/5-2")
      shop_.erase_order("order/5-2");
    return std::nullopt;
  });
  const auto finished = read();
  EXPECT_EQ(finished.exit, 0) << finished.err;
  auto expected = tables_of(before);
  std::erase_if(expected["orders"],
                [](const auto& row) { return row.second.at("customer_id") == "customer/31"; });
  std::erase_if(expected["lines"], [](const auto& row) {
    return row.second.at("order_id") == "order/31-1" || row.second.at("order_id") == "order/5-2";
  });
  EXPECT_EQ(difference(expected, rows_of(finished)), "");
  for (const auto* text :
       {"orders: a record of customers is skipped", "lines: a record of orders is skipped"})
    EXPECT_NE(finished.err.find(text), std::string::npos) << finished.err;
  expect_bookmarks(end_text);
}

// ---- Kills

TEST_F(Shop, FilesHaveEveryRowAfterKillsAtAnyRequest) {
  const Arguments to_files{"--output",         file("out"),         "--state-file",
                           file("state.json"), "--commit-interval", "0"};
  const auto run_to = [&](size_t at) {
    auto finished = run_until_killed(arguments("read", to_files), options(), [&](const auto& kill) {
      shop_.on_request([this, kill, at](const Query&, int) -> std::optional<Response> {
        if (shop_.requests().size() == at) kill();
        return std::nullopt;
      });
    });
    shop_.start_again();
    return finished;
  };
  const auto killed = kill_at_requests(run_to, [](size_t at) { return at + 9; });
  EXPECT_EQ(killed.last.exit, 0) << killed.last.err;
  EXPECT_GT(killed.runs, 3);
  expect_rows_of_files(tables_of(shop_.customers()), file("out"), key_of);
}

}  // namespace
}  // namespace tapster::connectors
