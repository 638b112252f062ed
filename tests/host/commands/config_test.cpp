#include "commands/config.hpp"

#include <gtest/gtest.h>

#include <map>

#include "temporary.hpp"

namespace tapster::host {
namespace {

json::object spec() {
  return json::parse(R"({
    "type": "object",
    "additionalProperties": false,
    "required": ["token", "start_date"],
    "properties": {
      "token": {"type": "string", "minLength": 1, "secret": true, "description": "the API's token"},
      "start_date": {"type": "string", "format": "date", "description": "the first day to read, YYYY-MM-DD"},
      "updated": {"type": "string", "format": "date-time"},
      "since": {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]},
      "jobs": {"type": "integer", "minimum": 1, "maximum": 64},
      "ratio": {"type": "number", "minimum": 0},
      "mode": {"enum": ["fast", "slow"]},
      "strict": {"type": "boolean"},
      "base_url": {"type": "string", "format": "uri", "pattern": "^https?://"},
      "streams": {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
      "tags": {"type": "array", "uniqueItems": true},
      "redact": {"type": "object", "additionalProperties": {"enum": ["hash", "mask", "drop"]}},
      "days": {"type": "object", "additionalProperties": {"type": "string", "format": "date"}},
      "proxy": {"type": "object", "required": ["host"], "properties": {
        "host": {"type": "string", "description": "where the proxy is"},
        "password": {"type": "string", "secret": true, "pattern": "^[a-z]+$"}}}
    }})")
      .as_object();
}

// A test's config file, what reading it gave, and the log.
struct Reading {
  TemporaryDirectory directory;
  TestLog log;

  std::string file() { return (directory.path() / "config.json").string(); }
  Outcome<json::object> read(const std::string& text) {
    return read_config({directory.write("config.json", text)}, "some-source", spec(), log.log());
  }
  // The message without the file's name in front.
  std::string error(const std::string& text) {
    const auto config = read(text);
    if (config) return "no error";
    EXPECT_EQ(config.error().exit, Exit::usage);
    EXPECT_TRUE(config.error().message.starts_with(file() + ":")) << config.error().message;
    return config.error().message.substr(file().size() + 2);
  }
  std::string error_of(const std::string& member) {
    return error(R"({"token":"sesame-street","start_date":"2026-01-31",)" + member + "}");
  }
};

TEST(Config, SecretsInArraysAndObjectsAreHidden) {
  auto with_keys = spec();
  with_keys["properties"].as_object()["keys"] = json::parse(R"({"type":"array","secret":true})");
  with_keys["properties"].as_object()["accounts"] = json::parse(
      R"({"type":"array","items":{"type":"object","properties":{"key":{"type":"string","secret":true}}}})");
  Reading reading;
  const auto file = reading.directory.write(
      "keys.json",
      R"({"token":"first-key","start_date":"2026-01-31","keys":["second-key",{"x":["third-key"]},12345678],)"
      R"("accounts":[{"key":"fourth-key"}],"proxy":{"host":"h","password":"fifthkey"}})");
  EXPECT_TRUE(read_config({file}, "some-source", with_keys, reading.log.log()));
  EXPECT_EQ(reading.log.log().redact("first-key second-key third-key 12345678 fourth-key fifthkey"),
            "*** *** *** *** *** ***");
}

TEST(Config, IsReadUnchanged) {
  Reading reading;
  const auto config =
      reading.read(R"({"token":"sesame","start_date":"2026-01-31","jobs":4,"proxy":{"host":"p"}})");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(json::value(*config),
            json::parse(R"({"token":"sesame","start_date":"2026-01-31","jobs":4,"proxy":{"host":"p"}})"));
  EXPECT_EQ(reading.log.text(), "");
}

TEST(Config, NamesAMissingSettingAndItsDescription) {
  Reading reading;
  EXPECT_EQ(reading.error(R"({"token":"sesame"})"),
            "\"start_date\" is required: the first day to read, YYYY-MM-DD");
  EXPECT_EQ(reading.error_of(R"("proxy":{})"), "\"proxy\".\"host\" is required: where the proxy is");
}

TEST(Config, ReportsTheExpectedAndTheActualValue) {
  Reading reading;
  EXPECT_EQ(reading.error_of(R"("jobs":"x")"), "\"jobs\" must be an integer from 1 to 64, but is \"x\"");
  EXPECT_EQ(reading.error_of(R"("jobs":65)"), "\"jobs\" must be an integer from 1 to 64, but is 65");
  EXPECT_EQ(reading.error_of(R"("jobs":null)"), "\"jobs\" must be an integer from 1 to 64, but is null");
  EXPECT_EQ(reading.error_of(R"("ratio":-1)"), "\"ratio\" must be a number of at least 0, but is -1");
  EXPECT_EQ(reading.error_of(R"("mode":"quick")"),
            "\"mode\" must be one of \"fast\" and \"slow\", but is \"quick\"");
  EXPECT_EQ(reading.error_of(R"("strict":"yes")"), "\"strict\" must be true or false, but is \"yes\"");
  EXPECT_EQ(reading.error_of(R"("base_url":"ftp://host")"),
            "\"base_url\" must be a URL that matches ^https?://, but is \"ftp://host\"");
  EXPECT_EQ(reading.error_of(R"("streams":[])"), "\"streams\" must be an array with at least 1 item");
  EXPECT_EQ(reading.error_of(R"("tags":["a","b","a"])"), "\"tags\" must be an array without duplicate items");
  EXPECT_EQ(reading.error_of(R"("streams":["a",""])"),
            "\"streams\"[1] must be a string with at least 1 character, but is \"\"");
  EXPECT_EQ(reading.error_of(R"("proxy":[])"), "\"proxy\" must be an object, but is an array");
}

TEST(Config, ReportsTheExpectedValueOfAnAdditionalProperty) {
  Reading reading;
  EXPECT_EQ(reading.error_of(R"("redact":{"*.subject":"encrypt"})"),
            "\"redact\".\"*.subject\" must be one of \"hash\", \"mask\" and \"drop\", but is \"encrypt\"");
  EXPECT_EQ(reading.error_of(R"("days":{"first":"2026-02-30"})"),
            "\"days\".\"first\" must be a day such as 2026-01-31, but is \"2026-02-30\"");
}

TEST(Config, ChecksFormats) {
  Reading reading;
  for (const std::string day : {"", "2026-02-30", "2026-1-31", "31.01.2026", "2026-01-31T00:00:00Z"}) {
    EXPECT_EQ(reading.error(R"({"token":"sesame","start_date":")" + day + "\"}"),
              "\"start_date\" must be a day such as 2026-01-31, but is \"" + day + "\"");
  }
  EXPECT_EQ(reading.error_of(R"("updated":"2026-01-31")"),
            "\"updated\" must be a time such as 2026-01-31T12:00:00Z, but is \"2026-01-31\"");
  EXPECT_EQ(reading.error_of(R"("base_url":"http://a b")"),
            "\"base_url\" must be a URL that matches ^https?://, but is \"http://a b\"");
  EXPECT_EQ(reading.error(R"({"token":"sesame","start_date":20260131})"),
            "\"start_date\" must be a day such as 2026-01-31, but is 20260131");
}

TEST(Config, ReportsAllErrorsAtOnce) {
  Reading reading;
  const auto config = reading.read(R"({"token":"sesame","jobs":0})");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message, reading.file() +
                                        ":\n\"jobs\" must be an integer from 1 to 64, but is 0"
                                        "\n\"start_date\" is required: the first day to read, YYYY-MM-DD");
}

TEST(Config, DoesNotMatchAPatternAgainstAnOverlongString) {
  Reading reading;
  EXPECT_EQ(reading.error_of(R"("proxy":{"host":"p","password":")" + std::string(100'000, 'a') + "\"}"),
            "\"proxy\".\"password\" must be at most 4096 bytes long");
}

TEST(Config, NeverShowsASecret) {
  Reading reading;
  EXPECT_EQ(reading.error(R"({"token":12345678,"start_date":"2026-01-31"})"),
            "\"token\" must be a string with at least 1 character");
  EXPECT_EQ(reading.error_of(R"("proxy":{"host":"p","password":"OpenSesame"})"),
            "\"proxy\".\"password\" must be a string that matches ^[a-z]+$");
  EXPECT_EQ(reading.log.log().redact("sesame-street 12345678 OpenSesame"), "*** *** ***");
}

TEST(Config, WarnsOfAnUnknownKey) {
  Reading reading;
  const auto config = reading.read(R"({"token":"sesame","start_date":"2026-01-31","base_ulr":"x","zzz":1})");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(reading.log.text(),
            "2026-11-23T12:00:00Z WARNING  tapster: " + reading.file() +
                ": the connector has no setting \"base_ulr\"; did you mean \"base_url\"?\n"
                "2026-11-23T12:00:00Z WARNING  tapster: " +
                reading.file() + ": the connector has no setting \"zzz\"\n");
}

TEST(Config, TakesValuesFromTheEnvironment) {
  Reading reading;
  ::setenv("TAPSTER_TEST_TOKEN", "open-sesame", 1);
  ::setenv("TAPSTER_TEST_JOBS", "8", 1);
  const auto config = reading.read(
      R"({"token":"${TAPSTER_TEST_TOKEN}","start_date":"2026-01-31","jobs":"${TAPSTER_TEST_JOBS}",
          "proxy":{"host":"${TAPSTER_TEST_TOKEN}"}})");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->at("token"), "open-sesame");
  EXPECT_EQ(config->at("jobs"), 8);
  EXPECT_EQ(config->at("proxy").at("host"), "open-sesame");
  EXPECT_EQ(reading.log.log().redact("open-sesame"), "***");
}

TEST(Config, NamesAVariableThatIsNotSet) {
  Reading reading;
  ::unsetenv("TAPSTER_TEST_UNSET");
  EXPECT_EQ(reading.error(R"({"token":"${TAPSTER_TEST_UNSET}","start_date":"2026-01-31"})"),
            "\"token\" uses the environment variable TAPSTER_TEST_UNSET, which is not set");
}

// JSON would not take it, and the error would be about the document that the connector gets.
TEST(Config, NamesAVariableThatIsNotUtf8) {
  Reading reading;
  ::setenv("TAPSTER_TEST_LATIN", "caf\xE9", 1);
  EXPECT_EQ(reading.error(R"({"token":"${TAPSTER_TEST_LATIN}","start_date":"2026-01-31"})"),
            "\"token\" uses the environment variable TAPSTER_TEST_LATIN, which is not UTF-8");
  ::setenv("TAPSTER_TEST_LATIN", "caf\xC3\xA9", 1);
  EXPECT_EQ(reading.error(R"({"token":"${TAPSTER_TEST_LATIN}","start_date":"2026-01-31"})"), "no error");
  ::setenv("TAP_SOME_SOURCE_TOKEN", "caf\xE9", 1);
  const auto config = read_config({"ENV"}, "some-source", spec(), reading.log.log());
  ::unsetenv("TAP_SOME_SOURCE_TOKEN");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().exit, Exit::usage);
  EXPECT_EQ(config.error().message,
            "the environment variable TAP_SOME_SOURCE_TOKEN must be UTF-8, for \"token\"");
}

TEST(Config, ReplacesVariablesInsideLongerStrings) {
  Reading reading;
  ::setenv("TAPSTER_TEST_HOST", "example.com", 1);
  ::setenv("TAPSTER_TEST_TOKEN", "open-sesame", 1);
  const auto config = reading.read(
      R"({"token":"x-${TAPSTER_TEST_TOKEN}","start_date":"2026-01-31","streams":["${TAPSTER_TEST_HOST}"],
          "base_url":"https://${TAPSTER_TEST_HOST}/${TAPSTER_TEST_HOST}?$${A}$${$1}$"})");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->at("token"), "x-open-sesame");
  EXPECT_EQ(config->at("base_url"), "https://example.com/example.com?${A}${$1}$");
  EXPECT_EQ(config->at("streams").at(0), "example.com");
  // Hidden completely; if the source shows one part, the other part is hidden.
  EXPECT_EQ(reading.log.log().redact("x-open-sesame open-sesame example.com"), "*** *** example.com");
}

TEST(Config, RefusesAnUnterminatedVariable) {
  Reading reading;
  for (const std::string text : {"${", "a${", "${}", "${A B}", "${A"}) {
    EXPECT_EQ(reading.error(R"({"token":")" + text + "\"}"),
              "\"token\" has a \"${\" without the name of an environment variable and a \"}\" after it; "
              "write \"$${\" for a literal \"${\"")
        << text;
  }
}

TEST(Config, TheLastOfSeveralSourcesWins) {
  TemporaryDirectory directory;
  TestLog log;
  const std::string first = directory.write(
      "first.json", R"({"token":"first-token","jobs":2,"proxy":{"host":"a","password":"b"}})");
  const std::string second =
      directory.write("second.json", R"({"jobs":3,"start_date":"2026-01-31","proxy":{"host":"c"}})");
  ::setenv("TAP_SOME_SOURCE_TOKEN", "from-the-environment", 1);
  const auto config = read_config({first, second, "ENV"}, "some-source", spec(), log.log());
  const auto other = read_config({second, "ENV", first}, "some-source", spec(), log.log());
  ::unsetenv("TAP_SOME_SOURCE_TOKEN");
  ASSERT_TRUE(config && other);
  EXPECT_EQ(
      json::value(*config),
      json::parse(
          R"({"token":"from-the-environment","jobs":3,"proxy":{"host":"c"},"start_date":"2026-01-31"})"));
  EXPECT_EQ(other->at("token"), "first-token");
  EXPECT_EQ(other->at("jobs"), 2);
  EXPECT_EQ(log.log().redact("first-token from-the-environment"), "*** ***");
  const auto missing = read_config({first, "ENV"}, "some-source", spec(), log.log());
  ASSERT_FALSE(missing);
  EXPECT_EQ(
      missing.error().message,
      first +
          ", ENV: \"start_date\" is required (in the environment TAP_SOME_SOURCE_START_DATE): the first "
          "day to read, YYYY-MM-DD");
}

TEST(Config, TakesTheTypesOfVariablesFromTheSpec) {
  TestLog log;
  const std::map<std::string, std::string> variables{{"TAP_SOME_SOURCE_TOKEN", "12345"},
                                                     {"TAP_SOME_SOURCE_START_DATE", "2026-01-31"},
                                                     {"TAP_SOME_SOURCE_JOBS", "8"},
                                                     {"TAP_SOME_SOURCE_STRICT", "true"},
                                                     {"TAP_SOME_SOURCE_RATIO", "0.5"},
                                                     {"TAP_SOME_SOURCE_STREAMS", R"(["a","b"])"},
                                                     {"TAP_SOME_SOURCE_MODE", "fast"},
                                                     {"TAP_SOME_SOURCE_PROXY", R"({"host":"p"})"},
                                                     {"TAP_SOME_SOURCE_BASE_URL", "http://${x"}};
  for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
  const auto config = read_config({"ENV"}, "some-source", spec(), log.log());
  ::setenv("TAP_SOME_SOURCE_JOBS", "eight", 1);
  const auto wrong = read_config({"ENV"}, "some-source", spec(), log.log());
  for (const auto& [name, value] : variables) ::unsetenv(name.c_str());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(json::value(*config),
            json::parse(R"({"token":"12345","start_date":"2026-01-31","jobs":8,"strict":true,
    "ratio":0.5,"streams":["a","b"],"mode":"fast","proxy":{"host":"p"},"base_url":"http://${x"})"));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().exit, Exit::usage);
  EXPECT_EQ(wrong.error().message,
            "the environment variable TAP_SOME_SOURCE_JOBS must be a number, for the integer \"jobs\"");
}

// Reads these variables of the connector, without the prefix of their names.
Outcome<json::object> from_environment(const std::map<std::string, std::string>& variables) {
  TestLog log;
  for (const auto& [name, value] : variables) ::setenv(("TAP_SOME_SOURCE_" + name).c_str(), value.c_str(), 1);
  auto config = read_config({"ENV"}, "some-source", spec(), log.log());
  for (const auto& [name, value] : variables) ::unsetenv(("TAP_SOME_SOURCE_" + name).c_str());
  return config;
}

TEST(Config, AnEmptyVariableIsNotSet) {
  const auto config = from_environment(
      {{"TOKEN", "sesame"}, {"START_DATE", "2026-01-31"}, {"JOBS", ""}, {"STRICT", ""}, {"STREAMS", ""}});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(json::value(*config), json::parse(R"({"token":"sesame","start_date":"2026-01-31"})"));
  const auto missing = from_environment({{"TOKEN", ""}, {"START_DATE", "2026-01-31"}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message,
            "ENV: \"token\" is required (in the environment TAP_SOME_SOURCE_TOKEN): the API's token");
}

TEST(Config, VariablesGiveBooleansAndListsAsPeopleWriteThem) {
  const auto with = [](const std::string& name, const std::string& text, const std::string& key) {
    const auto config = from_environment({{"TOKEN", "sesame"}, {"START_DATE", "2026-01-31"}, {name, text}});
    return config ? json::serialize(config->at(key)) : config.error().message;
  };
  for (const auto* text : {"true", "True", "TRUE", "1"}) EXPECT_EQ(with("STRICT", text, "strict"), "true");
  for (const auto* text : {"false", "False", "0"}) EXPECT_EQ(with("STRICT", text, "strict"), "false");
  EXPECT_EQ(with("STRICT", "yes", "strict"),
            "the environment variable TAP_SOME_SOURCE_STRICT must be true, false, 1 or 0, for the boolean "
            "\"strict\"");
  EXPECT_EQ(with("STREAMS", "a, b,c d", "streams"), R"(["a","b","c d"])");
  EXPECT_EQ(with("STREAMS", R"(["a,b"])", "streams"), R"(["a,b"])");
  EXPECT_EQ(with("STREAMS", "12", "streams"), R"(["12"])");
  EXPECT_EQ(with("PROXY", "host", "proxy"),
            "the environment variable TAP_SOME_SOURCE_PROXY must be JSON, for the object \"proxy\"");
}

TEST(Config, AFileMayBeginWithAByteOrderMark) {
  Reading reading;
  const auto config = reading.read(
      "\xEF\xBB\xBF"
      R"({"token":"sesame","start_date":"2026-01-31"})");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->at("token"), "sesame");
}

TEST(Config, NamesTheAlternativesOfASetting) {
  Reading reading;
  EXPECT_EQ(reading.error_of(R"("since":"yesterday")"),
            "\"since\" must be a day such as 2026-01-31 or a time such as 2026-01-31T12:00:00Z, but is "
            "\"yesterday\"");
  EXPECT_TRUE(
      reading.read(R"({"token":"sesame","start_date":"2026-01-31","since":"2026-01-31T00:00:00.000000Z"})"));
}

TEST(Config, WarnsOfAVariableThatIsNotASetting) {
  TestLog log;
  const std::map<std::string, std::string> variables{
      {"TAP_SOME_SOURCE_TOKEN", "sesame"}, {"TAP_SOME_SOURCE_START_DATE", "2026-01-31"},
      {"TAP_SOME_SOURCE_JOB", "8-secret"}, {"TAP_SOME_SOURCE_ZZZ", "zzz-secret"},
      {"TAP_SOME_SOURCE__SELECT", "[]"},   {"TAP_SOME_OTHER_TOKN", "other"}};
  for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
  const auto config = read_config({"ENV"}, "some-source", spec(), log.log());
  const auto before = log.text();
  TemporaryDirectory directory;
  const auto file = directory.write("c.json", R"({"token":"sesame","start_date":"2026-01-31"})");
  EXPECT_TRUE(read_config({file}, "some-source", spec(), log.log()));
  for (const auto& [name, value] : variables) ::unsetenv(name.c_str());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(
      before,
      "2026-11-23T12:00:00Z WARNING  tapster: ENV: the connector has no setting for TAP_SOME_SOURCE_JOB; "
      "did you mean \"TAP_SOME_SOURCE_JOBS\"?\n"
      "2026-11-23T12:00:00Z WARNING  tapster: ENV: the connector has no setting for TAP_SOME_SOURCE_ZZZ\n");
  EXPECT_EQ(log.text(), before) << "of a file the variables are no business";
}

TEST(Config, NamesAMissingFile) {
  TestLog log;
  const auto config = read_config({"/no/such/config.json"}, "some-source", spec(), log.log());
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().exit, Exit::usage);
  EXPECT_EQ(config.error().message, "/no/such/config.json cannot be opened: No such file or directory");
}

TEST(Config, ReportsWhereItIsNotJson) {
  Reading reading;
  const auto config = reading.read("{\n  \"token\": \"sesame\",\n}");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().exit, Exit::usage);
  EXPECT_EQ(config.error().message, reading.file() + " is not JSON: syntax error at line 3, column 1");
  EXPECT_EQ(reading.read("").error().message, reading.file() + " is not JSON: it is empty");
  EXPECT_EQ(reading.read("[]").error().message, reading.file() + " must be a JSON object, not array");
}

TEST(Config, ReportsAnInvalidSpecOfTheConnector) {
  TemporaryDirectory directory;
  TestLog log;
  const auto broken = json::parse(R"({"properties":{"a":{"type":"strnig"}}})").as_object();
  const auto config = read_config({directory.write("config.json", "{}")}, "some-source", broken, log.log());
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().exit, Exit::failed);
}

}  // namespace
}  // namespace tapster::host
