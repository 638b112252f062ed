// The database interface of the loader and its tests.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tapster::loader {

// Values in the text format of the database; nothing means NULL.
using Row = std::vector<std::optional<std::string>>;

// Runs one statement with the parameters $1, $2, … and returns its rows. Throws std::runtime_error with the
// error of the database. One thread at a time.
using Database = std::function<std::vector<Row>(const std::string& sql, const Row& parameters)>;

// Opens a database. `connection` is a libpq connection string:
// https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING
Database postgresql(const std::string& connection);

// Opens a file, and creates it if it does not exist.
Database sqlite(const std::string& path);

}  // namespace tapster::loader
