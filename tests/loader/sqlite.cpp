#include <sqlite3.h>

#include <map>
#include <memory>
#include <stdexcept>

#include "database.hpp"

namespace tapster::loader {

namespace {

struct Close {
  void operator()(sqlite3* file) const { sqlite3_close(file); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

struct File {
  std::unique_ptr<sqlite3, Close> open;
  std::map<std::string, std::unique_ptr<sqlite3_stmt, Close>> prepared;

  void check(int code) const {
    if (code != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(open.get()));
  }

  std::vector<Row> run(const std::string& sql, const Row& parameters) {
    auto& statement = prepared[sql];
    if (!statement) {
      sqlite3_stmt* made = nullptr;
      check(sqlite3_prepare_v2(open.get(), sql.c_str(), -1, &made, nullptr));
      statement.reset(made);
    }
    // For SQLite "$1" is a name. Parameters are numbered in the order of their first use.
    for (size_t i = 0; i < parameters.size(); ++i) {
      const auto* text = parameters[i] ? parameters[i]->c_str() : nullptr;
      check(sqlite3_bind_text64(statement.get(), static_cast<int>(i) + 1, text,
                                parameters[i] ? parameters[i]->size() : 0, SQLITE_TRANSIENT, SQLITE_UTF8));
    }
    std::vector<Row> rows;
    while (sqlite3_step(statement.get()) == SQLITE_ROW) {
      rows.emplace_back();
      for (int column = 0; column < sqlite3_column_count(statement.get()); ++column) {
        const auto* text = sqlite3_column_text(statement.get(), column);
        rows.back().emplace_back();
        if (text != nullptr) rows.back().back() = reinterpret_cast<const char*>(text);
      }
    }
    check(sqlite3_reset(statement.get()));  // returns the error of a failed step
    return rows;
  }
};

}  // namespace

Database sqlite(const std::string& path) {
  auto file = std::make_shared<File>();
  sqlite3* open = nullptr;
  const auto code = sqlite3_open(path.c_str(), &open);
  file->open.reset(open);
  file->check(code);
  return [file](const std::string& sql, const Row& parameters) { return file->run(sql, parameters); };
}

}  // namespace tapster::loader
