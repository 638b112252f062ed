// Reads CSV, RFC 4180, that arrives in pieces: https://www.rfc-editor.org/rfc/rfc4180
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <vector>

namespace tapster {

// Divides CSV into rows of fields. Lines end in CRLF or LF; the last line end may be missing. A field in
// quotes may contain the delimiter, line breaks and doubled quotes. A quote inside a field that does not
// start with one is an ordinary character. A byte order mark at the start is skipped. One thread.
class CsvReader {
 public:
  struct Field {
    std::string_view text;  // valid during the call
    bool is_quoted = false;
  };
  // Takes a row; an empty line is a row of one empty field. `is_cut` if the text ended without a line end, so
  // that the row may be incomplete. An error ends the reading.
  using OnRow = std::function<Result<void>(const std::vector<Field>& row, bool is_cut)>;

  CsvReader(char delimiter, size_t longest_row) : delimiter_(delimiter), longest_row_(longest_row) {}

  // Errors: transient, for text after a closing quote, or an end inside quotes; source, for a row that is too
  // long; those of `on_row`.
  Result<void> feed(std::string_view piece, const OnRow& on_row);
  Result<void> finish(const OnRow& on_row);

 private:
  // Where the next byte is: at the start of a field, in one without quotes, in quotes, after a quote that
  // ends them or is the first of two, or after that and a carriage return.
  enum class At { start, plain, quoted, quote, carriage_return };
  struct End {
    size_t at;
    bool is_quoted;
  };

  void skip_mark(std::string_view& piece);
  void end_field(bool is_quoted);
  Result<void> end_row(const OnRow& on_row, bool is_cut);
  [[nodiscard]] Failed malformed(std::string_view what) const;

  char delimiter_;
  size_t longest_row_;
  At at_ = At::start;
  size_t mark_ = 0;        // bytes of the byte order mark that were found; 3 once it has been looked for
  size_t rows_ = 0;        // that are complete
  std::string text_;       // of all fields of the row so far
  std::vector<End> ends_;  // of the complete fields in text_
  std::vector<Field> row_;
};

}  // namespace tapster
