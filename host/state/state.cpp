#include "state/state.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "system/file.hpp"

namespace tapster::host {

namespace {

constexpr std::string_view bookmarks_member = "bookmarks";
constexpr std::string_view syncing_member = "currently_syncing";
constexpr std::string_view parts_member = "tapster_parts";
constexpr std::string_view version_member = "version";

std::error_code last_error() {
  return {errno, std::generic_category()};
}

bool is_count(const json::value& value) {
  return value.is_int64() && value.get_int64() >= 0;
}

// Takes each member of `later`, and of the bookmarks each stream's. A bookmark is taken whole: its members
// say together what has been read.
void merge(json::object& state, const json::object& later) {
  for (const auto& [name, value] : later) {
    auto* bookmarks = state.if_contains(name);
    if (name == bookmarks_member && bookmarks && bookmarks->is_object() && value.is_object()) {
      for (const auto& [stream, bookmark] : value.as_object()) bookmarks->as_object()[stream] = bookmark;
    } else {
      state[name] = value;
    }
  }
}

// Meltano stores {"completed":{"singer_state":{...}},"partial_state":{"singer_state":{...}}}, or one of the
// two, and prints
// {"singer_state":{...}}; what a tap gets is the inner one.
json::object unwrap(const json::object& document) {
  if (document.contains(bookmarks_member)) return document;
  if (const auto* inner = find_object(document, "singer_state")) return *inner;
  bool is_wrapped = false;
  json::object merged;
  for (const auto* name : {"completed", "completed_state", "partial", "partial_state"}) {
    const auto* half = document.if_contains(name);
    if (!half || !(half->is_object() || half->is_null())) continue;
    is_wrapped = true;
    const auto* inner = half->is_object() ? find_object(half->as_object(), "singer_state") : nullptr;
    if (inner) merge(merged, *inner);
  }
  return is_wrapped ? merged : document;
}

}  // namespace

Outcome<State> State::parse(std::string_view text, std::string_view what) {
  auto document = parse_json_object(text, what);
  if (!document) return fail(std::move(document).error());
  State state;
  state.document_ = unwrap(*document);
  // A hint and no more: null, or whatever else is no name, is none.
  if (!find_string(state.document_, syncing_member)) state.document_.erase(syncing_member);
  const auto wrong = [&](std::string_view member, std::string_view expected) {
    return fail(Exit::usage,
                fmt::format("{}: \"{}\" has to be {}: correct it, or remove the file to read from the start",
                            what, member, expected));
  };
  if (state.document_.empty() || (state.document_.size() == 1 && state.document_.contains(syncing_member)))
    state.document_[bookmarks_member].emplace_object();
  const auto* bookmarks = find_object(state.document_, bookmarks_member);
  if (!bookmarks) return wrong("bookmarks", "an object, with a bookmark for each stream");
  for (const auto& [stream, bookmark] : *bookmarks) {
    if (!bookmark.is_object())
      return wrong(fmt::format("bookmarks.{}", std::string_view(stream)), "an object");
  }
  if (const auto* parts = state.document_.if_contains(parts_member)) {
    if (!parts->is_object()) return wrong(parts_member, "an object");
    for (const auto& [stream, known] : parts->as_object()) {
      const auto path = fmt::format("{}.{}", parts_member, std::string_view(stream));
      if (!known.is_object()) return wrong(path, "an object");
      const auto* last = known.get_object().if_contains("last");
      const auto* sizes = find_object(known.get_object(), "sizes");
      if (!last || !is_count(*last)) return wrong(path + ".last", "a number of files");
      if (!sizes) return wrong(path + ".sizes", "an object");
      for (const auto& [file, bytes] : *sizes) {
        if (!is_count(bytes))
          return wrong(fmt::format("{}.sizes.{}", path, std::string_view(file)), "a number of bytes");
        if (std::string_view(file).find('/') != std::string_view::npos)
          return wrong(fmt::format("{}.sizes.{}", path, std::string_view(file)),
                       "the size of a file in the stream's folder");
      }
    }
  }
  return state;
}

const json::object* State::find(std::string_view stream) const {
  return find_object(document_.at("bookmarks").as_object(), stream);
}

std::string State::bookmark(std::string_view stream) const {
  const auto* found = find(stream);
  if (!found) return {};
  if (!version(stream)) return json::serialize(*found);
  auto bookmark = *found;
  bookmark.erase(version_member);
  return bookmark.empty() ? std::string() : json::serialize(bookmark);
}

void State::set_bookmark(std::string_view stream, std::string_view json) {
  const auto kept = version(stream);
  document_["bookmarks"].as_object()[stream] = json::parse(json);
  if (kept) set_version(stream, *kept);
}

bool State::knows(std::string_view stream) const {
  return find(stream) != nullptr;
}

std::optional<int64_t> State::version(std::string_view stream) const {
  const auto* found = find(stream);
  const auto* value = found ? found->if_contains(version_member) : nullptr;
  const auto* number = value ? value->if_int64() : nullptr;
  return number ? std::optional(*number) : std::nullopt;
}

void State::set_version(std::string_view stream, int64_t version) {
  auto& bookmark = document_["bookmarks"].as_object()[stream];
  if (!bookmark.is_object()) bookmark.emplace_object();
  bookmark.as_object()[version_member] = version;
}

const json::object& State::bookmarks() const {
  return document_.at(bookmarks_member).as_object();
}

std::string State::currently_syncing() const {
  const auto* stream = find_string(document_, syncing_member);
  return stream ? std::string(view(*stream)) : std::string();
}

void State::set_currently_syncing(std::string_view stream) {
  if (stream.empty()) {
    document_.erase(syncing_member);
  } else {
    document_[syncing_member] = stream;
  }
}

std::optional<Parts> State::parts(std::string_view stream) const {
  const auto* streams = find_object(document_, parts_member);
  const auto* known = streams ? find_object(*streams, stream) : nullptr;
  if (!known) return std::nullopt;
  Parts parts{static_cast<uint64_t>(known->at("last").as_int64()), {}};
  for (const auto& [file, bytes] : known->at("sizes").as_object())
    parts.sizes[file] = static_cast<uint64_t>(bytes.as_int64());
  return parts;
}

void State::set_parts(std::string_view stream, const Parts& parts) {
  auto& streams = document_[parts_member];
  if (!streams.is_object()) streams.emplace_object();
  json::object sizes;
  for (const auto& [file, bytes] : parts.sizes) sizes[file] = static_cast<int64_t>(bytes);
  streams.as_object()[stream] = {{"last", static_cast<int64_t>(parts.last)}, {"sizes", std::move(sizes)}};
}

std::string State::to_json() const {
  return json::serialize(document_);
}

std::string State::to_singer() const {
  auto document = document_;
  document.erase(parts_member);
  return json::serialize(document);
}

Outcome<State> read_state(const std::filesystem::path& path) {
  const auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  return State::parse(*text, path.string());
}

Outcome<StateFile> StateFile::open(std::filesystem::path path) {
  path = follow_links(std::move(path));  // the lock is of the file that will be written
  auto replaceable = check_replaceable(path);
  if (!replaceable) return tl::unexpected(std::move(replaceable).error());
  auto lock_path = path;
  lock_path += ".lock";
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) return cannot("make the lock", lock_path, last_error());
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const auto why = last_error();
    ::close(lock);
    if (why.value() != EWOULDBLOCK) return cannot("lock", lock_path, why);
    return fail(
        Exit::usage,
        fmt::format("{}: another run is at work on this state file; wait for its end, or give this one a "
                    "state file of its own",
                    path.string()));
  }
  return StateFile(std::move(path), lock);
}

StateFile::StateFile(StateFile&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

// The lock file stays: removing it would let two others lock two files of one name.
StateFile::~StateFile() {
  if (lock_ >= 0) ::close(lock_);
}

Outcome<State> StateFile::read() const {
  std::error_code error;
  if (!std::filesystem::exists(path_, error) && !error) return State();
  return read_state(path_);
}

Outcome<void> StateFile::replace(const State& state) const {
  return replace_file(path_, state.to_json() + "\n", "the new state");
}

}  // namespace tapster::host
