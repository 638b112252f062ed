#include <libpq-fe.h>

#include <map>
#include <memory>
#include <stdexcept>

#include "database.hpp"

namespace tapster::loader {

namespace {

using Connection = std::shared_ptr<PGconn>;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

Result checked(PGconn* connection, PGresult* raw) {
  Result result(raw, PQclear);
  const auto status = PQresultStatus(raw);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    throw std::runtime_error(PQerrorMessage(connection));
  return result;
}

}  // namespace

Database postgresql(const std::string& connection) {
  const Connection open(PQconnectdb(connection.c_str()), PQfinish);
  if (PQstatus(open.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(open.get()));
  // Do not print notices, for instance about an existing table.
  PQsetNoticeProcessor(
      open.get(), [](void*, const char*) {}, nullptr);
  return [open, prepared = std::map<std::string, std::string>()](const std::string& sql,
                                                                 const Row& parameters) mutable {
    auto& name = prepared[sql];
    if (name.empty()) {
      name = std::to_string(prepared.size());
      checked(open.get(), PQprepare(open.get(), name.c_str(), sql.c_str(), 0, nullptr));
    }
    std::vector<const char*> values;
    for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
    const auto result =
        checked(open.get(), PQexecPrepared(open.get(), name.c_str(), static_cast<int>(values.size()),
                                           values.data(), nullptr, nullptr, 0));
    std::vector<Row> rows(static_cast<size_t>(PQntuples(result.get())));
    for (size_t row = 0; row < rows.size(); ++row) {
      for (int column = 0; column < PQnfields(result.get()); ++column) {
        const auto at = static_cast<int>(row);
        rows[row].emplace_back();
        if (PQgetisnull(result.get(), at, column) == 0)
          rows[row].back() = PQgetvalue(result.get(), at, column);
      }
    }
    return rows;
  };
}

}  // namespace tapster::loader
