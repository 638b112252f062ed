// A limit on the size of files.
#pragma once

#include <sys/resource.h>

#include <cstdint>

namespace tapster {

// While it lives, files that this process and the processes it starts write cannot grow past this many bytes.
class FileLimit {
 public:
  explicit FileLimit(int64_t bytes);
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;
  ~FileLimit();

 private:
  rlimit before_{};
};

}  // namespace tapster
