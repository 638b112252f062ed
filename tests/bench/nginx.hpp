// nginx on loopback, serving recorded responses from files, so that the server's work is not what is
// measured.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace tapster::bench {

// Whether nginx and its module echo, which delays responses, are installed where Debian's nginx-light has
// them.
bool has_nginx();

// The name of the file, below the directory of an Nginx, with the response to "/path?query".
std::string file_of(std::string_view target);

// Serves the files of a directory from its construction to its destruction, whatever token a request has,
// with one process of one thread. A request without a file gets a 404. With a latency of more than 0, nginx
// waits before each response (the module echo).
class Nginx {
 public:
  // Each latency gets a port of its own. Throws what nginx says if it does not start.
  Nginx(const std::filesystem::path& files, const std::vector<std::chrono::milliseconds>& latencies);
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;

  // Of the server with this latency. Throws std::out_of_range for another one.
  [[nodiscard]] const std::string& base_url(std::chrono::milliseconds latency) const {
    return base_urls_.at(latency);
  }

 private:
  [[nodiscard]] bool start(const std::filesystem::path& files,
                           const std::vector<std::chrono::milliseconds>& latencies);
  TemporaryDirectory directory_;
  std::map<std::chrono::milliseconds, std::string> base_urls_;
  std::optional<Process> process_;
};

}  // namespace tapster::bench
