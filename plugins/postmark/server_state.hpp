// The state of a stream that is read from several servers:
//     {"servers":{"12345":{"date":"2026-11-22"},"12346":{"date":"2026-11-22"}}}
// Each part has the form of the state of a single server. Outside "servers" there may be such a state too:
// that of the server that used to be the only one, until a slice takes it over. All functions are pure.
#pragma once

#include <functional>
#include <optional>
#include <tapster/error.hpp>
#include <tapster/json.hpp>

namespace postmark {

// Whether the state has the member "servers".
bool names_servers(const tapster::json::object& state);

// Returns the state without the member "servers".
tapster::json::object nameless_state(tapster::json::object state);

// Returns the state of a server; nothing if it has none. Errors: state, if it does not have the form above.
tapster::Result<std::optional<tapster::json::object>> server_state(const tapster::json::object& state,
                                                                   int64_t server);

// Applies `fold` to the state of the slice's server and returns the new state. If the slice has "takes_over",
// that is the state outside "servers"; if the slice has no server, it is the whole state.
tapster::Result<tapster::json::object> fold_server_state(
    tapster::json::object state, const tapster::json::object& slice,
    const std::function<tapster::Result<tapster::json::object>(tapster::json::object)>& fold);

}  // namespace postmark
