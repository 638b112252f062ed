// A connector and a source as C++ values: the ABI's table behind types that cannot be misused. The only file
// of the host, with its .cpp, that calls a connector; it checks every answer against the contract and names
// the connector in the error.
#pragma once

#include <tapster/connector.h>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/json.hpp>
#include <vector>

#include "report/log.hpp"
#include "system/clock.hpp"

namespace tapster::host {

// Takes one batch that has been checked: whole lines, as many as it says. An error ends the call that pushed
// it.
using BatchSink = std::function<Result<void>(const tapster_batch& batch)>;
// Takes one slice, without its line break.
using SliceSink = std::function<Result<void>(std::string_view slice)>;

// The error of a connector that broke the contract: it names the connector, so that a person knows whom to
// ask.
Failed breach(std::string_view connector, std::string_view what);

// The partition that a slice names, or "": see tapster_connector.plan.
std::string partition_of(std::string_view slice);

// The host's side of one source: what tapster_host offers. Outlives the source.
class Services {
 public:
  Services(Clock& clock, Log& log, std::string connector_name);
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;

  [[nodiscard]] const tapster_host& table() const { return table_; }
  [[nodiscard]] bool is_cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  void set_cancelled() { cancelled_.store(true); }
  [[nodiscard]] Clock& clock() const { return clock_; }
  // What the table's functions do; the host may use them as well. [any thread]
  void write_log(tapster_log_level level, std::string_view message);
  void hide(std::string_view secret);
  // False where the wait was ended by a cancel.
  bool sleep(std::chrono::microseconds time);
  void count(std::string_view name, int64_t delta);
  // The named counters as they stand. [any thread]
  [[nodiscard]] std::map<std::string, int64_t> counters() const;

 private:
  Clock& clock_;
  Log& log_;
  std::string connector_name_;
  std::atomic<bool> cancelled_ = false;
  mutable std::mutex mutex_;
  std::map<std::string, int64_t, std::less<>> counters_;
  tapster_host table_{};
};

// A loaded connector. Cheap to copy; lives as long as the process, as the library is never unloaded.
class Connector {
 public:
  explicit Connector(const tapster_connector* table) : table_(table) {}
  [[nodiscard]] std::string_view name() const { return to_view(table_->name); }
  [[nodiscard]] std::string_view version() const { return to_view(table_->version); }
  [[nodiscard]] std::string_view description() const { return to_view(table_->description); }
  [[nodiscard]] const tapster_connector& table() const { return *table_; }
  // The JSON Schema of the config: an object with "properties".
  [[nodiscard]] Result<json::object> spec() const;

 private:
  const tapster_connector* table_;
};

// One opened config. Closed by its destructor. plan, read, state and cancel may be called from several
// threads at once; the others not. The text given to a sink is valid during that call.
class Source {
 public:
  // `services` has to outlive the source.
  static Result<Source> open(Connector connector, const json::object& config, Services& services);
  Source(Source&& other) noexcept;
  Source(const Source&) = delete;
  Source& operator=(Source&&) = delete;
  Source& operator=(const Source&) = delete;
  ~Source();

  [[nodiscard]] std::string_view connector_name() const { return connector_.name(); }

  Result<void> check();
  // The catalog, {"streams":[...]}.
  Result<json::object> discover();
  // Texts as in tapster_plan_request; `state` empty for a stream never read.
  struct PlanRequest {
    std::string_view stream, state, since, until;
  };
  Result<void> plan(const PlanRequest& request, const SliceSink& sink);
  // `columns`: a JSON array of JSON Pointers, or empty for all.
  Result<void> read(std::string_view stream, std::string_view slice, std::string_view columns,
                    const BatchSink& sink);
  // The stream's next state as JSON text, an object.
  Result<std::string> state(std::string_view stream, std::string_view state, std::string_view slice);
  // Makes every call return cancelled soon. [any thread]
  void cancel();

 private:
  Source(Connector connector, tapster_source* source, Services& services)
      : connector_(connector), source_(source), services_(&services) {}
  Connector connector_;
  tapster_source* source_;
  Services* services_;
};

}  // namespace tapster::host
