// The rows of a source and of a run, to compare them one by one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <tapster/json.hpp>

namespace tapster::connectors {

using Rows = std::map<std::string, json::object>;  // by key
using Tables = std::map<std::string, Rows>;        // by stream

// The first few rows that differ; empty if the tables are equal.
std::string difference(const Tables& expected, const Tables& actual);

// Returns the key of a row.
using KeyOf = std::string (*)(const std::string& stream, const json::object& row);

// Adds the rows of JSON lines, as `read --format jsonl` prints them, to `tables`. Returns how many rows were
// there already.
size_t merge(Tables& tables, const std::string& lines, KeyOf key_of);

// The rows of the files of `read --output`, and how many were there more than once.
struct FileRows {
  Tables tables;
  size_t repeated = 0;
};
FileRows rows_of_files(const std::filesystem::path& directory, KeyOf key_of);

// The first line of the files of one stream that is not `row` of its number; numbers start with 1. Empty if
// the files have exactly the rows 1 to `rows`, in this order.
std::string line_difference(const std::filesystem::path& directory, int64_t rows,
                            const std::function<std::string(int64_t number)>& row);

// Expects these rows in the files, each once.
void expect_rows_of_files(const Tables& expected, const std::filesystem::path& directory, KeyOf key_of);

}  // namespace tapster::connectors
