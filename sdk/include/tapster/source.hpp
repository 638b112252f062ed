// What an author writes: a Connector, which says what the config looks like and opens it, and a Source, which
// plans and reads. Everything is plain sequential code that returns Result; the ABI, the threads and the
// exceptions' edge are handled here.
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

// What is to be planned. See tapster_plan_request.
struct PlanRequest {
  const Stream& stream;
  json::object state;             // empty for a stream never read before
  std::string_view since, until;  // a day or a time, or empty
};

// Where `plan` puts its slices, oldest first. The host may start to read a slice as soon as it has been
// pushed.
class Slices {
 public:
  explicit Slices(const tapster_sink& sink) : sink_(&sink) {}
  // The same place, with these members added to every slice that does not have them.
  [[nodiscard]] Slices with(const json::object& members) const;
  // A member "partition" names the part of the stream that the slice belongs to: one that fails then stops
  // the later ones of its part alone. See tapster_connector.plan. Any error has to be returned from `plan` as
  // it is.
  Result<void> push(const json::object& slice);

 private:
  const tapster_sink* sink_;
  json::object members_;
};

// One opened config. `plan`, `read` and `state` are called from several threads at once, the others are not.
// An exception that leaves a function becomes an internal error, which names the function.
class Source {
 public:
  virtual ~Source() = default;

  // Proves that the config works, with few and cheap requests.
  virtual Result<void> check() = 0;

  // The streams; they live as long as the source. Called once, at open, without a request. A mistake in them
  // fails it.
  virtual Result<std::vector<const Stream*>> discover() = 0;

  // What is to be read now, in slices that are worth seconds rather than hours. Where it fails, those that
  // have been pushed are read all the same.
  virtual Result<void> plan(const PlanRequest& request, Slices& slices) = 0;

  // All records of a slice that `plan` made.
  virtual Result<void> read(const Projection& projection, const json::object& slice, Records& records) = 0;

  // The stream's state with a finished slice added: it covers what was read and nothing else. Makes no
  // request.
  virtual Result<json::object> state(const Stream& stream, json::object state, const json::object& slice) = 0;
};

// One entry of the config.
struct Setting {
  std::string_view name;
  Type type = Type::string;
  std::string_view description;
  bool required = false;
  bool secret = false;
  std::string_view default_value = {};  // as JSON; empty for none
  std::string_view rules = {};  // further JSON Schema keywords, such as R"("minimum":0,"maximum":365)"
};

struct Connector {
  std::string_view name;         // [a-z][a-z0-9-]*, as in the file's name
  std::string_view version;      // such as "1.4.2"
  std::string_view description;  // one line
  std::vector<Setting> settings;
  // Opens a config that has been checked against the settings and holds the default of each that was left
  // out. Makes no request.
  Result<std::unique_ptr<Source>> (*open)(const json::object& config, Host host) = nullptr;
};

namespace abi {

// The functions behind the ABI's table; see abi.cpp.
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

// Exports the connector that `definition`, a `const tapster::Connector& ()`, returns. Once in a library.
#define TAPSTER_CONNECTOR(definition)                                                                  \
  extern "C" TAPSTER_EXPORT const tapster_connector* tapster_connector_v1(uint32_t host_abi_version) { \
    return ::tapster::abi::entry<definition>(host_abi_version);                                        \
  }
