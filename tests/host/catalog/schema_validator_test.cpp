#include "catalog/schema_validator.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <set>

#include "paths.hpp"
#include "support/files.hpp"

namespace tapster::host {
namespace {

SchemaValidator compiled(const json::value& schema) {
  auto validator = SchemaValidator::compile(schema);
  EXPECT_TRUE(validator) << validator.error().message;
  return *std::move(validator);
}

std::string compile_error(std::string_view schema) {
  const auto validator = SchemaValidator::compile(json::parse(schema));
  if (validator) return "";
  EXPECT_EQ(validator.error().status, Status::internal);
  return validator.error().message;
}

// Each violation as "/path keyword", in the order in which they are found.
std::vector<std::string> violations(std::string_view schema, std::string_view document) {
  const auto validator = compiled(json::parse(schema));
  const auto value = json::parse(document);
  std::vector<std::string> found;
  for (const auto& violation : validator.validate(value)) {
    std::string text;
    for (const auto& step : violation.path)
      std::visit([&](const auto& each) { text += fmt::format("/{}", each); }, step);
    found.push_back(fmt::format("{} {}", text, violation.keyword));
  }
  return found;
}

using Texts = std::vector<std::string>;

json::value read_json(const std::filesystem::path& file) {
  return json::parse(content(file));
}

// What the official tests have that we do not support: references to other documents, and "$id".
const std::set<std::string_view> remote{
    "definitions: valid definition",  // draft 7's own schema
    "definitions: invalid definition",
    "ref: remote ref, containing refs itself",
    "ref: Recursive references between schemas",  // by "$id"
    "refRemote: remote ref",
    "refRemote: fragment within remote ref",
    "refRemote: ref within remote ref",
    "refRemote: base URI change",
    "refRemote: base URI change - change folder",
    "refRemote: base URI change - change folder in subschema",
    "refRemote: root ref in remote ref",
};

TEST(SchemaValidator, PassesTheOfficialTestsOfDraft7) {
  size_t run = 0;
  std::set<std::string> skipped;
  for (const auto& file : std::filesystem::directory_iterator(paths::json_schema_tests)) {
    if (file.path().extension() != ".json") continue;  // "optional" is a folder
    const auto groups = read_json(file.path());
    for (const auto& group : groups.as_array()) {
      const auto name = fmt::format("{}: {}", file.path().stem().string(),
                                    std::string_view(group.at("description").as_string()));
      if (remote.contains(name)) {
        EXPECT_FALSE(SchemaValidator::compile(group.at("schema"))) << name;
        skipped.insert(name);
        continue;
      }
      const auto validator = compiled(group.at("schema"));
      for (const auto& test : group.at("tests").as_array()) {
        ++run;
        EXPECT_EQ(validator.validate(test.at("data")).empty(), test.at("valid").as_bool())
            << name << ": " << test.at("description");
      }
    }
  }
  EXPECT_EQ(skipped.size(), remote.size());
  EXPECT_GT(run, 390U);
}

// Calls `visit` with each value inside `at` in turn replaced by each of the others.
void replace_each(json::value& at, const std::function<void()>& visit) {
  static const auto others =
      json::parse(R"([null,true,-1,0.5,"(",[],[1],{},{"a":1},{"$ref":"#"}])").as_array();
  const auto before = at;
  for (const auto& other : others) {
    at = other;
    visit();
  }
  at = before;
  if (auto* object = at.if_object()) {
    for (auto& member : *object) replace_each(member.value(), visit);
  }
  if (auto* array = at.if_array()) {
    for (auto& item : *array) replace_each(item, visit);
  }
}

TEST(SchemaValidator, AnySchemaIsAnErrorOrValidates) {
  size_t compiled_count = 0;
  size_t errors = 0;
  for (const auto& file : std::filesystem::directory_iterator(paths::json_schema_tests)) {
    if (file.path().extension() != ".json") continue;
    auto groups = read_json(file.path());
    for (auto& group : groups.as_array()) {
      auto& schema = group.at("schema");
      replace_each(schema, [&] {
        const auto validator = SchemaValidator::compile(schema);
        ++(validator ? compiled_count : errors);
        if (!validator) return;
        for (const auto& test : group.at("tests").as_array()) (void)validator->validate(test.at("data"));
      });
    }
  }
  EXPECT_GT(compiled_count, 1'000U);
  EXPECT_GT(errors, 1'000U);
}

TEST(SchemaValidator, ReportsEveryViolationWithItsPath) {
  constexpr std::string_view schema = R"({"type":"object","required":["id","at"],
      "properties":{"id":{"type":"integer","minimum":1},"at":{"type":"string","format":"date"},
                    "tags":{"items":{"minLength":2,"pattern":"^a"}},"geo":{"$ref":"#/definitions/geo"}},
      "additionalProperties":false,"definitions":{"geo":{"required":["city"],"maxProperties":1}}})";
  EXPECT_EQ(violations(schema, R"({"id":1,"at":"2026-01-31","tags":["ab"],"geo":{"city":1}})"), Texts());
  EXPECT_EQ(violations(schema, "7"), Texts{" type"});
  EXPECT_EQ(violations(schema, R"({"id":0,"at":"2026-02-30","tags":["ab","b"],"geo":{"a":1,"b":2},"x":1})"),
            (Texts{"/id minimum", "/at format", "/tags/1 minLength", "/tags/1 pattern", "/geo maxProperties",
                   "/geo/city required", "/x false"}));
  EXPECT_EQ(violations(schema, "{}"), (Texts{"/id required", "/at required"}));
}

TEST(SchemaValidator, ReportsTheKeywordForSchemasThatNeedNotAllBeSatisfied) {
  EXPECT_EQ(violations(R"({"anyOf":[{"type":"null"},{"minLength":2}]})", "\"a\""), Texts{" anyOf"});
  EXPECT_EQ(violations(R"({"oneOf":[{"type":"string"},{"minLength":1}]})", "\"a\""), Texts{" oneOf"});
  EXPECT_EQ(violations(R"({"not":{"type":"string"}})", "\"a\""), Texts{" not"});
  EXPECT_EQ(violations(R"({"contains":{"type":"string"}})", "[1]"), Texts{" contains"});
  EXPECT_EQ(violations(R"({"propertyNames":{"maxLength":1}})", R"({"ab":1})"), Texts{" propertyNames"});
  EXPECT_EQ(violations(R"({"allOf":[{"type":"null"},{"minLength":2}]})", "\"a\""),
            (Texts{" type", " minLength"}));
  EXPECT_EQ(violations(R"({"if":{"type":"string"},"then":{"minLength":2}})", "\"a\""), Texts{" minLength"});
  EXPECT_EQ(violations(R"({"dependencies":{"a":["b"],"c":{"required":["d"]}}})", R"({"a":1,"c":1})"),
            (Texts{"/b required", "/d required"}));
}

TEST(SchemaValidator, ComparesNumbersByValue) {
  const auto is_valid = [](std::string_view schema, std::string_view document) {
    return violations(schema, document).empty();
  };
  EXPECT_TRUE(is_valid(R"({"type":"integer"})", "1.0"));
  EXPECT_TRUE(is_valid(R"({"type":"integer"})", "18446744073709551615"));
  EXPECT_FALSE(is_valid(R"({"type":"integer"})", "1.5"));
  EXPECT_FALSE(is_valid(R"({"maximum":9223372036854775806})", "9223372036854775807"));
  EXPECT_FALSE(is_valid(R"({"minimum":0})", "-1"));
  EXPECT_TRUE(is_valid(R"({"enum":[{"a":[1.0]}]})", R"({"a":[1]})"));
  EXPECT_FALSE(is_valid(R"({"multipleOf":10})", "9223372036854775807"));
  EXPECT_FALSE(is_valid(R"({"multipleOf":3})", "9007199254740994"));
  EXPECT_TRUE(is_valid(R"({"multipleOf":0.01})", "4.35"));
}

TEST(SchemaValidator, StringsWithAPatternHaveALimit) {
  constexpr std::string_view schema = R"({"pattern":"^a"})";
  const auto text = [](size_t size) { return "\"" + std::string(size, 'a') + "\""; };
  EXPECT_EQ(violations(schema, text(4096)), Texts());
  EXPECT_EQ(violations(schema, text(4097)), Texts{" pattern"});
  EXPECT_EQ(violations(R"({"patternProperties":{"^a":true}})", "{" + text(4097) + ":1}").size(), 1U);
}

TEST(SchemaValidator, AMalformedSchemaIsAnError) {
  EXPECT_EQ(compile_error(R"({"properties":{"a":{"type":7}}})"),
            "a JSON Schema cannot be used: \"type\" cannot be 7");
  for (const auto* schema : {R"(7)",
                             R"({"type":[]})",
                             R"({"type":"text"})",
                             R"({"enum":1})",
                             R"({"minimum":"1"})",
                             R"({"minLength":-1})",
                             R"({"multipleOf":0})",
                             R"({"pattern":"("})",
                             R"({"pattern":1})",
                             R"({"format":1})",
                             R"({"uniqueItems":1})",
                             R"({"required":"a"})",
                             R"({"required":[1]})",
                             R"({"items":1})",
                             R"({"items":[1]})",
                             R"({"items":[{}],"additionalItems":1})",
                             R"({"contains":1})",
                             R"({"properties":[]})",
                             R"({"properties":{"a":1}})",
                             R"({"patternProperties":{"(":{}}})",
                             R"({"additionalProperties":1})",
                             R"({"dependencies":{"a":1}})",
                             R"({"dependencies":{"a":[1]}})",
                             R"({"propertyNames":1})",
                             R"({"if":1})",
                             R"({"if":true,"then":1})",
                             R"({"allOf":[]})",
                             R"({"anyOf":{}})",
                             R"({"oneOf":[1]})",
                             R"({"not":1})",
                             R"({"$ref":1})"}) {
    EXPECT_NE(compile_error(schema), "") << schema;
  }
}

TEST(SchemaValidator, AReferenceMustPointIntoTheSchema) {
  EXPECT_EQ(compile_error(R"({"$ref":"#/definitions/a"})"),
            "a JSON Schema cannot be used: \"$ref\" points to nothing in the schema: #/definitions/a");
  for (const auto* schema : {R"({"$ref":"http://localhost/a.json"})", R"({"$ref":"a.json#/b"})",
                             R"({"$ref":"#a"})", R"({"$ref":""})", R"({"a":7,"items":{"$ref":"#/a"}})"}) {
    EXPECT_NE(compile_error(schema), "") << schema;
  }
}

TEST(SchemaValidator, AReferenceMustNotComeBackToTheSameValue) {
  for (const auto* schema :
       {R"({"$ref":"#"})", R"({"allOf":[{"$ref":"#"},{"$ref":"#"}]})", R"({"not":{"anyOf":[{"$ref":"#"}]}})",
        R"({"if":true,"else":{"$ref":"#"}})", R"({"dependencies":{"a":{"$ref":"#"}}})",
        R"({"items":{"$ref":"#/a"},"a":{"$ref":"#/b"},"b":{"$ref":"#/a"}})"}) {
    EXPECT_EQ(compile_error(schema),
              "a JSON Schema cannot be used: a \"$ref\" leads back to itself, or schemas refer to each other "
              "too deeply")
        << schema;
  }
  // Thousands of schemas, each of them a reference to the next.
  json::object definitions;
  for (int i = 0; i < 10'000; ++i)
    definitions[std::to_string(i)] = {{"$ref", fmt::format("#/definitions/{}", (i + 1) % 10'000)}};
  EXPECT_FALSE(SchemaValidator::compile({{"definitions", definitions}, {"$ref", "#/definitions/0"}}));
}

TEST(SchemaValidator, ASchemaMayReferToItselfForWhatIsInside) {
  constexpr std::string_view schema = R"({"type":"array","items":{"$ref":"#"}})";
  constexpr size_t levels = 32;  // json::parse has no more
  EXPECT_EQ(violations(schema, std::string(levels, '[') + std::string(levels, ']')), Texts());
  EXPECT_EQ(violations(schema, "[[],[[1]]]"), Texts{"/1/0/0 type"});
}

}  // namespace
}  // namespace tapster::host
