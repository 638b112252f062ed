// What people may not hold never leaves the connector, and what is hashed can still be joined.
#include <fmt/format.h>
#include <openssl/hmac.h>

#include <array>

#include "fixture.hpp"

namespace tapster::e2e {
namespace {

constexpr std::string_view key = "a key of the tests";

std::string hashed(std::string_view text) {
  std::array<unsigned char, 32> digest{};
  ::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), nullptr);
  std::string hexadecimal;
  for (const auto byte : digest) hexadecimal += fmt::format("{:02x}", byte);
  return hexadecimal;
}

TEST_F(EndToEnd, RedactedColumnsAreSoInEveryRow) {
  start();
  configure(
      R"(,"redact":{"*.recipient":"hash","recipients":"hash","to":"mask","[bc]*c":"drop","geo_ip":"drop"},)"
      R"("redact_key":"a key of the tests")");
  const auto finished = read({"--select", "messages_outbound", "--select", "messages_opens"});
  ASSERT_EQ(finished.exit, 0) << finished.err;

  const auto expected = only(everything(), {"messages_outbound", "messages_opens"});
  Tables redacted;
  for (const auto& [stream, rows] : expected) {
    for (const auto& [old_key, row] : rows) {
      auto changed = row;
      if (stream == "messages_opens") {
        changed["recipient"] = hashed(row.at("recipient").as_string());
        changed.erase("geo_ip");
      } else {
        for (auto& address : changed["recipients"].as_array()) address = hashed(address.as_string());
        for (auto& to : changed["to"].as_array()) {
          to.as_object()["Email"] = "***@example.com";
          if (to.at("Name").is_string()) to.as_object()["Name"] = "***";
        }
        changed.erase("cc");
        changed.erase("bcc");
      }
      EXPECT_TRUE(upsert(redacted, stream, std::move(changed)));
    }
  }
  size_t doubled = 0;
  EXPECT_EQ(difference(redacted, tables_of_singer(finished.out, doubled)), "");
  EXPECT_EQ(doubled, 0U);
  for (const auto& line : lines_of(finished.out)) {
    if (!line.starts_with(R"({"type":"SCHEMA")")) continue;
    EXPECT_EQ(line.find("\"geo_ip\""), std::string::npos) << "a dropped column is not in the schema";
  }
  EXPECT_EQ(finished.err.find(key), std::string::npos);
}

TEST_F(EndToEnd, APatternThatWouldRedactNothingStopsTheRun) {
  start();
  configure(R"(,"redact":{"recipent":"drop"})");
  const auto finished = read();
  EXPECT_EQ(finished.exit, 2);
  EXPECT_EQ(finished.out, "");
  EXPECT_NE(finished.err.find("\"redact\": recipent matches no column"), std::string::npos) << finished.err;
}

// What people paste from the README hides what it says it hides.
TEST_F(EndToEnd, TheReadmesRedactionLeavesNoAddressInAnyStream) {
  start({.messages = 500, .days = 20});
  const auto readme = read_file(POSTMARK_README);
  const auto begin = readme.find("\"redact\": {");
  auto example = readme.substr(begin, readme.find("\"redact_key\"", begin) - begin);
  configure(
      fmt::format(R"(,"postmark_account_token":"sandbox-account-token",{}"redact_key":"{}")", example, key));
  const auto finished = read({"--select", "*"});
  ASSERT_EQ(finished.exit, 0) << finished.err;
  size_t addresses = 0;
  for (const auto& line : lines_of(finished.out)) {
    if (!line.starts_with(R"({"type":"RECORD")")) continue;
    for (auto at = line.find('@'); at != std::string::npos; at = line.find('@', at + 1), ++addresses)
      EXPECT_EQ(line.substr(std::max<size_t>(at, 3) - 3, 4), "***@") << line;
    EXPECT_EQ(line.find("\"geo_"), std::string::npos) << line;
  }
  EXPECT_GT(addresses, 0U) << "reply_to is masked";
}

}  // namespace
}  // namespace tapster::e2e
