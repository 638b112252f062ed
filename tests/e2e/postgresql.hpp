// A PostgreSQL of a test's own: made, started, and gone with it.
#pragma once

#include <memory>
#include <string>

#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace tapster::e2e {

// Listens on a socket in a directory of its own and on no port. As root it runs as the user postgres, as it
// refuses to be root's. Ends with the test even where that is killed. Throws where it does not start.
class PostgreSql {
 public:
  PostgreSql();
  ~PostgreSql();
  PostgreSql(const PostgreSql&) = delete;
  PostgreSql& operator=(const PostgreSql&) = delete;

  // For libpq, of an empty database.
  [[nodiscard]] std::string connection() const;

 private:
  TemporaryDirectory directory_;  // owned by the server's user
  std::unique_ptr<Process> server_;
};

}  // namespace tapster::e2e
