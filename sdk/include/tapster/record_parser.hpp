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
  std::optional<FineTime> cursor;     // the value of the replication key, if it is a timestamp
  std::string_view cursor_json = {};  // if it is of another type, as it is written
  size_t index = 0;                   // its place in the response; 0 again if the parser has to start over
  // Whether the record cannot be read. If the visitor keeps it, it is added to Block::rejects, and not to the
  // lines. `key` is then what could be read, and `cursor` may be missing.
  bool is_rejected = false;
};

// Whether a record is kept or discarded.
enum class Keep { yes, no };

// Called for each record. It may append further columns to `line`, each as `,"name":value`. An error ends the
// parse.
using RowVisitor = std::function<Result<Keep>(const Row& row, std::string& line)>;

// Where the records are in a response. A plain value.
struct RecordSelector {
  // A JSON Pointer. To an array: its elements are the records. To an object: it is the record. To null: there
  // are none. Empty for the response itself.
  std::string records = {};
  // For an object that is used as a map: the column that gets the names of its members, which are the
  // records.
  std::string map_key = {};
  // JSON Lines: each line is a response of its own, and `records` points into it.
  enum class Format { json, json_lines } format = Format::json;
  // A JSON Pointer to the number of all records of the query; empty if there is none.
  std::string total = {};
  // Whether a null on the way to the records means that the object no longer exists, as in GraphQL. The error
  // then counts as a 404: see Parent::skip_missing.
  bool null_is_missing = false;
  // JSON Pointers to other scalars beside the records, such as the next cursor.
  Names values = {};
};

// What one response contained.
struct Page {
  std::optional<int64_t> total;  // the value at RecordSelector::total, if it is an integer, also in a string
  size_t rows = 0;               // records in the response, kept or not
  // The scalars at RecordSelector::values, as text; nothing for one that is absent or null.
  std::vector<std::optional<std::string>> values = {};
  std::vector<bool> is_number = {};  // for each of them, whether it is a number
};

// Parses responses of one shape. Reuses its buffers, so keep it for many responses. One thread at a time.
class RecordParser {
 public:
  // `projection` must outlive the parser.
  RecordParser(const Projection& projection, RecordSelector selector);
  ~RecordParser();
  RecordParser(RecordParser&&) noexcept;
  RecordParser& operator=(RecordParser&&) = delete;
  RecordParser(const RecordParser&) = delete;
  RecordParser& operator=(const RecordParser&) = delete;

  // Parses `body` and appends the kept records to `block`. `constants` sets columns that the response does
  // not contain. A surrogate escape without its pair becomes U+FFFD; `body` is changed in place for that. A
  // record with a value that does not fit its column, or without a key, is an error unless
  // Block::takes_rejects; then it is visited with Row::is_rejected. On any error `block` stays as it was.
  // Errors: transient, if the response is not JSON or has a record that is not an object, as another attempt
  // may help; source, if nothing is at RecordSelector::records, or for a record that cannot be read;
  // internal, if `constants` or RecordSelector::map_key names an unknown column; any error of the visitor.
  Result<Page> parse(std::string& body, Block& block, const RowVisitor& visit,
                     const std::vector<Projection::Value>& constants = {});

 private:
  class Handler;
  Result<void> parse_once(std::string_view body);
  std::unique_ptr<Handler> handler_;
};

}  // namespace tapster
