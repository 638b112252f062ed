// Converts an API's response, JSON or CSV, to JSON lines in one pass, without building a document. Numbers
// keep their exact text. For a response that is too large for memory, see record_stream.hpp.
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
  // json_lines  Each line is a response of its own, and `records` points into it.
  // csv         RFC 4180: a header line and rows of as many fields. A column's path is "/Name", the name in
  //             the header. Values are texts: integers, numbers, booleans (as boolean_in_text), times and
  //             dates are read from them, and other types need a converter. An empty field is null; "" in
  //             quotes is an empty text, and null for the other types. `records`, `map_key`, `total` and
  //             `values` have no meaning.
  enum class Format { json, json_lines, csv } format = Format::json;
  // A JSON Pointer to the number of all records of the query; empty if there is none.
  std::string total = {};
  // Whether a null on the way to the records means that the object no longer exists, as in GraphQL. The error
  // then counts as a 404: see Parent::skip_missing.
  bool null_is_missing = false;
  // JSON Pointers to other scalars beside the records, such as the next cursor.
  Names values = {};
  Names columns = {};    // for CSV without a header line: the names of the fields
  char delimiter = ',';  // for CSV: what separates the fields, such as ';' or '\t'
};

// What one response contained.
struct Page {
  std::optional<int64_t> total;  // the value at RecordSelector::total, if it is an integer, also in a string
  size_t rows = 0;               // records in the response, kept or not
  // The scalars at RecordSelector::values, as text; nothing for one that is absent or null.
  std::vector<std::optional<std::string>> values = {};
  std::vector<bool> is_number = {};  // for each of them, whether it is a number
};

class RecordHandler;

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
  // Errors: transient, if the response is not JSON, or CSV, or has a record that is not an object, as another
  // attempt may help (so may one for a CSV that ends in quotes or in a row); source, if nothing is at
  // RecordSelector::records, or for a record that cannot be read, such as a row with too many fields;
  // internal, if `constants` or RecordSelector::map_key names an unknown column; any error of the visitor.
  Result<Page> parse(std::string& body, Block& block, const RowVisitor& visit,
                     const std::vector<Projection::Value>& constants = {});

 private:
  Result<void> parse_once(std::string_view body);
  std::unique_ptr<RecordHandler> handler_;
};

}  // namespace tapster
