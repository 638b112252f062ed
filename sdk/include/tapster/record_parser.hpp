// From an API's answer straight to JSON lines: one parse, no document in between, numbers byte for byte as
// they came.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/records.hpp>
#include <tapster/time.hpp>

namespace tapster {

// What is known about a record when all its columns have been written.
struct Row {
  // The key's values as JSON text, each followed by a line break: unique where the key is. Without those of
  // Projection::with, which are the same in every record.
  std::string_view key;
  std::optional<FineTime> cursor;  // the replication key's value, if that is a timestamp
  size_t index = 0;  // its place in the answer; counted anew where the parser has to begin again
};

// Whether a record is kept.
enum class Keep { yes, no };

// Looks at each record; may append further columns to `line`, each as `,"name":value`. An error ends the
// parse.
using RowVisitor = std::function<Result<Keep>(const Row& row, std::string& line)>;

// What an answer held.
struct Page {
  std::optional<int64_t> total;  // the number behind the total's name
  size_t rows = 0;               // records in the answer, kept or not
};

// Reads one kind of answer into records. Keeps its buffers between answers; one thread at a time.
class RecordParser {
 public:
  // Where the records are in an answer.
  struct Shape {
    std::string_view
        records;  // the root object's member that holds the array of records; empty: the root is the record
    std::string_view total;  // the root object's member that counts all records of the query; empty: none
  };

  // `projection` has to outlive the parser.
  RecordParser(const Projection& projection, Shape shape);
  ~RecordParser();
  RecordParser(RecordParser&&) noexcept;
  RecordParser& operator=(RecordParser&&) = delete;
  RecordParser(const RecordParser&) = delete;
  RecordParser& operator=(const RecordParser&) = delete;

  // Appends the kept records of `body` to `block`. `constants` are columns that the answer does not hold. A
  // lone surrogate in a string, which is no character, becomes U+FFFD; `body` is changed in place for that.
  // On any error `block` is as it was. Errors: transient where the answer is not whole or not of this shape,
  // as asking again may help; source where a value cannot be a column's; what the visitor returned.
  Result<Page> parse(std::string& body, Block& block, const RowVisitor& visit,
                     std::initializer_list<Projection::Value> constants = {});

 private:
  class Handler;
  std::unique_ptr<Handler> handler_;
};

}  // namespace tapster
