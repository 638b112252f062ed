#include <algorithm>
#include <tapster/request.hpp>

#include "encode.hpp"

namespace tapster {

std::string_view to_string(Method method) {
  switch (method) {
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::get:
      break;
  }
  return "GET";
}

HttpRequest HttpRequest::json(Method method, Target target, const tapster::json::value& body) {
  return {method, std::move(target), {"Content-Type: application/json"}, tapster::json::serialize(body)};
}

HttpRequest HttpRequest::form(Method method, Target target, std::initializer_list<Target::Value> fields) {
  return {
      method, std::move(target), {"Content-Type: application/x-www-form-urlencoded"}, encode_form(fields)};
}

const std::string* HttpResponse::header(std::string_view name) const {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const Header& header) { return header.name == name; });
  return found == headers.end() ? nullptr : &found->value;
}

}  // namespace tapster
