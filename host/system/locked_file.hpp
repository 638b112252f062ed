// A small file that one run at a time reads and replaces: the state, the stored credentials.
#pragma once

#include <filesystem>
#include <string_view>

#include "system/exit_code.hpp"

namespace tapster::host {

// Locked until it is destroyed, so that two runs cannot use the same file. One thread at a time.
class LockedFile {
 public:
  // Locks the file at `path`, where links lead to. The file and its directory need not exist yet. A usage
  // failure if another run has the lock, or if the file cannot be replaced; an output failure if the lock
  // file, FILE.lock, cannot be created. `what` names the file in them: "state file".
  static Outcome<LockedFile> open(std::filesystem::path path, std::string_view what);
  LockedFile(LockedFile&& other) noexcept;
  LockedFile& operator=(LockedFile&&) = delete;
  LockedFile(const LockedFile&) = delete;
  LockedFile& operator=(const LockedFile&) = delete;
  ~LockedFile();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // Whether the file exists. True if that cannot be found out, so that reading it says why.
  [[nodiscard]] bool exists() const;

 private:
  LockedFile(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::filesystem::path path_;
  int lock_;  // the descriptor of FILE.lock
};

}  // namespace tapster::host
