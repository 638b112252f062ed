// What the fuzz targets share. A target is one function that libFuzzer calls with bytes of its making:
// https://releases.llvm.org/14.0.0/docs/LibFuzzer.html
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <tapster/stream.hpp>
#include <utility>
#include <vector>

namespace tapster::fuzz {

// Ends the process where something does not hold, so that libFuzzer keeps the input.
inline void require(bool holds, std::string_view what, std::string_view where = {}) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %.*s\n%.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(where.size()), where.data());
  std::abort();
}

inline std::string_view text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// The first line, and all that follows it.
inline std::pair<std::string_view, std::string_view> first_line(std::string_view text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return {{}, text};
  return {text.substr(0, end), text.substr(end + 1)};
}

// The lines as the host reads them: JSON objects, each with a line break that no reader sees earlier.
inline std::vector<json::object> records_of(std::string_view lines) {
  std::vector<json::object> records;
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    require(end != std::string_view::npos, "a line ends in a line break", lines);
    const auto line = lines.substr(0, end);
    auto record = parse_json_object(line, "the line");
    require(record.has_value(), "a line is a JSON object", line);
    for (const auto* breaks : {"\r", "\x0b", "\x0c", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"})
      require(line.find(breaks) == std::string_view::npos, "a line has no other line break", line);
    records.push_back(*std::move(record));
    lines.remove_prefix(end + 1);
  }
  return records;
}

// A stream with a column of each type, some of them inside objects.
inline const Stream& stream() {
  static const Stream things{
      .name = "things",
      .description = "Things.",
      .key = {"id"},
      .replication_key = "at",
      .columns = {
          {"id", Type::string, "/ID", ""},
          {"at", Type::timestamp, "/At", ""},
          {"recipient", Type::string, "/Recipient", ""},
          {"seconds", Type::integer, "/Seconds", ""},
          {"rate", Type::number, "/Rate", ""},
          {"first", Type::boolean, "/First", ""},
          {"day", Type::date, "/Day", ""},
          {"city", Type::string, "/Geo/City", ""},
          {.name = "to",
           .type = Type::array,
           .path = "/To",
           .description = "",
           .inside =
               R"("items":{"type":"object","properties":{"Email":{"type":"string"},"Name":{"type":"string"}}})"},
          {.name = "metadata", .type = Type::object, .path = "/Metadata", .description = ""}}};
  return things;
}

}  // namespace tapster::fuzz
