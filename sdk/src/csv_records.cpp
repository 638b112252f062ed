#include "csv_records.hpp"

#include <algorithm>

#include "utf8.hpp"

namespace tapster {

CsvRecords::CsvRecords(RecordHandler& handler, const RecordSelector& selector, size_t longest_row)
    : handler_(handler),
      reader_(selector.delimiter, longest_row),
      on_row_([this](const std::vector<CsvReader::Field>& row, bool is_cut) { return take(row, is_cut); }),
      names_(selector.columns) {
  handler_.start_rows();
}

Result<void> CsvRecords::feed(std::string_view piece) {
  return reader_.feed(piece, on_row_);
}

Result<void> CsvRecords::finish() {
  auto finished = reader_.finish(on_row_);
  if (finished && names_.empty()) return transient_error("the response is not CSV: it has no header line");
  return finished;
}

Result<void> CsvRecords::take(const std::vector<CsvReader::Field>& row, bool is_cut) {
  if (names_.empty()) {
    for (const auto& field : row) names_.push_back(as_utf8(field.text));
    return {};
  }
  const bool is_empty = row.size() == 1 && row[0].text.empty() && !row[0].is_quoted;
  if (is_empty && names_.size() > 1) return {};
  if (is_cut && row.size() < names_.size())
    return transient_error("the response ends in the middle of a row");
  return record(row);
}

Result<void> CsvRecords::record(const std::vector<CsvReader::Field>& row) {
  json::error_code error;
  bool goes_on = handler_.on_object_begin(error);
  for (size_t i = 0; goes_on && i < std::min(row.size(), names_.size()); ++i) {
    const auto& [text, is_quoted] = row[i];
    goes_on = handler_.on_key(names_[i], names_[i].size(), error);
    if (!goes_on) break;
    goes_on = text.empty() && !is_quoted ? handler_.on_null(error) : handler_.on_field(text, error);
  }
  for (size_t i = names_.size(); i < row.size(); ++i) handler_.on_extra_field(i + 1, row[i].text);
  if (goes_on && row.size() != names_.size())
    goes_on = handler_.on_wrong_fields(row.size(), names_.size(), error);
  if (goes_on) goes_on = handler_.on_object_end(row.size(), error);
  if (goes_on) return {};
  return Failed(*handler_.failure());
}

}  // namespace tapster
