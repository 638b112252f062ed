#include "output/files/file_recovery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>
#include <vector>

#include "output/files/data_file.hpp"
#include "output/files/schema_file.hpp"
#include "system/file.hpp"

namespace tapster::host {

namespace {

namespace fs = std::filesystem;

// The stem STREAM-RUN-000001 of a file name; nothing if the file is not a part of the stream.
std::optional<std::string> stem_of(std::string_view name, const std::string& stream, bool is_hidden) {
  if (is_hidden != name.starts_with('.')) return std::nullopt;
  if (is_hidden) name.remove_prefix(1);
  const auto dot = name.find(is_hidden ? ".part" : ".jsonl", stream.size());
  if (!name.starts_with(stream + "-") || dot == std::string_view::npos) return std::nullopt;
  return std::string(name.substr(0, dot));
}

uint64_t number_of(const std::string& stem) {
  return std::strtoull(stem.c_str() + stem.rfind('-') + 1, nullptr, 10);
}

using Paths = std::vector<fs::path>;

// The files in a folder; none if it does not exist.
Outcome<Paths> files_in(const fs::path& folder) {
  std::error_code error;
  Paths files;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    files.push_back(entry->path());
  if (error && error != std::errc::no_such_file_or_directory) return cannot("list the files", folder, error);
  return files;
}

fs::path hidden_of(const fs::path& folder, const std::string& stream, const std::string& name) {
  return folder / ("." + stem_of(name, stream, false).value_or(name) + ".part");
}

// The run in a part's name, if it begins with a time: 20260131T120000Z, or that of a shard,
// 20260131T120000Z-3of8.
std::string run_of(const std::string& stem, const std::string& stream) {
  const auto start = stream.size() + 1;
  const auto end = stem.rfind('-');
  if (end == std::string::npos || end < start) return {};
  const auto run = stem.substr(start, end - start);
  const auto time = run.substr(0, run.find('-'));
  const bool is_time =
      time.size() == 16 && time[8] == 'T' && time.back() == 'Z' &&
      std::count_if(time.begin(), time.end(), [](char c) { return c >= '0' && c <= '9'; }) == 14;
  return is_time ? run : std::string();
}

constexpr std::string_view identity_file = ".tapster-folder";

constexpr std::string_view what_to_do =
    "use the directory and the state file that belong together, or move both away to read from the start";

}  // namespace

Outcome<void> check_folder(const fs::path& folder, const std::string& stream,
                           const std::optional<StreamFiles>& known) {
  const auto refuse = [&](const std::string& what) {
    return fail(Exit::usage, fmt::format("{}: {}", what, what_to_do));
  };
  std::error_code error;
  if (!fs::exists(folder, error)) {
    if (!known || known->last == 0) return {};
    return refuse(fmt::format("{} does not exist, but the state file says that files were written to it",
                              folder.string()));
  }
  if (known && !is_folder_of(folder, stream, *known))
    return refuse(fmt::format("{} is not the folder that the state file knows: another run replaced it",
                              folder.string()));
  const auto files = files_in(folder);
  if (!files) return tl::unexpected(files.error());
  for (const auto& path : *files) {
    const auto name = path.filename().string();
    const auto stem = stem_of(name, stream, false);
    if (!stem) continue;
    if (!known) return refuse(fmt::format("{} exists, but the state file does not know it", path.string()));
    if (number_of(*stem) > known->last)
      return refuse(fmt::format("{} is newer than the files that the state file knows", path.string()));
  }
  for (const auto& [name, size] : known.value_or(StreamFiles()).sizes) {
    // A part with its final name is complete, and a loader may have removed it.
    for (const auto& path : {hidden_of(folder, stream, name), folder / name}) {
      if (!fs::exists(path, error)) continue;
      const auto found = fs::file_size(path, error);
      if (found < size)
        return refuse(fmt::format("{} has {} bytes, but the state file says that {} were written",
                                  path.string(), found, size));
    }
  }
  return {};
}

Outcome<void> settle_folder(const fs::path& folder, const std::string& stream, const StreamFiles& known) {
  std::error_code error;
  if (!fs::exists(folder, error)) return {};
  for (const auto& [name, size] : known.sizes) {
    const auto path = hidden_of(folder, stream, name);
    if (!fs::exists(path, error)) continue;
    auto file = DataFile::open(path);
    if (!file) return tl::unexpected(file.error());
    auto settled = file->cut(size);
    if (settled) settled = file->sync();
    if (settled) settled = file->rename(folder / name);
    if (!settled) return settled;
  }
  const auto files = files_in(folder);
  if (!files) return tl::unexpected(files.error());
  for (const auto& path : *files) {
    const auto name = path.filename().string();
    if (!name.starts_with(".aside-") && !stem_of(name, stream, true) && name != unfinished_schema_file)
      continue;
    fs::remove(path, error);
    if (error) return cannot("remove what an interrupted run left", path, error);
  }
  return sync_directory(folder);
}

Outcome<bool> holds_only_parts(const fs::path& folder, const std::string& stream) {
  if (has_other_schema(folder, stream)) return false;
  const auto files = files_in(folder);
  if (!files) return tl::unexpected(files.error());
  return std::all_of(files->begin(), files->end(), [&](const fs::path& path) {
    const auto name = path.filename().string();
    // NFS gives a removed file that somebody still reads a name with .nfs.
    return stem_of(name, stream, false) || stem_of(name, stream, true) || name.starts_with(".aside-") ||
           name.starts_with(".nfs") || name == identity_file || name == schema_file ||
           name == unfinished_schema_file;
  });
}

size_t count_parts(const fs::path& folder, const std::string& stream) {
  const auto files = files_in(folder).value_or(Paths());
  return static_cast<size_t>(std::count_if(files.begin(), files.end(), [&](const fs::path& path) {
    return stem_of(path.filename().string(), stream, false).has_value();
  }));
}

StreamFiles parts_in(const fs::path& folder, const std::string& stream) {
  StreamFiles parts;
  for (const auto& path : files_in(folder).value_or(Paths())) {
    const auto stem = stem_of(path.filename().string(), stream, false);
    if (!stem) continue;
    parts.last = std::max(parts.last, number_of(*stem));
    parts.run = std::max(parts.run, run_of(*stem, stream));
  }
  return parts;
}

std::string identity(const fs::path& folder) {
  std::ifstream file(folder / identity_file);
  std::string text;
  std::getline(file, text);
  return text;
}

std::string new_identity() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

bool is_folder_of(const fs::path& folder, const std::string& stream, const StreamFiles& known) {
  if (known.folder.empty() || identity(folder) == known.folder) return true;
  const auto files = files_in(folder).value_or(Paths());
  return std::none_of(files.begin(), files.end(), [&](const fs::path& path) {
    const auto name = path.filename().string();
    return name == identity_file || stem_of(name, stream, false) || stem_of(name, stream, true);
  });
}

Outcome<void> set_identity(const fs::path& folder, const std::string& identity) {
  auto written = write_file(folder / identity_file, identity + "\n");
  return written ? sync_directory(folder) : written;
}

}  // namespace tapster::host
