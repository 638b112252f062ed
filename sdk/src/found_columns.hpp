// The columns of a stream that was found by request. Its state keeps them, so that a later run reports what
// has changed: {"tapster_columns":{"id":"integer","name":"string"},…}.
#pragma once

#include <string>
#include <tapster/json.hpp>
#include <tapster/stream.hpp>

namespace tapster {

// Removes the columns from a state and returns them; empty if it has none.
json::object take_columns(json::object& state);

// Adds the columns of the stream to its state, if they may vary.
void put_columns(json::object& state, const Stream& stream);

// Returns a sentence that names the stream and the columns that have appeared, vanished or changed their
// type; empty if none has, or `before` is empty.
std::string column_changes(const json::object& before, const Stream& stream);

}  // namespace tapster
