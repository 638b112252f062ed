#include "output/rejects.hpp"

#include <algorithm>
#include <tapster/json.hpp>
#include <utility>

namespace tapster::host {

namespace {

// The record on one line, byte for byte but for line breaks between its tokens.
std::string record_json(std::string_view record) {
  if (record.empty()) return "null";
  std::string json;
  if (!parse_json(record, "")) {
    append_json_string(json, record);
    return json;
  }
  json = record;
  std::replace_if(
      json.begin(), json.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return json;
}

}  // namespace

std::string reject_line(std::string_view stream, std::string_view slice, std::string_view reason,
                        std::string_view record) {
  std::string line = "{\"stream\":";
  append_json_string(line, stream);
  line.append(",\"slice\":").append(slice).append(",\"reason\":");
  append_json_string(line, reason);
  line.append(",\"record\":").append(record_json(record)).append("}\n");
  return line;
}

Outcome<std::unique_ptr<Rejects>> Rejects::open(const std::filesystem::path& path) {
  auto file = DataFile::open(path);
  if (!file) return tl::unexpected(std::move(file).error());
  return std::unique_ptr<Rejects>(new Rejects(*std::move(file)));
}

Outcome<void> Rejects::write(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  auto written = file_.append(lines);
  return written ? file_.sync() : written;
}

}  // namespace tapster::host
