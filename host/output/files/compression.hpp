// Compression of files as they grow.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "output/files/part_options.hpp"

namespace tapster::host {

// What follows a file's ".jsonl": nothing, ".gz" or ".zst".
std::string_view extension(Compression compression);

// Compresses text into frames: gzip members (https://www.rfc-editor.org/rfc/rfc1952#section-2.2) or zstd
// frames (https://www.rfc-editor.org/rfc/rfc8878#section-3). A file can have several, and be cut between two.
class Compressor {
 public:
  virtual ~Compressor() = default;
  // Appends to `out` what is ready of the text so far.
  virtual void write(std::string_view text, std::string& out) = 0;
  // Appends the rest of the frame; nothing if nothing has been written since the last frame.
  virtual void end_frame(std::string& out) = 0;
  // Discards the current frame.
  virtual void drop_frame() = 0;
};

// Null for Compression::none.
std::unique_ptr<Compressor> make_compressor(Compression compression);

}  // namespace tapster::host
