// A database as the loader and its tests need it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tapster::loader {

// Values as text, as the database itself writes and reads them; none is NULL.
using Row = std::vector<std::optional<std::string>>;

// Runs one statement, whose parameters are $1, $2, … in this order, and returns the rows that it gives.
// Throws std::runtime_error with the database's words. One thread at a time.
using Database = std::function<std::vector<Row>(const std::string& sql, const Row& parameters)>;

// `connection` is libpq's: https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING
Database postgresql(const std::string& connection);

// A file, which is made if it is not there.
Database sqlite(const std::string& path);

}  // namespace tapster::loader
