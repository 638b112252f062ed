#include "postgresql.hpp"

#include <libpq-fe.h>
#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "paths.hpp"

namespace tapster::e2e {

namespace {

using namespace std::chrono_literals;

// The arguments of setpriv(1) that run a program of the server's.
std::vector<std::string> command(std::vector<std::string> words) {
  words.front() = std::string(paths::postgresql) + "/" + words.front();
  std::vector<std::string> all{"--pdeathsig", "INT"};
  if (::geteuid() == 0)
    all.insert(all.end(), {"--reuid=postgres", "--regid=postgres", "--clear-groups", "--reset-env"});
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

}  // namespace

PostgreSql::PostgreSql() {
  if (::geteuid() == 0) {
    const auto* user = ::getpwnam("postgres");
    if (user == nullptr || ::chown(directory_.path().c_str(), user->pw_uid, user->pw_gid) != 0)
      throw std::runtime_error("there is no user postgres to run the server as");
  }
  const auto data = directory_ / "data";
  const auto made =
      run_program(paths::setpriv, command({"initdb", "-D", data, "-U", "tapster", "-A", "trust", "-E", "UTF8",
                                           "--locale=C", "--no-sync", "--no-instructions"}));
  if (made.exit != 0) throw std::runtime_error("initdb: " + made.err);
  server_ = std::make_unique<Process>(
      paths::setpriv,
      command({"postgres", "-D", data, "-c", "listen_addresses=", "-c",
               "unix_socket_directories=" + directory_.path().string(), "-c", "fsync=off", "-c",
               "full_page_writes=off", "-c", "shared_buffers=16MB", "-c", "timezone=UTC"}));
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (PQping(connection().c_str()) != PQPING_OK) {
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("postgres does not answer: " + server_->err());
    std::this_thread::sleep_for(10ms);
  }
}

PostgreSql::~PostgreSql() {
  if (!server_) return;
  server_->signal(SIGINT);  // ends the connections and then itself
  server_->wait();
}

std::string PostgreSql::connection() const {
  return "host=" + directory_.path().string() + " user=tapster dbname=postgres";
}

Environment PostgreSql::environment() const {
  return {{"PGHOST", directory_.path()}, {"PGUSER", "tapster"}, {"PGDATABASE", "postgres"}};
}

}  // namespace tapster::e2e
