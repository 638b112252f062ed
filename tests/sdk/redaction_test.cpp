#include <gtest/gtest.h>

#include <tapster/redaction.hpp>

namespace tapster {
namespace {

constexpr const char* to_inside =
    R"("items":{"type":"object","properties":{"Email":{"type":"string"},"Name":{"type":"string"},"n":{"type":"array"}}})";
const Stream mails{.name = "mails",
                   .description = "Mails.",
                   .key = {"id"},
                   .replication_key = "at",
                   .columns = {{"id", Type::string, "/ID", "The id."},
                               {"at", Type::timestamp, "/At", "When."},
                               {"recipient", Type::string, "/Recipient", "To whom."},
                               {.name = "to",
                                .type = Type::array,
                                .path = "/To",
                                .description = "To all of them.",
                                .inside = to_inside},
                               {"metadata", Type::object, "/Metadata", "What the sender added."},
                               {"size", Type::integer, "/Size", "Bytes."}}};
const Stream opens{.name = "opens",
                   .description = "Opens.",
                   .key = {"id"},
                   .columns = {{"id", Type::string, "/ID", "The id."},
                               {"recipient", Type::string, "/Recipient", "By whom."},
                               {"geo_ip", Type::string, "/IP", "From where."}}};

Result<Redaction> create(std::string_view config) {
  return Redaction::create(json::parse(config).as_object(), {&mails, &opens});
}

std::string why_not(std::string_view config) {
  const auto redaction = create(config);
  if (redaction) return "nothing";
  EXPECT_EQ(redaction.error().status, Status::config);
  return redaction.error().message;
}

std::string redacted(std::string_view config, std::string lines, std::string_view stream = "mails") {
  const auto redaction = create(config);
  EXPECT_TRUE(redaction);
  if (const auto* of = redaction->of(stream)) redaction->apply(*of, lines);
  return lines;
}

// Compared with `printf %s a@example.com | openssl dgst -sha256 -hmac 0123456789abcdef`.
TEST(Redaction, AHashIsTheHmacOfTheUnescapedText) {
  const auto redaction = create(R"({"redact":{"recipient":"hash"},"redact_key":"0123456789abcdef"})");
  ASSERT_TRUE(redaction);
  EXPECT_EQ(redaction->hash("a@example.com"),
            "87c8707b0c61806881347867c370e9f6bba71e47fb7aa89200288026b10d38de");
  std::string lines = R"({"id":"1","recipient":"\"a\\b\" \u2028"})"
                      "\n";
  redaction->apply(*redaction->of("mails"), lines);
  EXPECT_EQ(lines, R"({"id":"1","recipient":")" + redaction->hash("\"a\\b\" \u2028") + "\"}\n");
  EXPECT_NE(
      create(R"({"redact":{"recipient":"hash"},"redact_key":"another key, as long"})")->hash("a@example.com"),
      redaction->hash("a@example.com"));
}

TEST(Redaction, AMaskKeepsTheDomainOfAnAddress) {
  const auto masked = [](std::string_view text) {
    return redacted(R"({"redact":{"recipient":"mask"}})", "{\"recipient\":" + std::string(text) + "}\n");
  };
  EXPECT_EQ(masked(R"("jane@example.com")"), "{\"recipient\":\"***@example.com\"}\n");
  EXPECT_EQ(masked(R"("Jane")"), "{\"recipient\":\"***\"}\n");
  EXPECT_EQ(masked(R"("")"), "{\"recipient\":\"***\"}\n");
  EXPECT_EQ(masked(R"("\"J\" <jane@example.com>")"), "{\"recipient\":\"***\"}\n");
  EXPECT_EQ(masked("null"), "{\"recipient\":null}\n");
}

TEST(Redaction, AMaskKeepsADomainOnlyIfTheWholeTextIsAnAddress) {
  const auto masked = [](std::string_view text) {
    auto lines = "{\"recipient\":" + json::serialize(json::value(text)) + "}\n";
    lines = redacted(R"({"redact":{"recipient":"mask"}})", std::move(lines));
    return std::string(view(json::parse(lines).at("recipient").as_string()));
  };
  EXPECT_EQ(masked("jane+news@mail-1.Example.com"), "***@mail-1.Example.com");
  EXPECT_EQ(masked("jané@münchen.example"), "***@münchen.example");
  for (const auto* text : {"https://shop.example/unsub?email=jane@example.com&name=Jane+Doe",
                           "https://shop.example/unsub?email=jane@example.com",
                           "mailto:jane@example.com",
                           "a@b.com\nJane",
                           "a@b.com,Jane",
                           "a@b.com;j@d.com",
                           "a@b.com j@d.com",
                           "a@b.com@Jane",
                           "a@b.com/Jane",
                           "a@b.com?n=Jane",
                           "a@b.com:Jane",
                           "a@b.com(Jane)",
                           "a@b.com\u00a0Jane",
                           "a@b.com\u2028Jane",
                           "a@b.com\u3000Jane",
                           "a@b.com\uff0cJane",
                           "Jane a@b.com",
                           "Jane,a@b.com",
                           "Jane\ta@b.com",
                           "Jane <a@b.com>",
                           "\"Jane\"@b.com",
                           "(Jane)a@b.com",
                           "[1]@b.com",
                           "Jane\\@b.com",
                           "Jane\x7f@b.com",
                           "@Jane",
                           "Lunch@noon",
                           "Jane@1.2",
                           "jane@-b.com",
                           "jane@b..com",
                           "jane@b.com.",
                           ".jane@b.com",
                           "ja..ne@b.com",
                           "jane@b.c0m",
                           "Jane@",
                           "@"}) {
    EXPECT_EQ(masked(text), "***") << text;
  }
}

TEST(Redaction, RedactsStringsInsideAColumnAndNothingElse) {
  EXPECT_EQ(redacted(R"({"redact":{"to":"mask"}})",
                     R"({"id":"to","to":[{"Email":"a@b.com","Name":null,"n":[1.10,true,"x,]}"]}],"size":3})"
                     "\n"
                     R"({"to":[],"recipient":"{\"to\":\"x\"}"})"
                     "\n{}\n"),
            R"({"id":"to","to":[{"Email":"***@b.com","Name":null,"n":[1.10,true,"***"]}],"size":3})"
            "\n"
            R"({"to":[],"recipient":"{\"to\":\"x\"}"})"
            "\n{}\n");
}

TEST(Redaction, UndeclaredMembersAreHashedWithTheirNames) {
  constexpr auto config = R"({"redact":{"metadata":"hash"},"redact_key":"0123456789abcdef"})";
  const auto h = [&](std::string_view text) { return "\"" + create(config)->hash(text) + "\""; };
  EXPECT_EQ(
      redacted(config, R"({"id":"1","metadata":{"jane@example.com":5,"a\"b":{"x":[true,1.50,null,"t"]}}})"
                       "\n"),
      R"({"id":"1","metadata":{)" + h("jane@example.com") + ":" + h("5") + "," + h("a\"b") + ":{" + h("x") +
          ":[" + h("true") + "," + h("1.50") + ",null," + h("t") + "]}}}\n");
  EXPECT_EQ(redacted(config, "{\"metadata\":{}}\n{\"metadata\":null}\n"),
            "{\"metadata\":{}}\n{\"metadata\":null}\n");
}

TEST(Redaction, UndeclaredMembersAreMaskedAsOne) {
  EXPECT_EQ(redacted(R"({"redact":{"metadata":"mask","to":"mask"}})",
                     R"({"metadata":{"jane":5,"b":{"x":1}},"to":[{"Email":"a@b.com","Phone":123,"Age":4}]})"
                     "\n"),
            R"({"metadata":{"***":"***"},"to":[{"Email":"***@b.com","***":"***"}]})"
            "\n");
}

TEST(Redaction, ADroppedColumnIsRemovedAtAnyPosition) {
  EXPECT_EQ(
      redacted(
          R"({"redact":{"recipient":"drop","size":"drop"}})",
          "{\"recipient\":\"a\",\"id\":\"1\",\"size\":3}\n{\"size\":3}\n{\"id\":\"2\",\"recipient\":null}\n"),
      "{\"id\":\"1\"}\n{}\n{\"id\":\"2\"}\n");
}

TEST(Redaction, AColumnIsFoundByItsNameHoweverJsonWritesIt) {
  const Stream found{.name = "found",
                     .description = "Found.",
                     .key = {"id"},
                     .columns = {{"id", Type::string, "/ID", "The id."},
                                 {"a \"b\"", Type::string, "/ab", "A name with quotes."},
                                 {"c\\d", Type::string, "/cd", "A name with a backslash."}}};
  const auto redaction =
      Redaction::create(json::parse(R"({"redact":{"a*":"drop","c*":"mask"}})").as_object(), {&found});
  ASSERT_TRUE(redaction) << redaction.error().message;
  std::string lines = R"({"id":"1","a \"b\"":"private","c\\d":"private"})"
                      "\n";
  redaction->apply(*redaction->of("found"), lines);
  EXPECT_EQ(lines, R"({"id":"1","c\\d":"***"})"
                   "\n");
}

TEST(Redaction, APatternMatchesEveryStreamOrSome) {
  const auto redaction =
      create(R"({"redact":{"opens.recipient":"drop","*.recipient":"mask","geo_*":"mask"}})");
  ASSERT_TRUE(redaction);
  EXPECT_EQ(*redaction->of("mails"), (StreamRedaction{{"recipient", Redact::mask}}));
  EXPECT_EQ(*redaction->of("opens"), (StreamRedaction{{"recipient", Redact::drop}, {"geo_ip", Redact::mask}}))
      << "the first pattern applies";
  EXPECT_EQ(create(R"({"redact":{}})")->of("mails"), nullptr);
}

TEST(Redaction, TheFirstMatchingPatternApplies) {
  const auto redaction = create(
      R"({"redact":{"mails.id":"hash","size":"drop","*.id":"hash","mails.[irs]*":"mask","*.size":"mask"},)"
      R"("redact_key":"0123456789abcdef"})");
  ASSERT_TRUE(redaction) << redaction.error().message;
  EXPECT_EQ(*redaction->of("mails"),
            (StreamRedaction{{"id", Redact::hash}, {"recipient", Redact::mask}, {"size", Redact::drop}}));
  EXPECT_EQ(*redaction->of("opens"), (StreamRedaction{{"id", Redact::hash}}));
  EXPECT_EQ(why_not(R"({"redact":{"mails.id":"hash","*.id":"mask"},"redact_key":"0123456789abcdef"})"),
            "\"redact\": *.id matches opens.id, which is part of the key, so it can only be hashed")
      << "no earlier pattern matches opens.id";
}

TEST(Redaction, AnImpossibleRuleIsAnErrorThatSaysWhy) {
  EXPECT_EQ(why_not(R"({"redact":{"recipent":"drop"}})"), "\"redact\": recipent matches no column");
  EXPECT_EQ(why_not(R"({"redact":{"recipient":"hash"}})"),
            "\"redact_key\" must be a secret of at least 16 bytes, because \"redact\" hashes recipient");
  EXPECT_EQ(why_not(R"({"redact":{"recipient":"hash"},"redact_key":"short"})"),
            "\"redact_key\" must be a secret of at least 16 bytes, because \"redact\" hashes recipient");
  EXPECT_EQ(why_not(R"({"redact":{"id":"drop"}})"),
            "\"redact\": id matches mails.id, which is part of the key, so it can only be hashed");
  EXPECT_EQ(why_not(R"({"redact":{"at":"mask"}})"),
            "\"redact\": at matches mails.at, which contains no text, so it can only be dropped");
  EXPECT_EQ(why_not(R"({"redact":{"size":"mask"}})"),
            "\"redact\": size matches mails.size, which contains no text, so it can only be dropped");
}

TEST(Redaction, TheCatalogNotesTheRedaction) {
  auto found = catalog({&mails, &opens});
  create(R"({"redact":{"mails.recipient":"mask","to":"drop"}})")->apply(found);
  const auto& mail = found.at("streams").at(0).as_object();
  EXPECT_FALSE(mail.at("schema").at("properties").as_object().contains("to"));
  EXPECT_EQ(mail.at("schema").at("properties").at("recipient").at("description"), "To whom. Masked.");
  EXPECT_EQ(json::serialize(mail.at("metadata")).find("\"to\""), std::string::npos);
  EXPECT_EQ(found.at("streams").at(1), catalog({&mails, &opens}).at("streams").at(1));
}

TEST(Redaction, PushRedactsTheRecords) {
  const auto redaction = create(R"({"redact":{"recipient":"mask"}})");
  std::string taken;
  const tapster_sink sink{sizeof sink, &taken,
                          [](void* context, const tapster_batch* batch) -> tapster_status {
                            static_cast<std::string*>(context)->append(batch->data, batch->size);
                            return TAPSTER_OK;
                          },
                          nullptr, nullptr};
  Block block{"{\"recipient\":\"a@b.com\"}\n", 1, {}};
  const auto projection = Projection::create(opens, {});
  ASSERT_TRUE(Records(sink, &*projection, &*redaction).push(block));
  EXPECT_EQ(taken, "{\"recipient\":\"***@b.com\"}\n");
}

}  // namespace
}  // namespace tapster
