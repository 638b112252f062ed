#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <tapster/body_errors.hpp>
#include <utility>
#include <vector>

#include "http_status.hpp"
#include "json_pointer.hpp"

namespace tapster {

namespace {

std::string text_at(const json::value& value, const std::string& pointer) {
  json::error_code error;
  const auto* found = pointer.empty() ? nullptr : value.find_pointer(pointer, error);
  if (found == nullptr || found->is_null()) return {};
  if (const auto* text = found->if_string()) return std::string(view(*text));
  return json::serialize(*found);
}

Error error_of(const json::value& value, const BodyErrors& where) {
  if (auto error = where.classify ? where.classify(value) : std::nullopt) return *std::move(error);
  const auto code = text_at(value, where.code);
  const auto text = text_at(value, where.message);
  auto error = source_error(fmt::format("the response has the error {}{}{}", code,
                                        code.empty() || text.empty() ? "" : ": ", text))
                   .value();
  if (const auto known = where.statuses.find(code); known != where.statuses.end()) {
    error.http_status = known->second;
    error.status = status_of_http(known->second);
  }
  return error;
}

// How much an error decides the class of all.
int rank_of(const Error& error) {
  if (error.status == Status::auth) return 3;
  if (error.is_transient()) return 2;
  return error.http_status == 0 ? 1 : 0;
}

}  // namespace

std::optional<Error> error_in(const HttpResponse& response, const BodyErrors& where) {
  std::string_view rest = where.errors;
  // Nearly all responses.
  if (!rest.empty() && response.body.find(fmt::format("\"{}\"", take_token(rest))) == std::string::npos)
    return std::nullopt;
  const auto body = parse_json(response.body, "the response");
  if (!body) return std::nullopt;
  json::error_code no_value;
  const auto* found = body->find_pointer(where.errors, no_value);
  if (found == nullptr || found->is_null()) return std::nullopt;
  std::vector<Error> errors;
  if (const auto* list = found->if_array()) {
    for (const auto& each : *list) errors.push_back(error_of(each, where));
  } else {
    errors.push_back(error_of(*found, where));
  }
  if (errors.empty()) return std::nullopt;
  auto message = std::move(errors.front().message);
  if (errors.size() > 1) message += fmt::format("; and {} more", errors.size() - 1);
  auto decisive = *std::max_element(errors.begin(), errors.end(),
                                    [](const Error& a, const Error& b) { return rank_of(a) < rank_of(b); });
  decisive.message = std::move(message);
  return decisive;
}

}  // namespace tapster
