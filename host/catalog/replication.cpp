#include "catalog/replication.hpp"

#include <fmt/format.h>

namespace tapster::host {

namespace {

// What the given catalog says in metadata or, as older catalogs do, beside the stream's name.
std::string given_value(const CatalogEntry& entry, std::string_view in_metadata, std::string_view in_stream) {
  if (entry.given == nullptr) return {};
  auto text = text_of(entry.given_metadata.root(), in_metadata);
  return text.empty() ? text_of(*entry.given, in_stream) : text;
}

Failed refused(const CatalogEntry& entry, std::string_view why) {
  return config_error(fmt::format("{}: the stream \"{}\": {}", entry.path, entry.name, why));
}

}  // namespace

Result<std::string> replication_key(const CatalogEntry& entry) {
  std::string own_key;
  if (text_of(*entry.discovered, "replication_method") == "INCREMENTAL")
    own_key = text_of(*entry.discovered, "replication_key");
  auto method = given_value(entry, "replication-method", "replication_method");
  if (method.empty()) method = own_key.empty() ? "FULL_TABLE" : "INCREMENTAL";
  if (method != "FULL_TABLE" && method != "INCREMENTAL") {
    return refused(entry,
                   fmt::format("its replication-method must be FULL_TABLE or INCREMENTAL, not {}", method));
  }
  if (method == "INCREMENTAL" && own_key.empty()) {
    return refused(
        entry,
        "its replication-method cannot be INCREMENTAL: the stream can only be read in full, FULL_TABLE");
  }
  const auto forced = text_of(entry.discovered_metadata.root(), "forced-replication-method");
  if (method == "FULL_TABLE" && forced == "INCREMENTAL")
    return refused(entry,
                   "its replication-method cannot be FULL_TABLE: the stream can only be read as INCREMENTAL");
  if (method == "FULL_TABLE") return std::string();
  const auto key = given_value(entry, "replication-key", "replication_key");
  if (!key.empty() && key != own_key)
    return refused(entry,
                   fmt::format(R"(its replication-key cannot be "{}": it must be "{}")", key, own_key));
  return own_key;
}

}  // namespace tapster::host
