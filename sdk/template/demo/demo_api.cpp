#include "demo_api.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <tapster/json.hpp>
#include <tapster/time.hpp>

namespace demo {

using namespace tapster;
using Request = HttpServer::Request;
using Response = HttpServer::Response;

namespace {

constexpr Time new_year{std::chrono::sys_days{std::chrono::year(2025) / 1 / 1}};

Time change_of(int order) {
  return new_year + std::chrono::hours(3 * order);
}

json::object customer(int id) {
  return {{"id", id},
          {"name", "Customer " + std::to_string(id)},
          {"address", {{"city", id % 2 == 0 ? "Zürich" : "Oslo"}}},
          {"created_at", format_time(new_year - std::chrono::hours(id))}};
}

json::object order(int id) {
  return {{"id", id},
          {"customer_id", 1 + id % customer_count},
          {"status", id % 3 == 0 ? "open" : "paid"},
          {"amount", 1250 * id},
          {"updated_at", format_time(change_of(id))}};
}

int number(const Request& request, const std::string& name, int otherwise) {
  const auto text = request.parameter(name);
  return text.empty() ? otherwise : std::stoi(text);
}

// The rows FIRST to LAST that are on the requested page.
json::array page(const Request& request, int first, int last, json::object (*row)(int)) {
  const auto size = number(request, "per_page", 50);
  const auto begin = first + (number(request, "page", 1) - 1) * size;
  json::array rows;
  for (int id = begin; id <= std::min(last, begin + size - 1); ++id) rows.push_back(row(id));
  return rows;
}

// The first order that has changed at the requested time or later.
int first_order(const Request& request) {
  const auto since = parse_time(request.parameter("updated_since"));
  int first = 1;
  while (since && first <= order_count && change_of(first) < *since) ++first;
  return first;
}

Response answer(int status, const json::object& body) {
  return {status, json::serialize(body), {{"Content-Type", "application/json"}}};
}

}  // namespace

Response respond(const Request& request) {
  if (request.authorization != std::string("Bearer ") + token)
    return answer(401, {{"error", "the token is not valid"}});
  if (request.path == "/me") return answer(200, {{"name", "Ann"}});
  if (request.path == "/customers")
    return answer(200,
                  {{"total", customer_count}, {"customers", page(request, 1, customer_count, customer)}});
  if (request.path == "/orders")
    return answer(200, {{"orders", page(request, first_order(request), order_count, order)}});
  return answer(404, {{"error", "there is no " + request.path}});
}

}  // namespace demo
