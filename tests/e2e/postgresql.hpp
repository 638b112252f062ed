// A PostgreSQL server for one test.
#pragma once

#include <memory>
#include <string>

#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace tapster::e2e {

// Listens on a socket in a temporary directory and on no port. If the test is root, the server runs as the
// user postgres, as it refuses to run as root. It ends with the test, even if the test is killed. Throws if
// it does not start.
class PostgreSql {
 public:
  PostgreSql();
  ~PostgreSql();
  PostgreSql(const PostgreSql&) = delete;
  PostgreSql& operator=(const PostgreSql&) = delete;

  // For libpq, of an empty database.
  [[nodiscard]] std::string connection() const;
  // The same, for psql.
  [[nodiscard]] Environment environment() const;

 private:
  TemporaryDirectory directory_;  // owned by the server's user
  std::unique_ptr<Process> server_;
};

}  // namespace tapster::e2e
