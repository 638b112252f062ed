#include "sync/plan_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "state/json_members.hpp"
#include "system/descriptor.hpp"
#include "system/file.hpp"

namespace tapster::host {

namespace {

// The version of the file's form.
constexpr int64_t form = 1;

constexpr size_t block = 64UL * 1024;

// Gives the file its name, but, unlike a plain rename, not if a file has it by now. Not all file systems have
// links, and not all have such a rename. False on an error, which errno says.
bool take_name(const std::filesystem::path& aside, const std::filesystem::path& path) {
  if (::link(aside.c_str(), path.c_str()) == 0) {
    ::unlink(aside.c_str());
    return true;
  }
  if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS) return false;
  return ::renameat2(AT_FDCWD, aside.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0;
}

// What the line of a slice begins with.
std::string prefix(std::string_view stream) {
  std::string text = R"({"stream":)";
  append_json_string(text, stream);
  return text += R"(,"slice":)";
}

// The first line of a plan. The bytes of the state are kept.
std::string header_line(const PlanHeader& header) {
  JsonMembers members(json::serialize(json::object{{"tapster_plan", form},
                                                   {"id", header.id},
                                                   {"connector", header.connector},
                                                   {"connector_version", header.connector_version},
                                                   {"created_at", header.created_at},
                                                   {"catalog", header.catalog}}));
  members.set("state", header.state.to_json());
  return members.to_json() + "\n";
}

}  // namespace

std::string plan_line(std::string_view stream, std::string_view slice) {
  return prefix(stream).append(slice).append("}\n");
}

Outcome<PlanWriter> PlanWriter::create(std::filesystem::path path, const PlanHeader& header) {
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::symlink_status(path, error)))
    return fail(Exit::usage,
                fmt::format("{}: the file exists, and shards may be reading its plan: remove it, "
                            "or give the new plan another name",
                            path.string()));
  // With the plan's id, so that two plans do not write to one file, on whatever machines.
  auto aside = path;
  aside += fmt::format(".{}.new", header.id);
  const int file = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) return cannot("create the plan", path, last_error());
  PlanWriter writer(std::move(path), std::move(aside), file);
  auto written = writer.write(header_line(header));
  if (!written) return tl::unexpected(std::move(written).error());
  return writer;
}

PlanWriter::PlanWriter(PlanWriter&& other) noexcept
    : path_(std::move(other.path_)),
      aside_(std::move(other.aside_)),
      file_(std::exchange(other.file_, -1)),
      waiting_(std::move(other.waiting_)),
      slices_(other.slices_) {}

PlanWriter::~PlanWriter() {
  if (file_ < 0) return;
  ::close(file_);
  ::unlink(aside_.c_str());
}

Outcome<void> PlanWriter::add(std::string_view stream, std::string_view slice) {
  ++slices_;
  return write(plan_line(stream, slice));
}

Outcome<void> PlanWriter::finish() {
  auto written = write(fmt::format("{{\"slices\":{}}}\n", slices_));
  if (!written) return written;
  if (const auto error = write_all(file_, waiting_)) return cannot("write the plan", path_, error);
  if (::fsync(file_) != 0) return cannot("write the plan", path_, last_error());
  if (!take_name(aside_, path_)) return cannot("put the plan in place", path_, last_error());
  ::close(std::exchange(file_, -1));
  return sync_directory(directory_of(path_));
}

Outcome<void> PlanWriter::write(std::string_view lines) {
  waiting_ += lines;
  if (waiting_.size() < block) return {};
  if (const auto error = write_all(file_, waiting_)) return cannot("write the plan", path_, error);
  waiting_.clear();
  return {};
}

Outcome<PlanFile> PlanFile::open(std::filesystem::path path) {
  std::ifstream lines(path, std::ios::binary);
  if (!lines)
    return fail(Exit::usage,
                fmt::format("{}: cannot read the plan: {}", path.string(), last_error().message()));
  PlanFile file(std::move(path), std::move(lines));
  auto read = file.read_header();
  if (!read) return tl::unexpected(std::move(read).error());
  return file;
}

Outcome<void> PlanFile::read_header() {
  std::string line;
  if (!get_line(line)) return wrong("the file is empty; expected a plan of tapster plan --output");
  auto header = parse_json_object(line, fmt::format("{}, line 1", path_.string()));
  if (!header) return fail(std::move(header).error());
  const auto* version = header->if_contains("tapster_plan");
  if (version == nullptr) return wrong("this is not a plan of tapster plan --output");
  if (*version != form)
    return wrong("another version of tapster wrote this plan; make it again with this one");
  const auto* catalog = find_object(*header, "catalog");
  const JsonMembers members(line);
  const auto* state = members.find("state");
  header_.id = text_of(*header, "id");
  header_.connector = text_of(*header, "connector");
  header_.connector_version = text_of(*header, "connector_version");
  header_.created_at = text_of(*header, "created_at");
  if (header_.id.empty() || header_.connector.empty() || catalog == nullptr || state == nullptr)
    return wrong("the header of the plan is damaged; make the plan again");
  header_.catalog = *catalog;
  auto parsed = State::parse(*state, fmt::format("{}, \"state\"", path_.string()));
  if (!parsed) return tl::unexpected(std::move(parsed).error());
  header_.state = *std::move(parsed);
  return {};
}

Outcome<std::optional<PlanFile::PlannedSlice>> PlanFile::next() {
  std::string line;
  if (!get_line(line)) return wrong("the plan ends before its last line; make it again, or copy it again");
  const auto object = parse_json_object(line, fmt::format("{}, line {}", path_.string(), line_));
  if (!object) return fail(object.error());
  if (const auto* count = object->if_contains("slices")) {
    if (*count != slices_)
      return wrong(fmt::format("the plan has {} slices, but says {}", slices_, json::serialize(*count)));
    while (get_line(line)) {
      if (line.find_first_not_of(" \t") != std::string::npos)
        return wrong("the plan goes on after its last line; make it again");
    }
    return std::nullopt;
  }
  PlannedSlice planned{text_of(*object, "stream"), {}};
  const auto begin = prefix(planned.stream);
  if (planned.stream.empty() || object->size() != 2 || !find_object(*object, "slice") ||
      !line.starts_with(begin))
    return wrong("this is not a slice as tapster plan writes it");
  planned.slice = line.substr(begin.size(), line.size() - begin.size() - 1);
  ++slices_;
  return planned;
}

tl::unexpected<Failure> PlanFile::wrong(std::string_view what) const {
  return fail(Exit::usage, fmt::format("{}, line {}: {}", path_.string(), line_, what));
}

bool PlanFile::get_line(std::string& line) {
  ++line_;
  if (!std::getline(lines_, line)) return false;
  // A copy by way of Windows may have a byte order mark at its start, and CR LF at the ends of lines.
  if (line_ == 1) remove_byte_order_mark(line);
  if (line.ends_with('\r')) line.pop_back();
  return true;
}

}  // namespace tapster::host
