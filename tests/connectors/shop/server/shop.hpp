// A small shop with made-up data behind a GraphQL API: customers, their orders, and the lines of those. It
// changes and misbehaves at the requests that a test names.
#pragma once

#include <cstdint>
#include <string>
#include <tapster/json.hpp>
#include <vector>

#include "http_server.hpp"
#include "meddled.hpp"

namespace tapster::connectors {

struct Line {
  int position;
  std::string product;
  int quantity;
};

struct Order {
  std::string id;
  int64_t number;
  std::string amount;  // a JSON number
  int64_t ordered;     // seconds since 1970
  std::vector<Line> lines = {};
};

struct Customer {
  std::string id, email, city;
  int64_t updated;  // seconds since 1970
  std::vector<Order> orders = {};
};

// A query of the API: the name of its operation, and its variables.
struct Query {
  std::string operation;
  json::object variables;
};
inline const std::string& name_of(const Query& query) {
  return query.operation;
}

// Its members may be called from any thread, and by what on_request was given.
class ShopServer : public Meddled<Query> {
 public:
  static constexpr const char* token = "shop-token";

  ShopServer();

  [[nodiscard]] std::string base_url() const;
  [[nodiscard]] std::vector<Customer> customers() const;

  // A new order, which changes its customer.
  void add_order(const std::string& customer, int64_t now);
  void erase_customer(const std::string& id);
  void erase_order(const std::string& id);

  // The queries of an operation, in order, each as the JSON of its variables.
  [[nodiscard]] std::vector<std::string> queries(const std::string& operation) const;

  // The response without any meddling.
  [[nodiscard]] Response respond(const Query& query) const;
  // A response with the status 200 and an error.
  static Response error(const std::string& code, const std::string& message);

 private:
  Response respond_to(const Request& request);
  [[nodiscard]] Response list_customers(const json::object& variables) const;
  [[nodiscard]] Response list_orders(const json::object& variables) const;
  [[nodiscard]] Response list_lines(const json::object& variables) const;

  std::vector<Customer> customers_;  // oldest change first
  HttpServer server_;                // last, as it uses the others
};

}  // namespace tapster::connectors
