// A stream's schema without the columns that are not selected.
#pragma once

#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <vector>

#include "catalog/catalog_entry.hpp"

namespace tapster::host {

struct SelectedSchema {
  json::object schema;
  std::string columns;    // for the ABI: a JSON array of JSON Pointers to the selected columns; empty for all
  bool is_empty = false;  // no column is selected
};

// One step of a JSON Pointer: the name of a member, escaped. https://www.rfc-editor.org/rfc/rfc6901#section-3
std::string pointer_step(std::string_view name);

// `columns` are those of the schema: see CatalogEntry.
SelectedSchema select_columns(const json::object& schema, const std::vector<Column>& columns);

}  // namespace tapster::host
