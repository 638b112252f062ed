// Converts an API's JSON response to JSON lines in one pass, without building a document. Numbers keep their
// exact text.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/records.hpp>
#include <tapster/time.hpp>

namespace tapster {

// A record whose columns have all been written. The texts are valid during the visitor's call.
struct Row {
  // The values of the key columns as JSON text, each followed by a line break. Columns set by
  // Projection::with are left out, as they are the same in every record.
  std::string_view key;
  std::optional<FineTime> cursor;  // the value of the replication key, if it is a timestamp
  size_t index = 0;                // its place in the response; 0 again if the parser has to start over
  // Whether the record cannot be read. If the visitor keeps it, it is added to Block::rejects, and not to the
  // lines. `key` is then what could be read, and `cursor` may be missing.
  bool is_rejected = false;
};

// Whether a record is kept or discarded.
enum class Keep { yes, no };

// Called for each record. It may append further columns to `line`, each as `,"name":value`. An error ends the
// parse.
using RowVisitor = std::function<Result<Keep>(const Row& row, std::string& line)>;

// What one response contained.
struct Page {
  std::optional<int64_t> total;  // the value of Shape::total, if it is an integer, also in a string
  size_t rows = 0;               // records in the response, kept or not
};

// Returns a number of records that a source writes as a string, such as "123"; nothing if it is not an
// integer.
std::optional<int64_t> parse_total(std::string_view text);

// Parses responses of one shape. Reuses its buffers, so keep it for many responses. One thread at a time.
class RecordParser {
 public:
  // Where the records are in a response. Copied by the constructor.
  struct Shape {
    // The member of the root object with the array of records; empty if the root is the only record.
    std::string_view records;
    // The member of the root object with the number of all records of the query; empty if there is none.
    std::string_view total;
  };

  // `projection` must outlive the parser.
  RecordParser(const Projection& projection, Shape shape);
  ~RecordParser();
  RecordParser(RecordParser&&) noexcept;
  RecordParser& operator=(RecordParser&&) = delete;
  RecordParser(const RecordParser&) = delete;
  RecordParser& operator=(const RecordParser&) = delete;

  // Parses `body` and appends the kept records to `block`. `constants` sets columns that the response does
  // not contain. A surrogate escape without its pair becomes U+FFFD; `body` is changed in place for that. A
  // record with a value that does not fit its column, or without a key, is an error unless
  // Block::takes_rejects; then it is visited with Row::is_rejected. On any error `block` stays as it was.
  // Errors: transient, if the response is truncated or of another shape, as another attempt may help; source,
  // for a record that cannot be read; internal, if `constants` names an unknown column; any error of the
  // visitor.
  Result<Page> parse(std::string& body, Block& block, const RowVisitor& visit,
                     std::initializer_list<Projection::Value> constants = {});

 private:
  class Handler;
  // Adds the records that the visitor set aside to the block.
  void add_rejects(std::string_view body, Block& block);
  std::unique_ptr<Handler> handler_;
};

}  // namespace tapster
