#include "conformance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <regex>
#include <set>

#include "catalog/schema_validator.hpp"

namespace tapster::e2e {

namespace {

namespace json = boost::json;

constexpr size_t longest_line = (size_t{10} << 20U) + 1024;

bool is_utc_time(const json::value& value) {
  static const std::regex form(
      R"(\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?Z)");
  return value.is_string() && std::regex_match(std::string(value.as_string()), form);
}

bool is_day(const json::value& value) {
  static const std::regex form(R"(\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))");
  return value.is_string() && std::regex_match(std::string(value.as_string()), form);
}

// Whether a reader might see more than one line.
bool has_line_end(std::string_view line) {
  for (const std::string_view end : {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"}) {
    if (line.find(end) != std::string_view::npos) return true;
  }
  return std::any_of(line.begin(), line.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

class Checker {
 public:
  Conformance run(std::string_view output) {
    if (!output.empty() && output.back() != '\n') fault("the last line has no end");
    while (!output.empty()) {
      ++line_;
      const auto line = output.substr(0, output.find('\n'));
      output.remove_prefix(std::min(output.size(), line.size() + 1));
      check_line(line);
    }
    if (!states_.empty() && !is_last_a_state_) fault("a STATE is not the last message");
    for (const auto& [name, stream] : streams_) {
      if (stream.version && !stream.activated_at_end) fault(name + " has a version that is never activated");
    }
    return std::move(found_);
  }

 private:
  struct Stream {
    std::optional<host::SchemaValidator> schema;
    json::object properties;
    std::vector<std::string> keys;
    std::string bookmark;  // the replication key; empty for none
    std::set<std::string> seen;
    std::optional<json::value> version;
    bool activated_at_start = false, activated_at_end = false;
  };

  void fault(const std::string& what) { found_.faults.push_back(fmt::format("line {}: {}", line_, what)); }

  void check_line(std::string_view line) {
    if (line.size() > longest_line) fault(fmt::format("{} bytes", line.size()));
    if (has_line_end(line)) fault("a control character or line separator");
    json::error_code error;
    const auto value = json::parse(line, error);
    if (error || !value.is_object()) return fault("no JSON object");
    const auto& message = value.as_object();
    const auto* type = message.if_contains("type");
    if (!type || !type->is_string()) return fault("no type");
    const std::string name(type->as_string());
    ++found_.messages[name];
    is_last_a_state_ = name == "STATE";
    try {
      if (name == "STATE") {
        states_.push_back(message.at("value").at("bookmarks").as_object());
      } else if (name == "SCHEMA") {
        check_schema(message);
      } else if (name == "RECORD" || name == "ACTIVATE_VERSION") {
        const auto stream = streams_.find(std::string(message.at("stream").as_string()));
        if (stream == streams_.end()) return fault(name + " before its SCHEMA");
        name == "RECORD" ? check_record(stream->second, message) : check_activation(stream->second, message);
      } else {
        fault("the type " + name);
      }
    } catch (const std::exception& e) {
      fault(fmt::format("{} is not as specified: {}", name, e.what()));
    }
  }

  void check_schema(const json::object& message) {
    const std::string name(message.at("stream").as_string());
    if (!found_.schemas.emplace(name, message).second) return fault("a second SCHEMA");
    auto& stream = streams_[name];
    stream.properties = message.at("schema").at("properties").as_object();
    const auto known = [&](const json::value& property) {
      const std::string text(property.as_string());
      if (!stream.properties.contains(text)) fault(text + " is no property");
      return text;
    };
    for (const auto& key : message.at("key_properties").as_array()) stream.keys.push_back(known(key));
    if (const auto* bookmark = message.if_contains("bookmark_properties"))
      stream.bookmark = known(bookmark->as_array().at(0));
    for (const auto& [property, schema] : stream.properties) {
      if (!schema.is_object() || !schema.as_object().contains("type"))
        fault(std::string(property) + " has no type");
    }
    auto schema = host::SchemaValidator::compile(message.at("schema"));
    if (!schema) return fault(schema.error().message);
    stream.schema = *std::move(schema);
  }

  void check_record(Stream& stream, const json::object& message) {
    const std::string name(message.at("stream").as_string());
    const auto& record = message.at("record");
    ++found_.records[name];
    if (stream.schema) {
      for (const auto& violation : stream.schema->validate(record))
        fault(fmt::format(
            "{}: violates \"{}\" of {}", name, violation.keyword,
            json::serialize(violation.schemas.empty() ? json::object() : *violation.schemas.back())));
    }
    for (const auto& [attribute, value] : record.as_object()) check_attribute(stream, attribute, value);
    if (record.as_object().size() != stream.properties.size())
      fault(name + ": other attributes than the schema's");
    std::string key;
    for (const auto& property : stream.keys) {
      const auto* value = record.as_object().if_contains(property);
      if (!value || value->is_null()) fault(name + " has no " + property);
      key += (value ? json::serialize(*value) : "") + "\n";
    }
    if (!stream.keys.empty() && !stream.seen.insert(key).second) fault(name + ": a key for the second time");
    if (const auto* time = message.if_contains("time_extracted"); time && !is_utc_time(*time))
      fault("time_extracted is no time in UTC");
    check_covered(name, stream, record.as_object());

    const auto* version = message.if_contains("version");
    if (stream.seen.size() > 1 && version != nullptr && stream.version != *version)
      fault(name + ": two versions");
    if (version) stream.version = *version;
    if (stream.activated_at_end) fault(name + ": a record after its version was activated");
  }

  void check_attribute(const Stream& stream, std::string_view name, const json::value& value) {
    const auto* property = stream.properties.if_contains(name);
    if (!property) return fault(std::string(name) + " has no schema");
    const auto* format = property->as_object().if_contains("format");
    if (!format || value.is_null()) return;
    if (*format == "date-time" && !is_utc_time(value)) fault(std::string(name) + " is no time in UTC");
    if (*format == "date" && !is_day(value)) fault(std::string(name) + " is no day");
  }

  // Whether a STATE before this line promised that the record had been written.
  void check_covered(const std::string& name, const Stream& stream, const json::object& record) {
    if (states_.empty() || stream.bookmark.empty()) return;
    const auto* bookmark = states_.back().if_contains(name);
    if (!bookmark) return;
    const auto* until = bookmark->as_object().if_contains(stream.bookmark);
    if (const auto* parts = bookmark->as_object().if_contains("message_streams"))
      until = parts->as_object().if_contains(record.at("message_stream").as_string());
    if (!until) return;
    std::string_view end(until->as_string());
    if (end.ends_with('Z')) end.remove_suffix(1);  // "12:00:00" comes before "12:00:00.000000Z"
    const std::string_view at(record.at(stream.bookmark).as_string());
    if (at < end) fault(fmt::format("{}: a record of {} after a STATE of {}", name, at, end));
  }

  void check_activation(Stream& stream, const json::object& message) {
    const auto& version = message.at("version");
    if (!version.is_int64()) fault("a version is no integer");
    if (stream.seen.empty() && !stream.version && !stream.activated_at_start) {
      stream.activated_at_start = true;
      stream.version = version;
      return;
    }
    if (stream.version && *stream.version != version)
      fault("activates another version than the records have");
    if (stream.activated_at_end) fault("activates a version twice");
    stream.version = version;
    stream.activated_at_end = true;
  }

  Conformance found_;
  size_t line_ = 0;
  bool is_last_a_state_ = false;
  std::map<std::string, Stream> streams_;
  std::vector<json::object> states_;
};

}  // namespace

Conformance check_conformance(std::string_view output) {
  return Checker().run(output);
}

}  // namespace tapster::e2e
