// How --output makes its files.
#pragma once

#include <cstdint>
#include <string>

namespace tapster::host {

enum class Compression { none, gzip, zstd };

struct PartOptions {
  Compression compression = Compression::none;
  // The most bytes (before compression) and rows of a part; 0 for no limit. A record above the limit gets a
  // part of its own.
  uint64_t largest = 0;
  uint64_t most_rows = 0;
  // The records of slices that wait for an earlier one are kept in memory, up to this many bytes per stream,
  // and beyond that in files. Writing a file for each of a million small slices would take longer than
  // writing their records.
  size_t aside_memory = 256UL << 10U;
  std::string run;  // a text that sorts by time, in the name of each part: STREAM-RUN-000001.jsonl
};

}  // namespace tapster::host
