// The settings of a config.
#include <tapster/redaction.hpp>

#include "config.hpp"

namespace postmark {

using namespace tapster;

std::vector<Setting> settings() {
  return {
      {.name = "postmark_server_token",
       .description =
           "The server's API token, from the page API Tokens of your server in Postmark. At least one of "
           "postmark_server_token, postmark_server_tokens and postmark_account_token is required.",
       .secret = true,
       .rules = R"("minLength":1)"},
      {.name = "postmark_server_tokens",
       .type = Type::array,
       .description = "The API tokens of more servers.",
       .secret = true,
       .default_value = "[]",
       .rules = R"("items":{"type":"string","minLength":1})"},
      {.name = "postmark_account_token",
       .description =
           "The account's API token, from the page API Tokens of your account in Postmark. Needed for the "
           "lists of the account and for all_servers.",
       .secret = true,
       .rules = R"("minLength":1)"},
      {.name = "all_servers",
       .type = Type::boolean,
       .description = "Read all servers of the account. Their tokens are looked up with the account token.",
       .default_value = "false"},
      {.name = "start_date",
       .description =
           "The first day to read, YYYY-MM-DD, in US Eastern time, or a time such as 2026-01-31T00:00:00Z, "
           "for the day that contains it. Postmark keeps messages and events for 45 days unless configured "
           "otherwise, and statistics forever.",
       .required = true,
       .rules = R"("anyOf":[{"format":"date"},{"format":"date-time"}],"examples":["2026-01-31"])"},
      {.name = "base_url",
       .description = "The URL of the API: https, or http for a proxy or a test server.",
       .default_value = R"("https://api.postmarkapp.com")",
       .rules = R"("format":"uri","pattern":"^https?://")"},
      {.name = "message_streams",
       .type = Type::array,
       .description =
           "Read messages, events and statistics by message stream only of these message streams, given "
           "by id. Empty for all, including archived ones. Every server must have them. Does not affect "
           "messages_inbound, whose list has no such filter.",
       .default_value = "[]",
       .rules = R"("items":{"type":"string","minLength":1},"uniqueItems":true,"examples":[["outbound"]])"},
      {.name = "lookback_days",
       .type = Type::integer,
       .description =
           "How many days before the bookmark to read messages, opens, clicks and bounces again, because the "
           "status of a message still changes.",
       .default_value = "1",
       .rules = R"("minimum":0,"maximum":365)"},
      {.name = "stats_lookback_days",
       .type = Type::integer,
       .description =
           "How many days before the bookmark to read daily statistics again, because late events still "
           "change them.",
       .default_value = "3",
       .rules = R"("minimum":0,"maximum":365)"},
      {.name = "events_lookback_days",
       .type = Type::integer,
       .description =
           "How many days before the bookmark message_events reads the details of messages again, because "
           "more events follow. Costs one request per message.",
       .default_value = "3",
       .rules = R"("minimum":0,"maximum":365)"},
      {.name = "stats_by",
       .type = Type::array,
       .description = "Extra breakdowns of the daily statistics, as additional streams: message_stream, tag.",
       .default_value = "[]",
       .rules = R"("items":{"enum":["message_stream","tag"]},"uniqueItems":true)"},
      {.name = "stats_tags",
       .type = Type::array,
       .description = "The tags to read daily statistics of. Required if stats_by contains tag.",
       .default_value = "[]",
       .rules = R"("items":{"type":"string","minLength":1},"uniqueItems":true)"},
      redact_setting(),
      redact_key_setting()};
}

}  // namespace postmark
