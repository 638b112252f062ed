#include "catalog/json_schema.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tapster::host {
namespace {

const json::object schema = json::parse(R"({"type":["object"],"properties":{
    "id":{"type":["integer"]},"at":{"type":["null","string"],"format":"date-time"},
    "to":{"type":["null","array"],"items":{"type":"object","properties":{"Email":{"type":["null","string"]}}}}}})")
                                .as_object();

std::string why_not(std::string_view lines) {
  const auto check = RecordCheck::create(schema);
  EXPECT_TRUE(check);
  const auto fits = check->check(lines);
  if (fits) return {};
  EXPECT_EQ(fits.error().status, Status::internal);
  return fits.error().message;
}

TEST(RecordCheck, AcceptsValidRecords) {
  EXPECT_EQ(why_not(""), "");
  EXPECT_EQ(why_not("{\"id\":1,\"at\":\"2026-01-31T12:00:00.000000Z\",\"to\":[{\"Email\":\"a@b.c\"}]}\n"
                    "{\"id\":9223372036854775807,\"at\":null,\"to\":null}\n"),
            "");
}

TEST(RecordCheck, NamesTheRecordAndColumnButNotTheValue) {
  EXPECT_EQ(why_not("{\"id\":1}\n{\"id\":\"jane@example.com\"}\n"),
            "record 2 of the batch does not fit its schema: \"id\" must be an integer");
  EXPECT_EQ(
      why_not("{\"at\":\"yesterday\"}\n"),
      "record 1 of the batch does not fit its schema: \"at\" must be a time such as 2026-01-31T12:00:00Z");
  EXPECT_EQ(why_not("{\"to\":[{\"Email\":1}]}\n"),
            "record 1 of the batch does not fit its schema: \"to\"[0].\"Email\" must be null or a string");
  EXPECT_EQ(why_not("{\"id\":1,\"extra\":2}\n"),
            "record 1 of the batch does not fit its schema: the schema has no \"extra\"");
  EXPECT_EQ(why_not("{\"id\":1}\n[1]\n"), "record 2 of the batch must be a JSON object, not array");
  EXPECT_EQ(why_not("{\"id\":1}\n{\"id\":\n"),
            "record 2 of the batch is not JSON: it ends too early at line 1, column 7");
  EXPECT_EQ(why_not("{\"id\":null}\n"),
            "record 1 of the batch does not fit its schema: \"id\" must be an integer");
  EXPECT_EQ(why_not("{\"id\":1,\"to\":7,\"at\":1}\n"),
            "record 1 of the batch does not fit its schema: \"at\" must be a time such as "
            "2026-01-31T12:00:00Z; \"to\" must be null or an array");
}

TEST(RecordCheck, AnInvalidSchemaIsAnError) {
  EXPECT_FALSE(RecordCheck::create(json::parse(R"({"type":7})").as_object()));
}

std::string errors(std::string_view schema_text, std::string_view document) {
  const auto found = schema_errors(json::parse(document).as_object(), json::parse(schema_text).as_object());
  EXPECT_TRUE(found) << found.error().message;
  return fmt::format("{}", fmt::join(*found, "; "));
}

TEST(SchemaErrors, NameTheKeywordThatWordsDoNotDescribe) {
  EXPECT_EQ(errors(R"({"properties":{"a":{"type":"string","maxLength":2}}})", R"({"a":"abc"})"),
            "\"a\" must be a string that satisfies \"maxLength\": 2, but is \"abc\"");
  EXPECT_EQ(errors(R"({"properties":{"a":{"anyOf":[{"type":"null"},{"minimum":5}]}}})", R"({"a":1})"),
            "\"a\" must be null or a value of at least 5, but is 1");
  EXPECT_EQ(errors(R"({"type":"object","minProperties":1})", "{}"),
            "the document must be an object that satisfies \"minProperties\": 1");
}

TEST(SchemaErrors, ShowAUrlWithoutItsPassword) {
  for (const auto* url :
       {"ftp://user:s3cret@host/path", "ftp://user:s3/cret@host/path", "ftp://user:s3cret word@@host/path"})
    EXPECT_EQ(errors(R"({"properties":{"a":{"pattern":"^https:"}}})", fmt::format(R"({{"a":"{}"}})", url)),
              "\"a\" must be a value that matches ^https:, but is \"ftp://***@host/path\"");
  EXPECT_EQ(errors(R"({"properties":{"a":{"pattern":"^https:"}}})", R"({"a":"ftp://host/?token=s3cret"})"),
            "\"a\" must be a value that matches ^https:, but is \"ftp://host/?***\"");
}

TEST(SchemaErrors, NameMembersThatTheSchemaDoesNotHave) {
  EXPECT_EQ(errors(R"({"properties":{"a":{"properties":{"b":{}},"additionalProperties":false}}})",
                   R"({"a":{"b":1,"c":2}})"),
            "the schema has no \"a\".\"c\"");
}

TEST(SchemaErrors, NeverShowASecretHoweverItsSchemaIsReached) {
  constexpr std::string_view hidden = "\"token\" must be a value with at least 9 characters";
  for (
      const auto* text : {
          R"({"properties":{"token":{"secret":true,"minLength":9}}})",
          R"({"properties":{"token":{"secret":true,"$ref":"#/definitions/token"}},"definitions":{"token":{"minLength":9}}})",
          R"({"properties":{"token":{"$ref":"#/definitions/token"}},"definitions":{"token":{"secret":true,"minLength":9}}})",
          R"({"properties":{"token":{"secret":true,"allOf":[{"minLength":9}]}}})",
          R"({"properties":{"token":{"secret":true}},"allOf":[{"properties":{"token":{"minLength":9}}}]})",
          R"({"properties":{"token":{"secret":true}},"patternProperties":{"t":{"minLength":9}}})",
      }) {
    EXPECT_EQ(errors(text, R"({"token":"sesame"})"), hidden) << text;
  }
}

}  // namespace
}  // namespace tapster::host
