#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/converters.hpp>
#include <tapster/record_parser.hpp>
#include <tapster/time.hpp>
#include <utility>
#include <vector>

namespace tapster {
namespace {

bool shout(std::string_view text, std::string& out) {
  out.append("\"").append(text).append("!\"");
  return text != "quiet";
}

const Stream opens{.name = "opens",
                   .description = "Opens.",
                   .key = {"id"},
                   .replication_key = "at",
                   .columns = {{"id", Type::string, "/ID"},
                               {"at", Type::timestamp, "/At"},
                               {"loud", Type::string, "/Word", "", shout},
                               {"word", Type::string, "/Word"},
                               {"seconds", Type::integer, "/Seconds"},
                               {"rate", Type::number, "/Rate"},
                               {"first", Type::boolean, "/First"},
                               {"city", Type::string, "/Geo/City"},
                               {"country", Type::string, "/Geo/Country"},
                               {"to", Type::array, "/To"},
                               {"metadata", Type::object, "/Metadata"},
                               {"events", Type::string}}};

constexpr std::string_view id_and_at = R"("ID":"a","At":"2026-01-01T00:00:00Z")";

Keep keep_all(const Row&, std::string&) {
  return Keep::yes;
}

// The result of one parse.
struct Parsed {
  std::string lines;
  Result<Page> page;
};

Parsed parse(std::string body, const std::vector<std::string>& columns = {},
             const RowVisitor& visit = keep_all) {
  const auto projection = *Projection::create(opens, columns);
  RecordParser parser(projection, {.records = "/Rows", .total = "/Total"});
  Block block;
  auto page = parser.parse(body, block, visit);
  EXPECT_EQ(block.count, static_cast<size_t>(std::count(block.lines.begin(), block.lines.end(), '\n')));
  return {block.lines, std::move(page)};
}

// The value of a column in a record that also has these members.
std::string value_of(std::string_view column, std::string_view members) {
  const auto parsed =
      parse("{\"Total\":1,\"Rows\":[{" + std::string(id_and_at) + "," + std::string(members) + "}]}",
            {"/" + std::string(column)});
  if (!parsed.page) return parsed.page.error().message;
  // The text after the label, so that numbers are compared byte for byte.
  const auto label = "\"" + std::string(column) + "\":";
  const auto begin = parsed.lines.find(label) + label.size();
  auto end = parsed.lines.find(",\"at\":", begin);
  end = std::min(end, parsed.lines.rfind('}'));
  return parsed.lines.substr(begin, end - begin);
}

TEST(RecordParser, APathIsAJsonPointerWithEscapes) {
  const Stream stream{.name = "s", .columns = {{"a", Type::integer, "/a~1b/c~0d"}}};
  const auto projection = *Projection::create(stream, {});
  RecordParser parser(projection, {.records = "/Rows"});
  std::string body = R"({"Rows":[{"a/b":{"c~d":7}}]})";
  Block block;
  ASSERT_TRUE(parser.parse(body, block, keep_all));
  EXPECT_EQ(block.lines, "{\"a\":7}\n");
}

TEST(RecordParser, AConstantForAnUnknownColumnIsAnError) {
  const auto projection = *Projection::create(opens, {});
  std::string body = R"({"Rows":[]})";
  Block block;
  const auto page =
      RecordParser(projection, {.records = "/Rows"}).parse(body, block, keep_all, {{"when", "1"}});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().message, "opens has no column \"when\", which the connector gave a value");
}

TEST(RecordParser, ProjectsNestedMembersToColumns) {
  const auto parsed = parse(
      R"({"Total":2,"Rows":[{"ID":"a","At":"2026-01-01T00:00:00-05:00","Geo":{"City":"Ulm","Zip":"1","Country":"DE"},"Other":[{}]},)"
      R"({"At":"2026-01-02T00:00:00Z","ID":"b","Geo":{}}]})",
      {"/city", "/country"});
  ASSERT_TRUE(parsed.page) << parsed.page.error().message;
  EXPECT_EQ(parsed.lines, R"({"id":"a","at":"2026-01-01T05:00:00.000000Z","city":"Ulm","country":"DE"})"
                          "\n"
                          R"({"at":"2026-01-02T00:00:00.000000Z","id":"b","city":null,"country":null})"
                          "\n");
  EXPECT_EQ(parsed.page->total, 2);
  EXPECT_EQ(parsed.page->rows, 2U);
}

TEST(RecordParser, NumbersKeepTheirBytes) {
  for (const auto* number :
       {"3.10", "1.0", "18446744073709551616", "1e400", "-0", "0.1234567890123456789", "9007199254740993"}) {
    EXPECT_EQ(value_of("rate", std::string("\"Rate\":") + number), number);
  }
  EXPECT_EQ(value_of("seconds", "\"Seconds\":9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(value_of("metadata", R"("Metadata":{"n":3.10})"), R"({"n":3.10})");
}

TEST(RecordParser, AStringIsUnescapedAndEscapedAgain) {
  EXPECT_EQ(value_of("word", R"("Word":"a\"b\\c\n\u00e9\ud83d\ude00\u2028/\/")"), R"("a\"b\\c\né😀\u2028//")");
  EXPECT_EQ(value_of("word", R"("Word":"")"), R"("")");
}

TEST(RecordParser, OneMemberCanBeSeveralColumns) {
  const auto parsed =
      parse("{\"Total\":1,\"Rows\":[{" + std::string(id_and_at) + R"(,"Word":"hey"}]})", {"/loud", "/word"});
  EXPECT_NE(parsed.lines.find(R"("loud":"hey!","word":"hey")"), std::string::npos) << parsed.lines;
}

TEST(RecordParser, NestedValuesAreCopied) {
  EXPECT_EQ(value_of("to", R"("To":[ {"Email":"a@x", "Name":null}, [1,[]], true, {} ])"),
            R"([{"Email":"a@x","Name":null},[1,[]],true,{}])");
  EXPECT_EQ(value_of("metadata", R"("Metadata":{"odd \"key\"":"v","":{"x":[]}})"),
            R"({"odd \"key\"":"v","":{"x":[]}})");
}

TEST(RecordParser, NullAndMissingAreNull) {
  EXPECT_EQ(value_of("city", R"("Geo":null)"), "null");
  EXPECT_EQ(value_of("to", R"("To":null)"), "null");
  EXPECT_EQ(value_of("first", R"("Geo":{})"), "null");
}

TEST(RecordParser, OfARepeatedMemberTheFirstCounts) {
  EXPECT_EQ(value_of("word", R"("Word":"one","Word":"two")"), R"("one")");
  EXPECT_EQ(value_of("to", R"("To":[1],"To":[2])"), "[1]");
}

TEST(RecordParser, ANumberInAStringBecomesANumber) {
  EXPECT_EQ(value_of("seconds", R"("Seconds":"42")"), "42");
  EXPECT_EQ(value_of("word", R"("Word":42)"), R"("42")");
}

TEST(RecordParser, AnIntegerInAStringMayHaveLeadingZeros) {
  EXPECT_EQ(value_of("seconds", R"("Seconds":"0012")"), "12");
  EXPECT_EQ(value_of("seconds", R"("Seconds":"-007")"), "-7");
  EXPECT_EQ(value_of("seconds", R"("Seconds":"000")"), "0");
  EXPECT_EQ(value_of("seconds", R"("Seconds":"-0")"), "0");
  EXPECT_EQ(value_of("seconds", R"("Seconds":"100")"), "100");
}

// The error does not contain the value, which may be personal.
TEST(RecordParser, AValueOfTheWrongTypeIsAnErrorThatNamesTheColumn) {
  using namespace std::string_literals;
  const auto wrong = [](std::string_view members) {
    const auto parsed =
        parse("{\"Total\":1,\"Rows\":[{" + std::string(id_and_at) + "," + std::string(members) + "}]}");
    EXPECT_EQ(parsed.lines, "");
    if (parsed.page) return "nothing"s;
    EXPECT_EQ(parsed.page.error().status, Status::source);
    const auto& message = parsed.page.error().message;
    return message.substr(0, message.find(", in the row with the key \"a\"; row 1 of the response"));
  };
  const auto cannot_read = "opens: cannot read "s;
  EXPECT_EQ(wrong(R"("Seconds":1.5)"),
            cannot_read + "seconds at /Seconds: expected an integer, found a number");
  EXPECT_EQ(wrong(R"("Seconds":"soon")"),
            cannot_read + "seconds at /Seconds: expected an integer, found a string of 4 bytes");
  EXPECT_EQ(wrong(R"("Seconds":"")"),
            cannot_read + "seconds at /Seconds: expected an integer, found a string of 0 bytes");
  EXPECT_EQ(wrong(R"("First":"yes")"),
            cannot_read + "first at /First: expected a boolean, found a string of 3 bytes");
  EXPECT_EQ(wrong(R"("First":1)"), cannot_read + "first at /First: expected a boolean, found a number");
  EXPECT_EQ(wrong(R"("To":"user995@example.com")"),
            cannot_read + "to at /To: expected an array, found a string of 19 bytes");
  EXPECT_EQ(wrong(R"("To":{})"), cannot_read + "to at /To: expected an array, found an object");
  EXPECT_EQ(wrong(R"("Metadata":[])"),
            cannot_read + "metadata at /Metadata: expected an object, found an array");
  EXPECT_EQ(wrong(R"("Word":true)"), cannot_read + "word at /Word: expected a string, found a boolean");
  EXPECT_EQ(wrong(R"("Word":[])"), cannot_read + "loud at /Word: expected a string, found an array");
  EXPECT_EQ(wrong(R"("Word":"quiet")"),
            cannot_read + "loud at /Word: expected a string, found a string of 5 bytes");
  EXPECT_EQ(wrong(R"("Rate":"high")"),
            cannot_read + "rate at /Rate: expected a number, found a string of 4 bytes");
  EXPECT_EQ(wrong(R"("Geo":"here")"),
            cannot_read + "city at /Geo/City: expected an object around it, found a string of 4 bytes");
  EXPECT_EQ(wrong(R"("Geo":[1])"),
            cannot_read + "city at /Geo/City: expected an object around it, found an array");
}

TEST(RecordParser, ARecordWithoutItsKeyOrTimeIsAnError) {
  for (const auto* body : {R"({"Rows":[{"At":"2026-01-01T00:00:00Z"}]})",
                           R"({"Rows":[{"ID":null,"At":"2026-01-01T00:00:00Z"}]})",
                           R"({"Rows":[{"ID":"a"}]})", R"({"Rows":[{"ID":"a","At":"yesterday"}]})"}) {
    const auto parsed = parse(body);
    ASSERT_FALSE(parsed.page) << body;
    EXPECT_EQ(parsed.page.error().status, Status::source);
  }
}

TEST(RecordParser, ATruncatedResponseIsTransient) {
  const std::string whole = "{\"Total\":1,\"Rows\":[{" + std::string(id_and_at) + "}]}";
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto parsed = parse(whole.substr(0, size));
    ASSERT_FALSE(parsed.page) << size;
    EXPECT_EQ(parsed.page.error().status, Status::transient) << whole.substr(0, size);
    EXPECT_EQ(parsed.lines, "") << size;
  }
  EXPECT_TRUE(parse(whole).page);
}

TEST(RecordParser, AResponseThatIsNotJsonOrHasOtherElementsIsTransient) {
  for (const auto* body : {"<html>busy</html>", R"({"Rows":[1]})", R"({"Rows":[[]]})", R"({"Rows":[null]})",
                           R"({"Rows":["x"]})", R"({"Rows":[true]})", R"({"Rows":[]} {})"}) {
    const auto parsed = parse(body);
    ASSERT_FALSE(parsed.page) << body;
    EXPECT_EQ(parsed.page.error().status, Status::transient) << body;
  }
}

// What a parser with this selector writes of the stream's records, or the error's message.
std::string lines_of(const Stream& stream, const RecordSelector& selector, std::string body) {
  const auto projection = *Projection::create(stream, {});
  Block block;
  const auto page = RecordParser(projection, selector).parse(body, block, keep_all);
  if (!page) {
    EXPECT_EQ(block.lines, "");
    return page.error().message;
  }
  EXPECT_EQ(block.count, page->rows);
  return block.lines;
}

const Stream numbers{.name = "numbers", .columns = {{"n", Type::integer, "/n"}}};
const Stream people{
    .name = "people", .key = {"name"}, .columns = {{"name", Type::string}, {"age", Type::integer, "/age"}}};

TEST(RecordParser, AResponseWithoutRecordsIsASourceErrorThatNamesWhatIsThere) {
  const auto message_of = [](const char* records, std::string body) {
    const auto projection = *Projection::create(numbers, {});
    Block block;
    const auto page = RecordParser(projection, {.records = records}).parse(body, block, keep_all);
    EXPECT_FALSE(page) << body;
    if (page) return std::string();
    EXPECT_EQ(page.error().status, Status::source) << body;
    return page.error().message;
  };
  const std::string none = "the response has no records at /data/items; it ";
  EXPECT_EQ(message_of("/data/items", R"({"ErrorCode":0,"Message":""})"), none + "has /ErrorCode, /Message");
  EXPECT_EQ(message_of("/data/items", R"({"data":{"rows":[],"next":1},"x":1})"),
            none + "has /data/rows, /data/next");
  EXPECT_EQ(message_of("/data/items", R"({"data":{"items":7}})"), none + "has a number at /data/items");
  EXPECT_EQ(message_of("/data/items", R"({"data":[{"items":[]}]})"), none + "has an array at /data");
  EXPECT_EQ(message_of("/data/items", R"({"data":null})"), none + "has null at /data");
  EXPECT_EQ(message_of("/data/items", R"({"data":{}})"), none + "has an empty object at /data");
  EXPECT_EQ(message_of("/data/items", "{}"), none + "is an empty object");
  EXPECT_EQ(message_of("/data/items", "[]"), none + "is an array");
  EXPECT_EQ(message_of("/data/items", R"({"a@example.com":1,"total":1})"), none + "has /total")
      << "an address is personal";
  EXPECT_EQ(message_of("", "7"), "the response is a number, not records");
  EXPECT_EQ(message_of("", "\"x\""), "the response is a string, not records");
}

TEST(RecordParser, RecordsCanBeAnywhereInTheResponse) {
  const std::string both = "{\"n\":1}\n{\"n\":2}\n";
  EXPECT_EQ(
      lines_of(
          numbers, {.records = "/data/items"},
          R"({"a":{"items":[{"n":8}]},"data":{"b":[{"n":9}],"items":[{"n":1},{"n":2}],"c":{}},"items":[]})"),
      both);
  EXPECT_EQ(lines_of(numbers, {.records = "/a~1b"}, R"({"a/b":[{"n":1},{"n":2}]})"), both);
  EXPECT_EQ(lines_of(numbers, {}, R"( [ {"n":1}, {"n":2} ] )"), both);
  EXPECT_EQ(lines_of(numbers, {}, R"({"n":1,"data":[{"n":2}]})"), "{\"n\":1}\n");
  EXPECT_EQ(lines_of(numbers, {.records = "/data/item"}, R"({"data":{"item":{"n":1,"x":{}},"n":2}})"),
            "{\"n\":1}\n");
  EXPECT_EQ(lines_of(numbers, {}, "[]"), "");
}

TEST(RecordParser, NullIsNoRecords) {
  EXPECT_EQ(lines_of(numbers, {.records = "/items"}, R"({"items":null})"), "");
  EXPECT_EQ(lines_of(numbers, {}, "null"), "");
  EXPECT_EQ(lines_of(people, {.records = "/items", .map_key = "name"}, R"({"items":null})"), "");
}

TEST(RecordParser, AMapsMembersAreTheRecords) {
  const std::string both = "{\"name\":\"a\\\"b\",\"age\":1}\n{\"name\":\"\",\"age\":null}\n";
  EXPECT_EQ(lines_of(people, {.map_key = "name"}, R"({"a\"b":{"age":1},"":{}})"), both);
  EXPECT_EQ(lines_of(people, {.records = "/by/name", .map_key = "name"},
                     R"({"age":3,"by":{"name":{"a\"b":{"age":1},"":{}},"x":{"age":2}}})"),
            both);
  EXPECT_EQ(lines_of(people, {.map_key = "name"}, "{}"), "");
  EXPECT_EQ(lines_of(people, {.map_key = "name"}, R"({"a":7})"), "a record is not an object");
  EXPECT_EQ(lines_of(people, {.map_key = "name"}, R"([{"age":1}])"),
            "the records are an array, where an object used as a map was expected");
  EXPECT_EQ(lines_of(people, {.map_key = "nick"}, "{}"),
            "people has no column \"nick\" for the names of the map");
}

TEST(RecordParser, TheKeyOfAMapIsPartOfTheRowKeyAndNeedNotBeSelected) {
  auto stream = people;
  const auto projection = *Projection::create(stream, {});
  std::string body = R"({"a":{"age":1},"b":{}})";
  std::string keys;
  Block block;
  ASSERT_TRUE(
      RecordParser(projection, {.map_key = "name"}).parse(body, block, [&](const Row& row, std::string&) {
        keys += row.key;
        return Keep::yes;
      }));
  EXPECT_EQ(keys, "\"a\"\n\"b\"\n");

  stream.key = {};
  const auto ages = *Projection::create(stream, {"/age"});
  block.clear();
  ASSERT_TRUE(RecordParser(ages, {.map_key = "name"}).parse(body, block, keep_all));
  EXPECT_EQ(block.lines, "{\"age\":1}\n{\"age\":null}\n");
  body = "[]";  // as PHP writes an empty map
  EXPECT_TRUE(RecordParser(ages, {.map_key = "name"}).parse(body, block, keep_all));
}

TEST(RecordParser, EachLineOfJsonLinesIsAResponse) {
  const RecordSelector lines{.format = RecordSelector::Format::json_lines};
  const std::string both = "{\"n\":1}\n{\"n\":2}\n";
  EXPECT_EQ(lines_of(numbers, lines, "{\"n\":1}\n{\"n\":2}\n"), both);
  EXPECT_EQ(lines_of(numbers, lines, "{\"n\":1}\n{\"n\":2}"), both) << "the last line may have no end";
  EXPECT_EQ(lines_of(numbers, lines, "{\"n\":1}\r\n{\"n\":2}\r\n"), both);
  EXPECT_EQ(lines_of(numbers, lines, "\n \r\n{\"n\":1}\n\n\t\n{\"n\":2}\n\n"), both);
  EXPECT_EQ(lines_of(numbers, lines, "[{\"n\":1},{\"n\":2}]\nnull\n"), both);
  for (const auto* body : {"", "\n", " \r\n\n"}) EXPECT_EQ(lines_of(numbers, lines, body), "") << body;
  EXPECT_EQ(lines_of(numbers, lines, "{\"n\":1}\n{\"n\":2"),
            "the response is not JSON: incomplete JSON at byte 14 of 14");
  EXPECT_EQ(lines_of(numbers, lines, "{\"n\":1} {\"n\":2}\n"),
            "the response is not JSON: extra data at byte 8 of 16");

  auto inside = lines;
  inside.records = "/row";
  EXPECT_EQ(lines_of(numbers, inside, "{\"row\":{\"n\":1}}\n{\"row\":[{\"n\":2}]}\n"), both);
  EXPECT_EQ(lines_of(numbers, inside, "{\"row\":{\"n\":1}}\n{\"rows\":[]}\n"),
            "the response has no records at /row; it has /rows");
}

TEST(RecordParser, AnEmptyResponseIsCalledEmpty) {
  for (const auto* body : {"", " \r\n"})
    EXPECT_EQ(lines_of(numbers, {}, body), "the response is not JSON: it is empty") << body;
}

TEST(RecordParser, ALineBreakSplitsJsonOnlyInJsonLines) {
  EXPECT_EQ(lines_of(numbers, {}, "{\"n\":\r\n1}"), "{\"n\":1}\n");
  EXPECT_EQ(lines_of(numbers, {.format = RecordSelector::Format::json_lines}, "{\"n\":\r\n1}"),
            "the response is not JSON: incomplete JSON at byte 6 of 9");
}

TEST(RecordParser, ReadsScalarsBesideTheRecords) {
  const auto projection = *Projection::create(numbers, {});
  RecordParser parser(projection, {.records = "/items",
                                   .total = "/meta/count",
                                   .values = {"/next", "/meta/more", "/meta/page", "/none", "/meta", "/rate",
                                              "/gone", "/meta/count"}});
  const std::vector<std::optional<std::string>> expected{"a\"b",       "true", "3",          std::nullopt,
                                                         std::nullopt, "1.50", std::nullopt, "12"};
  const std::string items = R"("items":[{"n":1,"next":"x","meta":{"page":9}}])";
  const std::string meta = R"("meta":{"more":true,"page":3,"count":12,"next":"y"})";
  for (const auto& text : {R"({"next":"a\"b","rate":1.50,"gone":null,)" + meta + "," + items + "}",
                           "{" + items + "," + meta + R"(,"gone":null,"rate":1.50,"next":"a\"b"})"}) {
    auto body = text;
    Block block;
    const auto page = parser.parse(body, block, keep_all);
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_EQ(page->values, expected) << text;
    EXPECT_EQ(page->total, 12);
    EXPECT_EQ(block.lines, "{\"n\":1}\n");
  }
  // Nothing of a response is left for the next one.
  std::string body = R"({"items":[]})";
  Block block;
  const auto page = parser.parse(body, block, keep_all);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->values, std::vector<std::optional<std::string>>(8));
  EXPECT_EQ(page->total, std::nullopt);
}

// A stream whose records go to two columns as they are.
const Stream copies{.name = "copies",
                    .columns = {{"n", Type::number, "/n"},
                                {"city", Type::string, "/geo/city"},
                                {"all", Type::object, whole_record},
                                {"others", Type::object, other_members}},
                    .ignored = {"/secret"}};

TEST(RecordParser, AColumnCanTakeTheWholeRecord) {
  auto stream = copies;
  stream.columns.pop_back();
  EXPECT_EQ(
      lines_of(
          stream, {},
          R"([{ "n" : 3.10, "t":"\u00e9\"\n\ud83d\ude00/\/", "geo":{"city":"Ulm","zip":[ 1e400, {} ,null]}, "x":true }, {}])"),
      R"({"n":3.10,"city":"Ulm","all":{"n":3.10,"t":"é\"\n😀//","geo":{"city":"Ulm","zip":[1e400,{},null]},"x":true}})"
      "\n"
      R"({"all":{},"n":null,"city":null})"
      "\n");
}

TEST(RecordParser, AColumnCanTakeTheMembersWithoutAColumn) {
  auto stream = copies;
  stream.columns.erase(stream.columns.begin() + 2);
  EXPECT_EQ(
      lines_of(
          stream, {},
          R"([{"geo":{"zip":[1.50,{"a":[]}],"city":"Ulm","at":{"x":1}},"secret":{"n":1},"n":1,"b\"c":18446744073709551616,)"
          R"("t":"\u00e9\\","u":{},"v":null,"w":false},{"n":2}])"),
      R"({"city":"Ulm","n":1,"others":{"geo/zip":[1.50,{"a":[]}],"geo/at":{"x":1},"b\"c":18446744073709551616,)"
      R"("t":"é\\","u":{},"v":null,"w":false}})"
      "\n"
      R"({"n":2,"others":{},"city":null})"
      "\n");
}

TEST(RecordParser, TheOtherMembersDoNotDependOnTheSelection) {
  const auto written = [](const std::vector<std::string>& columns) {
    const auto projection = *Projection::create(copies, columns);
    std::string body = R"({"geo":{"city":"Ulm","zip":"1"},"n":1,"new":2})";
    Block block;
    EXPECT_TRUE(RecordParser(projection, {}).parse(body, block, keep_all));
    EXPECT_TRUE(block.unknown.empty()) << "a column takes them";
    return block.lines;
  };
  EXPECT_EQ(written({"/others"}), "{\"others\":{\"geo/zip\":\"1\",\"new\":2}}\n");
  EXPECT_EQ(written({"/city", "/others"}), "{\"city\":\"Ulm\",\"others\":{\"geo/zip\":\"1\",\"new\":2}}\n");
  EXPECT_EQ(written({"/n"}), "{\"n\":1}\n");
  EXPECT_EQ(written({"/all"}), "{\"all\":{\"geo\":{\"city\":\"Ulm\",\"zip\":\"1\"},\"n\":1,\"new\":2}}\n");
}

// The cursors of the records: the nanoseconds of a time, or the JSON text of another type.
std::string cursors_of(const Column& column, std::string body) {
  const Stream stream{.name = "s", .replication_key = "c", .columns = {column, {"n", Type::integer, "/n"}}};
  const auto projection = *Projection::create(stream, {});
  std::string cursors;
  Block block;
  const auto page = RecordParser(projection, {}).parse(body, block, [&](const Row& row, std::string&) {
    cursors += row.cursor ? fmt::format("{} ns; ", row.cursor->time_since_epoch().count())
                          : fmt::format("{}; ", row.cursor_json);
    return Keep::yes;
  });
  return page ? cursors : page.error().message;
}

bool from_unix_seconds(std::string_view text, std::string& out) {
  out += text == "0" ? "\"1970-01-01T00:00:00.000000Z\"" : "\"1970-01-01T00:00:01.500000Z\"";
  return true;
}

TEST(RecordParser, TheCursorIsTheReplicationKey) {
  EXPECT_EQ(cursors_of({"c", Type::timestamp, "/c"}, R"([{"c":"2026-01-01T00:00:00.1234567Z"}])"),
            "1767225600123456700 ns; ");
  EXPECT_EQ(
      cursors_of({"c", Type::timestamp, "/c", "", from_unix_seconds}, R"([{"c":0,"n":1},{"n":2,"c":"x"}])"),
      "0 ns; 1500000000 ns; ");
  EXPECT_EQ(cursors_of({"c", Type::integer, "/c"}, R"([{"n":1,"c":12},{"c":"007"}])"), "12; 7; ");
  EXPECT_EQ(cursors_of({"c", Type::number, "/c"}, R"([{"c":1.50}])"), "1.50; ");
  EXPECT_EQ(cursors_of({"c", Type::date, "/c"}, R"([{"c":"2026-01-01","n":1}])"), "\"2026-01-01\"; ");
  EXPECT_EQ(cursors_of({"c", Type::string, "/c"}, R"([{"c":"2026-01-01T00:00:00Z"}])"),
            "\"2026-01-01T00:00:00Z\"; ");
  EXPECT_EQ(cursors_of({"c", Type::integer}, R"([{"n":1}])"), "; ") << "filled in by the connector";
}

TEST(RecordParser, TheVisitorCanDiscardRecordsAndAddColumns) {
  const std::string body =
      R"({"Rows":[{"ID":"a","At":"2026-01-01T00:00:00Z"},{"ID":"b","At":"2026-01-02T00:00:00.1234567Z"}],"Total":9})";
  std::vector<std::string> keys;
  const auto parsed = parse(body, {"/events"}, [&](const Row& row, std::string& line) {
    keys.emplace_back(row.key);
    line.append(R"(,"events":"x")");
    return *row.cursor == *parse_time("2026-01-02T00:00:00.1234567Z") ? Keep::yes : Keep::no;
  });
  EXPECT_EQ(keys, (std::vector<std::string>{"\"a\"\n", "\"b\"\n"}));
  EXPECT_EQ(parsed.lines, R"({"id":"b","at":"2026-01-02T00:00:00.123456Z","events":"x"})"
                          "\n");
  EXPECT_EQ(parsed.page->rows, 2U);
  EXPECT_EQ(parsed.page->total, 9);
}

TEST(RecordParser, ATotalInAStringIsANumber) {
  EXPECT_EQ(parse(R"({"Total":"123","Rows":[]})", {}).page->total, 123);
  for (const auto* text : {"", "many", "12 ", "1.5", "99999999999999999999"})
    EXPECT_FALSE(parse(R"({"Total":")" + std::string(text) + R"(","Rows":[]})", {}).page->total) << text;
}

TEST(RecordParser, ATotalMayHaveAPointOrAnExponentButNoFraction) {
  const auto total = [](const std::string& number) {
    return parse(R"({"Total":)" + number + R"(,"Rows":[]})", {}).page->total;
  };
  EXPECT_EQ(total("1200.0"), 1'200);
  EXPECT_EQ(total("1.2e3"), 1'200);
  EXPECT_EQ(total("9007199254740993"), 9'007'199'254'740'993);
  for (const auto* number : {"1200.5", "1e19", "-1e19"}) EXPECT_FALSE(total(number)) << number;
}

TEST(RecordParser, AConstantColumnIsInEveryRecordButNotInTheRowKey) {
  Stream stream = opens;
  stream.columns.push_back({"account", Type::integer});
  stream.key.insert(stream.key.begin(), "account");
  const auto projection = Projection::create(stream, {"/seconds"})->with("account", "12");
  RecordParser parser(projection, {.records = "/Rows", .total = "/Total"});
  Block block;
  std::string body =
      "{\"Rows\":[{" + std::string(id_and_at) + ",\"Seconds\":3},{" + std::string(id_and_at) + "}]}";
  std::string keys;
  const auto page = parser.parse(body, block, [&](const Row& row, std::string&) -> Result<Keep> {
    keys += row.key;
    return Keep::yes;
  });
  ASSERT_TRUE(page);
  EXPECT_EQ(keys, "\"a\"\n\"a\"\n");
  EXPECT_EQ(block.lines,
            "{\"id\":\"a\",\"at\":\"2026-01-01T00:00:00.000000Z\",\"seconds\":3,\"account\":12}\n"
            "{\"id\":\"a\",\"at\":\"2026-01-01T00:00:00.000000Z\",\"seconds\":null,\"account\":12}\n");
}

TEST(RecordParser, AnErrorOfTheVisitorLeavesTheBlockUnchanged) {
  const auto parsed = parse(R"({"Rows":[{"ID":"a","At":"2026-01-01T00:00:00Z"}]})", {},
                            [](const Row&, std::string&) -> Result<Keep> { return cancelled(); });
  ASSERT_FALSE(parsed.page);
  EXPECT_EQ(parsed.page.error().status, Status::cancelled);
  EXPECT_EQ(parsed.lines, "");
}

TEST(RecordParser, TheRootCanBeTheRecord) {
  const auto projection = *Projection::create(opens, {"/seconds"});
  RecordParser parser(projection, {});
  Block block;
  std::string body = R"({"Seconds":5,"Nested":{"Seconds":6}})";
  const auto page =
      parser.parse(body, block, keep_all, {{"id", "\"k\""}, {"at", "\"t\""}, {"word", "\"not selected\""}});
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(block.lines, R"({"id":"k","at":"t","seconds":5})"
                         "\n");
}

TEST(RecordParser, ALoneSurrogateBecomesTheReplacementCharacter) {
  EXPECT_EQ(value_of("word", R"("Word":"a\ud800b\\udc00c\uDFFF\ud83d\ude00")"), R"("a�b\\udc00c�😀")");
}

TEST(RecordParser, CanBeReusedAfterAnError) {
  const auto projection = *Projection::create(opens, {"/seconds"});
  RecordParser parser(projection, {.records = "/Rows", .total = "/Total"});
  Block block;
  std::string broken = R"({"Rows":[{"ID":"a","At":"2026-01-01T00:00:00Z","Seconds":1},{"ID":"b\u00)";
  ASSERT_FALSE(parser.parse(broken, block, keep_all));
  EXPECT_EQ(block.lines, "");
  std::string whole = R"({"Rows":[{"ID":"c","At":"2026-01-01T00:00:00Z","Seconds":2}]})";
  ASSERT_TRUE(parser.parse(whole, block, keep_all));
  EXPECT_EQ(block.lines, R"({"id":"c","at":"2026-01-01T00:00:00.000000Z","seconds":2})"
                         "\n");
}

TEST(RecordParser, AnAbsentKeyGetsItsMissingValue) {
  const Stream clicks{
      .name = "clicks",
      .description = "Clicks.",
      .key = {"id", "link"},
      .columns = {{"id", Type::string, "/ID"}, {"link", Type::string, "/Link", "", nullptr, R"("")"}}};
  const auto projection = *Projection::create(clicks, {});
  RecordParser parser(projection, {.records = "/Rows"});
  Block block;
  std::string body = R"({"Rows":[{"ID":"a","Link":null},{"ID":"b"},{"ID":"c","Link":"x"}]})";
  EXPECT_TRUE(parser.parse(body, block, keep_all));
  EXPECT_EQ(block.lines, R"({"id":"a","link":""})"
                         "\n"
                         R"({"id":"b","link":""})"
                         "\n"
                         R"({"id":"c","link":"x"})"
                         "\n");
}

std::string without_spaces(std::string text) {
  std::erase(text, ' ');
  return text;
}

// A response with a row that cannot be read among others.
std::string with_row(const std::string& odd) {
  return "{ \"Total\" : 3, \"Other\":[{\"Rows\":[1]}], \"Rows\" : [ {" + std::string(id_and_at) + "},\n " +
         odd + " , {\"ID\":\"c\",\"At\":\"2026-01-03T00:00:00Z\"} ] }";
}

// A stream of one timestamp, whose texts without an offset are New York's.
Stream stream_of_time(const char* missing = "null") {
  return {.name = "s",
          .columns = {{.name = "at",
                       .type = Type::timestamp,
                       .path = "/At",
                       .missing = missing,
                       .zone = "America/New_York"}}};
}

std::string time_read(const Stream& stream, std::string_view text) {
  const auto projection = *Projection::create(stream, {});
  std::string body = "{\"Rows\":[{\"At\":\"" + std::string(text) + "\"}]}";
  Block block;
  const auto page = RecordParser(projection, {.records = "/Rows"}).parse(body, block, keep_all);
  return page ? block.lines : page.error().message;
}

TEST(RecordParser, ReadsTimesOfEveryYearAndForm) {
  const auto stream = stream_of_time();
  EXPECT_EQ(time_read(stream, "2026-01-31T12:00"), "{\"at\":\"2026-01-31T17:00:00.000000Z\"}\n");
  EXPECT_EQ(time_read(stream, "2026-07-31 12:00:00.5"), "{\"at\":\"2026-07-31T16:00:00.500000Z\"}\n");
  EXPECT_EQ(time_read(stream, "2026-01-31T12:00:00+0000"), "{\"at\":\"2026-01-31T12:00:00.000000Z\"}\n");
  EXPECT_EQ(time_read(stream, "0001-01-02T00:00:00Z"), "{\"at\":\"0001-01-02T00:00:00.000000Z\"}\n");
  EXPECT_EQ(time_read(stream, "9999-12-31T23:59:59Z"), "{\"at\":\"9999-12-31T23:59:59.000000Z\"}\n");
  EXPECT_NE(time_read(stream, "9999-12-31T23:59:59-01:00").find("expected a timestamp"), std::string::npos);
  auto without_zone = stream;
  without_zone.columns[0].zone = {};
  EXPECT_NE(time_read(without_zone, "2026-01-31T12:00:00").find("expected a timestamp"), std::string::npos);
}

TEST(RecordParser, NetsTimeForNoTimeIsNullWhereNullIsAllowed) {
  const auto stream = stream_of_time();
  for (const auto* text :
       {"0001-01-01T00:00:00", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.0000000+00:00"})
    EXPECT_EQ(time_read(stream, text), "{\"at\":null}\n");
  EXPECT_EQ(time_read(stream_of_time(R"("never")"), "0001-01-01T00:00:00Z"),
            "{\"at\":\"0001-01-01T00:00:00.000000Z\"}\n");
}

TEST(RecordParser, NotesMembersWithoutAColumnOnce) {
  auto stream = opens;
  stream.ignored = {"/Secret", "/Geo/Zip"};
  const auto projection = *Projection::create(stream, {"/city"});
  RecordParser parser(projection, {.records = "/Rows", .total = "/Total"});
  const auto row = [](std::string_view members) {
    return fmt::format(R"({{"Total":1,"Rows":[{{{},{}}}]}})", id_and_at, members);
  };
  Block block;
  const auto noted = [&](std::string body) {
    EXPECT_TRUE(parser.parse(body, block, keep_all));
    std::string text;
    for (const auto& field : block.unknown) text += fmt::format("{} {}, ", field.path, field.type);
    block.clear();
    return text;
  };
  EXPECT_EQ(
      noted(row(R"("Secret":"s","Word":7,"Geo":{"City":"Ulm","Zip":1,"Planet":"Earth"},"To":[{"a":1}])")),
      "/Geo/Planet a string, ");
  EXPECT_EQ(noted(row(R"("New":null)")), "") << "its type is not known yet";
  EXPECT_EQ(
      noted(row(R"("New":{"Secret":[1]},"A":1,"B":1.5,"C":false,"D":[{"E":1}],"Geo":{"Planet":"Mars"})")),
      "/New an object, /A an integer, /B a number, /C a boolean, /D an array, ");
  EXPECT_EQ(noted(row(R"("New":1,"A":"","B":"","C":"","D":"")")), "");
}

TEST(RecordParser, SetsAsideARecordThatCannotBeRead) {
  const auto projection = *Projection::create(opens, {"/id", "/at", "/city", "/to"});
  RecordParser parser(projection, {.records = "/Rows", .total = "/Total"});
  const std::string at = R"("At":"2026-01-02T00:00:00Z")";
  const std::vector<std::pair<std::string, std::string>> odd{
      {R"({"ID":null,)" + at + "}", "opens: a record has no value at /ID, which column id requires"},
      {R"({"ID":"b","At":"noon","x":1.50})",
       "opens: cannot read at at /At: expected a timestamp, found a string of 4 bytes"},
      {R"({"ID":"b",)" + at + R"(,"Geo":"","To":[ ]})",
       "opens: cannot read city at /Geo/City: expected an object around "
       "it, found a string of 0 bytes"},
      {R"({"ID":"b",)" + at + R"(,"To":{"a":{"b":[1]}}})",
       "opens: cannot read to at /To: expected an array, found an object"},
      {R"({"ID":"b",)" + at + R"(,"Geo":[{"City":1}]})",
       "opens: cannot read city at /Geo/City: expected an object around "
       "it, found an array"}};
  for (const auto& [record, reason] : odd) {
    auto body = with_row(record);
    Block block;
    block.takes_rejects = true;
    std::vector<std::pair<std::string, bool>> seen;
    const auto page = parser.parse(body, block, [&](const Row& row, std::string&) {
      if (row.index == 0) seen.clear();
      seen.emplace_back(row.key, row.is_rejected);
      return Keep::yes;
    });
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_EQ(page->rows, 3U);
    EXPECT_EQ(page->total, 3);
    EXPECT_EQ(block.count, 2U);
    EXPECT_EQ(std::count(block.lines.begin(), block.lines.end(), '\n'), 2);
    EXPECT_NE(block.lines.find("\"id\":\"a\""), std::string::npos);
    EXPECT_NE(block.lines.find("\"id\":\"c\""), std::string::npos);
    ASSERT_EQ(block.rejects.size(), 1U) << record;
    EXPECT_EQ(block.rejects[0].record, without_spaces(record));
    EXPECT_EQ(block.rejects[0].reason, reason);
    ASSERT_EQ(seen.size(), 3U);
    EXPECT_TRUE(!seen[0].second && seen[1].second && !seen[2].second);
    if (record.find("null") == std::string::npos) {
      EXPECT_EQ(seen[1].first, "\"b\"\n");
    }
  }
}

TEST(RecordParser, FindsTheRejectsOfAnEscapedMember) {
  const auto projection = *Projection::create(opens, {});
  RecordParser parser(projection, {.records = "/Rows", .total = "/Total"});
  std::string body = R"({"R\u006fws":[{"ID":7.5}],"Rows":[{"ID":null}]})";
  Block block;
  block.takes_rejects = true;
  ASSERT_TRUE(parser.parse(body, block, keep_all));
  ASSERT_EQ(block.rejects.size(), 2U);
  EXPECT_EQ(block.rejects[0].record, R"({"ID":7.5})");
  EXPECT_EQ(block.rejects[1].record, R"({"ID":null})");
}

// The records that are set aside, each with its line break.
std::string rejects_of(const Stream& stream, const RecordSelector& selector, std::string body,
                       std::string& lines) {
  const auto projection = *Projection::create(stream, {});
  Block block;
  block.takes_rejects = true;
  const auto page = RecordParser(projection, selector).parse(body, block, keep_all);
  EXPECT_TRUE(page) << page.error().message;
  lines = block.lines;
  std::string rejects;
  for (const auto& [record, reason] : block.rejects) rejects += record + "\n";
  return rejects;
}

TEST(RecordParser, SetsAsideRecordsOfAMapAndOfJsonLines) {
  std::string lines;
  EXPECT_EQ(
      rejects_of(people, {.map_key = "name"},
                 R"({"a":{"age":1},"b":{"age":"old", "x":[ 1.50 ]},"c":{"age":[]},"d":{"age":4}})", lines),
      "{\"age\":\"old\",\"x\":[1.50]}\n{\"age\":[]}\n");
  EXPECT_EQ(lines, "{\"name\":\"a\",\"age\":1}\n{\"name\":\"d\",\"age\":4}\n");
  EXPECT_EQ(rejects_of(numbers, {.format = RecordSelector::Format::json_lines},
                       "{\"n\":1}\r\n\r\n{ \"n\" : \"\\u0041\" }\r\n{\"n\":3}\n{\"n\":{}}", lines),
            "{\"n\":\"A\"}\n{\"n\":{}}\n");
  EXPECT_EQ(lines, "{\"n\":1}\n{\"n\":3}\n");
}

TEST(RecordParser, ARejectOfAStreamWithCopiesIsTheRecord) {
  std::string lines;
  EXPECT_EQ(rejects_of(copies, {}, R"([{"n":"x","new":[1]},{"n":2,"new":3}])", lines),
            "{\"n\":\"x\",\"new\":[1]}\n");
  EXPECT_EQ(lines, R"({"n":2,"all":{"n":2,"new":3},"others":{"new":3},"city":null})"
                   "\n");
}

TEST(RecordParser, ARejectThatTheVisitorDiscardsIsGone) {
  const auto projection = *Projection::create(opens, {});
  RecordParser parser(projection, {.records = "/Rows", .total = "/Total"});
  auto body = with_row(R"({"ID":"b","At":7})");
  Block block;
  block.takes_rejects = true;
  ASSERT_TRUE(parser.parse(
      body, block, [](const Row& row, std::string&) { return row.is_rejected ? Keep::no : Keep::yes; }));
  EXPECT_EQ(block.count, 2U);
  EXPECT_TRUE(block.rejects.empty());
}

TEST(RecordParser, ARecordThatCannotBeReadIsAnErrorWithItsKeyWhereRejectsAreNotTaken) {
  EXPECT_EQ(parse(with_row(R"({"At":7,"ID":"b"})")).page.error().message,
            "opens: cannot read at at /At: expected a timestamp, found a number, in the row with the key "
            "\"b\"; row 2 of "
            "the response (--rejects sets such rows aside)");
  EXPECT_EQ(parse(with_row(R"({"At":7,"ID":"b@example.com"})")).page.error().message,
            "opens: cannot read at at /At: expected a timestamp, found a number; row 2 of the response "
            "(--rejects sets such "
            "rows aside)")
      << "an address is personal";
}

TEST(RecordParser, AConverterCannotMakeAKeyNull) {
  const Stream stream{
      .name = "days",
      .key = {"day"},
      .columns = {{.name = "day", .type = Type::date, .path = "/Day", .convert = date_in_text},
                  {.name = "end", .type = Type::date, .path = "/End", .convert = date_in_text}}};
  const auto projection = *Projection::create(stream, {});
  RecordParser parser(projection, {});
  Block block;
  const auto keep = [](const Row&, std::string&) { return Keep::yes; };
  std::string body = R"({"Day":"2026-01-31","End":""})";
  ASSERT_TRUE(parser.parse(body, block, keep));
  EXPECT_EQ(block.lines, "{\"day\":\"2026-01-31\",\"end\":null}\n");
  body = R"({"Day":"","End":""})";
  const auto parsed = parser.parse(body, block, keep);
  ASSERT_FALSE(parsed);
  EXPECT_NE(parsed.error().message.find("cannot read day at /Day"), std::string::npos)
      << parsed.error().message;
}

}  // namespace
}  // namespace tapster
