// The file of --rejects: records that the connector could not read, one JSON object a line.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "output/files/data_file.hpp"
#include "system/exit_code.hpp"

namespace tapster::host {

// {"stream":"messages_outbound","slice":{...},"reason":"...","record":{...}}, with a line break. `slice` is a
// JSON object. A record that is not JSON is a string; an empty one is null.
std::string reject_line(std::string_view stream, std::string_view slice, std::string_view reason,
                        std::string_view record);

// Safe to use from any thread.
class Rejects {
 public:
  // Lines are added to the end of the file, which is created if it does not exist. A failure, of output,
  // names the path.
  static Outcome<std::unique_ptr<Rejects>> open(const std::filesystem::path& path);

  // Adds lines. They are on disk when it returns.
  Outcome<void> write(std::string_view lines);

 private:
  explicit Rejects(DataFile file) : file_(std::move(file)) {}
  std::mutex mutex_;
  DataFile file_;
};

}  // namespace tapster::host
