#include "plugin/connector.hpp"

#include "plugin/connector_call.hpp"

namespace tapster::host {

Result<json::object> Connector::spec() const {
  const Call call{name(), "spec"};
  auto line = call_for_line(call, nullptr, table_->spec);
  if (!line) return Failed(std::move(line).error());
  auto spec = parse_answer(call, *line);
  if (spec && find_object(*spec, "properties") == nullptr) {
    return breach(name(), "its spec has no \"properties\"");
  }
  return spec;
}

}  // namespace tapster::host
