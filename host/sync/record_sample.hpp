// The contract's rules for records that need a parser. Parsing each record would slow every run, and a
// connector breaks these rules in its code, so nearly always from its first records on: the first 1,000 of a
// stream are checked in every run, and all of them with --validate.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <vector>

namespace tapster::host {

// One for each stream of a run. Any thread.
class RecordSample {
 public:
  static constexpr size_t size = 1000;
  // `all`: every record, not only the first ones.
  RecordSample(std::vector<std::string> keys, bool all) : keys_(std::move(keys)), all_(all) {}

  // Why the lines, `count` records, break a rule: one that is not JSON, is not UTF-8, or lacks a key column.
  // Values are not shown: they may be personal. Empty if they do not.
  std::string flaw(std::string_view lines, size_t count);

 private:
  const std::vector<std::string> keys_;
  const bool all_;
  std::atomic<size_t> seen_ = 0;
};

}  // namespace tapster::host
