// A plan in a file: the slices of one sync, which several runs share.
//
// The file has JSON lines: a header, then {"stream":STREAM,"slice":{…}} for each slice, in the order of the
// plan, and at the end {"slices":N}, without which the file is not complete.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/json.hpp>

#include "state/state.hpp"
#include "system/exit_code.hpp"

namespace tapster::host {

// The line of a slice, with its line break.
std::string plan_line(std::string_view stream, std::string_view slice);

struct PlanHeader {
  std::string id;                            // random; the states of its shards have it too
  std::string connector, connector_version;  // that planned it
  std::string created_at;                    // an RFC 3339 time
  json::object catalog;                      // Singer's, with what is selected
  State state;                               // from which the sync starts
};

// Writes a plan. The file appears with its last line, complete. One thread at a time.
class PlanWriter {
 public:
  // A usage failure if the file exists: the states of shards may belong to it.
  static Outcome<PlanWriter> create(std::filesystem::path path, const PlanHeader& header);

  // Adds a slice, as the connector's plan pushed it.
  Outcome<void> add(std::string_view stream, std::string_view slice);

  // Writes the last line, and gives the file its name. Without this call no file remains.
  Outcome<void> finish();

  PlanWriter(PlanWriter&& other) noexcept;
  PlanWriter& operator=(PlanWriter&&) = delete;
  PlanWriter(const PlanWriter&) = delete;
  PlanWriter& operator=(const PlanWriter&) = delete;
  ~PlanWriter();

  [[nodiscard]] uint64_t slices() const { return slices_; }

 private:
  PlanWriter(std::filesystem::path path, std::filesystem::path aside, int file)
      : path_(std::move(path)), aside_(std::move(aside)), file_(file) {}
  Outcome<void> write(std::string_view lines);

  std::filesystem::path path_, aside_;  // its name, and the one that it has until it is complete
  int file_;                            // a descriptor; negative when finished
  std::string waiting_;
  uint64_t slices_ = 0;
};

// Reads a plan. Failures are of usage, and name the file and the line. One thread at a time.
class PlanFile {
 public:
  static Outcome<PlanFile> open(std::filesystem::path path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const PlanHeader& header() const { return header_; }

  struct PlannedSlice {
    std::string stream;
    std::string slice;  // byte for byte as the connector planned it
  };
  // The next slice; nothing at the end of a complete plan.
  Outcome<std::optional<PlannedSlice>> next();

 private:
  PlanFile(std::filesystem::path path, std::ifstream lines)
      : path_(std::move(path)), lines_(std::move(lines)) {}
  Outcome<void> read_header();
  [[nodiscard]] tl::unexpected<Failure> wrong(std::string_view what) const;
  bool get_line(std::string& line);

  std::filesystem::path path_;
  std::ifstream lines_;
  PlanHeader header_;
  uint64_t line_ = 0;    // the number of the last one
  uint64_t slices_ = 0;  // read so far
};

}  // namespace tapster::host
