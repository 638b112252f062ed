// Airbyte's protocol, version 0.5: its messages, and its catalog and state turned into Singer's.
// https://docs.airbyte.com/platform/understanding-airbyte/airbyte-protocol
#pragma once

#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <tapster/time.hpp>

#include "system/exit_code.hpp"

namespace tapster::host::airbyte {

// Each gives one message: a JSON object without the line break.

// SPEC, of the config's JSON Schema. Airbyte's form shows the settings by title, in the connector's order. A
// "documentationUrl" at the root of the schema is the page that the form links to.
std::string spec_message(const json::object& spec);
// CONNECTION_STATUS, of how a check ended.
std::string status_message(const Outcome<void>& works);
// CATALOG, of a discovered Singer catalog.
std::string catalog_message(const json::object& catalog);
// TRACE of type ERROR: why the run failed.
std::string error_message(const Failure& failure, Time now);

// CONTROL of type CONNECTOR_CONFIG: the platform keeps `config` for the next run. It has the secrets.
std::string control_message(const json::object& config, Time now);

// A stream of Airbyte's protocol.
enum class Status { started, running, complete, incomplete };
std::string stream_status_message(std::string_view stream, Status status, Time now);
// TRACE of type ERROR: why the stream failed.
std::string stream_error_message(std::string_view stream, std::string_view why, FailureType type, Time now);
std::string estimate_message(std::string_view stream, uint64_t rows, uint64_t bytes, Time now);
// STATE of one stream. `state` is a JSON object, or empty for a stream without one: Airbyte expects a STATE
// from it too. `records`: those since the stream's last state.
std::string state_message(std::string_view stream, std::string_view state, uint64_t records);

// Converts a configured Airbyte catalog to a Singer catalog that selects the same: its streams, the
// discovered columns that are in its schemas, and FULL_TABLE for sync_mode full_refresh. `what` names the
// file in a usage failure.
Outcome<json::object> singer_catalog(const json::object& configured, const json::object& discovered,
                                     std::string_view what);

// Converts the array of states that Airbyte hands back to a Singer state.
Outcome<json::object> singer_state(const json::array& states, std::string_view what);

}  // namespace tapster::host::airbyte
