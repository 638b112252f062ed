// Writing records: the selected columns, and blocks of JSON lines.
#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/json.hpp>
#include <tapster/stream.hpp>
#include <tapster/time.hpp>
#include <vector>

namespace tapster {

// A record that cannot be read, to be set aside.
struct Reject {
  std::string record;  // as the source sent it: one JSON value
  std::string reason;  // one line for a person, without values
};

// A member of the source's records that no column reads.
struct UnknownField {
  std::string path;       // a JSON Pointer, such as "/Geo/Planet"
  std::string_view type;  // "a string"; lives as long as the process
};

// JSON lines that are pushed to the host together. Reuse a block to reuse its memory.
struct Block {
  std::string lines;                       // each ends in "\n"
  size_t count = 0;                        // the number of lines
  Time extracted_at{};                     // when the source sent the records
  std::vector<Reject> rejects = {};        // records that are set aside
  std::vector<UnknownField> unknown = {};  // found in these records, to be reported
  // Whether the parser may set records aside; see Records::takes_rejects. If not, it fails.
  bool takes_rejects = false;

  void clear() {
    lines.clear();
    count = 0;
    rejects.clear();
    unknown.clear();
  }
};

// The columns of a stream that one read emits. Immutable, so any thread may use it. The stream must outlive
// it.
class Projection {
 public:
  // `columns` are JSON Pointers into the record, as in tapster_read_request; empty for all columns. The
  // columns of the key and the replication key are always included. Members that were not selected inside
  // objects and arrays are removed when records are pushed. Errors: config, for a pointer that does not match
  // a column.
  static Result<Projection> create(const Stream& stream, const std::vector<std::string>& columns);

  [[nodiscard]] const Stream& stream() const { return *stream_; }
  // Whether the column of this name is emitted.
  [[nodiscard]] bool has(std::string_view column) const;
  // Returns a copy that emits the columns of these JSON Pointers too. Ignores unknown columns.
  [[nodiscard]] Projection also(const std::vector<std::string>& columns) const;

  // Returns a copy that writes this JSON text as the column's value in every record, for instance the account
  // of a slice. Has no effect if the column is not selected. Throws std::logic_error for an unknown column.
  [[nodiscard]] Projection with(std::string_view column, std::string_view json) const;

  // A column's value as JSON text.
  struct Value {
    std::string_view column;
    std::string_view json;
  };
  // Appends one record: the given values, and Column::missing for all other columns. Throws std::logic_error
  // for an unknown column.
  void write_row(Block& block, std::initializer_list<Value> values) const;

  // Removes the columns that are not selected from JSON lines of the stream, and appends the values of
  // `with`.
  void select(std::string& lines) const;

  // Removes the members that were not selected inside columns from JSON lines of the stream. Free if all
  // columns are selected completely.
  void prune(std::string& lines) const;

 private:
  friend class RecordHandler;
  // One emitted column: its index in stream().columns, the text `"name":`, and the value set by `with`, if
  // any.
  struct Field {
    size_t column;
    std::string label, value;
  };

  // A selected member. Without members of its own it is selected completely.
  struct Wanted {
    std::string name;  // with quotes, as in the JSON text
    std::vector<Wanted> members;
  };
  static void want(std::vector<Wanted>& members, std::string_view pointer);
  static size_t copy_wanted(const std::vector<Wanted>& members, bool others, std::string_view text, size_t at,
                            std::string& out);

  const Stream* stream_ = nullptr;
  std::vector<Field> fields_;
  std::vector<Wanted> partial_;  // the columns that are not selected completely
};

class Redaction;
class UnknownFields;

// Where records go instead of the host, while one stream is read for another. The functions are as those of
// Records, and must outlive it.
struct RecordsTaker {
  std::function<Result<void>(Block& block)> push;
  std::function<Result<void>(const json::object& slice)> progress;
  bool takes_rejects = false;
};

// Where `read` pushes its records. Valid during that call, on its thread only.
class Records {
 public:
  // Every record is pruned to `projection` and redacted by `redaction`, and its unknown fields are reported;
  // without a projection, none of them. All arguments must outlive this.
  explicit Records(const tapster_sink& sink, const Projection* projection = nullptr,
                   const Redaction* redaction = nullptr, UnknownFields* unknown = nullptr)
      : sink_(&sink), projection_(projection), redaction_(redaction), unknown_(unknown) {}
  explicit Records(const RecordsTaker& taker) : taker_(&taker) {}

  // Whether the host takes records that cannot be read; copy it to Block::takes_rejects.
  [[nodiscard]] bool takes_rejects() const;

  // Pushes the lines and the rejects of a block to the host and clears it. Does nothing for an empty block.
  // If the stream is redacted, its rejects have no record. Blocks while the reader of the host's output is
  // slow. Errors: the host's status, which `read` must return unchanged.
  Result<void> push(Block& block);

  // Says what the slice has turned into: a checkpoint. `advance` with it covers all that has been pushed, and
  // nothing else; `read` with it pushes the rest. The host may commit it at once, reads it after a failure,
  // and gives the last one to `advance` when the read has ended; so report the end too. See
  // tapster_sink.progress. Hold no lock that `advance` takes. Errors: the host's status, which `read` must
  // return unchanged. Does nothing on a host of ABI 1.0.
  Result<void> progress(const json::object& slice);

  // Whether the host takes progress.
  [[nodiscard]] bool takes_progress() const;

 private:
  const RecordsTaker* taker_ = nullptr;  // instead of the rest
  const tapster_sink* sink_ = nullptr;
  const Projection* projection_ = nullptr;
  const Redaction* redaction_ = nullptr;
  UnknownFields* unknown_ = nullptr;
};

}  // namespace tapster
