#include "protocol/meltano.hpp"

#include <gtest/gtest.h>

namespace tapster::host {
namespace {

json::object object(std::string_view text) {
  return json::parse(text).as_object();
}

const char* const spec = R"({"type":"object","required":["api-key","since"],"properties":{
  "api-key":{"type":"string","secret":true,"description":"The \"key\": see #1"},
  "since":{"type":"string","format":"date-time"},
  "mode":{"enum":["fast","very_slow"],"default":"fast"},
  "ratio":{"type":"number","default":0.5},
  "days":{"type":"integer","default":3},
  "ids":{"type":"array","default":[]}}})";

TEST(MeltanoDefinition, HasASettingForEachOfTheSpec) {
  EXPECT_EQ(meltano_definition("some-source", "Reads: all", object(spec), nullptr),
            R"(plugins:
  extractors:
  - name: tap-some-source
    namespace: tap_some_source
    label: "Some source"
    description: "Reads: all"
    executable: tap-some-source
    capabilities:
    - about
    - activate-version
    - catalog
    - discover
    - state
    - structured-logging
    - test
    settings_group_validation:
    - - api-key
      - since
    settings:
    - name: api-key
      label: "Api key"
      kind: string
      sensitive: true
      description: "The \"key\": see #1"
    - name: since
      label: "Since"
      kind: date_iso8601
    - name: mode
      label: "Mode"
      kind: options
      options:
      - label: "Fast"
        value: "fast"
      - label: "Very slow"
        value: "very_slow"
      value: "fast"
    - name: ratio
      label: "Ratio"
      value: 0.5
    - name: days
      label: "Days"
      kind: integer
      value: 3
    - name: ids
      label: "Ids"
      kind: array
      value: []
)");
}

TEST(MeltanoDefinition, SkipsARequiredSettingThatIsNotAName) {
  const auto text = [](std::string_view required) {
    return meltano_definition(
        "x", "", object(R"({"properties":{},"required":)" + std::string(required) + "}"), nullptr);
  };
  EXPECT_NE(
      text(R"([1,"a","b"])").find("    settings_group_validation:\n    - - a\n      - b\n    settings:\n"),
      std::string::npos);
  EXPECT_EQ(text("[1]").find("settings_group_validation"), std::string::npos);
}

TEST(MeltanoDefinition, SelectsByDefaultWhatTheCatalogSelects) {
  const auto catalog = object(R"({"streams":[
    {"tap_stream_id":"mails","metadata":[
      {"breadcrumb":[],"metadata":{"selected-by-default":true}},
      {"breadcrumb":["properties","id"],"metadata":{"inclusion":"automatic"}},
      {"breadcrumb":["properties","geo","properties","city"],"metadata":{"selected-by-default":false}},
      {"breadcrumb":["properties","body"],"metadata":{"selected-by-default":false}}]},
    {"tap_stream_id":"drafts","metadata":[
      {"breadcrumb":[],"metadata":{"selected-by-default":false}},
      {"breadcrumb":["properties","body"],"metadata":{"selected-by-default":false}}]},
    {"tap_stream_id":"plain"}]})");
  const auto text = meltano_definition("some-source", "", object(spec), &catalog);
  EXPECT_EQ(
      text.substr(text.find("    select:\n")),
      "    select:\n    - \"*.*\"\n    - \"!mails.geo.city\"\n    - \"!mails.body\"\n    - \"!drafts.*\"\n");
}

}  // namespace
}  // namespace tapster::host
