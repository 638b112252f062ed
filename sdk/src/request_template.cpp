#include <fmt/format.h>

#include <algorithm>
#include <tapster/request_template.hpp>

#include "encode.hpp"
#include "json_pointer.hpp"
#include "lower_case.hpp"

namespace tapster {

namespace {

using Parameters = std::vector<RequestTemplate::Parameter>;

// The value as it is written outside a JSON body.
std::string text_of(const json::value& value) {
  if (const auto* text = value.if_string()) return std::string(view(*text));
  return json::serialize(value);
}

void set(Parameters& parameters, std::string_view name, std::string value) {
  const auto found = std::find_if(parameters.begin(), parameters.end(),
                                  [&](const auto& parameter) { return parameter.name == name; });
  if (found == parameters.end())
    parameters.push_back({std::string(name), std::move(value)});
  else
    found->value = std::move(value);
}

// The names of headers have no case.
void set_header(std::vector<std::string>& headers, const std::string& name, std::string_view value) {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const std::string& header) {
    return std::equal(name.begin(), name.end(), header.begin(),
                      header.begin() + static_cast<ptrdiff_t>(std::min(header.find(':'), header.size())),
                      [](char a, char b) { return in_lower_case(a) == in_lower_case(b); });
  });
  auto header = fmt::format("{}: {}", name, value);
  if (found == headers.end())
    headers.push_back(std::move(header));
  else
    *found = std::move(header);
}

// Puts a value at a JSON Pointer; objects that are missing on the way are made. Returns false if something
// else is on the way.
bool put(json::value& document, std::string_view pointer, const json::value& value) {
  auto* at = &document;
  while (!pointer.empty()) {
    if (at->is_null()) at->emplace_object();
    if (!at->is_object()) return false;
    at = &at->get_object()[take_token(pointer)];
  }
  *at = value;
  return true;
}

}  // namespace

HttpRequest RequestTemplate::build(const Arguments& arguments) const {
  auto names = segments;
  auto parameters = query;
  auto fields = form;
  auto document = body;
  HttpRequest request{method, Target("/"), headers};
  std::optional<Error> failure;
  for (const auto& [place, value] : arguments) {
    switch (place.in) {
      case Place::In::path:
        set(names, place.name, text_of(value));
        break;
      case Place::In::query:
        set(parameters, place.name, text_of(value));
        break;
      case Place::In::form:
        set(fields, place.name, text_of(value));
        break;
      case Place::In::header: {
        const auto text = text_of(value);
        if (text.find_first_of("\r\n") != std::string::npos)
          failure = source_error(fmt::format("the value of the header {} contains a line break", place.name))
                        .value();
        set_header(request.headers, place.name, text);
        break;
      }
      case Place::In::body: {
        if (!put(document, place.name, value))
          failure = internal_error(fmt::format("the body has no place \"{}\"", place.name)).value();
        break;
      }
    }
  }
  std::vector<Target::Value> values;
  values.reserve(names.size());
  for (const auto& [name, value] : names) values.push_back({name, value});
  request.target = Target(path, values);
  for (const auto& [name, value] : parameters) request.target = request.target.with(name, value);
  if (failure) request.target = request.target.failed(*failure);
  if (!document.is_null()) {
    request.headers.emplace_back("Content-Type: application/json");
    request.body = json::serialize(document);
  } else if (!fields.empty()) {
    request.headers.emplace_back("Content-Type: application/x-www-form-urlencoded");
    request.body = encode_form(fields);
  }
  return request;
}

}  // namespace tapster
