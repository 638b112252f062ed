// The rule about the catalog.
#include <fmt/format.h>

#include <algorithm>

#include "catalog/metadata.hpp"
#include "catalog/schema_validator.hpp"
#include "validate/families.hpp"
#include "validate/streams.hpp"

namespace tapster::host {

namespace {

// Whether the schema of a column allows null.
bool is_nullable(const json::object& schema, std::string_view column) {
  const auto* properties = find_object(schema, "properties");
  const auto* property = properties == nullptr ? nullptr : properties->if_contains(column);
  if (property == nullptr) return false;
  const auto compiled = SchemaValidator::compile(*property);
  return compiled && compiled->validate(json::value()).empty();
}

void check_stream(Trial& trial, const json::object& stream) {
  const auto name = text_of(stream, "tap_stream_id");
  const auto& schema = *find_object(stream, "schema");
  const auto fail = [&](std::string_view seen, std::string_view fix) { trial.fail(seen, fix, name); };
  if (std::any_of(name.begin(), name.end(), [](char c) { return c == '/' || c == '\\' || c == '\n'; }) ||
      name.front() == '.')
    fail("its name cannot be one of a file or a table", R"(Use letters, digits, "_" and "-".)");
  const auto compiled = SchemaValidator::compile(schema);
  if (!compiled) fail(compiled.error().message, "Push a JSON Schema, draft 7.");
  const auto method = text_of(stream, "replication_method");
  if (method != "INCREMENTAL" && method != "FULL_TABLE")
    fail(fmt::format("its replication_method is \"{}\"", method), "Say INCREMENTAL or FULL_TABLE.");
  const auto key = text_of(stream, "replication_key");
  if (method == "INCREMENTAL" && key.empty())
    fail("it is INCREMENTAL and has no replication_key", "Name the column that says when a record changed.");
  if (!key.empty() && is_nullable(schema, key))
    fail(fmt::format("its replication key {} may be null", key), "Remove \"null\" from the column's type.");
  for (const auto& column : *find_array(stream, "key_properties")) {
    if (is_nullable(schema, view(column.get_string())))
      fail(fmt::format("its key column {} may be null", view(column.get_string())),
           "Remove \"null\" from the column's type.");
  }
  const Metadata metadata(stream);
  if (!metadata.at({}).by_default)
    fail("its metadata does not say \"selected-by-default\"",
         "Add a metadata entry with the breadcrumb [] and \"selected-by-default\".");
  const auto* properties = find_object(schema, "properties");
  const auto* entries = find_array(stream, "metadata");
  for (const auto& entry : entries == nullptr ? json::array() : *entries) {
    const auto breadcrumb = breadcrumb_of(entry.as_object());
    if (breadcrumb.size() >= 2 && breadcrumb[0] == "properties" && !properties->contains(breadcrumb[1]))
      fail(fmt::format("its metadata has the column {}, which its schema does not have", breadcrumb[1]),
           "Correct the breadcrumb.");
  }
}

}  // namespace

void check_catalog(Trial& trial) {
  auto opened = trial.open(true);
  if (!opened) return;
  trial.doing("discover");
  const auto catalog = (*opened)->discover();
  if (!catalog) {
    const auto& error = catalog.error();
    const bool is_broken = error.status == Status::internal || error.status == Status::unsupported;
    if (!is_broken && !trial.subject().is_config_given)
      trial.skip("its streams are found by request, so this rule needs --config");
    else
      trial.fail("discover failed: " + words(error), "Push one line, the catalog in Singer's form.");
    return;
  }
  for (const auto& stream : *find_array(*catalog, "streams")) check_stream(trial, stream.as_object());
  const auto again = (*opened)->discover();
  if (!again || *again != *catalog)
    trial.fail("a second discover of the same source gives another catalog",
               "Push the same catalog each time.");
  trial.keep("catalog", *catalog);
}

}  // namespace tapster::host
