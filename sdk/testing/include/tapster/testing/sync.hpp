// Runs a connector in the process of a test: opens a config, plans its streams, reads every slice and
// advances the states, through the ABI's table as the host does.
//
//     FakeHost host;
//     const auto synced = sync_streams(hello(), {{"names", {"Ann", "Bob"}}}, host);
//     EXPECT_EQ(synced.errors(), "");
//     EXPECT_EQ(synced["greetings"].lines, "{\"name\":\"Ann\"}\n{\"name\":\"Bob\"}\n");
//
// Unlike the host it reads one slice after the other, on the thread of the caller, and none of them twice. It
// does not compare the records with their schemas; `tapster read --validate` does.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/json.hpp>
#include <tapster/records.hpp>
#include <tapster/source.hpp>
#include <tapster/testing/fake_host.hpp>
#include <tapster/testing/pushed.hpp>
#include <utility>
#include <vector>

namespace tapster {

// One config of a connector, opened as the host opens it. One thread at a time. Throws std::runtime_error if
// the connector pushes something else than JSON.
class OpenSource {
 public:
  // The connector and the host must live longer. Settings with a default need not be given. Errors: those of
  // Connector::open.
  static Result<OpenSource> open(const Connector& connector, const json::object& config, FakeHost& host);
  // The same for a connector in any language: *tapster_connector_v1(TAPSTER_ABI_VERSION).
  static Result<OpenSource> open(const tapster_connector& connector, const json::object& config,
                                 FakeHost& host);
  OpenSource(OpenSource&& other) noexcept;
  OpenSource& operator=(OpenSource&& other) noexcept;
  ~OpenSource();

  Result<void> check();
  // The catalog, {"streams":[...]}.
  Result<json::object> discover();
  // The names of all streams, in the catalog's order.
  Result<std::vector<std::string>> stream_names();

  // What was planned before an error is in `slices` too.
  Result<void> plan(std::string_view stream, const json::object& state, std::vector<json::object>& slices,
                    std::string_view since = {}, std::string_view until = {});
  // `columns` are JSON Pointers; empty for all.
  Result<void> read(std::string_view stream, const json::object& slice, Pushed& pushed,
                    const std::vector<std::string>& columns = {});
  Result<json::object> advance(std::string_view stream, const json::object& state, const json::object& slice);

 private:
  OpenSource(const tapster_connector& table, tapster_source* source) : table_(table), source_(source) {}

  tapster_connector table_;
  tapster_source* source_;
};

struct SyncOptions {
  std::vector<std::string> streams = {};            // empty for all
  std::map<std::string, json::object> states = {};  // by stream; those of an earlier run
  std::string since = {}, until = {};
  std::vector<std::string> columns = {};  // JSON Pointers; empty for all
  bool takes_rejects = false;             // as with --rejects
};

// What a sync gave for one stream.
struct SyncedStream {
  std::string lines;  // the records as JSON lines, byte by byte
  [[nodiscard]] std::vector<json::object> records() const { return objects_of(lines); }
  std::vector<json::object> slices;  // that were planned
  std::vector<Reject> rejects;
  json::object state;  // after the sync
};

struct Synced {
  std::map<std::string, SyncedStream> streams;
  // What failed, in order: a stream's name, or empty for the config or the catalog, and the error.
  std::vector<std::pair<std::string, Error>> failures;

  // The messages of the failures, one a line: "issues: HTTP 500"; empty if there is none.
  [[nodiscard]] std::string errors() const;
  // A stream that was read. Throws std::out_of_range, with the names of those that were.
  const SyncedStream& operator[](std::string_view stream) const;
  // The states of all streams, for SyncOptions::states of the next sync.
  [[nodiscard]] std::map<std::string, json::object> states() const;
};

// Opens a config and reads its streams. A slice that fails ends its partition, or its stream if it has none:
// what was read before it stays, and the state does not cover it. Slices that were planned before an error of
// `plan` are read.
Synced sync_streams(const Connector& connector, const json::object& config, FakeHost& host,
                    const SyncOptions& options = {});
Synced sync_streams(const tapster_connector& connector, const json::object& config, FakeHost& host,
                    const SyncOptions& options = {});

}  // namespace tapster
