// The state of a stream that is read from several servers:
//     {"servers":{"12345":{"date":"2026-11-22"},"12346":{"date":"2026-11-22"}}}
// Each has the form that the whole state has with one server. Such a one may stand beside it: it is of the
// server that was the only one before, until a slice takes it over.
#pragma once

#include <functional>
#include <optional>
#include <tapster/error.hpp>
#include <tapster/json.hpp>

namespace postmark {

// Whether the state names servers.
bool names_servers(const tapster::json::object& state);

// The part of the state that is of no named server.
tapster::json::object nameless_state(tapster::json::object state);

// The server's state; nothing where it has none. A state error where it has not the form above.
tapster::Result<std::optional<tapster::json::object>> server_state(const tapster::json::object& state,
                                                                   int64_t server);

// The state with what `fold` makes of the slice's server's. That is the nameless part where the slice has
// "takes_over", and the whole where the slice names no server.
tapster::Result<tapster::json::object> fold_server_state(
    tapster::json::object state, const tapster::json::object& slice,
    const std::function<tapster::Result<tapster::json::object>(tapster::json::object)>& fold);

}  // namespace postmark
