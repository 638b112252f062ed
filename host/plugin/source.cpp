#include "plugin/source.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstring>
#include <optional>
#include <set>

#include "plugin/call_guard.hpp"
#include "report/secrets.hpp"
#include "system/line_ends.hpp"

namespace tapster::host {

Failed breach(std::string_view connector, std::string_view what) {
  return internal_error(fmt::format("the connector {} broke the contract: {}", connector, what));
}

namespace {

constexpr size_t batch_size = offsetof(tapster_batch, extracted_at) + sizeof(int64_t);  // of ABI 1.0
constexpr size_t largest_slice = 64UL * 1024;

// Why `batch` breaks the contract; empty if it does not. Records are not parsed here: a batch is lines, as
// many as it says, each of which starts and ends as an object does.
std::string flaw(const tapster_batch* batch) {
  if (batch == nullptr) return "a batch that is null";
  if (batch->struct_size < batch_size) {
    return fmt::format("a batch whose struct_size is {}", batch->struct_size);
  }
  if (batch->size == 0)
    return batch->count == 0 ? "" : fmt::format("an empty batch of {} lines", batch->count);
  if (batch->data == nullptr) return fmt::format("a batch of {} bytes at null", batch->size);
  if (batch->data[batch->size - 1] != '\n') return "a batch that does not end with a line break";
  size_t count = 0;
  const char* line = batch->data;
  const char* const end = line + batch->size;
  while (line != end) {
    const auto* line_end = static_cast<const char*>(std::memchr(line, '\n', static_cast<size_t>(end - line)));
    ++count;
    if (line_end - line < 2 || *line != '{' || line_end[-1] != '}') {
      return fmt::format("a batch whose line {} is not a JSON object", count);
    }
    line = line_end + 1;
  }
  if (count != batch->count) return fmt::format("a batch that says {} lines and has {}", batch->count, count);
  return {};
}

// The host's end of one call's tapster_sink. Checks each batch before `take` sees it, and keeps the first
// error, which tells more than what the connector makes of it.
class Sink {
 public:
  // `services` is null for calls that nothing can cancel.
  Sink(std::string_view connector, std::string_view function, const Services* services, const BatchSink& take)
      : connector_(connector), function_(function), services_(services), take_(take) {}

  tapster_status push(const tapster_batch* batch) noexcept {
    if (!error_) {
      try {
        auto result = checked_push(batch);
        if (!result) error_ = std::move(result).error();
      } catch (const std::exception& e) {
        error_ = Error{Status::internal, e.what(), 0, std::nullopt};
      }
    }
    return error_ ? static_cast<tapster_status>(error_->status) : TAPSTER_OK;
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  Result<void> checked_push(const tapster_batch* batch) {
    if (services_ != nullptr && services_->is_cancelled()) return cancelled();
    const auto what = flaw(batch);
    if (!what.empty()) return breach(connector_, fmt::format("{} pushed {}", function_, what));
    if (batch->size == 0) return {};
    return take_(*batch);
  }

  std::string_view connector_;
  std::string_view function_;
  const Services* services_;
  const BatchSink& take_;
  std::optional<Error> error_;
};

extern "C" {
tapster_status host_push(void* context, const tapster_batch* batch) noexcept {
  return static_cast<Sink*>(context)->push(batch);
}
}

// What a call is about, for messages; empty where it is not about one.
struct About {
  std::string_view stream, slice;
};

// Calls `body` with an error to fill, and turns how it ends into a Result.
template <class Body>
Result<void> call(std::string_view connector, std::string_view function, About about, const Body& body) {
  const CallGuard guard(connector, function, about.stream, about.slice);
  tapster_error error{};
  error.struct_size = sizeof error;
  error.retry_after_ms = -1;
  tapster_status status = TAPSTER_OK;
  try {
    status = body(&error);
  } catch (...) {
    return breach(connector, fmt::format("{} threw an exception", function));
  }
  if (status == TAPSTER_OK) return {};
  auto result = from_abi(status, error);
  // A message that fills the struct may have been cut, by up to three bytes more where a character did not
  // fit.
  if (error.message_size + 4 > sizeof error.message) result.message += cut_mark;
  if (error.message_size == 0) {
    result.message = fmt::format("{} of the connector {} failed with the status {} and gave no reason",
                                 function, connector, status);
    if (result.status != Status::internal || status == TAPSTER_INTERNAL) {
      result.message += fmt::format(" ({})", to_string(result.status));
    }
  }
  return Failed(std::move(result));
}

// As call, for a function that pushes: `body` gets the sink too.
template <class Body>
Result<void> call(std::string_view connector, std::string_view function, About about,
                  const Services* services, const BatchSink& take, const Body& body) {
  Sink sink(connector, function, services, take);
  tapster_sink table{};
  table.struct_size = sizeof table;
  table.context = &sink;
  table.push = host_push;
  auto result = call(connector, function, about, [&](tapster_error* error) { return body(&table, error); });
  if (sink.error()) return Failed(*sink.error());
  return result;
}

// As call, for a function that answers with one line, which is returned without its line break.
template <class Body>
Result<std::string> call_for_line(std::string_view connector, std::string_view function, About about,
                                  const Services* services, const Body& body) {
  std::string text;
  size_t count = 0;
  const BatchSink take = [&](const tapster_batch& batch) -> Result<void> {
    text.append(batch.data, batch.size);
    count += batch.count;
    return {};
  };
  auto result = call(connector, function, about, services, take, body);
  if (!result) return Failed(std::move(result).error());
  if (count != 1)
    return breach(connector, fmt::format("{} pushed {} lines where one is due", function, count));
  text.pop_back();
  return text;
}

// The line as an object.
Result<json::object> parse_answer(std::string_view connector, std::string_view function,
                                  std::string_view line) {
  auto object = parse_json_object(line, fmt::format("what {} pushed", function));
  if (!object) return breach(connector, object.error().message);
  return object;
}

// Why `stream` cannot be one of a catalog; empty if it can. `names` collects the streams' names.
std::string flaw(const json::value& stream, std::set<std::string, std::less<>>& names) {
  const auto* object = stream.if_object();
  if (object == nullptr) return "a stream that is not an object";
  const auto* name = find_string(*object, "tap_stream_id");
  if (name == nullptr || name->empty()) return "a stream without a tap_stream_id";
  if (!names.emplace(view(*name)).second) return fmt::format("the stream {} twice", view(*name));
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

}  // namespace

std::string partition_of(std::string_view slice) {
  const auto object = parse_json_object(slice, "the slice");
  const auto* name = object ? find_string(*object, "partition") : nullptr;
  return name ? std::string(view(*name)) : std::string();
}

Result<json::object> Connector::spec() const {
  auto line = call_for_line(name(), "spec", {}, nullptr, [&](const tapster_sink* out, tapster_error* error) {
    return table_->spec(out, error);
  });
  if (!line) return Failed(std::move(line).error());
  auto spec = parse_answer(name(), "spec", *line);
  if (spec && find_object(*spec, "properties") == nullptr) {
    return breach(name(), "its spec has no \"properties\"");
  }
  return spec;
}

Result<Source> Source::open(Connector connector, const json::object& config, Services& services) {
  const auto text = json::serialize(config);
  tapster_source* source = nullptr;
  auto result = call(connector.name(), "open", {}, [&](tapster_error* error) {
    return connector.table().open(&services.table(), to_text(text), &source, error);
  });
  if (!result) return Failed(std::move(result).error());
  if (source == nullptr) return breach(connector.name(), "open answered OK and gave no source");
  return Source(connector, source, services);
}

Source::Source(Source&& other) noexcept
    : connector_(other.connector_),
      source_(std::exchange(other.source_, nullptr)),
      services_(other.services_) {}

Source::~Source() {
  if (source_ != nullptr) connector_.table().close(source_);
}

Result<void> Source::check() {
  return call(connector_.name(), "check", {},
              [&](tapster_error* error) { return connector_.table().check(source_, error); });
}

Result<json::object> Source::discover() {
  const auto name = connector_.name();
  auto line =
      call_for_line(name, "discover", {}, services_, [&](const tapster_sink* out, tapster_error* error) {
        return connector_.table().discover(source_, out, error);
      });
  if (!line) return Failed(std::move(line).error());
  auto catalog = parse_answer(name, "discover", *line);
  if (!catalog) return catalog;
  const auto* streams = find_array(*catalog, "streams");
  if (streams == nullptr) return breach(name, "its catalog has no \"streams\"");
  std::set<std::string, std::less<>> names;
  for (const auto& stream : *streams) {
    const auto what = flaw(stream, names);
    if (!what.empty()) return breach(name, "its catalog has " + what);
  }
  return catalog;
}

Result<void> Source::plan(const PlanRequest& request, const SliceSink& sink) {
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
      const auto object = parse_answer(connector_.name(), "plan", slice);
      if (!object) return Failed(object.error());
      auto taken = sink(slice);
      if (!taken) return taken;
    }
    return {};
  };
  return call(connector_.name(), "plan", {request.stream, {}}, services_, take,
              [&](const tapster_sink* out, tapster_error* error) {
                return connector_.table().plan(source_, &raw, out, error);
              });
}

Result<void> Source::read(std::string_view stream, std::string_view slice, std::string_view columns,
                          const BatchSink& sink) {
  tapster_read_request raw{};
  raw.struct_size = sizeof raw;
  raw.stream = to_text(stream);
  raw.slice = to_text(slice);
  raw.columns = to_text(columns);
  // The authoring layer escapes these characters; the contract does not ask for it.
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
  return call(connector_.name(), "read", {stream, slice}, services_, take,
              [&](const tapster_sink* out, tapster_error* error) {
                return connector_.table().read(source_, &raw, out, error);
              });
}

Result<std::string> Source::state(std::string_view stream, std::string_view state, std::string_view slice) {
  tapster_state_request raw{};
  raw.struct_size = sizeof raw;
  raw.stream = to_text(stream);
  raw.state = to_text(state);
  raw.slice = to_text(slice);
  // Not cancelled with the source: what was read before the cancel is still to be folded into the state.
  auto line = call_for_line(connector_.name(), "state", {stream, slice}, nullptr,
                            [&](const tapster_sink* out, tapster_error* error) {
                              return connector_.table().state(source_, &raw, out, error);
                            });
  if (!line) return line;
  const auto object = parse_answer(connector_.name(), "state", *line);
  if (!object) return Failed(object.error());
  return line;
}

void Source::cancel() {
  services_->set_cancelled();
  connector_.table().cancel(source_);
}

}  // namespace tapster::host
