// The rows of CSV as the events of records: each row is an object whose members have the names of the header.
#pragma once

#include <string>
#include <string_view>
#include <tapster/record_parser.hpp>
#include <vector>

#include "csv.hpp"
#include "record_handler.hpp"

namespace tapster {

// Reads one response. The arguments must outlive it.
class CsvRecords {
 public:
  CsvRecords(RecordHandler& handler, const RecordSelector& selector, size_t longest_row);

  // Errors: those of CsvReader; transient, without a header line; those of the handler.
  Result<void> feed(std::string_view piece);
  Result<void> finish();

 private:
  Result<void> take(const std::vector<CsvReader::Field>& row, bool is_cut);
  // Passes an event on; an error of the handler is returned.
  Result<void> record(const std::vector<CsvReader::Field>& row);

  RecordHandler& handler_;
  CsvReader reader_;
  CsvReader::OnRow on_row_;
  std::vector<std::string> names_;
};

}  // namespace tapster
