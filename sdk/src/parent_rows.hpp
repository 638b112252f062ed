// What one read of a parent's slice found, for its children and for the parent itself.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <tapster/records.hpp>
#include <vector>

namespace tapster {

// The values that children bind. Each line is a JSON array with a value for each pointer; null for none.
struct BoundValues {
  std::string lines;
  std::vector<Reject> rejects = {};           // the parent's records that cannot be read
  std::optional<json::object> progress = {};  // what the parent's slice turned into: see Records::progress
};

// A part that has been dropped, or was not kept, is null.
struct ParentRows {
  std::shared_ptr<const BoundValues> values = {};
  // The parent's records with all of its columns but a requested one, for the parent's own read. Kept if a
  // child reads the slice before the parent does.
  std::shared_ptr<const std::vector<Block>> records = {};
};

// Collects the rows of a read from the blocks that it pushes.
class ParentRowsCollector {
 public:
  // `pointers` go into the emitted records. Records of more than `most_records` bytes are not kept.
  ParentRowsCollector(const std::vector<std::string>& pointers, size_t most_records)
      : pointers_(pointers), most_records_(most_records) {}

  void add(const Block& block);
  void set_progress(const json::object& slice) { values_.progress = slice; }
  ParentRows take();

 private:
  const std::vector<std::string>& pointers_;
  size_t most_records_;
  BoundValues values_;
  size_t size_ = 0;  // of the records
  std::vector<Block> records_;
};

// The size in bytes.
size_t size_of(const BoundValues& values);
size_t size_of(const std::vector<Block>& records);

// Splits a JSON array into the texts of its elements.
std::vector<std::string_view> elements_of(std::string_view array);

}  // namespace tapster
