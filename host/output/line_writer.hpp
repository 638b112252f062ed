// Writing lines to an open file that several threads share.
#pragma once

#include <tapster/connector.h>
#include <mutex>
#include <string>
#include <string_view>

#include "system/exit_code.hpp"

namespace tapster::host {

// Writes complete lines, one buffer after the other. Any thread.
class LineWriter {
 public:
  // The descriptor stays the caller's.
  explicit LineWriter(int descriptor) : descriptor_(descriptor) {}

  // Writes lines of JSON, and escapes characters that some readers take for the end of a line. Blocks while
  // the reader is slow. An output failure says whether the reader went away, or why writing failed.
  Outcome<void> write(std::string lines);

  // Writes each line of the batch, as it is, between `before` and `after`.
  Outcome<void> write_wrapped(const tapster_batch& batch, std::string_view before, std::string_view after);

 private:
  Outcome<void> put(std::string_view lines);

  int descriptor_;
  std::mutex mutex_;
};

}  // namespace tapster::host
