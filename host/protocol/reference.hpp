// A connector's reference as Markdown: what its README shows, made from what the program knows.
#pragma once

#include <string>
#include <string_view>
#include <tapster/json.hpp>

namespace tapster::host {

// The format of a string setting; if it has several, all of them: "date or date-time". Empty without a
// format.
std::string formats_of(const json::object& schema);

// What a setting's or a column's JSON Schema says about its type: "integer, default 4", "one of
// \"hash\" \"mask\"", "date, required", "date-time or null".
std::string setting_traits(const json::object& schema, bool required);
std::string column_type(const json::object& schema);

// A name for people: "start_date" as "Start date".
std::string label_of(std::string_view name);

// Whether a stream of the catalog, or a column of it, is read by default.
bool is_selected_by_default(const json::object& stream, std::string_view column = {});

// The settings of a spec and, unless `catalog` is null, its streams and their columns.
std::string reference_markdown(const json::object& spec, const json::object* catalog);

}  // namespace tapster::host
