#include "server_state.hpp"

#include <fmt/format.h>

namespace postmark {

using namespace tapster;

bool names_servers(const json::object& state) {
  return state.contains("servers");
}

json::object nameless_state(json::object state) {
  state.erase("servers");
  return state;
}

Result<std::optional<json::object>> server_state(const json::object& state, int64_t server) {
  const auto wrong = [](std::string_view member, const json::value& value) {
    return state_error(
        fmt::format("{} must be an object, not {}: correct it, or remove it to read from the start", member,
                    json::serialize(value)));
  };
  const auto* servers = state.if_contains("servers");
  if (!servers) return std::optional<json::object>();
  if (!servers->is_object()) return wrong("servers", *servers);
  const auto* own = servers->as_object().if_contains(std::to_string(server));
  if (!own) return std::optional<json::object>();
  if (!own->is_object()) return wrong(fmt::format("servers.{}", server), *own);
  return own->as_object();
}

Result<json::object> fold_server_state(json::object state, const json::object& slice,
                                       const std::function<Result<json::object>(json::object)>& fold) {
  const auto* server = slice.if_contains("server");
  if (!server || !server->is_int64()) return fold(std::move(state));
  const auto id = server->as_int64();
  auto own = server_state(state, id);
  if (!own) return Failed(std::move(own).error());
  if (!*own && slice.contains("takes_over")) {
    *own = nameless_state(state);
    for (const auto& [name, value] : **own) state.erase(name);
  }
  auto folded = fold(std::move(*own).value_or(json::object()));
  if (!folded) return folded;
  auto& servers = state["servers"];
  if (servers.is_null()) servers.emplace_object();
  servers.as_object()[std::to_string(id)] = *std::move(folded);
  return state;
}

}  // namespace postmark
