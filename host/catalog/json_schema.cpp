#include "catalog/json_schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <tapster/time.hpp>
#define VALIJSON_USE_EXCEPTIONS 1  // without it, a schema that cannot be read ends the process
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "report/secrets.hpp"

namespace tapster::host {

namespace {

// One place of the document, with what is there and the schema for it.
struct Place {
  std::string name;            // as people see it: "geo"."city"
  const json::value* value;    // null where the document has nothing there
  const json::object* schema;  // null where the schema says nothing of it
  bool secret;
};

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

std::string expected_type(const json::object& schema) {
  const auto* format = find_string(schema, "format");
  if (format != nullptr) {
    if (*format == "date") return "a day, as 2026-01-31";
    if (*format == "date-time") return "a time, as 2026-01-31T12:00:00Z";
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

// What a schema asks for: "an integer from 1 to 64", "one of \"a\" and \"b\"".
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
    text += " with no item twice";
  if (const auto* pattern = find_string(schema, "pattern")) {
    text += fmt::format(" that matches {}", view(*pattern));
  }
  return text;
}

std::string shown(const json::value& value) {
  constexpr size_t longest = 60;
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  return shortened(json::serialize(value), longest);
}

std::string mismatch(const Place& place) {
  const auto what = place.schema == nullptr ? std::string("something else") : expectation(*place.schema);
  if (place.secret || place.value == nullptr) return fmt::format("{} has to be {}", place.name, what);
  return fmt::format("{} has to be {}, and is {}", place.name, what, shown(*place.value));
}

std::string missing(const Place& place) {
  const auto* description = place.schema == nullptr ? nullptr : find_string(*place.schema, "description");
  if (description == nullptr) return fmt::format("{} is required", place.name);
  return fmt::format("{} is required: {}", place.name, view(*description));
}

// The schema for an object's member; where it is none of the properties, the one for all others.
const json::object* member_schema(const json::object& schema, std::string_view key) {
  const auto* properties = find_object(schema, "properties");
  if (properties != nullptr && properties->contains(key)) return find_object(*properties, key);
  return find_object(schema, "additionalProperties");
}

Place member(const Place& of, std::string_view key) {
  const auto* object = of.value == nullptr ? nullptr : of.value->if_object();
  const auto* schema = of.schema == nullptr ? nullptr : member_schema(*of.schema, key);
  const auto* secret = schema == nullptr ? nullptr : schema->if_contains("secret");
  return {fmt::format("{}{}\"{}\"", of.name, of.name.empty() ? "" : ".", key),
          object == nullptr ? nullptr : object->if_contains(key), schema,
          of.secret || (secret != nullptr && *secret == true)};
}

Place item(const Place& of, size_t index) {
  const auto* array = of.value == nullptr ? nullptr : of.value->if_array();
  const auto* schema = of.schema == nullptr ? nullptr : find_object(*of.schema, "items");
  return {fmt::format("{}[{}]", of.name, index),
          array == nullptr || index >= array->size() ? nullptr : &(*array)[index], schema, of.secret};
}

// The place that valijson's path leads to: "<root>", then ["key"] or [index] for each step.
Place find_place(Place place, const std::vector<std::string>& path) {
  for (const auto& step : path) {
    if (step.size() < 2 || step.front() != '[') continue;
    std::string_view key(step.data() + 1, step.size() - 2);
    if (key.size() >= 2 && key.front() == '"') {
      place = member(place, key.substr(1, key.size() - 2));
    } else if (place.value != nullptr && place.value->is_array()) {
      place = item(place, std::strtoul(key.data(), nullptr, 10));
    } else {
      place = member(place, key);
    }
  }
  return place;
}

bool is_uri(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon + 1 == text.size()) return false;
  const auto is_visible = [](char c) { return c > ' ' && c != 0x7F; };
  const auto is_scheme = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
  };
  return std::all_of(text.begin(), text.end(), is_visible) &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), is_scheme);
}

// A sentence, and the name of the place that it is about.
struct Finding {
  std::string name;
  std::string sentence;
};

Finding to_finding(const valijson::ValidationResults::Error& error, const Place& root) {
  const auto place = find_place(root, error.context);
  constexpr std::string_view required = "Missing required property '";
  if (error.description.starts_with(required)) {
    const auto size = error.description.rfind('\'') - required.size();
    const auto absent = member(place, error.description.substr(required.size(), size));
    return {absent.name, missing(absent)};
  }
  // Of the document as a whole there is nothing to say but valijson's words.
  return {place.name, place.name.empty() ? error.description : mismatch(place)};
}

// The sentences, without those about a place that has a more exact one inside, and without doubles.
std::vector<std::string> sentences(const std::vector<Finding>& findings) {
  std::vector<std::string> kept;
  for (const auto& finding : findings) {
    const bool outer = std::any_of(findings.begin(), findings.end(), [&](const Finding& other) {
      return other.name.size() > finding.name.size() && other.name.starts_with(finding.name);
    });
    if (outer || std::find(kept.begin(), kept.end(), finding.sentence) != kept.end()) continue;
    kept.push_back(finding.sentence);
  }
  return kept;
}

// Calls `visit` with each place of the document that holds a string and has a schema.
void for_each_string(const Place& place, const std::function<void(const Place&, std::string_view)>& visit) {
  if (place.value == nullptr || place.schema == nullptr) return;
  if (const auto* text = place.value->if_string()) visit(place, view(*text));
  if (const auto* object = place.value->if_object()) {
    for (const auto& [key, value] : *object) for_each_string(member(place, key), visit);
  }
  if (const auto* array = place.value->if_array()) {
    for (size_t i = 0; i < array->size(); ++i) for_each_string(item(place, i), visit);
  }
}

// Formats are checked here: valijson 1.0 fails a day such as 2026-02-30 without saying so, throws on a value
// that is no string, and does not know "uri".
void check_formats(const Place& root, std::vector<Finding>& findings) {
  for_each_string(root, [&](const Place& place, std::string_view text) {
    const auto* format = find_string(*place.schema, "format");
    if (format == nullptr) return;
    if ((*format == "date" && !parse_day(text)) || (*format == "date-time" && !parse_time(text)) ||
        (*format == "uri" && !is_uri(text))) {
      findings.push_back({place.name, mismatch(place)});
    }
  });
}

// std::regex, which valijson uses, goes down the stack by several frames a character, and past its end where
// a string is long.
void check_lengths(const Place& root, std::vector<Finding>& findings) {
  constexpr size_t longest = 4096;
  for_each_string(root, [&](const Place& place, std::string_view text) {
    if (text.size() <= longest || find_string(*place.schema, "pattern") == nullptr) return;
    findings.push_back({place.name, fmt::format("{} has to be at most {} bytes long", place.name, longest)});
  });
}

// The schema as valijson is to see it. A property named "format" stays: its schema is not a string.
json::value without_formats(const json::value& schema) {
  if (const auto* array = schema.if_array()) {
    json::array out;
    for (const auto& value : *array) out.push_back(without_formats(value));
    return out;
  }
  if (const auto* object = schema.if_object()) {
    json::object out;
    for (const auto& [key, value] : *object) {
      if (key != "format" || !value.is_string()) out[key] = without_formats(value);
    }
    return out;
  }
  return schema;
}

void compile(const json::value& schema, valijson::Schema& out) {
  valijson::SchemaParser(valijson::SchemaParser::kDraft7)
      .populateSchema(valijson::adapters::BoostJsonAdapter(schema), out);
}

// What is wrong at `root`, a whole document.
std::vector<std::string> find_errors(const Place& root, const valijson::Schema& schema) {
  std::vector<Finding> findings;
  check_lengths(root, findings);
  if (!findings.empty()) return sentences(findings);
  valijson::ValidationResults results;
  valijson::Validator().validate(schema, valijson::adapters::BoostJsonAdapter(*root.value), &results);
  for (const auto& error : results) findings.push_back(to_finding(error, root));
  check_formats(root, findings);
  return sentences(findings);
}

}  // namespace

Result<std::vector<std::string>> schema_errors(const json::object& document, const json::object& schema) {
  const json::value value = document;
  try {
    valijson::Schema compiled;
    compile(without_formats(schema), compiled);
    return find_errors({"", &value, &schema, false}, compiled);
  } catch (const std::exception& e) {
    return internal_error(fmt::format("a JSON Schema cannot be used: {}", e.what()));
  }
}

struct RecordCheck::Compiled {
  json::object schema;
  valijson::Schema parsed;
};

RecordCheck::RecordCheck(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
RecordCheck::RecordCheck(RecordCheck&&) noexcept = default;
RecordCheck& RecordCheck::operator=(RecordCheck&&) noexcept = default;
RecordCheck::~RecordCheck() = default;

Result<RecordCheck> RecordCheck::create(const json::object& schema) {
  try {
    auto compiled = std::make_unique<Compiled>();
    compiled->schema = schema;
    compile(without_formats(schema), compiled->parsed);
    return RecordCheck(std::move(compiled));
  } catch (const std::exception& e) {
    return internal_error(fmt::format("a JSON Schema cannot be used: {}", e.what()));
  }
}

Result<void> RecordCheck::check(std::string_view lines) const {
  const auto* known = find_object(compiled_->schema, "properties");
  for (size_t number = 1; !lines.empty(); ++number) {
    const auto line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    const auto record = parse_json_object(line, fmt::format("record {} of the batch", number));
    if (!record) return internal_error(record.error().message);
    const json::value value = *record;
    auto errors = find_errors({"", &value, &compiled_->schema, true}, compiled_->parsed);
    for (const auto& [name, member] : *record) {
      if (known != nullptr && !known->contains(name))
        errors.push_back(fmt::format("the schema has no \"{}\"", std::string_view(name)));
    }
    if (!errors.empty())
      return internal_error(
          fmt::format("record {} of the batch does not fit its schema: {}", number, fmt::join(errors, "; ")));
  }
  return {};
}

}  // namespace tapster::host
