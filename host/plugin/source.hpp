// A source, which is one opened config of a connector, as a C++ class. Every result is checked against the
// contract, and errors name the connector.
#pragma once

#include <tapster/connector.h>
#include <functional>
#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/json.hpp>

#include "plugin/connector.hpp"
#include "plugin/connector_call.hpp"
#include "plugin/host_services.hpp"

namespace tapster::host {

// Takes one slice, without its line break.
using SliceSink = std::function<Result<void>(std::string_view slice)>;

// The partition that a slice names, or "": see tapster_connector.plan.
std::string partition_of(std::string_view slice);

// One opened config. Closed by its destructor. plan, read, state and cancel may be called from several
// threads at once, the other functions may not. The text given to a sink is valid during that call.
class Source {
 public:
  // `services` must outlive the source.
  static Result<Source> open(Connector connector, const json::object& config, HostServices& services);
  Source(Source&& other) noexcept;
  Source(const Source&) = delete;
  Source& operator=(Source&&) = delete;
  Source& operator=(const Source&) = delete;
  ~Source();

  [[nodiscard]] std::string_view connector_name() const { return connector_.name(); }
  [[nodiscard]] std::string_view connector_version() const { return connector_.version(); }

  Result<void> check();
  // The catalog, {"streams":[...]}. Its shape is good, see catalog_shape.hpp, and each stream has what
  // tapster_connector.discover says of the members "tap_stream_id", "stream", "schema" and "key_properties".
  Result<json::object> discover();
  // Texts as in tapster_plan_request; `state` is empty for a stream that was never read.
  struct PlanRequest {
    std::string_view stream, state, since, until;
  };
  Result<void> plan(const PlanRequest& request, const SliceSink& sink);
  // `columns`: a JSON array of JSON Pointers, or empty for all.
  // `reject` gets the records that the connector cannot read; without it they fail the slice. `progress` gets
  // what the slice has turned into: see tapster_sink.progress.
  Result<void> read(std::string_view stream, std::string_view slice, std::string_view columns,
                    const BatchSink& sink, const RejectSink& reject = {}, const ProgressSink& progress = {});
  // The stream's next state as JSON text, an object.
  Result<std::string> state(std::string_view stream, std::string_view state, std::string_view slice);
  // Makes every call return cancelled soon. [any thread]
  void cancel();

 private:
  Source(Connector connector, tapster_source* source, HostServices& services)
      : connector_(connector), source_(source), services_(&services) {}
  Connector connector_;
  tapster_source* source_;
  HostServices* services_;
};

}  // namespace tapster::host
