// The path of a record in this process, in the steps that can be measured apart: from the text of a page to a
// Singer message in /dev/null.
#pragma once

#include <memory>
#include <string>

namespace tapster::bench {

// Of the stream messages_outbound. One thread at a time.
class RecordPath {
 public:
  RecordPath();
  ~RecordPath();
  RecordPath(const RecordPath&) = delete;
  RecordPath& operator=(const RecordPath&) = delete;

  // Boost.JSON parses the page, and every event is thrown away: what the SDK's parser is built on.
  static void parse(const std::string& page);
  // The SDK finds the records, and writes only the columns of the key and the replication key to the block.
  // The page may be changed.
  void project(std::string& page);
  // The same with all columns. Returns the number of records.
  size_t serialize(std::string& page);
  // The host writes the block of the last call as Singer messages.
  void write();
  // The bytes of that block.
  [[nodiscard]] const std::string& lines() const;

 private:
  struct Steps;
  std::unique_ptr<Steps> steps_;
};

}  // namespace tapster::bench
