#include <gtest/gtest.h>

#include <tapster/json.hpp>

namespace tapster {
namespace {

std::string error_of(std::string_view text) {
  const auto parsed = parse_json_object(text, "config.json");
  return parsed ? "" : parsed.error().message;
}

std::string escaped(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(ParseJson, ReadsAnObject) {
  const auto parsed = parse_json_object(" {\"a\": [1, \"x\"]} \n", "config.json");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(json::serialize(*parsed), R"({"a":[1,"x"]})");
}

TEST(ParseJson, AnErrorHasLineAndColumn) {
  EXPECT_NE(error_of("{\n  \"a\": 1,\n  oops\n}").find("config.json is not JSON"), std::string::npos);
  EXPECT_NE(error_of("{\n  \"a\": 1,\n  oops\n}").find("line 3"), std::string::npos);
}

TEST(ParseJson, RejectsAnythingButOneObject) {
  EXPECT_NE(error_of("").find("it is empty"), std::string::npos);
  EXPECT_NE(error_of("  \n").find("it is empty"), std::string::npos);
  EXPECT_NE(error_of("{\"a\":1").find("ends too early"), std::string::npos);
  EXPECT_NE(error_of("{} {}").find("unexpected text after the end"), std::string::npos);
  EXPECT_NE(error_of("[1]").find("must be a JSON object, not array"), std::string::npos);
}

TEST(ParseJson, LimitsTheDepth) {
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  EXPECT_FALSE(parse_json(deep, "x"));
}

TEST(AppendJsonInteger, RemovesLeadingZeros) {
  const auto written = [](std::string_view text) {
    std::string out = "[";
    return append_json_integer(out, text) ? out : out + "rejected";
  };
  EXPECT_EQ(written("12"), "[12");
  EXPECT_EQ(written("0012"), "[12");
  EXPECT_EQ(written("-007"), "[-7");
  EXPECT_EQ(written("-100"), "[-100");
  for (const auto* zero : {"0", "000", "-0", "-00"}) EXPECT_EQ(written(zero), "[0") << zero;
  EXPECT_EQ(written("00123456789012345678901234567890"), "[123456789012345678901234567890");
  for (const auto* text : {"", "-", "--1", "+1", "1.0", "1e3", " 1", "1 ", "0x1", "one"})
    EXPECT_EQ(written(text), "[rejected") << text;
}

TEST(AppendJsonString, EscapesControlCharactersAndLineBreaks) {
  EXPECT_EQ(escaped("plain"), R"("plain")");
  EXPECT_EQ(escaped("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(escaped("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(escaped(std::string_view("\0\x1f\x7f", 3)), R"("\u0000\u001f\u007f")");
  EXPECT_EQ(escaped("line\u2028para\u2029end"), R"("line\u2028para\u2029end")");
  EXPECT_EQ(escaped("next\u0085line, \u00a9 and a half: \xC2"),
            "\"next\\u0085line, \u00a9 and a half: \xC2\"");
}

TEST(AppendJsonString, DoesNotEscapeOtherCharacters) {
  EXPECT_EQ(escaped("é 😀 \u2027 \u202a €"), "\"é 😀 \u2027 \u202a €\"");
  EXPECT_EQ(escaped("\xE2"), "\"\xE2\"");
}

TEST(AppendJsonString, RoundTripsEveryByteBelow128) {
  std::string text;
  for (int c = 0; c < 128; ++c) text.push_back(static_cast<char>(c));
  EXPECT_EQ(view(json::parse(escaped(text)).as_string()), text);
  ASSERT_EQ(text.back(), '\x7f');
}

}  // namespace
}  // namespace tapster
