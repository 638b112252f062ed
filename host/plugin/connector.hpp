// A loaded connector as a C++ value.
#pragma once

#include <tapster/connector.h>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/json.hpp>

namespace tapster::host {

// A loaded connector. Cheap to copy; lives as long as the process, as the library is never unloaded.
class Connector {
 public:
  explicit Connector(const tapster_connector* table) : table_(table) {}
  [[nodiscard]] std::string_view name() const { return to_view(table_->name); }
  [[nodiscard]] std::string_view version() const { return to_view(table_->version); }
  [[nodiscard]] std::string_view description() const { return to_view(table_->description); }
  [[nodiscard]] const tapster_connector& table() const { return *table_; }
  // The JSON Schema of the config: an object with "properties".
  [[nodiscard]] Result<json::object> spec() const;

 private:
  const tapster_connector* table_;
};

}  // namespace tapster::host
