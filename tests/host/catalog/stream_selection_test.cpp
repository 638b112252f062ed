#include "catalog/stream_selection.hpp"

#include <gtest/gtest.h>

namespace tapster::host {
namespace {

json::object parse(const std::string& text) {
  return json::parse(text).as_object();
}

const json::object& discovered() {
  static const auto catalog = parse(R"({"streams":[
    {"tap_stream_id":"messages","stream":"messages","key_properties":["id"],
     "replication_method":"INCREMENTAL","replication_key":"received_at",
     "schema":{"type":"object","required":["id","subject"],"properties":{
       "id":{"type":"string"},"received_at":{"type":"string"},"subject":{"type":"string"},
       "a/b~c":{"type":"string"},"raw":{"type":"string"},
       "geo":{"type":"object","properties":{"city":{"type":"string"},"zip":{"type":"string"}}}}},
     "metadata":[
       {"breadcrumb":[],"metadata":{"selected-by-default":true}},
       {"breadcrumb":["properties","id"],"metadata":{"inclusion":"automatic"}},
       {"breadcrumb":["properties","raw"],"metadata":{"inclusion":"available","selected-by-default":false}}]},
    {"tap_stream_id":"message_events","stream":"message_events","key_properties":[],
     "replication_method":"FULL_TABLE","schema":{"type":"object","properties":{"n":{"type":"integer"}}},
     "metadata":[{"breadcrumb":[],"metadata":{"selected-by-default":false}}]},
    {"tap_stream_id":"stats","stream":"stats","key_properties":[],
     "schema":{"type":"object","properties":{"n":{"type":"integer"}}}}]})");
  return catalog;
}

std::vector<std::string> names(const Outcome<std::vector<SelectedStream>>& streams) {
  if (!streams) return {streams.error().message};
  std::vector<std::string> names;
  for (const auto& stream : *streams) names.push_back(stream.name);
  return names;
}

Outcome<std::vector<SelectedStream>> select(const std::vector<std::string>& patterns,
                                            const std::vector<std::string>& exclude = {}) {
  return select_streams(discovered(), nullptr, {{patterns, exclude}, ""});
}

Outcome<std::vector<SelectedStream>> select_by(const std::string& catalog,
                                               const std::vector<std::string>& patterns = {},
                                               const std::vector<std::string>& exclude = {}) {
  const auto given = parse(catalog);
  return select_streams(discovered(), &given, {{patterns, exclude}, "catalog.json"});
}

// A catalog of the stream "messages" with the metadata given.
std::string messages(const std::string& metadata) {
  return R"({"streams":[{"tap_stream_id":"messages","metadata":[)" + metadata + "]}]}";
}
std::string mark(const std::string& breadcrumb, const std::string& marks) {
  return R"({"breadcrumb":[)" + breadcrumb + R"(],"metadata":{)" + marks + "}}";
}

using Names = std::vector<std::string>;

TEST(Selection, WithoutACatalogIsTheDefaultStreams) {
  EXPECT_EQ(names(select({})), (Names{"messages", "stats"}));
}

TEST(Selection, PatternsSelectFromAllStreams) {
  EXPECT_EQ(names(select({"message*"})), (Names{"messages", "message_events"}));
  EXPECT_EQ(names(select({"stats", "*_events"})), (Names{"message_events", "stats"}));
  EXPECT_EQ(names(select({}, {"st?ts"})), (Names{"messages"}));
  EXPECT_EQ(names(select({"*"}, {"message*"})), (Names{"stats"}));
}

TEST(Selection, APatternThatMatchesNothingIsAnError) {
  const auto streams = select({"mesages"});
  ASSERT_FALSE(streams);
  EXPECT_EQ(streams.error().exit, Exit::usage);
  EXPECT_EQ(streams.error().message,
            "--select \"mesages\" matches no stream; did you mean \"messages\"? The streams are messages, "
            "message_events, stats");
  EXPECT_EQ(names(select({}, {"zzz"})),
            (Names{"--exclude \"zzz\" matches no stream. The streams are messages, message_events, stats"}));
}

TEST(Selection, SelectingNothingIsAnError) {
  const auto streams = select({}, {"*"});
  ASSERT_FALSE(streams);
  EXPECT_EQ(streams.error().exit, Exit::usage);
}

TEST(Selection, OfAConnectorWithoutStreamsIsAnError) {
  EXPECT_EQ(names(select_streams(parse(R"({"streams":[]})"), nullptr, {{}, ""})),
            (Names{"no stream is selected: the connector offers none"}));
}

TEST(Selection, HasTheDetailsThatTheSyncNeeds) {
  const auto streams = select({"messages", "message_events"});
  ASSERT_TRUE(streams);
  EXPECT_EQ((*streams)[0].alias, "messages");
  EXPECT_EQ((*streams)[0].key_properties, Names{"id"});
  EXPECT_EQ((*streams)[0].replication_key, "received_at");
  EXPECT_EQ((*streams)[1].key_properties, Names{});
  EXPECT_EQ((*streams)[1].replication_key, "");
  EXPECT_EQ((*streams)[1].columns, "");
}

TEST(GivenCatalog, SelectsByRootMetadata) {
  EXPECT_EQ(names(select_by(R"({"streams":[
    {"tap_stream_id":"stats","metadata":[{"breadcrumb":[],"metadata":{"selected":true}}]},
    {"tap_stream_id":"message_events","metadata":[{"breadcrumb":[],"metadata":{"selected":"true"}}]},
    {"tap_stream_id":"messages","metadata":[{"breadcrumb":[],"metadata":{"selected":false}}]}]})")),
            (Names{"stats", "message_events"}));
}

TEST(GivenCatalog, SelectsByTheOlderFlags) {
  EXPECT_EQ(names(select_by(R"({"streams":[{"tap_stream_id":"stats","selected":true},
    {"tap_stream_id":"messages","schema":{"selected":"true"}},
    {"stream":"message_events","schema":{"selected":false}}]})")),
            (Names{"stats", "messages"}));
}

TEST(GivenCatalog, MayHaveUnknownStreamsUnlessTheyAreSelected) {
  for (
      const auto* unselected :
      {R"({"tap_stream_id":"domains"})", R"({"tap_stream_id":"domains","selected":false})",
       R"({"stream":"domains","schema":{"selected":"false"}})",
       R"({"tap_stream_id":"domains","metadata":[{"breadcrumb":[],"metadata":{"selected":false,"selected-by-default":true}}]})"}) {
    const auto catalog =
        R"({"streams":[)" + std::string(unselected) + R"(,{"tap_stream_id":"stats","selected":true}]})";
    EXPECT_EQ(names(select_by(catalog)), (Names{"stats"})) << unselected;
    EXPECT_EQ(names(select_by(catalog, {"st*"})), (Names{"stats"})) << unselected;
  }
  for (
      const auto* selected :
      {R"({"tap_stream_id":"stat","selected":true})",
       R"({"tap_stream_id":"stat","metadata":[{"breadcrumb":[],"metadata":{"selected-by-default":true}}]})"}) {
    const auto catalog = R"({"streams":[{"tap_stream_id":"messages"},)" + std::string(selected) + "]}";
    EXPECT_EQ(
        names(select_by(catalog)),
        (Names{"catalog.json: streams[1]: the connector has no stream \"stat\"; did you mean \"stats\"?"}));
  }
  EXPECT_EQ(names(select_by(R"({"streams":[{"tap_stream_id":"domains"}]})")),
            (Names{"no stream is selected: the connector offers none of those in catalog.json"}));
  EXPECT_EQ(names(select_by(R"({"streams":[{"tap_stream_id":"domains"}]})", {"domains"})),
            (Names{"--select \"domains\" matches no stream: the catalog has none"}));
}

TEST(GivenCatalog, MetadataWinsOverTheOlderFlags) {
  EXPECT_EQ(names(select_by(R"({"streams":[{"tap_stream_id":"stats","selected":true},
    {"tap_stream_id":"messages","selected":true,"metadata":[{"breadcrumb":[],"metadata":{"selected":false}}]}]})")),
            (Names{"stats"}));
}

TEST(GivenCatalog, SelectsTheDefaultStreamsIfItSelectsNone) {
  EXPECT_EQ(names(select_by(R"({"streams":[{"tap_stream_id":"messages"},{"tap_stream_id":"message_events"},
    {"tap_stream_id":"stats"}]})")),
            (Names{"messages"}));
}

TEST(GivenCatalog, DeselectsTheStreamsThatItDoesNotHave) {
  EXPECT_EQ(names(select_by(R"({"streams":[{"tap_stream_id":"stats","selected":true}]})")), (Names{"stats"}));
}

TEST(GivenCatalog, PatternsSelectFromItsStreams) {
  const std::string catalog = R"({"streams":[{"tap_stream_id":"stats"},{"tap_stream_id":"messages"}]})";
  EXPECT_EQ(names(select_by(catalog, {"stats"})), (Names{"stats"}));
  EXPECT_EQ(names(select_by(catalog, {}, {"stats"})), (Names{"messages"}));
  EXPECT_EQ(names(select_by(catalog, {"*_events"})),
            (Names{"--select \"*_events\" matches no stream. The streams are stats, messages"}));
}

TEST(GivenCatalog, AnUnknownStreamIsNamed) {
  const auto streams =
      select_by(R"({"streams":[{"tap_stream_id":"stats"},{"tap_stream_id":"massages","selected":true}]})");
  ASSERT_FALSE(streams);
  EXPECT_EQ(streams.error().exit, Exit::usage);
  EXPECT_EQ(streams.error().message,
            "catalog.json: streams[1]: the connector has no stream \"massages\"; did you mean \"messages\"?");
}

TEST(GivenCatalog, AMalformedPlaceIsNamed) {
  const auto error = [](const std::string& catalog) { return names(select_by(catalog)).front(); };
  EXPECT_EQ(error("{}"), "catalog.json: streams must be an array");
  const auto empty = "catalog.json: the catalog has no streams; write one with tapster discover";
  EXPECT_EQ(error(R"({"streams":[]})"), empty);
  EXPECT_EQ(names(select_by(R"({"streams":[]})", {"stats"})), Names{empty});
  EXPECT_EQ(error(R"({"streams":[1]})"), "catalog.json: streams[0] must be an object");
  EXPECT_EQ(error(R"({"streams":[{}]})"), "catalog.json: streams[0].tap_stream_id must be a string");
  EXPECT_EQ(error(R"({"streams":[{"tap_stream_id":"stats","metadata":{}}]})"),
            "catalog.json: streams[0].metadata must be an array");
  EXPECT_EQ(error(messages(R"({"breadcrumb":"x","metadata":{}})")),
            "catalog.json: streams[0].metadata[0].breadcrumb must be an array");
  EXPECT_EQ(error(messages(mark("", R"("selected":1)"))),
            "catalog.json: streams[0].metadata[0].metadata.selected must be true or false");
  EXPECT_EQ(error(R"({"streams":[{"tap_stream_id":"stats"},{"tap_stream_id":"stats"}]})"),
            "catalog.json: streams[1]: the stream \"stats\" is in the catalog twice");
}

TEST(GivenCatalog, RenamesStreams) {
  const auto streams =
      select_by(R"({"streams":[{"tap_stream_id":"stats","selected":true,"stream_alias":"daily"}]})");
  ASSERT_TRUE(streams);
  EXPECT_EQ(streams->front().alias, "daily");
  EXPECT_EQ(names(select_by(R"({"streams":[{"tap_stream_id":"stats","selected":true,"stream_alias":"x"},
    {"tap_stream_id":"messages","selected":true,"stream_alias":"x"}]})")),
            (Names{"catalog.json: two streams would be written as \"x\""}));
}

TEST(GivenCatalog, IsWarnedOfAnAliasInItsMetadata) {
  const auto streams = select_by(messages(mark("", R"("selected":true,"stream_alias":"mails")")));
  ASSERT_TRUE(streams);
  EXPECT_EQ(streams->front().alias, "messages");
  EXPECT_EQ(streams->front().warnings,
            (Names{"catalog.json: streams[0]: the stream \"messages\": the stream_alias in its metadata is "
                   "ignored: it must stand beside tap_stream_id"}));
}

// The columns and the schema's properties of "messages" as the marks select them.
struct Columns {
  json::value columns;
  json::object properties;
  json::value required;
};
Columns columns_with(const std::string& metadata) {
  const auto streams = select_by(messages(mark("", R"("selected":true)") + metadata));
  EXPECT_TRUE(streams) << streams.error().message;
  if (!streams) return {};
  const auto& stream = streams->front();
  return {stream.columns.empty() ? json::value("all") : json::parse(stream.columns),
          stream.schema.at("properties").as_object(), stream.schema.at("required")};
}

TEST(Columns, FollowTheirDefaults) {
  const auto selected = columns_with("");
  EXPECT_EQ(selected.columns, json::parse(R"(["/id","/received_at","/subject","/a~1b~0c","/geo"])"));
  EXPECT_FALSE(selected.properties.contains("raw"));
}

TEST(Columns, AreAllSelectedIfNoneIsDeselected) {
  EXPECT_EQ(columns_with("," + mark(R"("properties","raw")", R"("selected":true)")).columns, "all");
}

TEST(Columns, ThatAreDeselectedAreNotInTheSchema) {
  const auto selected =
      columns_with("," + mark(R"("properties","subject")", R"("selected":false)") + "," +
                   mark(R"("properties","geo","properties","zip")", R"("selected":"false")"));
  EXPECT_EQ(selected.columns, json::parse(R"(["/id","/received_at","/a~1b~0c","/geo/city"])"));
  EXPECT_FALSE(selected.properties.contains("subject"));
  EXPECT_EQ(selected.properties.at("geo").at("properties"), json::parse(R"({"city":{"type":"string"}})"));
  EXPECT_EQ(selected.required, json::parse(R"(["id"])"));
}

TEST(Columns, InsideADeselectedObjectAreDeselected) {
  const auto selected = columns_with("," + mark(R"("properties","geo")", R"("selected":false)") + "," +
                                     mark(R"("properties","geo","properties","zip")", R"("selected":true)"));
  EXPECT_FALSE(selected.properties.contains("geo"));
}

TEST(Columns, ThatAreKeysOrCursorsAreAlwaysSelected) {
  const auto selected = columns_with("," + mark(R"("properties","id")", R"("selected":false)") + "," +
                                     mark(R"("properties","received_at")", R"("selected":false)"));
  EXPECT_TRUE(selected.properties.contains("id"));
  EXPECT_TRUE(selected.properties.contains("received_at"));
}

TEST(Columns, ThatAreUnsupportedAreNeverSelected) {
  const auto selected =
      columns_with("," + mark(R"("properties","subject")", R"("inclusion":"unsupported","selected":true)"));
  EXPECT_FALSE(selected.properties.contains("subject"));
}

TEST(Columns, InsideArraysCanBeSelected) {
  const auto wide =
      parse(R"({"streams":[{"tap_stream_id":"mail","stream":"mail","key_properties":["id"],"schema":
    {"type":"object","properties":{"id":{"type":"string"},"to":{"type":["null","array"],"items":{"type":"object",
      "required":["Email","Name"],"properties":{"Email":{"type":"string"},"Name":{"type":"string"}}}},
      "tags":{"type":"array","items":{"type":"string"}}}}}]})");
  const auto with = [&](const std::string& metadata) {
    const auto given = parse(R"({"streams":[{"tap_stream_id":"mail","metadata":[)" +
                             mark("", R"("selected":true)") + "," + metadata + "]}]}");
    return select_streams(wide, &given, {{}, "catalog.json"});
  };
  const auto emails = with(mark(R"("properties","to","items","properties","Name")", R"("selected":false)"));
  ASSERT_TRUE(emails) << emails.error().message;
  EXPECT_EQ(json::parse(emails->front().columns), json::parse(R"(["/id","/to/Email","/tags"])"));
  EXPECT_EQ(emails->front().schema.at("properties").at("to"),
            json::parse(R"({"type":["null","array"],"items":{"type":"object","required":["Email"],
                            "properties":{"Email":{"type":"string"}}}})"));
  // Where nothing of an array's objects is left, the array is left out.
  const auto none =
      with(mark(R"("properties","to","items","properties","Name")", R"("selected":false)") + "," +
           mark(R"("properties","to","items","properties","Email")", R"("selected":false)"));
  EXPECT_EQ(json::parse(none->front().columns), json::parse(R"(["/id","/tags"])"));
  EXPECT_FALSE(none->front().schema.at("properties").as_object().contains("to"));
}

// The stream "messages" as this root metadata has it read, or the error.
SelectedStream read_with(const std::string& marks, std::string& error) {
  const auto streams = select_by(messages(mark("", R"("selected":true,)" + marks)));
  error = streams ? "" : streams.error().message;
  return streams ? streams->front() : SelectedStream{};
}

TEST(Replication, CanBeFullTableForAnIncrementalStream) {
  std::string error;
  EXPECT_TRUE(read_with(R"("replication-method":"FULL_TABLE")", error).is_full_table()) << error;
  EXPECT_TRUE(read_with(R"("replication-method":"FULL_TABLE")", error)
                  .schema.at("properties")
                  .as_object()
                  .contains("received_at"));
  EXPECT_EQ(read_with(R"("replication-method":"INCREMENTAL","replication-key":"received_at")", error)
                .replication_key,
            "received_at")
      << error;
  const auto old = select_by(
      R"({"streams":[{"tap_stream_id":"messages","selected":true,"replication_method":"FULL_TABLE"}]})");
  ASSERT_TRUE(old);
  EXPECT_TRUE(old->front().is_full_table());
}

TEST(Replication, ThatIsImpossibleIsAnErrorWithItsPlace) {
  std::string error;
  read_with(R"("replication-method":"LOG_BASED")", error);
  EXPECT_EQ(error,
            "catalog.json: streams[0]: the stream \"messages\": its replication-method must be FULL_TABLE or "
            "INCREMENTAL, not LOG_BASED");
}

TEST(Replication, OverridesOfAnotherConnectorsCatalogAreWarnings) {
  const auto warnings = [](const std::string& stream) {
    const auto streams = select_by(R"({"streams":[{"selected":true,)" + stream + "}]}");
    return streams ? streams->front().warnings : Names{streams.error().message};
  };
  EXPECT_EQ(
      warnings(R"("tap_stream_id":"messages","replication_key":"date","key_properties":["other"])"),
      (Names{
          "catalog.json: streams[0]: the stream \"messages\": its replication-key \"date\" is ignored: the "
          "key is \"received_at\"",
          "catalog.json: streams[0]: the stream \"messages\": its key_properties [\"other\"] are ignored: "
          "the "
          "key is [\"id\"]"}));
  EXPECT_EQ(
      warnings(R"("tap_stream_id":"stats","replication_method":"INCREMENTAL")"),
      (Names{"catalog.json: streams[0]: the stream \"stats\": its replication-method INCREMENTAL is ignored: "
             "the stream is read in full"}));
  EXPECT_EQ(
      warnings(R"("tap_stream_id":"messages","schema":{"properties":{"id":{"type":["null","integer"]}}})"),
      (Names{
          "catalog.json: streams[0]: the stream \"messages\": its types of these columns are ignored: id"}));
}

TEST(Replication, AStreamWithoutAKeyTakesTheKeyOfTheCatalog) {
  const auto with = [](const std::string& keys) {
    return select_by(R"({"streams":[{"tap_stream_id":"stats","metadata":[)" +
                     mark("", R"("selected":true,"view-key-properties":)" + keys) + "]}]}");
  };
  EXPECT_EQ(with(R"(["n"])")->front().key_properties, Names{"n"});
  EXPECT_EQ(
      names(with(R"(["m"])")),
      (Names{"catalog.json: streams[0].metadata.view-key-properties: the stream \"stats\" has no column "
             "\"m\"; did you mean \"n\"?"}));
  EXPECT_EQ(names(with("3")),
            (Names{"catalog.json: streams[0].metadata.view-key-properties must be an array of columns"}));
  std::string error;
  EXPECT_EQ(read_with(R"("view-key-properties":["subject"])", error).key_properties, Names{"id"});
}

TEST(Columns, CanBeSelectedByTheOlderFlag) {
  const auto streams =
      select_by(R"({"streams":[{"tap_stream_id":"messages","selected":true,"schema":{"properties":{
    "subject":{"selected":false},"geo":{"properties":{"zip":{"selected":false}}}}}}]})");
  ASSERT_TRUE(streams) << streams.error().message;
  EXPECT_EQ(json::parse(streams->front().columns),
            json::parse(R"(["/id","/received_at","/a~1b~0c","/geo/city"])"));
}

TEST(Columns, ThatAreSelectedButUnknownCauseAWarning) {
  const auto unknown = [](const std::string& more) {
    const auto streams =
        select_by(R"({"streams":[{"tap_stream_id":"messages","selected":true,)" + more + "}]}");
    EXPECT_TRUE(streams) << streams.error().message;
    return streams ? streams->front().warnings : Names();
  };
  const auto no = [](const std::string& column) {
    return "catalog.json: the stream \"messages\" has no column " + column;
  };
  EXPECT_EQ(unknown(R"("schema":{"properties":{"subject":{},"geo":{"properties":{"zip":{}}}}})"), Names());
  // By the schema alone they are selected, as the known ones are.
  EXPECT_EQ(unknown(R"("schema":{"properties":{"subjct":{},"geo":{"properties":{"street":{}}},
                                 "to":{"items":{"properties":{"Email":{}}}}}})"),
            (Names{no(R"("subjct"; did you mean "subject"?)"), no(R"("geo.street")"), no(R"("to")")}));
  EXPECT_EQ(unknown(R"("metadata":[)" + mark(R"("properties","subjct")", R"("selected":true)") + "," +
                    mark(R"("properties","zzz","items","properties","y")", R"("selected":"true")") + "]"),
            (Names{no(R"("subjct"; did you mean "subject"?)"), no(R"("zzz.y")")}));
  // Deselected columns are not checked, nor are the columns inside them.
  EXPECT_EQ(
      unknown(
          R"("schema":{"properties":{"a":{},"b":{"selected":false},"c":{"properties":{"d":{}}},"e":{}}},"metadata":[)" +
          mark(R"("properties","a")", R"("selected":false)") + "," +
          mark(R"("properties","c")", R"("selected":false)") + "," +
          mark(R"("properties","e")", R"("inclusion":"unsupported")") + "," +
          mark(R"("properties","f")", R"("inclusion":"available","selected-by-default":true)") + "]"),
      Names());
}

// A stream whose columns were found by request.
const json::object& varying() {
  static const auto catalog = parse(R"({"streams":[
    {"tap_stream_id":"contacts","stream":"contacts","key_properties":["id"],
     "schema":{"type":"object","properties":{"id":{"type":["integer"]},"name":{"type":["null","string"]}}},
     "metadata":[{"breadcrumb":[],"metadata":{"columns-vary":true}}]}]})");
  return catalog;
}

TEST(Columns, ThatHaveVanishedAreNull) {
  const auto given = parse(R"({"streams":[{"tap_stream_id":"contacts","selected":true,"schema":{"properties":{
    "id":{"type":"integer"},"fax":{"type":"string"},"a\"b":{"type":["null","number"]},"off":{"type":"string"}}},
    "metadata":[{"breadcrumb":["properties","off"],"metadata":{"selected":false}}]}]})");
  const auto streams = select_streams(varying(), &given, {{}, "catalog.json"});
  ASSERT_TRUE(streams) << streams.error().message;
  const auto& contacts = streams->front();
  EXPECT_EQ(
      json::serialize(contacts.schema.at("properties")),
      R"({"id":{"type":["integer"]},"name":{"type":["null","string"]},"fax":{"type":["null","string"]},)"
      R"("a\"b":{"type":["null","number"]}})");
  EXPECT_EQ(contacts.columns, "") << "the connector is not asked for them";
  EXPECT_EQ(contacts.null_members, R"("fax":null,"a\"b":null)");
  ASSERT_EQ(contacts.warnings.size(), 2U);
  EXPECT_EQ(
      contacts.warnings[0],
      "catalog.json: the stream \"contacts\" does not have the column \"fax\" any more: it is null in each "
      "record");
}

TEST(Columns, ThatHaveVanishedFromTheSchemaOfAnArrayAreAnError) {
  for (const std::string properties : {"", R"("properties":{"id":{"type":"integer"}},)"}) {
    const auto given = parse(R"({"streams":[{"tap_stream_id":"contacts","selected":true,"schema":{)" +
                             properties + R"("items":{"properties":{"fax":{"type":"string"}}}}}]})");
    const auto streams = select_streams(varying(), &given, {{}, "catalog.json"});
    ASSERT_FALSE(streams) << properties;
    EXPECT_EQ(streams.error().exit, Exit::usage);
    EXPECT_EQ(
        streams.error().message.find("catalog.json: streams[0].schema of the stream \"contacts\" is that of"),
        0U)
        << streams.error().message;
  }
}

TEST(Columns, ThatHaveVanishedCanBeExcludedAndSelected) {
  const auto given = parse(R"({"streams":[{"tap_stream_id":"contacts","selected":true,"schema":{"properties":{
    "fax":{"type":"string"},"old":{"type":"string"}}}}]})");
  const auto columns = [&](const Names& select, const Names& exclude) {
    const auto streams = select_streams(varying(), &given, {{select, exclude}, "catalog.json"});
    return streams ? streams->front().null_members : streams.error().message;
  };
  EXPECT_EQ(columns({}, {"contacts.fax"}), R"("old":null)");
  EXPECT_EQ(columns({"contacts.fax"}, {}), R"("fax":null)");
}

TEST(Columns, OfAPatternMayHaveVanished) {
  const auto streams = select_streams(varying(), nullptr, {{{"contacts.fax"}, {"contacts.old"}}, ""});
  ASSERT_TRUE(streams) << streams.error().message;
  EXPECT_EQ(streams->front().columns, R"(["/id"])");
  EXPECT_EQ(streams->front().warnings, (Names{"--select \"contacts.fax\" matches no column of contacts",
                                              "--exclude \"contacts.old\" matches no column of contacts"}));
}

TEST(Columns, ThatAreAllDeselectedAreAnError) {
  EXPECT_EQ(names(select_by(R"({"streams":[{"tap_stream_id":"stats","selected":true,"metadata":[
    {"breadcrumb":["properties","n"],"metadata":{"selected":false}}]}]})")),
            (Names{"catalog.json: the stream \"stats\" is selected, but none of its columns is"}));
}

}  // namespace
}  // namespace tapster::host
