#include <fmt/format.h>

#include <algorithm>
#include <tapster/target.hpp>

#include "encode.hpp"

namespace tapster {

namespace {

// Characters that a template may contain in addition to plain characters and braces.
constexpr std::string_view of_template = "/@!$&'()*+,;=";

bool is_path(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return plain_characters.find(c) != std::string_view::npos ||
           of_template.find(c) != std::string_view::npos;
  });
}

}  // namespace

Target::Target(std::string_view path, const std::vector<Value>& segments) {
  if (!path.starts_with('/'))
    fail(internal_error(fmt::format("the path \"{}\" must start with a slash", path)));
  for (auto rest = path; !rest.empty();) {
    const auto literal = rest.substr(0, rest.find('{'));
    if (!is_path(literal))
      fail(internal_error(fmt::format(
          "the path \"{}\" contains characters that a path cannot contain: add query parameters one by one",
          path)));
    text_ += literal;
    rest.remove_prefix(literal.size());
    if (rest.empty()) break;
    const auto end = rest.find('}');
    if (end == std::string_view::npos) {
      fail(internal_error(fmt::format("the path \"{}\" has an unmatched brace", path)));
      break;
    }
    append_segment(rest.substr(1, end - 1), segments);
    rest.remove_prefix(end + 1);
  }
}

void Target::append_segment(std::string_view name, const std::vector<Value>& segments) {
  const auto found =
      std::find_if(segments.begin(), segments.end(), [&](const Value& each) { return each.name == name; });
  if (found == segments.end()) return fail(internal_error(fmt::format("the path has no value for {}", name)));
  const auto value = found->value;
  if (value.empty() || value == "." || value == "..")
    fail(source_error(
        fmt::format("the {} \"{}\" cannot be part of a URL's path, so it was not requested", name, value)));
  encode(value, text_);
}

Target Target::with(std::string_view name, std::string_view value) const {
  auto target = *this;
  target.text_.push_back(has_query_ ? '&' : '?');
  target.has_query_ = true;
  encode(name, target.text_);
  target.text_.push_back('=');
  encode(value, target.text_);
  return target;
}

Target Target::with(std::string_view name, int64_t value) const {
  return with(name, std::to_string(value));
}

Target Target::failed(Error error) const {
  auto target = *this;
  target.fail(Failed(std::move(error)));
  return target;
}

void Target::fail(Failed error) {
  if (!error_) error_ = std::move(error).value();
}

}  // namespace tapster
