#include "protocol/airbyte.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "catalog/spec.hpp"
#include "protocol/reference.hpp"

namespace tapster::host::airbyte {

namespace {

// The state of a stream without a state, as Airbyte's Python CDK writes it.
constexpr std::string_view no_cursor = "__ab_no_cursor_state_message";

int64_t millis(Time time) {
  return to_unix_micros(time) / 1000;
}

bool is_array(const json::object& schema) {
  const auto* type = schema.if_contains("type");
  if (type == nullptr) return false;
  if (const auto* types = type->if_array())
    return std::find(types->begin(), types->end(), "array") != types->end();
  return *type == "array";
}

// The schema in Airbyte's dialect: secrets have a word of their own. The platform takes it of strings, and
// fails on an array with it, so an array has it on its items.
void mark_secrets(json::object& schema) {
  if (is_secret(schema)) {
    schema.erase("secret");
    auto* marked = &schema;
    if (is_array(schema)) {
      auto& items = schema["items"];
      marked = items.is_object() ? &items.get_object() : &items.emplace_object();
    }
    (*marked)["airbyte_secret"] = true;
  }
  for (auto& [key, value] : schema) {
    if (auto* object = value.if_object()) mark_secrets(*object);
  }
}

// As Airbyte's form takes it: each setting with a title, in the connector's order.
void fit_form(json::object& schema) {
  auto* properties = schema.if_contains("properties");
  if (properties == nullptr || !properties->is_object()) return;
  int64_t order = 0;
  for (auto& [name, value] : properties->get_object()) {
    auto* setting = value.if_object();
    if (setting == nullptr) continue;
    setting->erase("anyOf");                    // not known to the form; the config is checked here anyway
    setting->emplace("title", label_of(name));  // unless the connector gives one
    setting->emplace("order", order++);
  }
}

json::object to_airbyte(const json::object& stream) {
  json::array primary_key;
  if (const auto* keys = find_array(stream, "key_properties")) {
    for (const auto& key : *keys) primary_key.push_back(json::array{key});
  }
  json::array modes{"full_refresh"};
  const auto cursor = text_of(stream, "replication_key");
  if (!cursor.empty()) modes.emplace_back("incremental");
  // Only a full refresh can be resumable, and ours begins again: it takes up and emits no state on its way.
  json::object out{{"name", text_of(stream, "tap_stream_id")},
                   {"json_schema", *find_object(stream, "schema")},
                   {"supported_sync_modes", std::move(modes)},
                   {"source_defined_primary_key", std::move(primary_key)},
                   {"is_resumable", false}};
  if (!cursor.empty()) {
    out["source_defined_cursor"] = true;
    out["default_cursor_field"] = json::array{json::string(cursor)};
  }
  return out;
}

std::string trace(std::string_view type, Time now, std::string_view member, const json::object& content) {
  return json::serialize(json::object{
      {"type", "TRACE"}, {"trace", {{"type", type}, {"emitted_at", millis(now)}, {member, content}}}});
}

std::string_view to_string(Status status) {
  switch (status) {
    case Status::started:
      return "STARTED";
    case Status::running:
      return "RUNNING";
    case Status::complete:
      return "COMPLETE";
    case Status::incomplete:
      break;
  }
  return "INCOMPLETE";
}

std::string_view to_string(FailureType type) {
  switch (type) {
    case FailureType::config:
      return "config_error";
    case FailureType::transient:
      return "transient_error";
    case FailureType::system:
      break;
  }
  return "system_error";
}

const json::object* find_stream(const json::object& discovered, std::string_view name) {
  for (const auto& stream : *find_array(discovered, "streams")) {
    const auto* object = stream.if_object();
    if (object != nullptr && text_of(*object, "tap_stream_id") == name) return object;
  }
  return nullptr;
}

// Metadata that leaves out the properties of `all` that `wanted` does not have, at any depth of objects.
void leave_out(const json::object& all, const json::object& wanted, const json::array& breadcrumb,
               json::array& metadata) {
  const auto* properties = find_object(all, "properties");
  const auto* kept = find_object(wanted, "properties");
  if (properties == nullptr || kept == nullptr) return;
  for (const auto& [name, schema] : *properties) {
    auto below = breadcrumb;
    below.emplace_back("properties");
    below.emplace_back(name);
    const auto* found = kept->if_contains(name);
    if (found == nullptr)
      metadata.push_back(json::object{{"breadcrumb", below}, {"metadata", {{"selected", false}}}});
    else if (schema.is_object() && found->is_object())
      leave_out(schema.get_object(), found->get_object(), below, metadata);
  }
}

}  // namespace

std::string spec_message(const json::object& spec) {
  auto schema = spec;
  mark_secrets(schema);
  fit_form(schema);
  json::object out{{"supportsIncremental", true}, {"supported_destination_sync_modes", json::array{}}};
  if (const auto* url = spec.if_contains("documentationUrl")) {
    out["documentationUrl"] = *url;
    schema.erase("documentationUrl");
  }
  out["connectionSpecification"] = std::move(schema);
  return json::serialize(json::object{{"type", "SPEC"}, {"spec", std::move(out)}});
}

std::string status_message(const Outcome<void>& works) {
  json::object status{{"status", works ? "SUCCEEDED" : "FAILED"}};
  if (!works) status["message"] = works.error().message;
  return json::serialize(
      json::object{{"type", "CONNECTION_STATUS"}, {"connectionStatus", std::move(status)}});
}

std::string catalog_message(const json::object& catalog) {
  json::array streams;
  for (const auto& stream : *find_array(catalog, "streams"))
    streams.push_back(to_airbyte(stream.as_object()));
  return json::serialize(json::object{{"type", "CATALOG"}, {"catalog", {{"streams", std::move(streams)}}}});
}

std::string error_message(const Failure& failure, Time now) {
  return trace(
      "ERROR", now, "error",
      {{"message", failure.message},
       {"internal_message", fmt::format("exit code {}: {}", static_cast<int>(failure.exit), failure.message)},
       {"failure_type", to_string(failure.type)}});
}

std::string control_message(const json::object& config, Time now) {
  return json::serialize(json::object{{"type", "CONTROL"},
                                      {"control",
                                       {{"type", "CONNECTOR_CONFIG"},
                                        {"emitted_at", millis(now)},
                                        {"connectorConfig", {{"config", config}}}}}});
}

std::string stream_error_message(std::string_view stream, std::string_view why, FailureType type, Time now) {
  return trace("ERROR", now, "error",
               {{"message", fmt::format("{}: {}", stream, why)},
                {"internal_message", why},
                {"failure_type", to_string(type)},
                {"stream_descriptor", {{"name", stream}}}});
}

std::string stream_status_message(std::string_view stream, Status status, Time now) {
  return trace("STREAM_STATUS", now, "stream_status",
               {{"stream_descriptor", {{"name", stream}}}, {"status", to_string(status)}});
}

std::string estimate_message(std::string_view stream, uint64_t rows, uint64_t bytes, Time now) {
  return trace("ESTIMATE", now, "estimate",
               {{"name", stream}, {"type", "STREAM"}, {"row_estimate", rows}, {"byte_estimate", bytes}});
}

std::string state_message(std::string_view stream, std::string_view state, uint64_t records) {
  std::string name;
  append_json_string(name, stream);
  // The count is a double in the protocol, and must look like one.
  return fmt::format(
      R"({{"type":"STATE","state":{{"type":"STREAM","stream":{{"stream_descriptor":{{"name":{}}},"stream_state":{}}},)"
      R"("sourceStats":{{"recordCount":{}.0}}}}}})",
      name, state.empty() ? fmt::format(R"({{"{}":true}})", no_cursor) : std::string(state), records);
}

Outcome<json::object> singer_catalog(const json::object& configured, const json::object& discovered,
                                     std::string_view what) {
  const auto wrong = [&](std::string_view path, std::string_view expected) {
    return fail(Exit::usage, fmt::format("{}: {} must be {}: it should be Airbyte's configured catalog", what,
                                         path, expected));
  };
  const auto* streams = find_array(configured, "streams");
  if (streams == nullptr) return wrong("streams", "an array");
  json::array selected;
  for (size_t i = 0; i < streams->size(); ++i) {
    const auto path = fmt::format("streams[{}].stream", i);
    const auto* entry = (*streams)[i].if_object();
    const auto* stream = entry == nullptr ? nullptr : find_object(*entry, "stream");
    if (stream == nullptr) return wrong(path, "an object");
    const auto name = text_of(*stream, "name");
    if (name.empty()) return wrong(path + ".name", "a string");
    json::object root{{"selected", true}};
    const auto* known = find_stream(discovered, name);  // select_streams reports a stream that is not known
    const bool is_incremental = known != nullptr && !text_of(*known, "replication_key").empty();
    if (is_incremental && text_of(*entry, "sync_mode") == "full_refresh")
      root["replication-method"] = "FULL_TABLE";
    json::array metadata{json::object{{"breadcrumb", json::array()}, {"metadata", std::move(root)}}};
    const auto* wanted = find_object(*stream, "json_schema");
    if (known != nullptr && wanted != nullptr)
      leave_out(*find_object(*known, "schema"), *wanted, {}, metadata);
    selected.push_back(json::object{{"tap_stream_id", name}, {"metadata", std::move(metadata)}});
  }
  return json::object{{"streams", std::move(selected)}};
}

Outcome<json::object> singer_state(const json::array& states, std::string_view what) {
  const auto wrong = [&](std::string_view path, std::string_view expected) {
    return fail(
        Exit::usage,
        fmt::format("{}: {} must be {}: it should be what Airbyte hands back, STATE messages of type STREAM",
                    what, path, expected));
  };
  json::object bookmarks;
  for (size_t i = 0; i < states.size(); ++i) {
    const auto path = fmt::format("[{}]", i);
    const auto* state = states[i].if_object();
    const auto* stream = state == nullptr ? nullptr : find_object(*state, "stream");
    if (stream == nullptr) return wrong(path + ".stream", "an object");
    const auto* descriptor = find_object(*stream, "stream_descriptor");
    const auto name = descriptor == nullptr ? std::string() : text_of(*descriptor, "name");
    if (name.empty()) return wrong(path + ".stream.stream_descriptor.name", "a string");
    const auto* value = stream->if_contains("stream_state");
    if (value == nullptr || value->is_null()) continue;
    if (!value->is_object()) return wrong(path + ".stream.stream_state", "an object");
    if (!value->get_object().empty() && !value->get_object().contains(no_cursor)) bookmarks[name] = *value;
  }
  return json::object{{"bookmarks", std::move(bookmarks)}};
}

}  // namespace tapster::host::airbyte
