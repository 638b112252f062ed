// The streams of a catalog, and short forms of the calls that many rules make.
#pragma once

#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <vector>

#include "plugin/source.hpp"
#include "validate/subject.hpp"

namespace tapster::host {

// The streams that the patterns select, or without patterns those that are selected by default. An error of
// class config for a pattern that matches nothing.
Result<std::vector<ValidatedStream>> selected_for_validation(const json::object& catalog,
                                                             const std::vector<std::string>& patterns);

// The most slices of one plan.
inline constexpr size_t most_slices = 1'000'000;

// All slices of a stream. An error of class internal if there are more than `most_slices`.
Result<std::vector<std::string>> plan_all(Source& source, std::string_view stream, std::string_view state);

// The records of JSON lines; what is not an object is left out.
std::vector<json::object> records_of(std::string_view lines);

// The key of a record as text; empty if the stream has no key, or the record lacks a part of it.
std::string key_of(const ValidatedStream& stream, const json::object& record);

// Adds the keys of the records.
void add_keys(std::vector<std::string>& keys, const ValidatedStream& stream, std::string_view lines);

}  // namespace tapster::host
