// CSV responses.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <tapster/converters.hpp>
#include <tapster/record_parser.hpp>
#include <vector>

namespace tapster {
namespace {

const Stream people{.name = "people",
                    .key = {"id"},
                    .replication_key = "at",
                    .columns = {{"id", Type::integer, "/Id"},
                                {"name", Type::string, "/Full Name"},
                                {"score", Type::number, "/Score"},
                                {"active", Type::boolean, "/Active"},
                                {"born", Type::date, "/Born"},
                                {"at", Type::timestamp, "/Changed", "", {}, R"("2000-01-01T00:00:00Z")"}}};

constexpr std::string_view header = "Id,Full Name,Score,Active,Born,Changed\n";

struct ParsedCsv {
  std::string lines, error;
  std::vector<Reject> rejects;
};

ParsedCsv parse_csv(std::string body, RecordSelector selector = {},
                    const std::vector<std::string>& columns = {}, bool takes_rejects = false,
                    const Stream& stream = people) {
  selector.format = RecordSelector::Format::csv;
  const auto projection = *Projection::create(stream, columns);
  RecordParser parser(projection, std::move(selector));
  Block block;
  block.takes_rejects = takes_rejects;
  const auto page = parser.parse(body, block, [](const Row&, std::string&) { return Keep::yes; });
  return {block.lines, page ? "" : page.error().message, block.rejects};
}

// The name column of rows "id,name".
std::string names_of(const std::string& rows, char delimiter = ',') {
  const auto parsed = parse_csv(fmt::format("Id{}Full Name\n{}", delimiter, rows), {.delimiter = delimiter},
                                {"/id", "/name", "/at"});
  if (!parsed.error.empty()) return parsed.error;
  std::string names;
  for (std::string_view rest = parsed.lines; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
    const auto row = json::parse(std::string(rest.substr(0, rest.find('\n')))).as_object();
    names += json::serialize(row.at("name")) + " ";
  }
  return names;
}

TEST(Csv, ValuesAreReadByTheTypeOfTheirColumn) {
  const auto parsed = parse_csv(std::string(header) +
                                "7,Ann,12.50,yes,1990-02-03,2026-01-01T10:00:00+01:00\n"
                                "08,007,-1e3,FALSE,,\n");
  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.lines,
            R"({"id":7,"name":"Ann","score":12.50,"active":true,"born":"1990-02-03",)"
            R"("at":"2026-01-01T09:00:00.000000Z"})"
            "\n"
            R"({"id":8,"name":"007","score":-1e3,"active":false,"born":null,"at":"2000-01-01T00:00:00Z"})"
            "\n");
}

TEST(Csv, QuotesDelimitersAndLineBreaksInsideAField) {
  EXPECT_EQ(names_of("1,\"a,b\"\n2,\"say \"\"hi\"\"\"\n3,\"two\r\nlines\n\"\n4,5\" pipe\n"),
            R"("a,b" "say \"hi\"" "two\r\nlines\n" "5\" pipe" )");
}

TEST(Csv, LinesEndInCrlfOrLfAndTheLastOneMayHaveNone) {
  EXPECT_EQ(names_of("1,a\r\n2,\"b\"\r\n\r\n\n3,c"), R"("a" "b" "c" )");
  EXPECT_EQ(names_of("1,a\rb\n2,\"c\""), R"("a\rb" "c" )");
}

TEST(Csv, AnEmptyFieldIsNullAndAnEmptyTextHasQuotes) {
  EXPECT_EQ(names_of("1,\n2,\"\"\n3, \n"), R"(null "" " " )");
  EXPECT_NE(parse_csv(std::string(header) + "\"1\",\"\",\"\",\"\",\"\",\"\"\n")
                .lines.find(R"("name":"","score":null,"active":null,"born":null,"at":"2000)"),
            std::string::npos);
}

TEST(Csv, AnotherDelimiter) {
  EXPECT_EQ(names_of("1;a,b\n", ';'), R"("a,b" )");
  EXPECT_EQ(names_of("1\ta;b\n", '\t'), R"("a;b" )");
}

TEST(Csv, NamesThatAreGivenReplaceTheHeader) {
  EXPECT_EQ(parse_csv("1,a\n2,b\n", {.columns = {"Id", "Full Name"}}, {"/id"}).lines,
            "{\"id\":1,\"at\":\"2000-01-01T00:00:00Z\"}\n{\"id\":2,\"at\":\"2000-01-01T00:00:00Z\"}\n");
  EXPECT_EQ(parse_csv("", {.columns = {"Id", "Full Name"}}).error, "");
}

TEST(Csv, AByteOrderMarkIsSkipped) {
  EXPECT_EQ(parse_csv("\xEF\xBB\xBFId\n5\n", {}, {"/id"}).lines,
            "{\"id\":5,\"at\":\"2000-01-01T00:00:00Z\"}\n");
  EXPECT_EQ(parse_csv("\xEF\xBB\xBF\"Id\"\n5\n", {}, {"/id"}).error, "");
}

TEST(Csv, ARowOfOneColumnMayBeEmpty) {
  const Stream words{.name = "words", .columns = {{"word", Type::string, "/Word"}}};
  EXPECT_EQ(parse_csv("Word\na\n\nb\n", {}, {}, false, words).lines,
            "{\"word\":\"a\"}\n{\"word\":null}\n{\"word\":\"b\"}\n");
}

TEST(Csv, ATruncatedResponseIsAnError) {
  EXPECT_EQ(parse_csv("").error, "the response is not CSV: it has no header line");
  EXPECT_EQ(names_of("1,a\n2,\"b"), "the response is not CSV: row 3 ends inside quotes");
  EXPECT_EQ(names_of("1,a\n2"), "the response ends in the middle of a row");
  EXPECT_EQ(names_of("1,\"a\"b\n"), "the response is not CSV: row 2 has text after a closing quote");
}

TEST(Csv, ARowWithAnotherNumberOfFieldsIsAnError) {
  EXPECT_EQ(names_of("1,a\n2\n3,c\n"),
            "people: a row has 1 fields, where 2 were expected, in the row with the key 2; row 2 of the "
            "response (--rejects sets such rows aside)");
  EXPECT_EQ(names_of("1,a,x\n"),
            "people: a row has 3 fields, where 2 were expected, in the row with the key 1; row 1 of the "
            "response (--rejects sets such rows aside)");
}

TEST(Csv, RowsThatCannotBeReadAreSetAside) {
  const auto parsed =
      parse_csv("Id,Full Name\n1,a\n2\nx,b\n4,d,e\n5,\xFFz\n6,f\n", {}, {"/id", "/name"}, true);
  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.lines,
            "{\"id\":1,\"name\":\"a\",\"at\":\"2000-01-01T00:00:00Z\"}\n"
            "{\"id\":6,\"name\":\"f\",\"at\":\"2000-01-01T00:00:00Z\"}\n");
  ASSERT_EQ(parsed.rejects.size(), 4U);
  EXPECT_EQ(parsed.rejects[0].record, R"({"Id":"2"})");
  EXPECT_EQ(parsed.rejects[1].record, R"({"Id":"x","Full Name":"b"})");
  EXPECT_EQ(parsed.rejects[1].reason,
            "people: cannot read id at /Id: expected an integer, found a string of 1 bytes");
  EXPECT_EQ(parsed.rejects[2].record, R"({"Id":"4","Full Name":"d","3":"e"})");
  EXPECT_EQ(parsed.rejects[3].record, "{\"Id\":\"5\",\"Full Name\":\"\xEF\xBF\xBDz\"}");
  EXPECT_EQ(parsed.rejects[3].reason,
            "people: cannot read name at /Full Name: expected a string, found 2 bytes that are not UTF-8");
}

TEST(Csv, OtherMembersAndConverters) {
  const Stream rows{
      .name = "rows",
      .columns = {{.name = "at", .type = Type::timestamp, .path = "/T", .convert = epoch_seconds},
                  {"rest", Type::object, other_members}}};
  EXPECT_EQ(parse_csv("T,A,B\n10,x,\n", {}, {}, false, rows).lines,
            R"({"at":"1970-01-01T00:00:10.000000Z","rest":{"A":"x","B":null}})"
            "\n");
}

}  // namespace
}  // namespace tapster
