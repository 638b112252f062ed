#include "nginx.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "support/free_port.hpp"

namespace tapster::bench {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto program = "/usr/sbin/nginx";
constexpr auto echo_module = "/usr/lib/nginx/modules/ngx_http_echo_module.so";

bool accepts(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool accepted = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return accepted;
}

std::string server_of(uint16_t port, const fs::path& files, std::chrono::milliseconds latency) {
  constexpr auto serve = "try_files $uri@$args =404;";
  const auto location =
      latency == 0ms ? fmt::format("location / {{ {} }}", serve)
                     : fmt::format("location / {{ echo_sleep {}; echo_exec @file; }} location @file {{ {} }}",
                                   std::chrono::duration<double>(latency).count(), serve);
  return fmt::format("  server {{ listen 127.0.0.1:{}; root {}; {} }}\n", port, files.string(), location);
}

std::string config_of(const std::string& servers) {
  return fmt::format(R"(daemon off;
master_process off;
load_module {};
error_log stderr error;
pid nginx.pid;
events {{ worker_connections 1000; }}
http {{
  access_log off;
  default_type application/json;
  keepalive_requests 100000000;
  open_file_cache max=400 inactive=1h;
  sendfile on;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
{}}}
)",
                     echo_module, servers);
}

}  // namespace

bool has_nginx() {
  return fs::exists(program) && fs::exists(echo_module);
}

// The name that `try_files $uri@$args` has.
std::string file_of(std::string_view target) {
  const auto path = target.substr(0, target.find('?'));
  const auto query = target.substr(std::min(target.size(), path.size() + 1));
  constexpr size_t longest_name = 255;
  if (path.find('%') != std::string_view::npos || path.size() + query.size() >= longest_name)
    throw std::runtime_error(fmt::format("the request cannot be the name of a file: {}", target));
  return fmt::format("{}@{}", path.substr(1), query);
}

Nginx::Nginx(const fs::path& files, const std::vector<std::chrono::milliseconds>& latencies) {
  constexpr int attempts = 3;
  for (int attempt = 1; !start(files, latencies); ++attempt) {
    if (attempt == attempts) throw std::runtime_error("nginx did not start: " + process_->err());
  }
}

bool Nginx::start(const fs::path& files, const std::vector<std::chrono::milliseconds>& latencies) {
  std::string servers;
  uint16_t port = 0;
  for (const auto latency : latencies) {
    port = free_port();
    servers += server_of(port, files, latency);
    base_urls_[latency] = fmt::format("http://127.0.0.1:{}", port);
  }
  const auto config = directory_.write("nginx.conf", config_of(servers));
  // It ends with this program, also if this one is killed.
  process_.emplace("setpriv", Arguments{"--pdeathsig", "KILL", program, "-p", directory_.path().string(),
                                        "-c", config.string(), "-e", "stderr"});
  constexpr int checks = 500;
  for (int i = 0; i < checks; ++i) {
    if (accepts(port)) return true;
    if (process_->ends_within(10ms)) return false;
  }
  return false;
}

}  // namespace tapster::bench
