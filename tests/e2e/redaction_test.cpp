// Redacted values never leave the connector, and hashed values can be joined.
#include <fmt/format.h>
#include <openssl/hmac.h>

#include <array>
#include <set>

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

TEST_F(EndToEnd, ColumnsAreRedactedInEveryRow) {
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

constexpr std::string_view marker = "planted";

// Puts the marker into every text of an answer, and into names and numbers where senders choose them. Left
// alone is what the connector needs to read: ids, times, tokens, types and message streams.
void plant(json::value& value, std::string_view name = {}) {
  static const std::set<std::string_view> needed{"ID",
                                                 "MessageID",
                                                 "MessageStream",
                                                 "MessageStreamType",
                                                 "ReceivedAt",
                                                 "BouncedAt",
                                                 "CreatedAt",
                                                 "UpdatedAt",
                                                 "ArchivedAt",
                                                 "ExpectedPurgeDate",
                                                 "ApiTokens",
                                                 "BounceID",
                                                 "SuppressSending",
                                                 "Status"};
  if (auto* object = value.if_object()) {
    for (auto& [member, inner] : *object) {
      if (member == "Date" && inner.is_string() && inner.as_string().size() == 10)
        continue;                                                        // a day of statistics
      if (member == "Type" && object->contains("ReceivedAt")) continue;  // an event's
      plant(inner, member);
    }
    if (name == "Metadata") (*object)[std::string(marker) + " name"] = 7777777;
  } else if (auto* array = value.if_array()) {
    for (auto& inner : *array) plant(inner, name);
  } else if (auto* text = value.if_string(); text && !needed.contains(name)) {
    *text = std::string(marker) + std::string(text->data(), text->size());
  }
}

std::string planted(std::string_view body) {
  auto value = json::parse(body);
  plant(value);
  return json::serialize(value);
}

// The columns that the README's redaction keeps: their text describes neither a person nor a message.
const std::set<std::string> impersonal{"client_name",
                                       "client_company",
                                       "client_family",
                                       "os_name",
                                       "os_company",
                                       "os_family",
                                       "platform",
                                       "click_location",
                                       "tag",
                                       "type",
                                       "name",
                                       "description",
                                       "suppression_reason",
                                       "origin",
                                       "track_links",
                                       "server_name",
                                       "unsubscribe_handling_type",
                                       "alias",
                                       "template_type",
                                       "layout_template",
                                       "color",
                                       "delivery_type",
                                       "server_link",
                                       "domain",
                                       "status",
                                       "browser",
                                       "read_time",
                                       "spf_host",
                                       "spf_text_value",
                                       "dkim_host",
                                       "dkim_text_value",
                                       "dkim_pending_host",
                                       "dkim_pending_text_value",
                                       "dkim_revoked_host",
                                       "dkim_revoked_text_value",
                                       "dkim_update_status",
                                       "return_path_domain",
                                       "return_path_domain_cname_value",
                                       "client_type"};

// The columns with the marker in a value, as stream.column.
std::set<std::string> marked_columns(std::string_view out) {
  std::set<std::string> columns;
  for (const auto& line : lines_of(out)) {
    const auto message = json::parse(line).as_object();
    const auto* record = message.if_contains("record");
    if (!record) continue;
    for (const auto& [column, value] : record->as_object()) {
      if (json::serialize(value).find(marker) != std::string::npos ||
          json::serialize(value).find("7777777") != std::string::npos)
        columns.insert(std::string(message.at("stream").as_string()) + "." + std::string(column));
    }
  }
  return columns;
}

// The example of the README works: a marker in every text of the source is in no personal column.
TEST_F(EndToEnd, TheReadmesRedactionLeavesNothingPersonalInAnyStream) {
  start({.messages = 500, .days = 20});
  const auto readme = content(std::filesystem::path(paths::source) / "plugins/postmark/README.md");
  const auto begin = readme.find("\"redact\": {");
  const auto example = readme.substr(begin, readme.find("\"redact_key\"", begin) - begin);
  const std::vector<std::string> all{"--select",   "*",  "--select",  "server*.*",    "--select",
                                     "webhooks.*", "-v", "--summary", file("summary")};
  const auto read_planted = [&](const std::string& redact) {
    configure(R"(,"postmark_account_token":"sandbox-account-token")" + redact);
    server_->on_answer([](std::string& body) { body = planted(body); });
    auto finished = read(all);
    EXPECT_EQ(finished.exit, 0) << finished.err;
    return finished;
  };
  const auto open = marked_columns(read_planted("").out);
  for (const auto* column :
       {"messages_outbound.metadata", "messages_inbound.sent_header", "messages_inbound.mailbox_hash",
        "sender_signatures.name", "message_events.destination_server", "message_events.destination_ip",
        "servers.inbound_hook_url", "messages_outbound_details.html_body", "inbound_rules.rule",
        "webhooks.url", "messages_inbound_details.headers", "bounce_dumps.body", "template_details.subject",
        "sender_signature_details.confirmation_personal_note", "sender_signature_details.name"})
    EXPECT_TRUE(open.contains(column)) << column << ": nothing was planted there";

  const auto redacted = read_planted(fmt::format(R"(,{}"redact_key":"{}")", example, key));
  for (const auto& column : marked_columns(redacted.out)) {
    const auto name = column.substr(column.find('.') + 1);
    const bool is_person = name == "name" && column.starts_with("sender_signature");
    EXPECT_TRUE(impersonal.contains(name) && !is_person) << column;
  }
  for (const auto& line : lines_of(redacted.out)) {
    if (!line.starts_with(R"({"type":"RECORD")")) continue;
    for (auto at = line.find('@'); at != std::string::npos; at = line.find('@', at + 1))
      EXPECT_EQ(line.substr(std::max<size_t>(at, 3) - 3, 4), "***@") << line;
  }
  for (const auto& text : {redacted.err, content(file("summary"))}) {
    EXPECT_EQ(text.find(marker), std::string::npos) << text;
    EXPECT_EQ(text.find(key), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace tapster::e2e
