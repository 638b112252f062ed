// The ABI's table on top of Connector and Source: parses the requests, calls the author's code, and returns
// errors as the ABI's struct. No exception leaves a function of the table.
#include <fmt/format.h>

#include <deque>
#include <mutex>
#include <tapster/redaction.hpp>
#include <tapster/source.hpp>

#include "declaration.hpp"
#include "found_columns.hpp"
#include "numbers.hpp"
#include "recorder.hpp"
#include "schema_type.hpp"
#include "unknown_fields.hpp"

// The opaque source that the host owns.
struct tapster_source {
  tapster_source(std::unique_ptr<tapster::Recorder> recording, tapster::Host services,
                 tapster::json::object settings, tapster::Source opened)
      : recorder(std::move(recording)),
        host(services),
        config(std::move(settings)),
        source(std::move(opened)),
        unknown(services) {}

  std::unique_ptr<tapster::Recorder> recorder;  // of what `source` requests; null unless that is recorded
  tapster::Host host;
  tapster::json::object config;
  tapster::Source source;
  tapster::UnknownFields unknown;

  // Under `mutex` until they are found, and constant after that.
  std::mutex mutex;
  bool is_discovered = false;
  std::deque<tapster::SourceStream> streams;
  tapster::Redaction redaction;
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

json::object setting_schema(const Setting& setting) {
  const auto [type, format] = schema_type(setting.type);
  json::object schema{{"type", type}, {"description", setting.description}};
  if (!format.empty()) schema["format"] = format;
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

// Replaces each number that the schema calls an integer by an int64. JSON Schema also accepts 2.0 and 1e2 as
// integers, and the parser makes a double of them. `name` is the setting's, for messages.
Result<void> make_integers(json::value& value, const json::object& schema, std::string_view name) {
  if (value.is_number() && text_of(schema, "type") == "integer") {
    const auto integer = whole_number(value);
    if (!integer) return config_error(fmt::format("\"{}\" must be an integer of at most 64 bits", name));
    value = *integer;
  }
  if (auto* array = value.if_array()) {
    const auto* items = find_object(schema, "items");
    for (size_t i = 0; items != nullptr && i < array->size(); ++i) {
      if (auto made = make_integers((*array)[i], *items, name); !made) return made;
    }
  }
  if (auto* object = value.if_object()) {
    const auto* properties = find_object(schema, "properties");
    for (auto& [key, inner] : *object) {
      const auto* property = properties == nullptr ? nullptr : find_object(*properties, key);
      if (property == nullptr) continue;
      if (auto made = make_integers(inner, *property, name); !made) return made;
    }
  }
  return {};
}

// Adds the defaults of the settings that the config lacks, and makes its integers int64. Errors: config, for
// a required setting that is missing and for an integer that is too large.
Result<void> complete(const Connector& connector, json::object& config) {
  for (const auto& setting : connector.settings) {
    if (!config.contains(setting.name)) {
      if (setting.required)
        return config_error(fmt::format("\"{}\" is required: {}", setting.name, setting.description));
      if (setting.default_value.empty()) continue;
      config[setting.name] = json::parse(setting.default_value);
    }
    auto made = make_integers(config.at(setting.name), setting_schema(setting), setting.name);
    if (!made) return made;
  }
  return {};
}

// Null, unless the exchanges of the source are to be recorded.
Result<std::unique_ptr<Recorder>> recorder_for(const Connector& connector, const tapster_host* host,
                                               const json::object& config) {
  const auto directory = Recorder::wanted();
  if (directory.empty()) return std::unique_ptr<Recorder>();
  return Recorder::create(directory, host, spec_schema(connector), config);
}

Result<void> check_functions(const std::vector<SourceStream>& streams) {
  for (const auto& each : streams) {
    if (!each.read && !each.failure)
      return internal_error(fmt::format("stream {}: it has no function `read`", each.stream.name));
  }
  return {};
}

// Takes these streams, after those that are known.
Result<void> add_streams(tapster_source& source, std::vector<SourceStream> more) {
  for (auto& found : more) found.stream.columns_vary = true;
  std::vector<const Stream*> all;
  for (const auto& known : source.source.streams) all.push_back(&known.stream);
  for (const auto& found : more) all.push_back(&found.stream);
  auto checked = check_streams(all);
  if (checked) checked = check_functions(source.source.streams);
  if (checked) checked = check_functions(more);
  if (!checked) return checked;
  auto redaction = Redaction::create(source.config, all);
  if (!redaction) return Failed(std::move(redaction).error());
  source.redaction = *std::move(redaction);
  for (auto* streams : {&source.source.streams, &more}) {
    for (auto& each : *streams) source.streams.push_back(std::move(each));
  }
  source.is_discovered = true;
  return {};
}

// Checks the streams that are known without a request. If there are no others, they are all.
Result<void> check_known(tapster_source& source) {
  for (const auto& each : source.source.streams) {
    if (each.failure) return with_context(fmt::format("stream {}", each.stream.name), *each.failure);
  }
  if (!source.source.discover) return add_streams(source, {});
  std::vector<const Stream*> known;
  for (const auto& each : source.source.streams) known.push_back(&each.stream);
  auto checked = check_streams(known);
  return checked ? check_functions(source.source.streams) : checked;
}

// Finds all streams, unless that has been done.
Result<void> discover_streams(tapster_source& source) {
  const std::lock_guard lock(source.mutex);
  if (source.is_discovered) return {};
  auto found = call("discover", source.source.discover);
  if (!found) return Failed(std::move(found).error());
  for (const auto& each : *found) {
    if (each.failure)
      source.host.warning(
          fmt::format("stream {}: cannot be discovered: {}", each.stream.name, each.failure->message));
  }
  return add_streams(source, *std::move(found));
}

// Returns a stream that can be read.
Result<const SourceStream*> find_stream(tapster_source& source, tapster_text name) {
  auto discovered = discover_streams(source);
  if (!discovered) return Failed(std::move(discovered).error());
  for (const auto& each : source.streams) {
    if (each.stream.name != to_view(name)) continue;
    if (each.failure) return Failed(*each.failure);
    return &each;
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
  return guard("check", error,
               [&] { return source->source.check ? source->source.check() : Result<void>(); });
}

tapster_status discover(tapster_source* source, const tapster_sink* out, tapster_error* error) noexcept {
  return guard("discover", error, [&]() -> Result<void> {
    auto discovered = discover_streams(*source);
    if (!discovered) return discovered;
    std::vector<const Stream*> streams;
    for (const auto& each : source->streams) streams.push_back(&each.stream);
    auto found = catalog(streams);
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
    const auto columns = take_columns(*state);
    if (const auto changes = column_changes(columns, (*stream)->stream); !changes.empty())
      source->host.warning(changes);
    Slices slices(*out);
    if (!(*stream)->plan) return slices.push({});
    return (*stream)->plan({*std::move(state), to_view(request->since), to_view(request->until)}, slices);
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
    const auto projection = Projection::create((*stream)->stream, *columns);
    if (!projection) return Failed(projection.error());
    Records records(*out, &*projection, &source->redaction, &source->unknown);
    return (*stream)->read({*projection, *slice}, records);
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
    take_columns(*old);
    auto next = (*stream)->advance ? (*stream)->advance(*std::move(old), *slice) : old;
    if (!next) return Failed(next.error());
    put_columns(*next, (*stream)->stream);
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

Slices Slices::in_partition(std::string_view name) const {
  const auto outer = text_of(members_, "partition");
  return with({{"partition", outer.empty() ? std::string(name) : fmt::format("{}/{}", outer, name)}});
}

Result<void> Slices::push(const json::object& slice) const {
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
    checked = complete(connector, *settings);
    if (!checked) return checked;
    auto recorder = recorder_for(connector, host, *settings);
    if (!recorder) return Failed(std::move(recorder).error());
    const Host services(*recorder ? (*recorder)->host() : host);
    auto opened = connector.open(*settings, services);
    if (!opened) return Failed(std::move(opened).error());
    if (opened->streams.empty() && !opened->discover)
      return internal_error("open() returned a source without streams");
    auto made = std::make_unique<tapster_source>(*std::move(recorder), services, *std::move(settings),
                                                 *std::move(opened));
    auto checked_streams = check_known(*made);
    if (!checked_streams) return checked_streams;
    *source = made.release();
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
