#include "output/files/schema_file.hpp"

#include <tapster/json.hpp>

#include "system/file.hpp"

namespace tapster::host {

namespace fs = std::filesystem;

bool has_other_schema(const fs::path& folder, const std::string& stream) {
  std::error_code error;
  const auto path = folder / schema_file;
  if (!fs::exists(fs::symlink_status(path, error))) return false;
  const auto text = read_file(path);
  if (!text) return true;
  const auto message = parse_json_object(*text, path.string());
  return !message || !message->contains("schema") || text_of(*message, "stream") != stream;
}

Outcome<void> set_schema(const fs::path& folder, const std::string& message) {
  const auto path = folder / schema_file;
  const auto text = message + "\n";
  const auto old = read_file(path);
  if (old && *old == text) return {};
  return replace_locked_file(path, text, "the schema");
}

}  // namespace tapster::host
