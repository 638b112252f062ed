#include "plugin/source.hpp"

#include <fmt/format.h>

#include <set>

#include "catalog/catalog_shape.hpp"
#include "system/line_ends.hpp"

namespace tapster::host {

namespace {

constexpr size_t largest_slice = 64UL * 1024;

// Why `stream` cannot be one of a catalog; empty if it can. `names` collects the streams' names.
std::string flaw(const json::value& stream, std::set<std::string, std::less<>>& names) {
  const auto* object = stream.if_object();
  if (object == nullptr) return "a stream that is not an object";
  const auto* name = find_string(*object, "tap_stream_id");
  if (name == nullptr || name->empty()) return "a stream without a tap_stream_id";
  if (!names.emplace(view(*name)).second) return fmt::format("the stream {} twice", view(*name));
  if (text_of(*object, "stream").empty())
    return fmt::format("the stream {} without a name for the target, \"stream\"", view(*name));
  const auto* schema = find_object(*object, "schema");
  if (schema == nullptr || find_object(*schema, "properties") == nullptr) {
    return fmt::format("the stream {} without a schema that has properties", view(*name));
  }
  const auto* keys = find_array(*object, "key_properties");
  if (keys == nullptr) return fmt::format("the stream {} without key_properties", view(*name));
  for (const auto& key : *keys) {
    if (!key.is_string() || !find_object(*schema, "properties")->contains(key.get_string())) {
      return fmt::format("the stream {} with a key that its schema does not have", view(*name));
    }
  }
  const auto* replication_key = find_string(*object, "replication_key");
  if (replication_key != nullptr && !find_object(*schema, "properties")->contains(*replication_key)) {
    return fmt::format("the stream {} with the replication key {}, which its schema does not have",
                       view(*name), view(*replication_key));
  }
  return {};
}

// Why a slice cannot turn into `next`; empty if it can.
std::string progress_flaw(std::string_view slice, std::string_view next) {
  if (next.size() > largest_slice)
    return fmt::format("reported a progress of {} bytes; at most {} are allowed", next.size(), largest_slice);
  const auto object = parse_json_object(next, "its progress");
  if (!object) return "reported a progress: " + object.error().message;
  if (partition_of(next) != partition_of(slice)) return "reported a progress in another partition";
  return {};
}

}  // namespace

std::string partition_of(std::string_view slice) {
  const auto object = parse_json_object(slice, "the slice");
  const auto* name = object ? find_string(*object, "partition") : nullptr;
  return name ? std::string(view(*name)) : std::string();
}

Result<Source> Source::open(Connector connector, const json::object& config, HostServices& services) {
  const auto text = json::serialize(config);
  tapster_source* source = nullptr;
  auto result = make_call({connector.name(), "open"}, [&](tapster_error* error) {
    return connector.table().open(&services.table(), to_text(text), &source, error);
  });
  if (!result) return Failed(std::move(result).error());
  if (source == nullptr) return breach(connector.name(), "open returned OK but no source");
  return Source(connector, source, services);
}

Source::Source(Source&& other) noexcept
    : connector_(other.connector_),
      source_(std::exchange(other.source_, nullptr)),
      services_(other.services_) {}

Source::~Source() {
  if (source_ == nullptr) return;
  const CallGuard guard({connector_.name(), "close"});
  connector_.table().close(source_);
}

Result<void> Source::check() {
  return make_call({connector_.name(), "check"},
                   [&](tapster_error* error) { return connector_.table().check(source_, error); });
}

Result<json::object> Source::discover() {
  const auto name = connector_.name();
  const Call call{name, "discover"};
  auto line = call_for_line(call, services_, [&](const tapster_sink* out, tapster_error* error) {
    return connector_.table().discover(source_, out, error);
  });
  if (!line) return Failed(std::move(line).error());
  auto catalog = parse_answer(call, *line);
  if (!catalog) return catalog;
  const auto* streams = find_array(*catalog, "streams");
  if (streams == nullptr) return breach(name, "its catalog has no \"streams\"");
  std::set<std::string, std::less<>> names;
  for (const auto& stream : *streams) {
    const auto what = flaw(stream, names);
    if (!what.empty()) return breach(name, "its catalog has " + what);
  }
  if (const auto shaped = check_shape(*catalog); !shaped)
    return breach(name, "its catalog: " + shaped.error().message);
  return catalog;
}

Result<void> Source::plan(const PlanRequest& request, const SliceSink& sink) {
  const Call call{connector_.name(), "plan", request.stream};
  tapster_plan_request raw{};
  raw.struct_size = sizeof raw;
  raw.stream = to_text(request.stream);
  raw.state = to_text(request.state);
  raw.since = to_text(request.since);
  raw.until = to_text(request.until);
  const BatchSink take = [&](const tapster_batch& batch) -> Result<void> {
    std::string_view rest(batch.data, batch.size);
    while (!rest.empty()) {
      const auto slice = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(slice.size() + 1);
      if (slice.size() > largest_slice) {
        return breach(connector_.name(),
                      fmt::format("plan pushed a slice of {} bytes for the stream {}; at most {} "
                                  "are allowed",
                                  slice.size(), request.stream, largest_slice));
      }
      const auto object = parse_answer(call, slice);
      if (!object) return Failed(object.error());
      auto taken = sink(slice);
      if (!taken) return taken;
    }
    return {};
  };
  return make_call(call, services_, take, {}, [&](const tapster_sink* out, tapster_error* error) {
    return connector_.table().plan(source_, &raw, out, error);
  });
}

Result<void> Source::read(std::string_view stream, std::string_view slice, std::string_view columns,
                          const BatchSink& sink, const RejectSink& reject, const ProgressSink& progress) {
  tapster_read_request raw{};
  raw.struct_size = sizeof raw;
  raw.stream = to_text(stream);
  raw.slice = to_text(slice);
  raw.columns = to_text(columns);
  // The SDK escapes these characters, but the contract does not require it.
  const BatchSink take = [&](const tapster_batch& batch) -> Result<void> {
    std::string_view lines(batch.data, batch.size);
    if (!has_line_separator(lines)) return sink(batch);
    std::string escaped(lines);
    escape_line_ends(escaped);
    auto changed = batch;
    changed.data = escaped.data();
    changed.size = escaped.size();
    return sink(changed);
  };
  const Call call{connector_.name(), "read", stream, slice};
  ReadSinks sinks{reject, {}};
  if (progress)
    sinks.progress = [&](std::string_view next) -> Result<void> {
      const auto flawed = progress_flaw(slice, next);
      if (flawed.empty()) return progress(next);
      return breach(connector_.name(), fmt::format("read of the stream {} {}", stream, flawed));
    };
  return make_call(call, services_, take, sinks, [&](const tapster_sink* out, tapster_error* error) {
    return connector_.table().read(source_, &raw, out, error);
  });
}

Result<std::string> Source::state(std::string_view stream, std::string_view state, std::string_view slice) {
  const Call call{connector_.name(), "state", stream, slice};
  tapster_state_request raw{};
  raw.struct_size = sizeof raw;
  raw.stream = to_text(stream);
  raw.state = to_text(state);
  raw.slice = to_text(slice);
  // Not cancelled with the source: what was read before the cancel must still be folded into the state.
  auto line = call_for_line(call, nullptr, [&](const tapster_sink* out, tapster_error* error) {
    return connector_.table().state(source_, &raw, out, error);
  });
  if (!line) return line;
  const auto object = parse_answer(call, *line);
  if (!object) return Failed(object.error());
  return line;
}

void Source::cancel() {
  services_->set_cancelled();
  const CallGuard guard({connector_.name(), "cancel"});
  connector_.table().cancel(source_);
}

}  // namespace tapster::host
