#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <tapster/record_parser.hpp>

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
                   .columns = {{"id", Type::string, "/ID", ""},
                               {"at", Type::timestamp, "/At", ""},
                               {"loud", Type::string, "/Word", "", shout},
                               {"word", Type::string, "/Word", ""},
                               {"seconds", Type::integer, "/Seconds", ""},
                               {"rate", Type::number, "/Rate", ""},
                               {"first", Type::boolean, "/First", ""},
                               {"city", Type::string, "/Geo/City", ""},
                               {"country", Type::string, "/Geo/Country", ""},
                               {"to", Type::array, "/To", ""},
                               {"metadata", Type::object, "/Metadata", ""},
                               {"events", Type::string, "", ""}}};

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
  RecordParser parser(projection, {"Rows", "Total"});
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
  const Stream stream{
      .name = "s", .description = "", .key = {}, .columns = {{"a", Type::integer, "/a~1b/c~0d", ""}}};
  const auto projection = *Projection::create(stream, {});
  RecordParser parser(projection, {"Rows", ""});
  std::string body = R"({"Rows":[{"a/b":{"c~d":7}}]})";
  Block block;
  ASSERT_TRUE(parser.parse(body, block, keep_all));
  EXPECT_EQ(block.lines, "{\"a\":7}\n");
}

TEST(RecordParser, AConstantForAnUnknownColumnIsAnError) {
  const auto projection = *Projection::create(opens, {});
  std::string body = R"({"Rows":[]})";
  Block block;
  const auto page = RecordParser(projection, {"Rows", ""}).parse(body, block, keep_all, {{"when", "1"}});
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

TEST(RecordParser, AResponseOfAnotherShapeIsTransient) {
  for (const auto* body :
       {"<html>busy</html>", "{}", "[]", "null", "7", "\"x\"", R"({"Rows":null})", R"({"Rows":{}})",
        R"({"Rows":[1]})", R"({"Rows":[[]]})", R"({"Rows":[null]})", R"({"Rows":["x"]})",
        R"({"Rows":[true]})", R"({"Rows":[]} {})", R"({"ErrorCode":0})"}) {
    const auto parsed = parse(body);
    ASSERT_FALSE(parsed.page) << body;
    EXPECT_EQ(parsed.page.error().status, Status::transient) << body;
  }
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

TEST(RecordParser, AConstantColumnIsInEveryRecordButNotInTheRowKey) {
  Stream stream = opens;
  stream.columns.push_back({"account", Type::integer, "", ""});
  stream.key.insert(stream.key.begin(), "account");
  const auto projection = Projection::create(stream, {"/seconds"})->with("account", "12");
  RecordParser parser(projection, {"Rows", "Total"});
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
  RecordParser parser(projection, {"Rows", "Total"});
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
      .columns = {{"id", Type::string, "/ID", ""}, {"link", Type::string, "/Link", "", nullptr, R"("")"}}};
  const auto projection = *Projection::create(clicks, {});
  RecordParser parser(projection, {"Rows", {}});
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

// A response with a row that cannot be read among others.
std::string with_row(const std::string& odd) {
  return "{ \"Total\" : 3, \"Other\":[{\"Rows\":[1]}], \"Rows\" : [ {" + std::string(id_and_at) + "},\n " +
         odd + " , {\"ID\":\"c\",\"At\":\"2026-01-03T00:00:00Z\"} ] }";
}

// A stream of one timestamp, whose texts without an offset are New York's.
Stream stream_of_time(std::string_view missing = "null") {
  return {.name = "s",
          .description = "",
          .key = {},
          .columns = {{.name = "at",
                       .type = Type::timestamp,
                       .path = "/At",
                       .description = "",
                       .missing = missing,
                       .zone = "America/New_York"}}};
}

std::string time_read(const Stream& stream, std::string_view text) {
  const auto projection = *Projection::create(stream, {});
  std::string body = "{\"Rows\":[{\"At\":\"" + std::string(text) + "\"}]}";
  Block block;
  const auto page = RecordParser(projection, {"Rows", ""}).parse(body, block, keep_all);
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
  RecordParser parser(projection, {"Rows", "Total"});
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
  RecordParser parser(projection, {"Rows", "Total"});
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
    EXPECT_EQ(block.rejects[0].record, record);
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
  RecordParser parser(projection, {"Rows", "Total"});
  std::string body = R"({"R\u006fws":[{"ID":7.5}],"Rows":[{"ID":null}]})";
  Block block;
  block.takes_rejects = true;
  ASSERT_TRUE(parser.parse(body, block, keep_all));
  ASSERT_EQ(block.rejects.size(), 2U);
  EXPECT_EQ(block.rejects[0].record, R"({"ID":7.5})");
  EXPECT_EQ(block.rejects[1].record, R"({"ID":null})");
}

TEST(RecordParser, ARejectThatTheVisitorDiscardsIsGone) {
  const auto projection = *Projection::create(opens, {});
  RecordParser parser(projection, {"Rows", "Total"});
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

}  // namespace
}  // namespace tapster
