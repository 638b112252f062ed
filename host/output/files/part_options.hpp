// How --output makes its files.
#pragma once

#include <cstdint>
#include <string>

namespace tapster::host {

enum class Compression { none, gzip, zstd };

struct PartOptions {
  Compression compression = Compression::none;
  // A part is closed before it would hold more than so many bytes, before compression, or rows; 0 for no
  // limit. A record larger than the limit has a part of its own.
  uint64_t largest = 0;
  uint64_t most_rows = 0;
  // Records of slices that wait for one before them are kept in memory up to so many bytes a stream, and in
  // files beyond: a file for each of a million small slices would take longer than their records.
  size_t aside_memory = 256UL << 10U;
  std::string run;  // a text that sorts by time, in the name of each part: STREAM-RUN-000001.jsonl
};

}  // namespace tapster::host
