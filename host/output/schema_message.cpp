#include "output/schema_message.hpp"

#include <fmt/format.h>

#include <tapster/json.hpp>

namespace tapster::host {

std::string schema_message(const SelectedStream& stream) {
  std::string name;
  append_json_string(name, stream.alias);
  json::array keys;
  for (const auto& key : stream.key_properties) keys.emplace_back(key);
  auto message = fmt::format(R"({{"type":"SCHEMA","stream":{},"schema":{},"key_properties":{})", name,
                             json::serialize(stream.schema), json::serialize(keys));
  if (!stream.replication_key.empty()) {
    message +=
        fmt::format(R"(,"bookmark_properties":{})", json::serialize(json::array{stream.replication_key}));
  }
  return message + "}";
}

}  // namespace tapster::host
