// The connector that is validated, and what the rules so far have learned about it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <tapster/json.hpp>
#include <tapster/time.hpp>
#include <vector>

#include "system/clock.hpp"

namespace tapster::host {

// A stream of the catalog that is validated.
struct ValidatedStream {
  std::string name;
  std::vector<std::string> keys;
  std::string replication_key;  // empty if the stream is read in full
  json::object schema;
  [[nodiscard]] bool is_incremental() const { return !replication_key.empty(); }
};

// A slice that has been read.
struct SampledSlice {
  std::string slice;
  std::string lines;        // its records
  bool is_complete = true;  // false if the suite stopped the read, because the slice has many records
  struct Progress {
    std::string slice;  // what the slice had turned into
    size_t size;        // the bytes of `lines` before that
  };
  std::vector<Progress> progress;
  // The slice to give to state.
  [[nodiscard]] const std::string& last() const { return progress.empty() ? slice : progress.back().slice; }
};

// What has been planned and read of a stream: its oldest slices, until two have records, and its newest one.
struct StreamSample {
  std::string stream;
  std::vector<std::string> plan;  // all slices
  std::vector<SampledSlice> oldest;
  std::optional<SampledSlice> newest;
};

struct Subject {
  std::filesystem::path file;
  std::string name;
  Time now;          // the time of every source, so that two plans can be compared
  bool is_time_set;  // by TAPSTER_NOW: then waits take no time
  json::object spec;
  // What sources are opened with: the config that was given, or one that is made from the spec; nothing if
  // there is none.
  std::optional<json::object> config;
  bool is_config_given = false;
  bool is_catalog_known = false;
  std::vector<ValidatedStream> streams;  // the selected ones
  std::vector<StreamSample> samples;
  std::string sample_log;  // what was logged while they were read
};

}  // namespace tapster::host
