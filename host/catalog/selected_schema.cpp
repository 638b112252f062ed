#include "catalog/selected_schema.hpp"

#include <utility>

namespace tapster::host {

std::string pointer_step(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

namespace {

// Removes the deselected columns from a schema, and lists the selected ones.
class Projection {
 public:
  Projection(const json::object& schema, const std::vector<Column>& columns)
      : schema_(prune(schema, columns, "")) {}

  [[nodiscard]] json::object take_schema() { return std::move(schema_); }
  [[nodiscard]] bool is_empty() const { return columns_.empty(); }

  [[nodiscard]] std::string columns() const { return left_out_ > 0 ? json::serialize(columns_) : ""; }

 private:
  json::object prune(const json::object& schema, const std::vector<Column>& columns,
                     const std::string& pointer) {
    auto out = schema;
    if (const auto* items = find_object(schema, "items")) {
      out["items"] = prune(*items, columns, pointer);
      return out;
    }
    const auto* found = find_object(schema, "properties");
    if (found == nullptr) return out;
    json::object kept;
    for (const auto& column : columns) {
      const auto& name = column.breadcrumb.back();
      if (!column.is_selected) {
        ++left_out_;
        continue;
      }
      keep(name, found->at(name), column, pointer + "/" + pointer_step(name), kept);
    }
    if (const auto* required = find_array(schema, "required")) {
      json::array still;
      for (const auto& key : *required) {
        if (key.is_string() && kept.contains(key.get_string())) still.push_back(key);
      }
      out["required"] = std::move(still);
    }
    out["properties"] = std::move(kept);
    return out;
  }

  void keep(std::string_view name, const json::value& schema, const Column& column,
            const std::string& pointer, json::object& kept) {
    const auto listed = columns_.size();
    const auto left_out = left_out_;
    const auto* object = schema.if_object();
    json::value pruned = object == nullptr ? schema : json::value(prune(*object, column.inside, pointer));
    // One pointer covers everything below it, so that records are not searched inside a column that is read
    // completely.
    if (left_out_ == left_out) {
      columns_.erase(columns_.begin() + static_cast<std::ptrdiff_t>(listed), columns_.end());
      columns_.emplace_back(pointer);
    }
    if (columns_.size() > listed) kept[name] = std::move(pruned);
  }

  json::array columns_;
  size_t left_out_ = 0;
  json::object schema_;  // last: making it fills the others
};

}  // namespace

SelectedSchema select_columns(const json::object& schema, const std::vector<Column>& columns) {
  Projection projection(schema, columns);
  return {projection.take_schema(), projection.columns(), projection.is_empty()};
}

}  // namespace tapster::host
