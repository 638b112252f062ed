#include "catalog/patterns.hpp"

#include <gtest/gtest.h>

#include <map>

#include "system/exit_code.hpp"

namespace tapster::host {
namespace {

// A catalog with what the patterns select.
Outcome<json::object> mark(const json::object& discovered, const json::object* given,
                           const Patterns& patterns, const std::string& file) {
  auto entries = read_entries(discovered, given, file);
  if (!entries) return fail(std::move(entries).error());
  auto applied = apply_patterns(patterns, *entries);
  if (!applied) return fail(std::move(applied).error());
  return with_selection(given == nullptr ? discovered : *given, *entries);
}

json::object parse(const std::string& text) {
  return json::parse(text).as_object();
}

const json::object& discovered() {
  static const auto catalog = parse(R"({"streams":[
    {"tap_stream_id":"mails","stream":"mails","key_properties":["id"],"replication_key":"at","schema":{"properties":{
       "id":{"type":"string"},"at":{"type":"string"},"subject":{"type":"string"},"events":{"type":"string"},
       "to":{"type":"array","items":{"properties":{"Email":{"type":"string"},"Name":{"type":"string"}}}}}},
     "metadata":[{"breadcrumb":[],"metadata":{"selected-by-default":true,"note":"kept"}},
       {"breadcrumb":["properties","events"],"metadata":{"selected-by-default":false}}]},
    {"tap_stream_id":"a.b","stream":"a.b","key_properties":[],"schema":{"properties":{"subject":{},"n":{}}},
     "metadata":[{"breadcrumb":[],"metadata":{"selected-by-default":false}}]}]})");
  return catalog;
}

// What a marked catalog selects: the streams, each with the dotted paths of what is selected in it.
using Selected = std::map<std::string, std::string>;
Selected selected(const Outcome<json::object>& catalog) {
  if (!catalog) return {{"error", catalog.error().message}};
  Selected streams;
  for (const auto& stream : catalog->at("streams").as_array()) {
    std::string columns;
    bool is_selected = false;
    for (const auto& entry : stream.at("metadata").as_array()) {
      const auto& flag = entry.at("metadata").as_object();
      if (!flag.contains("selected") || flag.at("selected") == false) continue;
      std::string path;
      for (const auto& step : entry.at("breadcrumb").as_array()) {
        if (step != "properties" && step != "items") path += "." + json::value_to<std::string>(step);
      }
      if (path.empty())
        is_selected = true;
      else
        columns += (columns.empty() ? "" : " ") + path.substr(1);
    }
    if (is_selected) streams[json::value_to<std::string>(stream.at("tap_stream_id"))] = columns;
  }
  return streams;
}

Selected marked(const std::vector<std::string>& select, const std::vector<std::string>& exclude = {}) {
  auto streams = selected(mark(discovered(), nullptr, {select, exclude}, ""));
  // In the order of the schema, whichever of them had metadata before.
  for (auto& [name, columns] : streams) {
    if (columns.starts_with("events ")) columns = columns.substr(7) + " +events";
  }
  return streams;
}

TEST(Patterns, OfStreamsSelectTheDefaultColumns) {
  EXPECT_EQ(marked({"mail*"}), (Selected{{"mails", "id at subject to to.Email to.Name"}}));
  EXPECT_EQ(marked({"*"}).size(), 2U);
  EXPECT_EQ(marked({"a\\.b"}), (Selected{{"a.b", "subject n"}}));
}

TEST(Patterns, OfColumnsSelectTheMatchesAndTheKeys) {
  EXPECT_EQ(marked({"mails.subject"}), (Selected{{"mails", "id at subject"}}));
  EXPECT_EQ(marked({"mails.*"}), (Selected{{"mails", "id at subject to to.Email to.Name +events"}}));
  EXPECT_EQ(marked({"*.subject"}), (Selected{{"a.b", "subject"}, {"mails", "id at subject"}}));
}

TEST(Patterns, OfColumnsAddToThoseOfAStreamPattern) {
  EXPECT_EQ(marked({"mails", "mails.events"}),
            (Selected{{"mails", "id at subject to to.Email to.Name +events"}}));
}

TEST(Patterns, SelectInsideObjectsAndArrays) {
  EXPECT_EQ(marked({"mails.to.Email"}), (Selected{{"mails", "id at to to.Email"}}));
  EXPECT_EQ(marked({"mails.to"}), (Selected{{"mails", "id at to to.Email to.Name"}}));
  EXPECT_EQ(marked({"mails.*Name"}), (Selected{{"mails", "id at to to.Name"}}));
}

TEST(Patterns, ExcludeStreamsAndColumns) {
  EXPECT_EQ(marked({}, {"*.subject"}), (Selected{{"mails", "id at to to.Email to.Name"}}));
  EXPECT_EQ(marked({}, {"mails.to.Name"}), (Selected{{"mails", "id at subject to to.Email"}}));
  EXPECT_EQ(marked({"mails"}, {"mails.to"}), (Selected{{"mails", "id at subject"}}));
  EXPECT_EQ(marked({"*"}, {"mails"}).size(), 1U);
}

TEST(Patterns, NeverExcludeAKey) {
  EXPECT_EQ(marked({}, {"mails.*i*"}).at("mails"), "id at subject to to.Name");
}

TEST(Patterns, ThatMatchNothingAreErrorsWithASuggestion) {
  EXPECT_EQ(marked({"mals"}).at("error"),
            "--select \"mals\" matches no stream; did you mean \"mails\"? The streams are mails, a.b");
  EXPECT_EQ(marked({}, {"mails.subjct"}).at("error"),
            "--exclude \"mails.subjct\" matches no column of mails; did you mean \"subject\"?");
  EXPECT_EQ(marked({"mails.to.Emial"}).at("error"),
            "--select \"mails.to.Emial\" matches no column of mails; did you mean \"to.Email\"?");
  EXPECT_EQ(
      marked({}, {"mails.id"}).at("error"),
      "--exclude \"mails.id\" matches only columns that are always read: those of keys and replication keys");
}

TEST(Patterns, ChangeOnlyTheSelection) {
  const auto first = *mark(discovered(), nullptr, {{"mails"}, {}}, "");
  EXPECT_EQ(first.at("streams").at(0).at("metadata").at(0).at("metadata").at("note"), "kept");
  EXPECT_EQ(first.at("streams").at(0).at("schema"), discovered().at("streams").at(0).at("schema"));
  // The same again is the same, and a catalog stands for itself.
  EXPECT_EQ(*mark(first, &first, {{"mails"}, {}}, "c"), first);
}

TEST(Patterns, OfAStreamKeepTheColumnsOfItsCatalog) {
  const auto without = *mark(discovered(), nullptr, {{"mails"}, {"mails.to"}}, "");
  EXPECT_EQ(selected(mark(without, &without, {{"mails"}, {}}, "c")), (Selected{{"mails", "id at subject"}}));
}

TEST(Patterns, RefuseAMalformedCatalogWithItsPlace) {
  const auto refused = [](const std::string& text) {
    const auto catalog = parse(text);
    return selected(mark(catalog, &catalog, {{"*"}, {}}, "c.json")).at("error");
  };
  EXPECT_EQ(refused("{}"), "c.json: streams must be an array");
  EXPECT_EQ(refused(R"({"streams":[{"stream":"s","x":[{"y":-1e999}]}]})"),
            "c.json: streams[0] must be free of numbers above 1.8e308");
  EXPECT_EQ(refused(R"({"streams":[1]})"), "c.json: streams[0] must be an object");
  EXPECT_EQ(refused(R"({"streams":[{}]})"), "c.json: streams[0].tap_stream_id must be a string");
  EXPECT_EQ(refused(R"({"streams":[{"tap_stream_id":"a","key_properties":[1]}]})"),
            "c.json: streams[0].key_properties must be an array of columns");
}

}  // namespace
}  // namespace tapster::host
