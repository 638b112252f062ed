#include "protocol/reference.hpp"

#include <gtest/gtest.h>

namespace tapster::host {
namespace {

json::object object(std::string_view text) {
  return json::parse(text).as_object();
}

TEST(Reference, ShowsTheSchemaOfASetting) {
  EXPECT_EQ(setting_traits(object(R"({"type":"integer","default":4})"), false), "integer, default 4");
  EXPECT_EQ(setting_traits(object(R"({"type":"string","format":"date"})"), true), "date, required");
  EXPECT_EQ(setting_traits(object(R"({"type":"string","secret":true})"), false), "string, secret");
  EXPECT_EQ(setting_traits(object(R"({"type":"string","enum":["a","b"]})"), false), R"(one of "a" "b")");
}

TEST(Reference, ShowsWhetherAColumnMayBeNull) {
  EXPECT_EQ(column_type(object(R"({"type":["null","string"],"format":"date-time"})")), "date-time or null");
  EXPECT_EQ(column_type(object(R"({"type":["integer"]})")), "integer");
  EXPECT_EQ(column_type(object(R"({"type":["null","string","integer"]})")), "string or integer or null");
}

TEST(Reference, HasTablesOfSettingsStreamsAndColumns) {
  const auto spec = object(
      R"({"type":"object","required":["token"],"properties":{"token":{"type":"string","secret":true,"description":"a|b"},
          "days":{"type":"integer","default":1,"description":"Days."}}})");
  const auto catalog = object(
      R"({"streams":[{"tap_stream_id":"mails","key_properties":["id","part"],"replication_key":"at",
          "schema":{"description":"Mails.","properties":{"id":{"type":["string"],"description":"Its id."}}},
          "metadata":[{"breadcrumb":[],"metadata":{"selected-by-default":false}}]}]})");
  EXPECT_EQ(reference_markdown(spec, &catalog), R"(### Settings

| setting | | |
|---|---|---|
| `token` | string, required, secret | a\|b |
| `days` | integer, default 1 | Days. |

### Streams

| stream | key | replication key | |
|---|---|---|---|
| [`mails`](#mails) | `id`, `part` | `at` | Mails. Only when selected. |

#### mails

Mails.

| column | type | |
|---|---|---|
| `id` | string | Its id. |
)");
  EXPECT_EQ(reference_markdown(spec, nullptr).find("### Streams"), std::string::npos);
}

}  // namespace
}  // namespace tapster::host
