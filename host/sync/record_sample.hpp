// Checks the contract's rules for records that need a parser. Parsing every record would slow down every run,
// and a connector that breaks these rules nearly always does so from its first records on. So every run
// checks the first 1,000 records of a stream, and --validate checks all.
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

  // Which rule the lines, `count` records, break: one of them is not JSON, is not UTF-8, or lacks a key
  // column. Empty if none. Values are not shown, because they may be personal.
  std::string flaw(std::string_view lines, size_t count);

 private:
  const std::vector<std::string> keys_;
  const bool all_;
  std::atomic<size_t> seen_ = 0;
};

}  // namespace tapster::host
