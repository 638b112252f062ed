#include "output/files/stream_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tapster::host {

namespace {

namespace fs = std::filesystem;

// The first lines that fit into `bytes` and `rows`, at least one.
std::string_view fitting(std::string_view lines, uint64_t bytes, uint64_t rows) {
  size_t end = 0;
  for (uint64_t count = 0; count < std::max<uint64_t>(rows, 1) && end < lines.size(); ++count) {
    const auto next = lines.find('\n', end) + 1;
    if (count > 0 && next > bytes) break;
    end = next;
  }
  return lines.substr(0, end);
}

uint64_t count_lines(std::string_view lines) {
  return static_cast<uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

// What is left of a limit; UINT64_MAX if there is no limit.
uint64_t rest(uint64_t limit, uint64_t used) {
  if (limit == 0) return UINT64_MAX;
  return limit > used ? limit - used : 0;
}

}  // namespace

StreamFolder::StreamFolder(fs::path folder, std::string stream, uint64_t last, const PartOptions& options)
    : folder_(std::move(folder)), stream_(std::move(stream)), options_(options), last_(last) {}

// ---- slices

Outcome<void> StreamFolder::write(size_t slice, const tapster_batch& batch) {
  const std::string_view lines(batch.data, batch.size);
  const auto is_head = reaches_head(slice);
  if (!is_head) return tl::unexpected(is_head.error());
  if (*is_head) {
    const std::lock_guard lock(parts_mutex_);
    return append(lines);
  }
  return write_aside(slice, lines);
}

Outcome<void> StreamFolder::restart(size_t slice) {
  const auto is_head = reaches_head(slice);
  if (!is_head) return tl::unexpected(is_head.error());
  if (*is_head) {
    const std::lock_guard lock(parts_mutex_);
    return cut_back();
  }
  const std::lock_guard lock(mutex_);
  const auto aside = aside_.find(slice);
  if (aside == aside_.end()) return {};
  held_ -= aside->second.text.size();
  aside->second.text.clear();
  if (!aside->second.has_file) return {};
  auto file = DataFile::open(aside_path(slice));
  return file ? file->cut(0) : tl::unexpected(file.error());
}

Outcome<void> StreamFolder::checkpoint(size_t head) {
  const auto is_head = reaches_head(head);
  if (!is_head) return tl::unexpected(is_head.error());
  const std::lock_guard lock(parts_mutex_);
  if (parts_.empty()) return {};
  const auto& part = parts_.back();
  auto ended = end_frame(*part);
  if (ended) kept_ = {part, part->size, part->bytes, part->rows};
  return ended;
}

Outcome<void> StreamFolder::finish(size_t slice) {
  auto kept = checkpoint(slice);
  if (!kept) return kept;
  const std::lock_guard lock(mutex_);
  ++head_;
  return {};
}

// Whether the slice is the head. If it has just become the head, appends the records that it kept aside.
Outcome<bool> StreamFolder::reaches_head(size_t slice) {
  const std::lock_guard lock(mutex_);
  if (slice != head_) return false;
  const auto aside = aside_.find(slice);
  if (aside == aside_.end()) return true;
  if (aside->second.has_file) {
    auto file = DataFile::open(aside_path(slice));
    if (!file) return tl::unexpected(file.error());
    auto moved = append_aside(*file);
    if (!moved) return tl::unexpected(moved.error());
    file->remove();
  } else {
    const std::lock_guard parts_lock(parts_mutex_);
    auto moved = append(aside->second.text);
    if (!moved) return tl::unexpected(moved.error());
    held_ -= aside->second.text.size();
  }
  aside_.erase(aside);
  return true;
}

Outcome<void> StreamFolder::append_aside(const DataFile& aside) {
  const std::lock_guard lock(parts_mutex_);
  std::string text;
  constexpr size_t block = size_t{256} << 10U;
  for (uint64_t at = 0;;) {
    const auto kept = text.size();
    text.resize(kept + block);
    const auto count = aside.read(at, text.data() + kept, block);
    if (!count) return tl::unexpected(count.error());
    text.resize(kept + *count);
    if (*count == 0) return {};
    at += *count;
    // Only complete lines: a part ends at the end of a record.
    const auto end = text.rfind('\n') + 1;
    auto appended = append(std::string_view(text).substr(0, end));
    if (!appended) return appended;
    text.erase(0, end);
  }
}

// Opens the file for each write: thousands of slices may wait for a slow head, more than the files that a
// process may have open.
Outcome<void> StreamFolder::write_aside(size_t slice, std::string_view lines) {
  std::string held;
  {
    const std::lock_guard lock(mutex_);
    auto& aside = aside_[slice];
    if (!aside.has_file && held_ + lines.size() <= options_.aside_memory) {
      aside.text += lines;
      held_ += lines.size();
      return {};
    }
    held = std::exchange(aside.text, {});
    held_ -= held.size();
    aside.has_file = true;
  }
  auto file = DataFile::open(aside_path(slice));
  if (!file) return tl::unexpected(file.error());
  auto written = file->append(held);
  return written ? file->append(lines) : written;
}

fs::path StreamFolder::aside_path(size_t slice) const {
  return folder_ / fmt::format(".aside-{:06}", slice);
}

// ---- parts

bool StreamFolder::has_room(const Part& part, size_t bytes) const {
  if (!part.growth) return false;
  return part.rows == 0 ||
         (rest(options_.largest, part.bytes) >= bytes && rest(options_.most_rows, part.rows) > 0);
}

Outcome<void> StreamFolder::append(std::string_view lines) {
  while (!lines.empty()) {
    const auto first_line = lines.find('\n') + 1;
    if (parts_.empty() || !has_room(*parts_.back(), first_line)) {
      auto opened = close_part();
      if (opened) opened = open_part();
      if (!opened) return opened;
    }
    auto& part = *parts_.back();
    const bool is_limited = options_.largest != 0 || options_.most_rows != 0;
    const auto fits =
        is_limited ? fitting(lines, rest(options_.largest, part.bytes), rest(options_.most_rows, part.rows))
                   : lines;
    part.bytes += fits.size();
    part.rows += is_limited ? count_lines(fits) : 1;  // without a limit, only "more than 0" matters
    std::string_view data = fits;
    if (part.growth->compressor) {
      block_.clear();
      part.growth->compressor->write(fits, block_);
      data = block_;
    }
    auto appended = part.growth->file.append(data);
    // Some bytes may have been written even if it failed.
    part.size = part.growth->file.size();
    part.is_synced = false;
    if (!appended) return appended;
    lines.remove_prefix(fits.size());
  }
  return {};
}

Outcome<void> StreamFolder::open_part() {
  auto part = std::make_shared<Part>();
  part->number = ++last_;
  part->stem = fmt::format("{}-{}-{:06}", stream_, options_.run, part->number);
  auto file = DataFile::open(hidden_path(*part));
  if (!file) return tl::unexpected(file.error());
  part->growth = std::make_shared<Growth>(Growth{*std::move(file), make_compressor(options_.compression)});
  parts_.push_back(std::move(part));
  return {};
}

Outcome<void> StreamFolder::end_frame(Part& part) {
  if (!part.growth || !part.growth->compressor) return {};
  block_.clear();
  part.growth->compressor->end_frame(block_);
  if (block_.empty()) return {};
  auto appended = part.growth->file.append(block_);
  part.size = part.growth->file.size();
  part.is_synced = false;
  return appended;
}

// Syncs and closes the newest part, which will not grow any more. A long slice may have more parts than a
// process may have open files.
Outcome<void> StreamFolder::close_part() {
  if (parts_.empty() || !parts_.back()->growth) return {};
  auto& part = *parts_.back();
  auto closed = end_frame(part);
  if (closed) closed = part.growth->file.sync();
  if (!closed) return closed;
  part.is_synced = true;
  part.growth.reset();
  return {};
}

// Removes what was written after the last finished slice or checkpoint. A closed part that is cut stays
// closed.
Outcome<void> StreamFolder::cut_back() {
  while (!parts_.empty() && parts_.back() != kept_.part) {
    std::error_code error;
    fs::remove(hidden_path(*parts_.back()), error);
    if (error) return cannot("remove", hidden_path(*parts_.back()), error);
    parts_.pop_back();
  }
  if (parts_.empty()) return {};
  auto& part = *parts_.back();
  part.bytes = kept_.bytes;
  part.rows = kept_.rows;
  if (part.growth && part.growth->compressor) part.growth->compressor->drop_frame();
  if (part.size == kept_.size) return {};
  part.size = kept_.size;
  part.is_synced = false;
  if (part.growth) return part.growth->file.cut(part.size);
  auto file = DataFile::open(hidden_path(part));
  if (!file) return tl::unexpected(file.error());
  auto cut = file->cut(part.size);
  if (cut) cut = file->sync();
  part.is_synced = cut.has_value();
  return cut;
}

fs::path StreamFolder::hidden_path(const Part& part) const {
  return folder_ / ("." + part.stem + ".part");
}

// ---- commits

Outcome<StreamFiles> StreamFolder::commit() {
  StreamFiles parts;
  std::vector<std::shared_ptr<Growth>> open;
  bool is_new = false;
  {
    const std::lock_guard lock(parts_mutex_);
    parts.last = parts_.empty() ? last_ : parts_.front()->number - 1;
    for (const auto& part : parts_) {
      if (!kept_.part) break;
      const bool is_last = part == kept_.part;
      const auto size = is_last ? kept_.size : part->size;
      parts.last = part->number;
      parts.sizes[last_name(part->stem)] = size;
      if (part->growth && !part->is_synced) open.push_back(part->growth);
      if (part->growth) part->is_synced = true;
      is_new = is_new || part->committed == 0;
      part->committed = size;
      if (is_last) break;
    }
  }
  // Without the lock, so that the head can continue to write.
  for (const auto& growth : open) {
    auto synced = growth->file.sync();
    if (!synced) return tl::unexpected(synced.error());
  }
  // A state must not name a file that could be lost in a crash.
  if (is_new) {
    auto synced = sync_directory(folder_);
    if (!synced) return tl::unexpected(synced.error());
  }
  return parts;
}

Outcome<void> StreamFolder::keep() {
  const std::lock_guard lock(parts_mutex_);
  bool is_renamed = false;
  while (!parts_.empty()) {
    const auto& part = *parts_.front();
    if (part.growth || part.committed == 0 || part.committed != part.size) break;
    std::error_code error;
    fs::rename(hidden_path(part), folder_ / last_name(part.stem), error);
    if (error) return cannot("rename", hidden_path(part), error);
    is_renamed = true;
    if (kept_.part == parts_.front()) kept_ = {};
    parts_.pop_front();
  }
  return is_renamed ? sync_directory(folder_) : Outcome<void>();
}

std::string StreamFolder::last_name(const std::string& stem) const {
  return fmt::format("{}.jsonl{}", stem, extension(options_.compression));
}

Outcome<void> StreamFolder::end() {
  const std::lock_guard lock(mutex_);
  for (const auto& [slice, aside] : aside_) {
    std::error_code ignored;
    if (aside.has_file) fs::remove(aside_path(slice), ignored);
  }
  aside_.clear();
  held_ = 0;
  const std::lock_guard parts_lock(parts_mutex_);
  auto cut = cut_back();
  return cut ? close_part() : cut;
}

}  // namespace tapster::host
