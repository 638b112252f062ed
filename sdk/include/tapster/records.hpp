// Records on their way out: which columns are wanted, and blocks of JSON lines.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/stream.hpp>
#include <tapster/time.hpp>
#include <vector>

namespace tapster {

// JSON lines that go to the host together. Clear and refill it: its memory is used again.
struct Block {
  std::string lines;  // each ends in "\n"
  size_t count = 0;
  Time extracted_at{};  // when the source answered

  void clear() {
    lines.clear();
    count = 0;
  }
};

// The columns of a stream that one read emits. Immutable; refers to the stream, which has to outlive it.
class Projection {
 public:
  // `columns`: JSON Pointers into the record, as in tapster_read_request; empty for all. Columns of the key
  // and the replication key are always in. An error of class config names a pointer that is no column's.
  // What is not wanted inside a column's objects and arrays is taken out when records are pushed.
  static Result<Projection> create(const Stream& stream, const std::vector<std::string>& columns);

  [[nodiscard]] const Stream& stream() const { return *stream_; }
  // Whether the stream's column of this name is emitted.
  [[nodiscard]] bool has(std::string_view column) const;

  // The same projection with this JSON text as the column's value in every record, such as the account that a
  // slice is read from. Nothing changes if it is not selected. Throws std::logic_error if it is unknown.
  [[nodiscard]] Projection with(std::string_view column, std::string json) const;

  // A column's value as JSON text.
  struct Value {
    std::string_view column;
    std::string_view json;
  };
  // Appends one line: the given values, and Column::missing for every other column. Throws as `with` does.
  void write_row(Block& block, std::initializer_list<Value> values) const;

  // Takes out of JSON lines of the stream what is not wanted inside columns. Costs nothing where every column
  // is wanted whole.
  void prune(std::string& lines) const;

 private:
  friend class RecordParser;
  // One emitted column: its place in stream().columns, `"name":` ready to be written, and the value that
  // every record has, if `with` gave one.
  struct Field {
    size_t column;
    std::string label, value;
  };

  // A member of which only some members are wanted, or a wanted one, which has none here.
  struct Wanted {
    std::string name;  // in quotes, as it is written
    std::vector<Wanted> members;
  };
  static void want(std::vector<Wanted>& members, std::string_view pointer);
  static size_t copy_wanted(const std::vector<Wanted>& members, bool others, std::string_view text, size_t at,
                            std::string& out);

  const Stream* stream_ = nullptr;
  std::vector<Field> fields_;
  std::vector<Wanted> partial_;  // columns that are not wanted whole
};

class Redaction;

// Where `read` puts its records: the host's sink. Used on the thread of that call only.
class Records {
 public:
  // What `projection` leaves out inside columns is taken out, and what `redaction` says of the stream is
  // done, to every record; without a projection neither. Both outlive this.
  explicit Records(const tapster_sink& sink, const Projection* projection = nullptr,
                   const Redaction* redaction = nullptr)
      : sink_(&sink), projection_(projection), redaction_(redaction) {}

  // Hands over a block's lines and clears it; nothing happens for an empty block. Blocks while the reader of
  // the host's output is slow. Any error has to be returned from `read` as it is.
  Result<void> push(Block& block);

 private:
  const tapster_sink* sink_;
  const Projection* projection_;
  const Redaction* redaction_;
};

}  // namespace tapster
