// The ABI's table on top of Connector and Source: parses the requests, calls the author's code, and returns
// errors as the ABI's struct. No exception leaves a function of the table.
#include <fmt/format.h>

#include <algorithm>
#include <tapster/redaction.hpp>
#include <tapster/source.hpp>

#include "declaration.hpp"
#include "unknown_fields.hpp"

// The opaque source that the host owns.
struct tapster_source {
  tapster_source(tapster::Host host, std::unique_ptr<tapster::Source> opened,
                 std::vector<const tapster::Stream*> discovered, tapster::Redaction redacts)
      : source(std::move(opened)),
        streams(std::move(discovered)),
        redaction(std::move(redacts)),
        unknown(host) {}

  std::unique_ptr<tapster::Source> source;
  std::vector<const tapster::Stream*> streams;
  tapster::Redaction redaction;
  tapster::UnknownFields unknown;
};

namespace tapster {

namespace {

// Calls `body`, the author's code, which returns a Result. An exception becomes an internal error that names
// `function`.
template <class Body>
auto call(std::string_view function, const Body& body) -> decltype(body()) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return internal_error("out of memory");
  } catch (const std::exception& e) {
    return internal_error(fmt::format("{}() threw an exception: {}", function, e.what()));
  } catch (...) {
    return internal_error(fmt::format("{}() threw an exception of an unknown type", function));
  }
}

// As `call`, with the result converted to the ABI.
template <class Body>
tapster_status guard(std::string_view function, tapster_error* error, const Body& body) noexcept {
  const Result<void> result = call(function, body);
  return result ? TAPSTER_OK : to_abi(result.error(), error);
}

Result<void> push_line(const tapster_sink& sink, const json::object& object) {
  const std::string line = json::serialize(object) + "\n";
  const tapster_batch batch{sizeof batch, line.data(), line.size(), 1, 0};
  const auto status = sink.push(sink.context, &batch);
  if (status == TAPSTER_OK) return {};
  return Failed(Error{static_cast<Status>(status), "the host rejected the line", 0, std::nullopt});
}

std::string_view type_name(Type type) {
  switch (type) {
    case Type::integer:
      return "integer";
    case Type::number:
      return "number";
    case Type::boolean:
      return "boolean";
    case Type::object:
      return "object";
    case Type::array:
      return "array";
    default:
      return "string";
  }
}

json::object setting_schema(const Setting& setting) {
  json::object schema{{"type", type_name(setting.type)}, {"description", setting.description}};
  if (setting.type == Type::date) schema["format"] = "date";
  if (setting.type == Type::timestamp) schema["format"] = "date-time";
  if (setting.secret) schema["secret"] = true;
  if (!setting.default_value.empty()) schema["default"] = json::parse(setting.default_value);
  if (!setting.rules.empty()) {
    const json::value rules = json::parse("{" + std::string(setting.rules) + "}");
    for (const auto& [key, value] : rules.as_object()) schema[key] = value;
  }
  return schema;
}

json::object spec_schema(const Connector& connector) {
  json::object properties;
  json::array required;
  for (const auto& setting : connector.settings) {
    properties[setting.name] = setting_schema(setting);
    if (setting.required) required.emplace_back(setting.name);
  }
  json::object schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
                      {"type", "object"},
                      {"properties", std::move(properties)},
                      {"required", std::move(required)}};
  if (!connector.documentation.empty()) schema["documentationUrl"] = connector.documentation;
  return schema;
}

Result<const Stream*> find_stream(tapster_source& source, tapster_text name) {
  for (const auto* stream : source.streams) {
    if (stream->name == to_view(name)) return stream;
  }
  return unsupported_error(fmt::format("there is no stream {}", to_view(name)));
}

// Parses the state of a stream. An empty text is an empty state.
Result<json::object> read_state(tapster_text text) {
  if (text.size == 0) return json::object();
  auto state = parse_json_object(to_view(text), "the state");
  if (!state) return state_error(state.error().message);
  return state;
}

// Parses the columns of a read request.
Result<std::vector<std::string>> read_columns(tapster_text text) {
  std::vector<std::string> columns;
  if (text.size == 0) return columns;
  auto value = parse_json(to_view(text), "the list of columns");
  if (!value) return Failed(std::move(value).error());
  if (!value->is_array()) return config_error("the list of columns must be an array");
  for (const auto& column : value->as_array()) {
    if (!column.is_string()) return config_error("a column must be a JSON Pointer");
    columns.emplace_back(view(column.as_string()));
  }
  return columns;
}

tapster_status check(tapster_source* source, tapster_error* error) noexcept {
  return guard("check", error, [&] { return source->source->check(); });
}

tapster_status discover(tapster_source* source, const tapster_sink* out, tapster_error* error) noexcept {
  return guard("discover", error, [&] {
    auto found = catalog(source->streams);
    source->redaction.apply(found);
    return push_line(*out, found);
  });
}

tapster_status plan(tapster_source* source, const tapster_plan_request* request, const tapster_sink* out,
                    tapster_error* error) noexcept {
  return guard("plan", error, [&]() -> Result<void> {
    const auto stream = find_stream(*source, request->stream);
    if (!stream) return Failed(stream.error());
    auto state = read_state(request->state);
    if (!state) return Failed(std::move(state).error());
    Slices slices(*out);
    return source->source->plan(
        {**stream, *std::move(state), to_view(request->since), to_view(request->until)}, slices);
  });
}

tapster_status read(tapster_source* source, const tapster_read_request* request, const tapster_sink* out,
                    tapster_error* error) noexcept {
  return guard("read", error, [&]() -> Result<void> {
    const auto stream = find_stream(*source, request->stream);
    if (!stream) return Failed(stream.error());
    const auto slice = parse_json_object(to_view(request->slice), "the slice");
    if (!slice) return Failed(slice.error());
    const auto columns = read_columns(request->columns);
    if (!columns) return Failed(columns.error());
    const auto projection = Projection::create(**stream, *columns);
    if (!projection) return Failed(projection.error());
    Records records(*out, &*projection, &source->redaction, &source->unknown);
    return source->source->read(*projection, *slice, records);
  });
}

tapster_status state(tapster_source* source, const tapster_state_request* request, const tapster_sink* out,
                     tapster_error* error) noexcept {
  return guard("state", error, [&]() -> Result<void> {
    const auto stream = find_stream(*source, request->stream);
    if (!stream) return Failed(stream.error());
    auto old = read_state(request->state);
    if (!old) return Failed(std::move(old).error());
    const auto slice = parse_json_object(to_view(request->slice), "the slice");
    if (!slice) return Failed(slice.error());
    const auto next = source->source->state(**stream, *std::move(old), *slice);
    if (!next) return Failed(next.error());
    return push_line(*out, *next);
  });
}

// Nothing to do: the host has set its `cancelled` flag, which every wait and every request of the SDK checks.
void cancel(tapster_source*) noexcept {}

void close(tapster_source* source) noexcept {
  delete source;
}

}  // namespace

Slices Slices::with(const json::object& members) const {
  auto slices = *this;
  for (const auto& [name, value] : members) slices.members_[name] = value;
  return slices;
}

Result<void> Slices::push(const json::object& slice) {
  auto complete = slice;
  complete.insert(members_.begin(), members_.end());
  return push_line(*sink_, complete);
}

namespace abi {

tapster_status spec(const Connector& connector, const tapster_sink* out, tapster_error* error) noexcept {
  return guard("spec", error, [&] {
    auto checked = check_settings(connector);
    return checked ? push_line(*out, spec_schema(connector)) : checked;
  });
}

tapster_status open(const Connector& connector, const tapster_host* host, tapster_text config,
                    tapster_source** source, tapster_error* error) noexcept {
  return guard("open", error, [&]() -> Result<void> {
    auto checked = check_settings(connector);
    if (!checked) return checked;
    auto settings = parse_json_object(to_view(config), "the config");
    if (!settings) return Failed(std::move(settings).error());
    for (const auto& setting : connector.settings) {
      if (settings->contains(setting.name)) continue;
      if (setting.required)
        return config_error(fmt::format("\"{}\" is required: {}", setting.name, setting.description));
      if (!setting.default_value.empty()) (*settings)[setting.name] = json::parse(setting.default_value);
    }
    auto opened = connector.open(*settings, Host(host));
    if (!opened) return Failed(std::move(opened).error());
    if (!*opened) return internal_error("open() returned no source");
    auto streams = call("discover", [&] { return (*opened)->discover(); });
    if (!streams) return Failed(std::move(streams).error());
    auto declared = check_streams(*streams);
    if (!declared) return declared;
    auto redaction = Redaction::create(*settings, *streams);
    if (!redaction) return Failed(std::move(redaction).error());
    *source = std::make_unique<tapster_source>(Host(host), *std::move(opened), *std::move(streams),
                                               *std::move(redaction))
                  .release();
    return {};
  });
}

tapster_connector table(const Connector& connector) noexcept {
  tapster_connector made{};
  made.struct_size = sizeof made;
  made.abi_version = TAPSTER_ABI_VERSION;
  made.name = to_text(connector.name);
  made.version = to_text(connector.version);
  made.description = to_text(connector.description);
  made.check = check;
  made.discover = discover;
  made.plan = plan;
  made.read = read;
  made.state = state;
  made.cancel = cancel;
  made.close = close;
  return made;
}

}  // namespace abi

}  // namespace tapster
