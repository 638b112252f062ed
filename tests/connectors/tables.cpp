#include "tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <vector>

#include "support/files.hpp"

namespace tapster::connectors {

namespace {

Rows rows_of(const Tables& tables, const std::string& stream) {
  const auto found = tables.find(stream);
  return found == tables.end() ? Rows() : found->second;
}

}  // namespace

std::string difference(const Tables& expected, const Tables& actual) {
  std::vector<std::string> differences;
  std::set<std::string> streams;
  for (const auto& tables : {expected, actual})
    for (const auto& [stream, rows] : tables) streams.insert(stream);
  for (const auto& stream : streams) {
    const auto wanted = rows_of(expected, stream);
    const auto found = rows_of(actual, stream);
    for (const auto& [key, row] : wanted) {
      const auto same = found.find(key);
      if (same == found.end())
        differences.push_back(fmt::format("{} {} is missing", stream, key));
      else if (same->second != row)
        differences.push_back(fmt::format("{} {}:\n  expected {}\n  found    {}", stream, key,
                                          json::serialize(row), json::serialize(same->second)));
    }
    for (const auto& [key, row] : found) {
      if (!wanted.contains(key))
        differences.push_back(fmt::format("{} {} is not in the source", stream, key));
    }
  }
  if (differences.size() > 5) differences.resize(5);
  return fmt::format("{}", fmt::join(differences, "\n"));
}

size_t merge(Tables& tables, const std::string& lines, KeyOf key_of) {
  size_t repeated = 0;
  for (const auto& line : lines_of(lines)) {
    const auto parsed = json::parse(line);
    const std::string stream(view(parsed.at("stream").as_string()));
    const auto& row = parsed.at("record").as_object();
    repeated += tables[stream].insert_or_assign(key_of(stream, row), row).second ? 0U : 1U;
  }
  return repeated;
}

FileRows rows_of_files(const std::filesystem::path& directory, KeyOf key_of) {
  FileRows found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    const auto stream = entry.path().parent_path().filename().string();
    if (entry.path().extension() != ".jsonl") continue;
    for (const auto& line : lines_of(content(entry.path()))) {
      const auto row = json::parse(line).as_object();
      found.repeated += found.tables[stream].insert_or_assign(key_of(stream, row), row).second ? 0U : 1U;
    }
  }
  return found;
}

std::string line_difference(const std::filesystem::path& directory, int64_t rows,
                            const std::function<std::string(int64_t number)>& row) {
  std::vector<std::filesystem::path> parts;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.path().extension() == ".jsonl") parts.push_back(entry.path());
  }
  std::sort(parts.begin(), parts.end());
  int64_t number = 0;
  for (const auto& part : parts) {
    std::ifstream lines(part);
    for (std::string line; std::getline(lines, line);) {
      if (line != row(++number)) return fmt::format("row {} of {}: {}", number, part.string(), line);
    }
  }
  return number == rows ? "" : fmt::format("{} rows instead of {}", number, rows);
}

void expect_rows_of_files(const Tables& expected, const std::filesystem::path& directory, KeyOf key_of) {
  const auto found = rows_of_files(directory, key_of);
  EXPECT_EQ(found.repeated, 0U);
  EXPECT_EQ(difference(expected, found.tables), "");
}

}  // namespace tapster::connectors
