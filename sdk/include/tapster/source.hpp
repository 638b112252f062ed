// What a connector author implements: a Connector, which declares the settings and opens a config, and a
// Source, which plans and reads. The code is sequential and returns Result. The SDK implements the ABI and
// converts exceptions to errors; the host runs the threads.
#pragma once

#include <tapster/connector.h>
#include <memory>
#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/host.hpp>
#include <tapster/json.hpp>
#include <tapster/records.hpp>
#include <tapster/stream.hpp>
#include <vector>

namespace tapster {

// What to plan. Valid during the call of `plan`. See tapster_plan_request.
struct PlanRequest {
  const Stream& stream;
  json::object state;             // empty if the stream has not been read before
  std::string_view since, until;  // a day or a time, or empty; see parse_since and parse_until
};

// Where `plan` pushes its slices, oldest first. The host may start to read a slice as soon as it is pushed.
// Valid during that call, on its thread only; copies push to the same place.
class Slices {
 public:
  explicit Slices(const tapster_sink& sink) : sink_(&sink) {}
  // Returns a copy that adds these members to every slice that lacks them.
  [[nodiscard]] Slices with(const json::object& members) const;
  // Pushes one slice, of at most 64 KiB. The optional member "partition" names the part of the stream that it
  // belongs to: if a slice fails, only the later slices of its partition are skipped. See
  // tapster_connector.plan. Errors: the host's status, which `plan` must return unchanged.
  Result<void> push(const json::object& slice);

 private:
  const tapster_sink* sink_;
  json::object members_;
};

// One opened config. The SDK owns it, and destroys it when the host closes the source. `plan`, `read` and
// `state` may run on several threads at once; `check` and `discover` run alone. Any function may return any
// error. An exception becomes an internal error that names the function.
class Source {
 public:
  virtual ~Source() = default;

  // Checks that the config works, with few and cheap requests.
  virtual Result<void> check() = 0;

  // Returns the streams, which must live as long as the source. Called once, when the config is opened; must
  // not make requests. A mistake in a stream fails the open.
  virtual Result<std::vector<const Stream*>> discover() = 0;

  // Pushes slices that cover what to read now, each worth seconds rather than hours. If it fails, the slices
  // that it has pushed are still read.
  virtual Result<void> plan(const PlanRequest& request, Slices& slices) = 0;

  // Pushes all records of a slice that `plan` made. May be called again for the same slice.
  virtual Result<void> read(const Projection& projection, const json::object& slice, Records& records) = 0;

  // Returns the state of the stream after a slice has been read. It must cover what was read and nothing
  // else. Must not make requests.
  virtual Result<json::object> state(const Stream& stream, json::object state, const json::object& slice) = 0;
};

// One setting of the config.
struct Setting {
  std::string_view name;
  Type type = Type::string;
  std::string_view description;
  bool required = false;
  bool secret = false;
  std::string_view default_value = {};  // as JSON; empty if there is none
  std::string_view rules = {};          // more JSON Schema keywords, such as R"("minimum":0,"maximum":365)"
};

// The declaration of a connector. Its texts must live as long as the process.
struct Connector {
  std::string_view name;                // [a-z][a-z0-9-]*, the same as in the file name
  std::string_view version;             // such as "1.4.2"
  std::string_view description;         // one line
  std::string_view documentation = {};  // the URL of a page about it; empty if there is none
  std::vector<Setting> settings;
  // Opens a config that has been validated against the settings and completed with their defaults. `host` is
  // valid until the source is destroyed. Must not make requests. Errors: config, internal.
  Result<std::unique_ptr<Source>> (*open)(const json::object& config, Host host) = nullptr;
};

namespace abi {

// Used by TAPSTER_CONNECTOR; see abi.cpp.
tapster_status spec(const Connector& connector, const tapster_sink* out, tapster_error* error) noexcept;
tapster_status open(const Connector& connector, const tapster_host* host, tapster_text config,
                    tapster_source** source, tapster_error* error) noexcept;
tapster_connector table(const Connector& connector) noexcept;

template <const Connector& (*definition)()>
const tapster_connector* entry(uint32_t host_abi_version) noexcept {
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
    return ::tapster::abi::entry<definition>(host_abi_version);                                        \
  }
