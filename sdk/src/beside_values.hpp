// The values beside the records of a response: see BesideColumn.
#pragma once

#include <string>
#include <tapster/records.hpp>
#include <vector>

#include "prepared_stream.hpp"

namespace tapster {

class BesideValues {
 public:
  // `prepared` must outlive this.
  explicit BesideValues(const PreparedStream& prepared) : prepared_(prepared) {}

  // Takes the values of a response. `body` is changed as by RecordParser::parse. Errors: those of the parser.
  Result<void> parse(std::string& body);

  // Those of the last response that was parsed; valid until the next one is.
  [[nodiscard]] const std::vector<Projection::Value>& values() const { return values_; }

 private:
  const PreparedStream& prepared_;
  std::vector<std::string> texts_;  // JSON
  std::vector<Projection::Value> values_;
};

}  // namespace tapster
