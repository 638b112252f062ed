#include <gtest/gtest.h>

#include <tapster/secrets.hpp>

namespace tapster {
namespace {

std::string redacted(std::string_view secret, std::string text) {
  std::vector<std::string> forms;
  add_forms(forms, secret);
  return tapster::redacted(std::move(text), forms);
}

TEST(Secrets, AreHiddenUrlEncoded) {
  EXPECT_EQ(redacted("a key/with=signs", "?k=a%20key%2Fwith%3Dsigns&x"), "?k=***&x");
  EXPECT_EQ(redacted("a key/with=signs", "?k=a%20key%2fwith%3dsigns&x"), "?k=***&x");
  EXPECT_EQ(redacted("a key/with=signs", "?k=a+key%2Fwith%3Dsigns&x"), "?k=***&x");
  EXPECT_EQ(redacted("clé", "cl%C3%A9"), "***");
}

// Against `printf %s TEXT | base64`.
TEST(Secrets, AreHiddenInBase64) {
  EXPECT_EQ(redacted("open-sesame", "b3Blbi1zZXNhbWU="), "***=");
  EXPECT_EQ(redacted("~~~>>>???", "fn5-Pj4-Pz8_"), "***") << "in the alphabet of URLs";
  EXPECT_EQ(redacted("~~~>>>???", "fn5+Pj4+Pz8/"), "***");
}

// What stays are digits that hold bits of the neighbours: of user:open-sesame, 1:open-sesame and
// open-sesame:.
TEST(Secrets, AreHiddenInBase64OfALongerText) {
  EXPECT_EQ(redacted("open-sesame", "Basic dXNlcjpvcGVuLXNlc2FtZQ=="), "Basic dXNlcjp***Q==");
  EXPECT_EQ(redacted("open-sesame", "Basic MTpvcGVuLXNlc2FtZQ=="), "Basic MTp***Q==");
  EXPECT_EQ(redacted("open-sesame", "Basic b3Blbi1zZXNhbWU6"), "Basic ***6");
}

TEST(Secrets, AreHiddenAsJsonWritesThem) {
  EXPECT_EQ(redacted(R"(a"b\c)", R"({"t":"a\"b\\c"})"), R"({"t":"***"})");
}

TEST(Secrets, ThatAreTruncatedAreHidden) {
  const std::string secret = "sandbox-token";
  for (size_t left = 1; left <= secret.size(); ++left)
    EXPECT_EQ(redacted(secret, "it is " + secret.substr(0, left) + "…"), "it is ***…") << left;
  EXPECT_EQ(redacted("a/b/c/d", "a%2Fb%2…"), "***…");
  EXPECT_EQ(redacted(secret, "sand"), "sand") << "not cut";
  EXPECT_EQ(redacted(secret, "well… it is sandb…"), "well… it is ***…");
}

TEST(Secrets, ATextIsTruncatedAfterACharacterAndMarked) {
  EXPECT_EQ(shortened("four", 4), "four");
  EXPECT_EQ(shortened("fours", 4), "four…");
  EXPECT_EQ(shortened("caféx", 4), "caf…");
}

TEST(Secrets, OfFewBytesAreNotHidden) {
  EXPECT_EQ(redacted("abc", "abc YWJj"), "abc YWJj");
}

}  // namespace
}  // namespace tapster
