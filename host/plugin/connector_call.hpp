// One call into a connector: it is guarded, what it pushes is checked against the contract, and how it ends
// becomes a Result whose error names the connector.
#pragma once

#include <tapster/connector.h>
#include <functional>
#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/json.hpp>

#include "plugin/call_guard.hpp"
#include "plugin/host_services.hpp"

namespace tapster::host {

// Takes one batch that has been checked: it has as many complete lines as it says. An error ends the call
// that pushed it.
using BatchSink = std::function<Result<void>(const tapster_batch& batch)>;

// The error of a connector that broke the contract.
Failed breach(std::string_view connector, std::string_view what);

// Calls a function that pushes nothing. `body` makes the call and gets the error to fill.
Result<void> make_call(const Call& call, const std::function<tapster_status(tapster_error* error)>& body);

// Takes a record that the connector cannot read: see tapster_sink.reject.
using RejectSink = std::function<Result<void>(std::string_view record, std::string_view reason)>;
// Takes what the slice has turned into: see tapster_sink.progress.
using ProgressSink = std::function<Result<void>(std::string_view slice)>;

// What read offers besides push. An empty function is not offered.
struct ReadSinks {
  RejectSink reject = {};
  ProgressSink progress = {};
};

// Calls a function that pushes. `services` says when it is cancelled; null for a call that nothing cancels.
// An error of `take` or of one of `sinks` wins over what the connector makes of it.
using PushingCall = std::function<tapster_status(const tapster_sink* sink, tapster_error* error)>;
Result<void> make_call(const Call& call, const HostServices* services, const BatchSink& take,
                       const ReadSinks& sinks, const PushingCall& body);

// Calls a function that pushes one line, and returns the line without its line break.
Result<std::string> call_for_line(const Call& call, const HostServices* services, const PushingCall& body);

// Parses the line as an object.
Result<json::object> parse_answer(const Call& call, std::string_view line);

}  // namespace tapster::host
