#include "load.hpp"

#include <fmt/format.h>

#include <istream>
#include <map>
#include <ostream>
#include <stdexcept>
#include <tapster/json.hpp>

namespace tapster::loader {

namespace {

// The column with the version of a full table, as targets name it.
constexpr std::string_view version_column = "_sdc_table_version";

std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + "\"";
}

// Returns a type of PostgreSQL. SQLite accepts each of them:
// https://www.sqlite.org/datatype3.html#determination_of_column_affinity
std::string_view sql_type(const json::object& property) {
  const auto is = [&](std::string_view type) {
    const auto& types = property.at("type");
    if (types.is_string()) return types.as_string() == type;
    for (const auto& one : types.as_array()) {
      if (one.as_string() == type) return true;
    }
    return false;
  };
  if (is("object") || is("array")) return "jsonb";
  if (is("integer")) return "bigint";
  if (is("number")) return "double precision";
  if (is("boolean")) return "boolean";
  const auto* format = find_string(property, "format");
  if (format && *format == "date-time") return "timestamptz";
  return format && *format == "date" ? "date" : "text";
}

std::optional<std::string> sql_value(const json::value& value) {
  if (value.is_null()) return std::nullopt;
  if (value.is_string()) return json::value_to<std::string>(value);
  if (value.is_bool()) return value.as_bool() ? "1" : "0";
  return json::serialize(value);
}

class Tables {
 public:
  explicit Tables(const Database& database) : database_(database) {}

  void define(const json::object& message) {
    Table table{quoted(view(message.at("stream").as_string())), {}, {}};
    std::string definitions;
    std::string parameters;
    std::string updates;
    for (const auto& [name, property] : message.at("schema").at("properties").as_object()) {
      const auto column = quoted(name);
      table.columns.emplace_back(name);
      definitions += fmt::format("{} {}, ", column, sql_type(property.as_object()));
      parameters += fmt::format("${}, ", table.columns.size());
      updates += fmt::format("{0} = excluded.{0}, ", column);
    }
    const auto version = quoted(version_column);
    definitions += version + " bigint";
    parameters += fmt::format("${}", table.columns.size() + 1);
    updates += fmt::format("{0} = excluded.{0}", version);

    std::string keys;
    for (const auto& key : message.at("key_properties").as_array())
      keys += (keys.empty() ? "" : ", ") + quoted(view(key.as_string()));
    if (!keys.empty()) definitions += fmt::format(", primary key ({})", keys);
    database_(fmt::format("create table if not exists {} ({})", table.name, definitions), {});
    table.upsert = fmt::format("insert into {} values ({})", table.name, parameters);
    if (!keys.empty()) table.upsert += fmt::format(" on conflict ({}) do update set {}", keys, updates);
    tables_.insert_or_assign(json::value_to<std::string>(message.at("stream")), std::move(table));
  }

  void upsert(const json::object& message) {
    const auto& table = find(message);
    const auto& record = message.at("record").as_object();
    Row row;
    size_t known = 0;
    for (const auto& column : table.columns) {
      const auto* value = record.if_contains(column);
      known += value ? 1 : 0;
      row.push_back(value ? sql_value(*value) : std::nullopt);
    }
    if (known != record.size()) throw std::runtime_error("a record has a property that is not in its schema");
    const auto* version = message.if_contains("version");
    row.push_back(version ? sql_value(*version) : std::nullopt);
    database_(table.upsert, row);
  }

  void activate(const json::object& message) {
    database_(fmt::format("delete from {} where {} is distinct from $1", find(message).name,
                          quoted(version_column)),
              {sql_value(message.at("version"))});
  }

 private:
  struct Table {
    std::string name;
    std::vector<std::string> columns;
    std::string upsert;
  };

  const Table& find(const json::object& message) const {
    const auto table = tables_.find(view(message.at("stream").as_string()));
    if (table == tables_.end()) throw std::runtime_error("a message precedes the SCHEMA of its stream");
    return table->second;
  }

  const Database& database_;
  std::map<std::string, Table, std::less<>> tables_;
};

}  // namespace

void load(std::istream& messages, std::ostream& states, const Database& database) {
  Tables tables(database);
  database("begin", {});
  for (std::string line; std::getline(messages, line);) {
    const auto message = json::parse(line).as_object();
    const auto type = view(message.at("type").as_string());
    if (type == "SCHEMA") {
      tables.define(message);
    } else if (type == "RECORD") {
      tables.upsert(message);
    } else if (type == "ACTIVATE_VERSION") {
      tables.activate(message);
    } else if (type == "STATE") {
      database("commit", {});
      states << json::serialize(message.at("value")) << std::endl;
      database("begin", {});
    } else {
      throw std::runtime_error(fmt::format("a message has the unknown type {}", type));
    }
  }
  database("commit", {});
}

}  // namespace tapster::loader
