// singer_loop.py: a floor in Python.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace tapster::bench {

// CPU seconds, without those of starting Python.
struct LoopRan {
  double records = 0;
  double parsing = 0;
  double serializing = 0;  // and writing
  [[nodiscard]] double all() const { return parsing + serializing; }
};

// Parses the pages, and writes the records at `member` to /dev/null, as messages of `stream`. Throws if
// Python is not installed.
LoopRan run_singer_loop(std::string_view stream, std::string_view member,
                        const std::vector<std::filesystem::path>& pages);

}  // namespace tapster::bench
