// What a connector author implements: a Connector, which declares the settings and opens a config, and a
// Source, which has the streams. The code is sequential and returns Result. The SDK implements the ABI and
// converts exceptions to errors; the host runs the threads.
#pragma once

#include <tapster/connector.h>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/host.hpp>
#include <tapster/json.hpp>
#include <tapster/records.hpp>
#include <tapster/stream.hpp>
#include <tapster/time.hpp>
#include <type_traits>
#include <vector>

namespace tapster {

// What to plan. Valid during the call of `plan`. See tapster_plan_request.
struct PlanRequest {
  json::object state;                       // empty if the stream has not been read before
  std::string_view since = {}, until = {};  // a day or a time, or empty; see parse_since and parse_until
  std::optional<Time> now = {};             // what counts as now; without it, Host::now
};

// What to read. Valid during the call of `read`.
struct ReadRequest {
  const Projection& projection;  // the selected columns
  const json::object& slice;     // one that `plan` pushed
};

// Where `plan` pushes its slices, oldest first. The host may start to read a slice as soon as it is pushed.
// Valid during that call, on its thread only; copies push to the same place.
class Slices {
 public:
  explicit Slices(const tapster_sink& sink) : sink_(&sink) {}
  // Returns a copy that adds these members to every slice that lacks them.
  [[nodiscard]] Slices with(const json::object& members) const;
  // Returns a copy whose slices are in this partition, or in this partition of the one that they are in.
  [[nodiscard]] Slices in_partition(std::string_view name) const;
  // Pushes one slice, of at most 64 KiB. The optional member "partition" names the part of the stream that it
  // belongs to: if a slice fails, only the later slices of its partition are skipped. See
  // tapster_connector.plan. Errors: the host's status, which `plan` must return unchanged.
  Result<void> push(const json::object& slice) const;

 private:
  const tapster_sink* sink_;
  json::object members_;
};

// One stream of a source: what it is, and how it is read. Write the three functions by hand, or have them
// made from a declaration: see declared.hpp. They may run on several threads at once, and may return any
// error. An exception becomes an internal error that names the function.
struct SourceStream {
  Stream stream;

  // Pushes slices that cover what to read now, each worth seconds rather than hours. If it fails, the slices
  // that it has pushed are still read. Without it, the plan is one empty slice.
  std::function<Result<void>(const PlanRequest& request, Slices& slices)> plan = {};

  // Pushes all records of a slice that `plan` made. May be called again for the same slice. Required.
  std::function<Result<void>(const ReadRequest& request, Records& records)> read = {};

  // Returns the state of the stream after a slice has been read. It must cover what was read and nothing
  // else. Must not make requests. Without it, the state does not change.
  std::function<Result<json::object>(json::object state, const json::object& slice)> advance = {};

  // Why the stream cannot be read. One of Source::streams fails the open: it is a mistake of the declaration.
  // One that Source::discover found is in the catalog without columns; each use of it returns this error, and
  // the other streams are read.
  std::optional<Error> failure = {};
};

// One opened config. The SDK owns it, and destroys it when the host closes the source; what its functions
// capture lives as long.
struct Source {
  // Checks that the config works, with few and cheap requests. Runs alone.
  std::function<Result<void>()> check = {};

  // The streams that are known without a request. A mistake in one of them fails the open.
  std::vector<SourceStream> streams = {};

  // Finds further streams with requests, such as the tables of a database. Called when the catalog or one of
  // its streams is needed for the first time, and again after an error. A mistake in a stream is an error.
  // Sets Stream::columns_vary of each. The SDK keeps their columns in their states, as "tapster_columns",
  // which `plan` and `advance` do not see.
  std::function<Result<std::vector<SourceStream>>()> discover = {};
};

// One setting of the config.
struct Setting {
  std::string name;
  Type type = Type::string;
  std::string description = {};
  bool required = false;
  bool secret = false;
  std::string default_value = {};  // as JSON; empty if there is none
  std::string rules = {};          // more JSON Schema keywords, such as R"("minimum":0,"maximum":365)"
};

// The declaration of a connector. It must live as long as the process.
struct Connector {
  std::string name;                // [a-z][a-z0-9-]*, the same as in the file name
  std::string version;             // such as "1.4.2"
  std::string description;         // one line
  std::string documentation = {};  // the URL of a page about it; empty if there is none
  std::vector<Setting> settings = {};
  // Opens a config that has been validated against the settings and completed with their defaults. `host` is
  // valid until the source is destroyed. Must not make requests. Errors: config, internal.
  std::function<Result<Source>(const json::object& config, Host host)> open = {};
};

namespace abi {

// Used by TAPSTER_CONNECTOR; see abi.cpp.
tapster_status spec(const Connector& connector, const tapster_sink* out, tapster_error* error) noexcept;
tapster_status open(const Connector& connector, const tapster_host* host, tapster_text config,
                    tapster_source** source, tapster_error* error) noexcept;
tapster_connector table(const Connector& connector) noexcept;

template <auto definition>
const tapster_connector* entry(uint32_t host_abi_version) noexcept {
  static_assert(std::is_invocable_r_v<const Connector&, decltype(definition)>,
                "TAPSTER_CONNECTOR takes a function: const tapster::Connector& name() { static const "
                "tapster::Connector connector{...}; return connector; }");
  if (host_abi_version >> 16U != TAPSTER_ABI_MAJOR) return nullptr;
  static const tapster_connector connector = [] {
    auto made = table(definition());
    made.spec = [](const tapster_sink* out, tapster_error* error) { return spec(definition(), out, error); };
    made.open = [](const tapster_host* host, tapster_text config, tapster_source** source,
                   tapster_error* error) { return open(definition(), host, config, source, error); };
    return made;
  }();
  return &connector;
}

}  // namespace abi

}  // namespace tapster

// Exports a connector. `definition` is a function `const tapster::Connector& ()`. Use it once per library.
#define TAPSTER_CONNECTOR(definition)                                                                  \
  extern "C" TAPSTER_EXPORT const tapster_connector* tapster_connector_v1(uint32_t host_abi_version) { \
    return ::tapster::abi::entry<&(definition)>(host_abi_version);                                     \
  }
