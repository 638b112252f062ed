#include <tapster/testing/sync.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace tapster {

namespace {

// Calls a function of the table with an error of its own, and returns what it fills that with.
template <class Call>
Result<void> called(const Call& call) {
  tapster_error error{};
  error.struct_size = sizeof error;
  const tapster_status status = call(&error);
  if (status == TAPSTER_OK) return {};
  return Failed(from_abi(status, error));
}

// The only object that was pushed.
Result<json::object> only_object(const Pushed& pushed) {
  auto objects = pushed.objects();
  if (objects.size() != 1) return internal_error(fmt::format("{} lines instead of one", objects.size()));
  return std::move(objects.front());
}

std::string array_of(const std::vector<std::string>& texts) {
  json::array array;
  for (const auto& text : texts) array.emplace_back(text);
  return texts.empty() ? std::string() : json::serialize(array);
}

// Reads the planned slices of a stream and advances its state. Adds the errors to `failures`.
void read_slices(OpenSource& source, const std::string& name, const SyncOptions& options,
                 SyncedStream& stream, std::vector<std::pair<std::string, Error>>& failures) {
  std::set<std::string> failed;  // partitions
  for (const auto& slice : stream.slices) {
    const auto partition = text_of(slice, "partition");
    if (failed.contains(partition) || failed.contains("")) continue;
    Pushed pushed;
    if (options.takes_rejects) pushed.take_rejects();
    auto done = source.read(name, slice, pushed, options.columns);
    stream.lines += pushed.lines();
    stream.rejects.insert(stream.rejects.end(), pushed.rejects().begin(), pushed.rejects().end());
    const auto covered = pushed.progress().empty() ? slice : json::parse(pushed.progress()).as_object();
    auto next = done ? source.advance(name, stream.state, covered)
                     : Result<json::object>(Failed(std::move(done).error()));
    if (next) {
      stream.state = *std::move(next);
    } else {
      failures.emplace_back(name, next.error());
      failed.insert(partition);
    }
  }
}

Synced synced_from(Result<OpenSource> source, const SyncOptions& options) {
  Synced synced;
  if (!source) return synced.failures.emplace_back("", source.error()), synced;
  auto names = options.streams;
  if (names.empty()) {
    auto found = source->stream_names();
    if (!found) return synced.failures.emplace_back("", found.error()), synced;
    names = *std::move(found);
  }
  for (const auto& name : names) {
    auto& stream = synced.streams[name];
    if (const auto old = options.states.find(name); old != options.states.end()) stream.state = old->second;
    const auto planned = source->plan(name, stream.state, stream.slices, options.since, options.until);
    if (!planned) synced.failures.emplace_back(name, planned.error());
    read_slices(*source, name, options, stream, synced.failures);
  }
  return synced;
}

}  // namespace

Result<OpenSource> OpenSource::open(const Connector& connector, const json::object& config, FakeHost& host) {
  const auto text = json::serialize(config);
  tapster_source* source = nullptr;
  auto opened = called([&](tapster_error* error) {
    return abi::open(connector, host.table(), to_text(text), &source, error);
  });
  if (!opened) return Failed(std::move(opened).error());
  return OpenSource(abi::table(connector), source);
}

Result<OpenSource> OpenSource::open(const tapster_connector& connector, const json::object& config,
                                    FakeHost& host) {
  const auto text = json::serialize(config);
  tapster_source* source = nullptr;
  auto opened = called(
      [&](tapster_error* error) { return connector.open(host.table(), to_text(text), &source, error); });
  if (!opened) return Failed(std::move(opened).error());
  return OpenSource(connector, source);
}

OpenSource::OpenSource(OpenSource&& other) noexcept
    : table_(other.table_), source_(std::exchange(other.source_, nullptr)) {}

OpenSource& OpenSource::operator=(OpenSource&& other) noexcept {
  std::swap(table_, other.table_);
  std::swap(source_, other.source_);
  return *this;
}

OpenSource::~OpenSource() {
  if (source_ != nullptr) table_.close(source_);
}

Result<void> OpenSource::check() {
  return called([&](tapster_error* error) { return table_.check(source_, error); });
}

Result<json::object> OpenSource::discover() {
  Pushed pushed;
  auto found = called([&](tapster_error* error) { return table_.discover(source_, &pushed.sink(), error); });
  if (!found) return Failed(std::move(found).error());
  return only_object(pushed);
}

Result<std::vector<std::string>> OpenSource::stream_names() {
  const auto catalog = discover();
  if (!catalog) return Failed(catalog.error());
  std::vector<std::string> names;
  for (const auto& stream : catalog->at("streams").as_array())
    names.push_back(text_of(stream.as_object(), "tap_stream_id"));
  return names;
}

Result<void> OpenSource::plan(std::string_view stream, const json::object& state,
                              std::vector<json::object>& slices, std::string_view since,
                              std::string_view until) {
  const auto text = state.empty() ? std::string() : json::serialize(state);
  const tapster_plan_request request{sizeof request, to_text(stream), to_text(text), to_text(since),
                                     to_text(until)};
  Pushed pushed;
  auto planned =
      called([&](tapster_error* error) { return table_.plan(source_, &request, &pushed.sink(), error); });
  slices = pushed.objects();
  return planned;
}

Result<void> OpenSource::read(std::string_view stream, const json::object& slice, Pushed& pushed,
                              const std::vector<std::string>& columns) {
  const auto text = json::serialize(slice);
  const auto selected = array_of(columns);
  const tapster_read_request request{sizeof request, to_text(stream), to_text(text), to_text(selected)};
  return called([&](tapster_error* error) { return table_.read(source_, &request, &pushed.sink(), error); });
}

Result<json::object> OpenSource::advance(std::string_view stream, const json::object& state,
                                         const json::object& slice) {
  const auto old = state.empty() ? std::string() : json::serialize(state);
  const auto text = json::serialize(slice);
  const tapster_state_request request{sizeof request, to_text(stream), to_text(old), to_text(text)};
  Pushed pushed;
  auto advanced =
      called([&](tapster_error* error) { return table_.state(source_, &request, &pushed.sink(), error); });
  if (!advanced) return Failed(std::move(advanced).error());
  return only_object(pushed);
}

std::string Synced::errors() const {
  std::string text;
  for (const auto& [stream, error] : failures)
    text += stream.empty() ? error.message + "\n" : fmt::format("{}: {}\n", stream, error.message);
  return text;
}

const SyncedStream& Synced::operator[](std::string_view stream) const {
  const auto found = streams.find(std::string(stream));
  if (found != streams.end()) return found->second;
  std::vector<std::string_view> names;
  for (const auto& [name, synced] : streams) names.push_back(name);
  throw std::out_of_range(fmt::format("{} was not read, but [{}]", stream, fmt::join(names, ", ")));
}

std::map<std::string, json::object> Synced::states() const {
  std::map<std::string, json::object> states;
  for (const auto& [name, stream] : streams) states.emplace(name, stream.state);
  return states;
}

Synced sync_streams(const Connector& connector, const json::object& config, FakeHost& host,
                    const SyncOptions& options) {
  return synced_from(OpenSource::open(connector, config, host), options);
}

Synced sync_streams(const tapster_connector& connector, const json::object& config, FakeHost& host,
                    const SyncOptions& options) {
  return synced_from(OpenSource::open(connector, config, host), options);
}

}  // namespace tapster
