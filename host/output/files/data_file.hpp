// A file that grows at its end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "system/exit_code.hpp"
#include "system/file.hpp"

namespace tapster::host {

// An open file. Every failure has Exit::output and names the path. One thread at a time, except for `sync`.
class DataFile {
 public:
  // Opens the file, or creates it.
  static Outcome<DataFile> open(std::filesystem::path path);
  DataFile(DataFile&& other) noexcept;
  DataFile& operator=(DataFile&&) = delete;
  DataFile(const DataFile&) = delete;
  DataFile& operator=(const DataFile&) = delete;
  ~DataFile();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] uint64_t size() const { return size_; }

  // A failure may leave some of the bytes in the file; `size` counts them.
  Outcome<void> append(std::string_view data);
  // Reads up to `size` bytes from the offset `at` into `buffer`. Returns their number, 0 at the end.
  Outcome<size_t> read(uint64_t at, char* buffer, size_t size) const;
  Outcome<void> cut(uint64_t size);
  // Syncs what has been written to disk. [any thread]
  [[nodiscard]] Outcome<void> sync() const;
  // Renames the file, and replaces a file with that name.
  Outcome<void> rename(std::filesystem::path path);
  void remove() const;

 private:
  DataFile(std::filesystem::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  // Sets size_ to the file's size.
  Outcome<void> measure();
  [[nodiscard]] tl::unexpected<Failure> cannot(std::string_view what) const;

  std::filesystem::path path_;
  int descriptor_;
  uint64_t size_ = 0;
};

// A lock on a directory: while it exists, no other run writes to the directory.
class DirectoryLock {
 public:
  // A usage failure if another run has the lock.
  static Outcome<DirectoryLock> take(const std::filesystem::path& directory);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace tapster::host
