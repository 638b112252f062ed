#include "csv.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tapster {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

void CsvReader::skip_mark(std::string_view& piece) {
  while (mark_ < byte_order_mark.size() && !piece.empty()) {
    if (piece.front() == byte_order_mark[mark_]) {
      ++mark_;
      piece.remove_prefix(1);
      continue;
    }
    // Another character that starts with the same bytes.
    text_.append(byte_order_mark.substr(0, mark_));
    if (mark_ > 0) at_ = At::plain;
    mark_ = byte_order_mark.size();
  }
}

Result<void> CsvReader::feed(std::string_view piece, const OnRow& on_row) {
  skip_mark(piece);
  const char* at = piece.data();
  const char* const end = at + piece.size();
  while (at != end) {
    switch (at_) {
      case At::start:
        at_ = *at == '"' ? At::quoted : At::plain;
        if (at_ == At::quoted) ++at;
        break;
      case At::plain: {
        const auto* stop =
            std::find_if(at, end, [delimiter = delimiter_](char c) { return c == delimiter || c == '\n'; });
        text_.append(at, stop);
        at = stop;
        if (at == end) break;
        const bool is_line_end = *at++ == '\n';
        const auto begin = ends_.empty() ? 0 : ends_.back().at;
        if (is_line_end && text_.size() > begin && text_.back() == '\r') text_.pop_back();
        end_field(false);
        if (!is_line_end) break;
        auto taken = end_row(on_row, false);
        if (!taken) return taken;
        break;
      }
      case At::quoted: {
        const auto* quote = std::find(at, end, '"');
        text_.append(at, quote);
        at = quote;
        if (at == end) break;
        ++at;
        at_ = At::quote;
        break;
      }
      case At::quote:
        if (*at == '"') {
          text_.push_back('"');
          at_ = At::quoted;
        } else if (*at == '\r') {
          at_ = At::carriage_return;
        } else if (*at == delimiter_ || *at == '\n') {
          const bool is_line_end = *at == '\n';
          end_field(true);
          auto taken = is_line_end ? end_row(on_row, false) : Result<void>();
          if (!taken) return taken;
        } else {
          return malformed("has text after a closing quote");
        }
        ++at;
        break;
      case At::carriage_return: {
        if (*at != '\n') return malformed("has text after a closing quote");
        ++at;
        end_field(true);
        auto taken = end_row(on_row, false);
        if (!taken) return taken;
        break;
      }
    }
    if (text_.size() > longest_row_)
      return source_error(
          fmt::format("row {} of the response is longer than {} bytes", rows_ + 1, longest_row_));
  }
  return {};
}

Result<void> CsvReader::finish(const OnRow& on_row) {
  if (mark_ < byte_order_mark.size()) text_.append(byte_order_mark.substr(0, mark_));
  if (at_ == At::quoted) return malformed("ends inside quotes");
  const bool is_quoted = at_ == At::quote || at_ == At::carriage_return;
  if (at_ == At::start && ends_.empty() && text_.empty()) return {};
  if (at_ == At::plain && text_.ends_with('\r')) text_.pop_back();
  end_field(is_quoted);
  return end_row(on_row, true);
}

void CsvReader::end_field(bool is_quoted) {
  ends_.push_back({text_.size(), is_quoted});
  at_ = At::start;
}

Result<void> CsvReader::end_row(const OnRow& on_row, bool is_cut) {
  row_.clear();
  size_t begin = 0;
  for (const auto& [end, is_quoted] : ends_) {
    row_.push_back({std::string_view(text_).substr(begin, end - begin), is_quoted});
    begin = end;
  }
  auto taken = on_row(row_, is_cut);
  ++rows_;
  text_.clear();
  ends_.clear();
  return taken;
}

Failed CsvReader::malformed(std::string_view what) const {
  return transient_error(fmt::format("the response is not CSV: row {} {}", rows_ + 1, what));
}

}  // namespace tapster
