#include "state/state.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <tapster/json.hpp>
#include <tapster/secrets.hpp>

#include "system/file.hpp"

namespace tapster::host {

namespace {

constexpr std::string_view bookmarks_member = "bookmarks";
constexpr std::string_view syncing_member = "currently_syncing";
constexpr std::string_view parts_member = "tapster_parts";
constexpr std::string_view version_member = "version";
constexpr std::string_view shard_member = "tapster_shard";

bool is_object(std::string_view json) {
  return json.starts_with('{');
}

bool is_count(const json::value& value) {
  return value.is_int64() && value.get_int64() >= 0;
}

std::string quoted(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

// The members of the member `name`, if it is an object.
std::optional<JsonMembers> inner(const JsonMembers& members, std::string_view name) {
  const auto* value = members.find(name);
  return value && is_object(*value) ? std::optional(JsonMembers(*value)) : std::nullopt;
}

// Copies the members of `later` into `state`, and its bookmarks stream by stream. A bookmark is replaced as a
// whole: its members are only valid together.
void merge(JsonMembers& state, const JsonMembers& later) {
  for (const auto& [name, value] : later) {
    auto bookmarks = name == bookmarks_member ? inner(state, name) : std::nullopt;
    if (bookmarks && is_object(value)) {
      for (const auto& [stream, bookmark] : JsonMembers(value)) bookmarks->set(stream, bookmark);
      state.set(name, bookmarks->to_json());
    } else {
      state.set(name, value);
    }
  }
}

// Meltano stores {"completed":{"singer_state":{...}},"partial_state":{"singer_state":{...}}}, or one of the
// two, and prints {"singer_state":{...}}. A tap's state is the inner object. A tap prints
// {"type":"STATE","value":{...}}.
JsonMembers unwrap(JsonMembers document) {
  if (document.find(bookmarks_member)) return document;
  // A STATE line of a tap's output.
  if (const auto* type = document.find("type"); type && *type == R"("STATE")") {
    if (auto state = inner(document, "value")) return *std::move(state);
  }
  if (auto state = inner(document, "singer_state")) return *std::move(state);
  bool is_wrapped = false;
  JsonMembers merged;
  for (const auto* name : {"completed", "completed_state", "partial", "partial_state"}) {
    const auto* value = document.find(name);
    if (!value || !(is_object(*value) || *value == "null")) continue;
    is_wrapped = true;
    const auto half = inner(document, name);
    const auto state = half ? inner(*half, "singer_state") : std::nullopt;
    if (state) merge(merged, *state);
  }
  return is_wrapped ? merged : document;
}

using PartsByStream = std::map<std::string, StreamFiles, std::less<>>;

struct Wrong {
  std::string member, expected;
};

// The members of tapster_parts by stream.
tl::expected<PartsByStream, Wrong> read_parts(std::string_view text) {
  const auto value = parse_json(text, parts_member).value();
  if (!value.is_object()) return tl::unexpected(Wrong{std::string(parts_member), "an object"});
  PartsByStream parts;
  for (const auto& [stream, known] : value.get_object()) {
    const auto path = fmt::format("{}.{}", parts_member, std::string_view(stream));
    if (!known.is_object()) return tl::unexpected(Wrong{path, "an object"});
    const auto& members = known.get_object();
    const auto* last = members.if_contains("last");
    const auto* sizes = find_object(members, "sizes");
    if (!last || !is_count(*last)) return tl::unexpected(Wrong{path + ".last", "a number of files"});
    if (!sizes) return tl::unexpected(Wrong{path + ".sizes", "an object"});
    auto& found = parts[stream];
    found = {.last = static_cast<uint64_t>(last->get_int64()),
             .run = text_of(members, "run"),
             .folder = text_of(members, "folder"),
             .sizes = {}};
    for (const auto& [file, bytes] : *sizes) {
      const auto size = fmt::format("{}.sizes.{}", path, std::string_view(file));
      if (!is_count(bytes)) return tl::unexpected(Wrong{size, "a number of bytes"});
      if (std::string_view(file).find('/') != std::string_view::npos)
        return tl::unexpected(Wrong{size, "the size of a file in the stream's folder"});
      found.sizes[file] = static_cast<uint64_t>(bytes.get_int64());
    }
  }
  return parts;
}

std::string parts_json(const PartsByStream& all) {
  json::object streams;
  for (const auto& [stream, parts] : all) {
    json::object sizes;
    for (const auto& [file, bytes] : parts.sizes) sizes[file] = static_cast<int64_t>(bytes);
    json::object known{{"last", static_cast<int64_t>(parts.last)}};
    if (!parts.run.empty()) known["run"] = parts.run;
    if (!parts.folder.empty()) known["folder"] = parts.folder;
    known["sizes"] = std::move(sizes);
    streams[stream] = std::move(known);
  }
  return json::serialize(streams);
}

// A member tapster_shard; nothing if it is wrong.
std::optional<ShardId> read_shard(std::string_view text) {
  const auto value = parse_json(text, shard_member).value();
  const auto* members = value.if_object();
  if (members == nullptr) return std::nullopt;
  const auto* index = members->if_contains("index");
  const auto* count = members->if_contains("count");
  if (!index || !count || !is_count(*index) || !is_count(*count)) return std::nullopt;
  ShardId shard{text_of(*members, "plan"), static_cast<size_t>(index->get_int64()),
                static_cast<size_t>(count->get_int64())};
  if (shard.plan.empty() || shard.index < 1 || shard.index > shard.count) return std::nullopt;
  return shard;
}

}  // namespace

Outcome<State> State::parse(std::string_view text, std::string_view what) {
  if (auto document = parse_json_object(text, what); !document) return fail(std::move(document).error());
  const auto wrong = [&](std::string_view member, std::string_view expected) {
    return fail(Exit::usage,
                fmt::format("{}: \"{}\" must be {}: correct it, or remove the file to read from the start",
                            what, member, expected));
  };
  State state;
  state.members_ = unwrap(JsonMembers(text));
  // It is only a hint, so null and other values that are not a name are dropped.
  if (const auto* syncing = state.members_.find(syncing_member)) {
    if (syncing->starts_with('"'))
      state.currently_syncing_ = view(json::parse(*syncing).as_string());
    else
      state.members_.erase(syncing_member);
  }
  if (state.members_.size() == (state.members_.find(syncing_member) ? 1 : 0))
    state.members_.set(bookmarks_member, "{}");
  if (!state.members_.find(bookmarks_member)) {
    std::vector<std::string> names;
    for (const auto& [name, value] : state.members_) names.push_back(name);
    return fail(
        Exit::usage,
        fmt::format("{}: expected a Singer state, {{\"bookmarks\":{{\"STREAM\":{{...}}}}}}, and found no "
                    "\"bookmarks\" but {}: correct it, or remove the file to read from the start",
                    what, shortened(fmt::format("{}", fmt::join(names, ", ")), 200)));
  }
  auto bookmarks = inner(state.members_, bookmarks_member);
  if (!bookmarks) return wrong("bookmarks", "an object, with a bookmark for each stream");
  for (const auto& [stream, bookmark] : *bookmarks) {
    if (!is_object(bookmark)) return wrong(fmt::format("bookmarks.{}", stream), "an object");
  }
  state.bookmarks_ = *std::move(bookmarks);
  if (const auto* known = state.members_.find(parts_member)) {
    auto parts = read_parts(*known);
    if (!parts) return wrong(parts.error().member, parts.error().expected);
    state.files_ = *std::move(parts);
  }
  if (const auto* known = state.members_.find(shard_member)) {
    state.shard_ = read_shard(*known);
    if (!state.shard_) return wrong(shard_member, "a shard, with plan, index and count");
  }
  return state;
}

std::string State::bookmark(std::string_view stream) const {
  const auto* found = bookmarks_.find(stream);
  if (!found) return {};
  if (!version(stream)) return *found;
  JsonMembers bookmark(*found);
  bookmark.erase(version_member);
  return bookmark.empty() ? std::string() : bookmark.to_json();
}

void State::set_bookmark(std::string_view stream, std::string_view json) {
  const auto kept = version(stream);
  bookmarks_.set(stream, JsonMembers(json).to_json());
  if (kept) set_version(stream, *kept);
}

bool State::knows(std::string_view stream) const {
  return bookmarks_.find(stream) != nullptr;
}

std::optional<int64_t> State::version(std::string_view stream) const {
  const auto* found = bookmarks_.find(stream);
  if (!found) return std::nullopt;
  const JsonMembers members(*found);
  const auto* value = members.find(version_member);
  if (!value) return std::nullopt;
  int64_t version = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), version);
  if (error != std::errc() || end != value->data() + value->size()) return std::nullopt;
  return version;
}

void State::set_version(std::string_view stream, int64_t version) {
  const auto* found = bookmarks_.find(stream);
  JsonMembers bookmark;
  if (found) bookmark = JsonMembers(*found);
  bookmark.set(version_member, std::to_string(version));
  bookmarks_.set(stream, bookmark.to_json());
}

void State::set_currently_syncing(std::string_view stream) {
  currently_syncing_ = stream;
  if (stream.empty()) {
    members_.erase(syncing_member);
  } else {
    members_.set(syncing_member, quoted(stream));
  }
}

std::optional<StreamFiles> State::files(std::string_view stream) const {
  const auto known = files_.find(stream);
  return known == files_.end() ? std::nullopt : std::optional(known->second);
}

void State::set_files(std::string_view stream, StreamFiles files) {
  files_.insert_or_assign(std::string(stream), std::move(files));
}

void State::set_shard(const ShardId& shard) {
  shard_ = shard;
  members_.set(shard_member, json::serialize(json::object{
                                 {"plan", shard.plan}, {"index", shard.index}, {"count", shard.count}}));
}

std::string State::to_json() const {
  auto members = members_;
  members.set(bookmarks_member, bookmarks_.to_json());
  if (!files_.empty()) members.set(parts_member, parts_json(files_));
  return members.to_json();
}

std::string State::to_singer() const {
  auto members = members_;
  members.set(bookmarks_member, bookmarks_.to_json());
  members.erase(parts_member);
  return members.to_json();
}

Outcome<State> read_state(const std::filesystem::path& path) {
  const auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  return State::parse(*text, path.string());
}

Outcome<StateFile> StateFile::open(std::filesystem::path path) {
  auto file = LockedFile::open(std::move(path), "state file");
  if (!file) return tl::unexpected(std::move(file).error());
  return StateFile(*std::move(file));
}

Outcome<State> StateFile::read() const {
  return file_.exists() ? read_state(file_.path()) : State();
}

Outcome<void> StateFile::replace(const State& state) const {
  return replace_locked_file(file_.path(), state.to_json() + "\n", "the new state");
}

}  // namespace tapster::host
