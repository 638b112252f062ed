// The requests of a declared stream: what is the same in all of them, and where the rest goes. Plain values.
#pragma once

#include <string>
#include <tapster/json.hpp>
#include <tapster/request.hpp>
#include <vector>

namespace tapster {

// Where a value goes in a request.
struct Place {
  enum class In { path, query, header, body, form };
  In in = In::query;
  std::string name = {};  // of the parameter, the header or the field; in a body, a JSON Pointer
};
inline Place in_path(std::string name) {
  return {Place::In::path, std::move(name)};
}
inline Place in_query(std::string name) {
  return {Place::In::query, std::move(name)};
}
inline Place in_header(std::string name) {
  return {Place::In::header, std::move(name)};
}
inline Place in_body(std::string pointer) {
  return {Place::In::body, std::move(pointer)};
}
inline Place in_form(std::string name) {
  return {Place::In::form, std::move(name)};
}

// A value and its place. Only a body distinguishes a number from a text.
struct Argument {
  Place place;
  json::value value;
};
using Arguments = std::vector<Argument>;

struct RequestTemplate {
  // A name and its value, both as text that is not encoded yet.
  struct Parameter {
    std::string name, value;
  };

  Method method = Method::get;
  std::string path = {};                 // such as "/repos/{repo}/issues"; see Target
  std::vector<Parameter> segments = {};  // values of names in its braces that are the same in all requests
  std::vector<Parameter> query = {};
  std::vector<std::string> headers = {};  // "Name: value"
  json::value body = nullptr;             // of type application/json; null if there is none
  std::vector<Parameter> form = {};       // a body of type application/x-www-form-urlencoded

  // Returns the request with these values, each encoded for its place. A later argument replaces an earlier
  // one of the same place, and a part of the template; parameters keep the order of their first mention. The
  // target has the error of a name in braces that no argument fills, and of a pointer that leads nowhere.
  [[nodiscard]] HttpRequest build(const Arguments& arguments = {}) const;
};

}  // namespace tapster
