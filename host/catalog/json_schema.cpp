#include "catalog/json_schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tapster/secrets.hpp>

#include "catalog/schema_validator.hpp"
#include "catalog/spec.hpp"

namespace tapster::host {

namespace {

std::string article(std::string_view type) {
  if (type == "boolean") return "true or false";
  if (type == "null") return "null";
  const bool vowel = type == "integer" || type == "array" || type == "object";
  return fmt::format("{} {}", vowel ? "an" : "a", type);
}

std::string join(const std::vector<std::string>& words, std::string_view last) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? fmt::format(" {} ", last) : ", ";
    text += words[i];
  }
  return text;
}

std::string expectation(const json::object& schema);

// "a day such as 2026-01-31 or a time such as 2026-01-31T12:00:00Z"; empty if the schema has no alternatives.
std::string expected_alternatives(const json::object& schema) {
  const auto* alternatives = find_array(schema, "anyOf");
  std::vector<std::string> texts;
  for (size_t i = 0; alternatives != nullptr && i < alternatives->size(); ++i) {
    if (const auto* alternative = (*alternatives)[i].if_object()) texts.push_back(expectation(*alternative));
  }
  return join(texts, "or");
}

std::string expected_type(const json::object& schema) {
  if (auto alternatives = expected_alternatives(schema); !alternatives.empty()) return alternatives;
  const auto* format = find_string(schema, "format");
  if (format != nullptr) {
    if (*format == "date") return "a day such as 2026-01-31";
    if (*format == "date-time") return "a time such as 2026-01-31T12:00:00Z";
    if (*format == "uri") return "a URL";
  }
  if (const auto* type = find_string(schema, "type")) return article(view(*type));
  std::vector<std::string> types;
  if (const auto* several = find_array(schema, "type")) {
    for (const auto& type : *several) {
      if (type.is_string()) types.push_back(article(view(type.get_string())));
    }
  }
  return types.empty() ? "a value" : join(types, "or");
}

// What a schema requires: "an integer from 1 to 64", "one of \"a\" and \"b\"".
std::string expectation(const json::object& schema) {
  if (const auto* constant = schema.if_contains("const")) return json::serialize(*constant);
  if (const auto* values = find_array(schema, "enum")) {
    std::vector<std::string> words;
    for (const auto& value : *values) words.push_back(json::serialize(value));
    return "one of " + join(words, "and");
  }
  auto text = expected_type(schema);
  const auto* least = schema.if_contains("minimum");
  const auto* most = schema.if_contains("maximum");
  if (least != nullptr && most != nullptr) {
    text += fmt::format(" from {} to {}", json::serialize(*least), json::serialize(*most));
  } else if (least != nullptr) {
    text += fmt::format(" of at least {}", json::serialize(*least));
  } else if (most != nullptr) {
    text += fmt::format(" of at most {}", json::serialize(*most));
  }
  for (const auto& [key, unit] : {std::pair("minLength", "character"), std::pair("minItems", "item")}) {
    const auto* limit = schema.if_contains(key);
    if (limit == nullptr) continue;
    const auto number = json::serialize(*limit);
    text += fmt::format(" with at least {} {}{}", number, unit, number == "1" ? "" : "s");
  }
  if (const auto* unique = schema.if_contains("uniqueItems"); unique != nullptr && *unique == true)
    text += " without duplicate items";
  if (const auto* pattern = find_string(schema, "pattern")) {
    text += fmt::format(" that matches {}", view(*pattern));
  }
  return text;
}

// A URL without its user, password and query, which may have secrets; other texts as they are.
std::string without_secrets(std::string text) {
  const auto scheme = text.find("://");
  if (scheme == std::string::npos) return text;
  if (const auto query = text.find('?', scheme); query != std::string::npos)
    text.replace(query + 1, text.npos, "***");
  const auto user = scheme + 3;
  if (const auto end = text.rfind('@'); end != std::string::npos && end > user)
    text.replace(user, end - user, "***");
  return text;
}

std::string shown(const json::value& value) {
  constexpr size_t longest = 60;
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  if (const auto* text = value.if_string())
    return shortened(json::serialize(json::string(without_secrets(std::string(view(*text))))), longest);
  return shortened(json::serialize(value), longest);
}

// What a schema requires; adds the keyword if the text does not cover it.
std::string expectation(const json::object& schema, std::string_view keyword) {
  constexpr std::string_view described[] = {"type",        "const",   "enum",      "format",
                                            "minimum",     "maximum", "minLength", "minItems",
                                            "uniqueItems", "pattern", "anyOf"};
  auto text = expectation(schema);
  if (std::find(std::begin(described), std::end(described), keyword) != std::end(described)) return text;
  text += fmt::format(" that satisfies \"{}\"", keyword);
  const auto* value = schema.if_contains(keyword);
  if (value != nullptr && value->is_number()) text += fmt::format(": {}", json::serialize(*value));
  return text;
}

// A place for a message: "geo"."city", "jobs"[1]; empty for the document.
std::string name_of(const std::vector<PathStep>& path) {
  std::string name;
  for (const auto& step : path) {
    if (const auto* key = std::get_if<std::string>(&step))
      name += fmt::format("{}\"{}\"", name.empty() ? "" : ".", *key);
    else
      name += fmt::format("[{}]", std::get<size_t>(step));
  }
  return name;
}

// The schema of an object's member: from its properties or, if it is not one of them, "additionalProperties".
const json::object* member_schema(const json::object& schema, std::string_view key) {
  const auto* properties = find_object(schema, "properties");
  if (properties != nullptr && properties->contains(key)) return find_object(*properties, key);
  return find_object(schema, "additionalProperties");
}

// Whether the place is secret according to a schema on the way to the violation, or to one with the same
// path.
bool is_at_secret(const Violation& violation) {
  if (std::any_of(violation.schemas.begin(), violation.schemas.end(),
                  [](const json::object* schema) { return is_secret(*schema); }))
    return true;
  const auto* schema = violation.schemas.front();
  for (const auto& step : violation.path) {
    const auto* key = std::get_if<std::string>(&step);
    schema = key == nullptr ? find_object(*schema, "items") : member_schema(*schema, *key);
    if (schema == nullptr) return false;
    if (is_secret(*schema)) return true;
  }
  return false;
}

std::string missing(const Violation& violation, const std::string& name) {
  const auto* schema = member_schema(*violation.schemas.back(), std::get<std::string>(violation.path.back()));
  const auto* description = schema == nullptr ? nullptr : find_string(*schema, "description");
  if (description == nullptr) return fmt::format("{} is required", name);
  return fmt::format("{} is required: {}", name, view(*description));
}

enum class Values { shown, hidden };

std::string sentence(const Violation& violation, std::string name, Values values) {
  if (name.empty()) name = "the document";
  if (violation.value == nullptr) return missing(violation, name);
  if (violation.keyword == "false") return fmt::format("the schema has no {}", name);
  const auto* text = violation.value->if_string();
  constexpr auto longest = SchemaValidator::longest_with_pattern;
  if (violation.keyword == "pattern" && text->size() > longest)
    return fmt::format("{} must be at most {} bytes long", name, longest);
  const auto what = expectation(*violation.schemas.back(), violation.keyword);
  // An array or object is not shown, and its type is news only if that is wrong.
  const bool is_about_type = violation.keyword == "type" || violation.keyword == "anyOf";
  const bool is_shown = !violation.value->is_structured() || is_about_type;
  if (!is_shown || values == Values::hidden || is_at_secret(violation))
    return fmt::format("{} must be {}", name, what);
  return fmt::format("{} must be {}, but is {}", name, what, shown(*violation.value));
}

// What is wrong, sorted by place. Leaves out a place if something inside it is wrong.
std::vector<std::string> sentences(const std::vector<Violation>& violations, Values values) {
  std::map<std::string, std::set<std::string>> by_name;
  for (const auto& violation : violations) {
    const auto name = name_of(violation.path);
    by_name[name].insert(sentence(violation, name, values));
  }
  std::vector<std::string> kept;
  for (auto at = by_name.begin(); at != by_name.end(); ++at) {
    const auto next = std::next(at);
    if (next != by_name.end() && next->first.starts_with(at->first)) continue;
    kept.insert(kept.end(), at->second.begin(), at->second.end());
  }
  return kept;
}

}  // namespace

Result<std::vector<std::string>> schema_errors(const json::object& document, const json::object& schema) {
  const auto validator = SchemaValidator::compile(schema);
  if (!validator) return tl::unexpected(validator.error());
  const json::value value = document;
  return sentences(validator->validate(value), Values::shown);
}

Result<RecordCheck> RecordCheck::create(json::object schema) {
  if (find_object(schema, "properties") != nullptr) schema["additionalProperties"] = false;
  auto validator = SchemaValidator::compile(std::move(schema));
  if (!validator) return tl::unexpected(std::move(validator).error());
  return RecordCheck(*std::move(validator));
}

RecordCheck::RecordCheck(SchemaValidator validator) : validator_(std::move(validator)) {}

Result<void> RecordCheck::check(std::string_view lines) const {
  for (size_t number = 1; !lines.empty(); ++number) {
    const auto line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    auto record = parse_json_object(line, fmt::format("record {} of the batch", number));
    if (!record) return internal_error(record.error().message);
    const json::value value = *std::move(record);
    const auto violations = validator_.validate(value);
    if (!violations.empty())
      return internal_error(fmt::format("record {} of the batch does not fit its schema: {}", number,
                                        fmt::join(sentences(violations, Values::hidden), "; ")));
  }
  return {};
}

}  // namespace tapster::host
