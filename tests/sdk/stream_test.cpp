#include <gtest/gtest.h>

#include <tapster/stream.hpp>

namespace tapster {
namespace {

const Stream opens{.name = "opens",
                   .description = "Opens.",
                   .key = {"id"},
                   .replication_key = "at",
                   .columns = {{"id", Type::integer, "/ID", "The id."},
                               {"at", Type::timestamp, "/At", "When."},
                               {.name = "count",
                                .type = Type::integer,
                                .path = "/Count",
                                .description = "How many.",
                                .missing = "0"},
                               {.name = "to",
                                .type = Type::array,
                                .path = "/To",
                                .description = "Whom.",
                                .inside = R"("items":{"type":"string"})"},
                               {.name = "body",
                                .type = Type::string,
                                .path = "/Body",
                                .description = "Large.",
                                .selected_by_default = false}}};
const Stream list{.name = "list",
                  .description = "All.",
                  .key = {"id"},
                  .columns = {{"id", Type::integer, "/ID", "The id."}},
                  .selected_by_default = false};

// The value at a JSON Pointer into the catalog, as text.
std::string at(std::string_view pointer) {
  return json::serialize(json::value(catalog({&opens, &list})).at_pointer(pointer));
}

TEST(Stream, AKeyInTwoPairsOfBracesHasTwoNames) {
  const Stream one{.name = "one", .key = {{"a", "b"}}};
  const Stream two{.name = "two", .key = {"a", "b"}};
  EXPECT_EQ(one.key, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(two.key, one.key);
}

TEST(Catalog, NamesStreamsKeysAndReplication) {
  EXPECT_EQ(at("/streams/0/tap_stream_id"), R"("opens")");
  EXPECT_EQ(at("/streams/0/stream"), R"("opens")");
  EXPECT_EQ(at("/streams/0/key_properties"), R"(["id"])");
  EXPECT_EQ(at("/streams/0/replication_method"), R"("INCREMENTAL")");
  EXPECT_EQ(at("/streams/0/replication_key"), R"("at")");
  EXPECT_EQ(at("/streams/1/replication_method"), R"("FULL_TABLE")");
  EXPECT_EQ(at("/streams/1"), json::serialize(catalog({&list}).at("streams").at(0)));
}

TEST(Catalog, ASchemaHasTypeFormatAndNullability) {
  EXPECT_EQ(at("/streams/0/schema/type"), R"(["object"])");
  EXPECT_EQ(at("/streams/0/schema/properties/id"), R"({"type":["integer"],"description":"The id."})");
  EXPECT_EQ(at("/streams/0/schema/properties/at"),
            R"({"type":["string"],"format":"date-time","description":"When."})");
  EXPECT_EQ(at("/streams/0/schema/properties/count/type"), R"(["integer"])");
  EXPECT_EQ(at("/streams/0/schema/properties/to"),
            R"({"type":["null","array"],"items":{"type":"string"},"description":"Whom."})");
}

TEST(Catalog, MetadataHasSelectionAndInclusion) {
  EXPECT_EQ(
      at("/streams/0/metadata/0"),
      R"({"breadcrumb":[],"metadata":{"inclusion":"available","selected-by-default":true,"table-key-properties":["id"],)"
      R"("valid-replication-keys":["at"]}})");
  EXPECT_EQ(
      at("/streams/0/metadata/1"),
      R"({"breadcrumb":["properties","id"],"metadata":{"inclusion":"automatic","selected-by-default":true}})");
  EXPECT_EQ(at("/streams/0/metadata/2/metadata/inclusion"), R"("automatic")");
  EXPECT_EQ(at("/streams/0/metadata/3/metadata/inclusion"), R"("available")");
  EXPECT_EQ(at("/streams/0/metadata/5/metadata/selected-by-default"), "false");
  EXPECT_EQ(
      at("/streams/1/metadata/0"),
      R"({"breadcrumb":[],"metadata":{"inclusion":"available","selected-by-default":false,"table-key-properties":["id"],)"
      R"("forced-replication-method":"FULL_TABLE"}})");
}

TEST(Catalog, MetadataCoversMembersOfObjectsAndArrays) {
  static const Stream deep{
      .name = "deep",
      .description = "Nested.",
      .key = {"id"},
      .columns = {{"id", Type::integer, "/ID", "The id."},
                  {.name = "to",
                   .type = Type::array,
                   .path = "/To",
                   .description = "Whom.",
                   .inside = R"("items":{"type":"object","properties":{"Email":{"type":"string"},"Geo":
                       {"type":"object","properties":{"City":{"type":"string"}}}}})"}}};
  std::vector<std::string> breadcrumbs;
  const auto found = catalog({&deep});
  for (const auto& entry : found.at("streams").at(0).at("metadata").as_array())
    breadcrumbs.push_back(json::serialize(entry.at("breadcrumb")));
  EXPECT_EQ(breadcrumbs, (std::vector<std::string>{
                             "[]", R"(["properties","id"])", R"(["properties","to"])",
                             R"(["properties","to","items","properties","Email"])",
                             R"(["properties","to","items","properties","Geo"])",
                             R"(["properties","to","items","properties","Geo","properties","City"])"}));
  EXPECT_EQ(json::serialize(found.at("streams").at(0).at("metadata").at(3).at("metadata")),
            R"({"inclusion":"available","selected-by-default":true})");
}

}  // namespace
}  // namespace tapster
