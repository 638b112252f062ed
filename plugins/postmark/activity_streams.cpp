// The streams of messages and events.
#include <optional>
#include <tapster/converters.hpp>
#include <utility>

#include "api.hpp"
#include "columns.hpp"
#include "eastern.hpp"
#include "streams.hpp"

namespace postmark {

using namespace tapster;

namespace {

constexpr const char* addresses =
    R"("items":{"type":"object","properties":{"Email":{"type":["null","string"]},"Name":{"type":["null","string"]}}})";
constexpr const char* strings = R"("items":{"type":"string"})";

// The reference shows names, its OpenAPI file shows objects.
constexpr const char* files =
    R"("items":{"type":["string","object"],"properties":{"Name":{"type":["null","string"]},"ContentType":{"type":["null","string"]},"ContentLength":{"type":["null","integer"]}}})";

// The missing value of a key column, which cannot be null.
constexpr const char* empty = R"("")";

// A timestamp column, and the column of its Eastern day.
Columns dated(const char* name, const char* path, const char* description) {
  return {{name, Type::timestamp, path, description},
          {"date", Type::date, path, "The day of this time, in US Eastern time.", day_in_zone(eastern_name)}};
}

// Part of the key of rows without an id. Postmark counts in steps of 100 ns.
Column digit7() {
  return {"received_at_digit7", Type::integer, "/ReceivedAt",
          "The seventh fractional digit of received_at. Two rows may differ in it alone.", seventh_digit};
}

// The message of a row.
Columns of_message() {
  return {{"message_id", Type::string, "/MessageID", "The id of the message, as in messages_outbound."},
          {"message_stream", Type::string, "/MessageStream", "The id of the message stream that sent it."},
          {"tag", Type::string, "/Tag", "The tag of the message."}};
}

// https://postmarkapp.com/developer/api/bounce-api#bounce-types
Names bounce_types() {
  return {"HardBounce",      "Transient",
          "Unsubscribe",     "Subscribe",
          "AutoResponder",   "AddressChange",
          "DnsError",        "SpamNotification",
          "OpenRelayTest",   "Unknown",
          "SoftBounce",      "VirusNotification",
          "BadEmailAddress", "ChallengeVerification",
          "SpamComplaint",   "ManuallyDeactivated",
          "Unconfirmed",     "Blocked",
          "SMTPApiError",    "InboundError",
          "DMARCPolicy",     "TemplateRenderingFailed"};
}

// The person who opened or clicked, and their client.
Columns of_reader() {
  return {{"recipient", Type::string, "/Recipient", "The recipient who opened or clicked."},
          {"client_name", Type::string, "/Client/Name", "The mail client or browser."},
          {"client_company", Type::string, "/Client/Company", "The client's vendor."},
          {"client_family", Type::string, "/Client/Family", "The client's family."},
          {"os_name", Type::string, "/OS/Name", "The operating system."},
          {"os_company", Type::string, "/OS/Company", "The operating system's vendor."},
          {"os_family", Type::string, "/OS/Family", "The operating system's family."},
          {"platform", Type::string, "/Platform", "Desktop, Mobile, WebMail or Unknown."},
          {"user_agent", Type::string, "/UserAgent", "The User-Agent header of the request."},
          {"geo_countryisocode", Type::string, "/Geo/CountryISOCode", "The country's ISO 3166 code."},
          {"geo_country", Type::string, "/Geo/Country", "The country."},
          {"geo_regionisocode", Type::string, "/Geo/RegionISOCode", "The region's ISO 3166-2 code."},
          {"geo_region", Type::string, "/Geo/Region", "The region."},
          {"geo_city", Type::string, "/Geo/City", "The city."},
          {"geo_zip", Type::string, "/Geo/Zip", "The postal code."},
          {"geo_coords", Type::string, "/Geo/Coords", "Latitude and longitude, separated by a comma."},
          {"geo_ip", Type::string, "/Geo/IP", "The IP address of the request."}};
}

constexpr const char* message_details = "/messages/outbound/{id}/details";

// The list of the messages whose details are read.
Stream listed_messages() {
  return {.name = "messages",
          .key = {"message_id"},
          .replication_key = "received_at",
          .columns = {{"message_id", Type::string, "/MessageID"},
                      {"received_at", Type::timestamp, "/ReceivedAt"}},
          .is_partial = true};
}

// The types of a message's events, in order and joined by commas.
json::value event_types(const json::object& details) {
  std::string types;
  const auto* events = find_array(details, "MessageEvents");
  for (const auto& event : events != nullptr ? *events : json::array()) {
    const auto type = event.is_object() ? text_of(event.get_object(), "Type") : std::string();
    if (!type.empty()) types += (types.empty() ? "" : ",") + type;
  }
  return json::string(types);
}

// The source of a bounce: empty if Postmark no longer has it.
json::value bounce_dump(const json::object& dump) {
  const auto* body = find_string(dump, "Body");
  return body != nullptr ? json::value(*body) : json::value();
}

// The list of messages sent. `requested` costs a request for each message, but only if it is selected.
Activity outbound(Stream stream, std::optional<RequestedColumn> requested = {}) {
  return {.stream = std::move(stream),
          .path = "/messages/outbound",
          .records = "/Messages",
          .volume_path = "/stats/outbound/sends",
          .volume_count = "Sent",
          .divider = "status",
          .divider_values = {"queued", "processed", "sent"},
          .requested = std::move(requested)};
}

// The details of each message sent.
Activity outbound_details(Stream stream, Details details) {
  auto activity = outbound(std::move(stream));
  activity.details = std::move(details);
  activity.listed = listed_messages();
  activity.is_costly = true;
  return activity;
}

// The list of bounces. `requested` is what its stream is read for: it costs a request for each bounce.
Activity bounces(Stream stream, std::optional<RequestedColumn> requested = {}) {
  const bool is_costly = requested.has_value();
  return {.stream = std::move(stream),
          .path = "/bounces",
          .records = "/Bounces",
          .volume_path = "/stats/outbound/bounces",
          .divider = "type",
          .divider_values = bounce_types(),
          .with_inbound = true,
          .requested = std::move(requested),
          .is_costly = is_costly};
}

}  // namespace

const std::vector<Activity>& activities() {
  static const std::vector<Activity> table{
      // https://postmarkapp.com/developer/api/messages-api#outbound-message-search
      outbound(
          {.name = "messages_outbound",
           .description = "Messages sent, one row per message. A row changes when its status does.",
           .key = {"message_id"},
           .replication_key = "received_at",
           .columns =
               {{"date", Type::date, "/ReceivedAt", "The day of received_at, in US Eastern time.",
                 day_in_zone(eastern_name)},
                {"message_id", Type::string, "/MessageID", "Postmark's id of the message, a UUID."},
                {"message_stream", Type::string, "/MessageStream",
                 "The id of the message stream that sent it."},
                {"received_at", Type::timestamp, "/ReceivedAt", "When Postmark accepted the message."},
                {"from", Type::string, "/From", "The sender."},
                {.name = "to",
                 .type = Type::array,
                 .path = "/To",
                 .description = "The To recipients.",
                 .inside = addresses},
                {.name = "cc",
                 .type = Type::array,
                 .path = "/Cc",
                 .description = "The Cc recipients.",
                 .inside = addresses},
                {.name = "bcc",
                 .type = Type::array,
                 .path = "/Bcc",
                 .description = "The Bcc recipients.",
                 .inside = addresses},
                {.name = "recipients",
                 .type = Type::array,
                 .path = "/Recipients",
                 .description = "The addresses of all recipients.",
                 .inside = strings},
                {"subject", Type::string, "/Subject", "The subject."},
                {"status", Type::string, "/Status", "Queued, Processed or Sent."},
                {"track_links", Type::string, "/TrackLinks", "None, HtmlAndText, HtmlOnly or TextOnly."},
                {"track_opens", Type::boolean, "/TrackOpens", "Whether opens are tracked."},
                {"tag", Type::string, "/Tag", "The message's tag."},
                {"metadata", Type::object, "/Metadata", "The message's metadata, by name."},
                {.name = "attachments",
                 .type = Type::array,
                 .path = "/Attachments",
                 .description = "The attachments: their names, or objects with a name, type and length.",
                 .inside = files},
                {"sandboxed", Type::boolean, "/Sandboxed",
                 "Whether it was sent in sandbox mode and not delivered."},
                {.name = "message_events",
                 .type = Type::string,
                 .path = "",
                 .description =
                     "The types of the message's events, joined by commas. Costs one request per message.",
                 .selected_by_default = false}}},
          RequestedColumn{.column = "message_events",
                          .what = "message",
                          .request = {.path = message_details},
                          .value = event_types,
                          .is_gone = is_gone}),

      // https://postmarkapp.com/developer/api/messages-api#message-opens
      {.stream =
           {.name = "messages_opens",
            .description =
                "Opens of messages, one row per open. Postmark stores only the first open of each recipient.",
            .key = {"message_id", "recipient", "received_at", "received_at_digit7"},
            .replication_key = "received_at",
            .columns = dated("received_at", "/ReceivedAt", "When the message was opened.") +
                       Columns{digit7(),
                               {"first_open", Type::boolean, "/FirstOpen",
                                "Whether this is the recipient's first open of the message."},
                               {"read_seconds", Type::number, "/ReadSeconds",
                                "How long the message was read, in seconds."}} +
                       of_reader() + of_message(),
            .ignored = {"/RecordType"}},
       .path = "/messages/outbound/opens",
       .records = "/Opens",
       .volume_path = "/stats/outbound/opens",
       .volume_count = "Opens",
       .divider = "platform",
       .divider_values = {"Desktop", "Mobile", "WebMail", "Unknown"},
       .has_twins = true,
       .documents_dates = false},

      // https://postmarkapp.com/developer/api/messages-api#message-clicks
      {.stream = {.name = "messages_clicks",
                  .description = "Clicks on tracked links, one row per click.",
                  .key = {"message_id", "recipient", "received_at", "received_at_digit7", "original_link",
                          "click_location"},
                  .replication_key = "received_at",
                  .columns = dated("received_at", "/ReceivedAt", "When the link was clicked.") +
                             Columns{digit7(),
                                     {"original_link", Type::string, "/OriginalLink", "The link's URL.",
                                      nullptr, empty},
                                     {"click_location", Type::string, "/ClickLocation",
                                      "The body that contained the link: HTML or Text.", nullptr, empty}} +
                             of_reader() + of_message(),
                  .ignored = {"/RecordType"}},
       .path = "/messages/outbound/clicks",
       .records = "/Clicks",
       .volume_path = "/stats/outbound/clicks",
       .volume_count = "Clicks",
       .divider = "platform",
       .divider_values = {"Desktop", "Mobile", "WebMail", "Unknown"},
       .has_twins = true,
       .documents_dates = false},

      // https://postmarkapp.com/developer/api/bounce-api#bounces
      bounces({.name = "bounces",
               .description = "Bounces of all types, one row per bounce.",
               .key = {"id"},
               .replication_key = "bounced_at",
               .columns =
                   dated("bounced_at", "/BouncedAt", "When the message bounced.") +
                   Columns{{"id", Type::integer, "/ID", "Postmark's id of the bounce."},
                           {"type", Type::string, "/Type", "The type, such as HardBounce or SpamComplaint."},
                           {"type_code", Type::integer, "/TypeCode", "The number of the type."},
                           {"name", Type::string, "/Name", "The name of the type."},
                           {"description", Type::string, "/Description", "What the type means."},
                           {"details", Type::string, "/Details", "The receiving server's response."},
                           {"email", Type::string, "/Email", "The recipient."},
                           {"from", Type::string, "/From", "The sender."},
                           {"subject", Type::string, "/Subject", "The subject of the message."},
                           {"dump_available", Type::boolean, "/DumpAvailable",
                            "Whether Postmark still has the source of the bounce, which is in bounce_dumps."},
                           {"inactive", Type::boolean, "/Inactive",
                            "Whether Postmark has stopped sending to the recipient."},
                           {"can_activate", Type::boolean, "/CanActivate",
                            "Whether the recipient can be reactivated."}} +
                   of_message(),
               .ignored = {"/RecordType", "/ServerID"}}),

      // https://postmarkapp.com/developer/api/messages-api#outbound-message-details
      outbound_details(
          {.name = "message_events",
           .description =
               "Delivery and engagement events, one row per event. Costs one request per message, so it "
               "is not selected by default.",
           .key = {"message_id", "recipient", "type", "received_at", "received_at_digit7", "twin"},
           .replication_key = "received_at",
           .columns =
               dated("received_at", "/ReceivedAt", "When the event happened.") +
               Columns{
                   digit7(),
                   {"twin", Type::integer, "", "Numbers events that agree in the rest of the key, from 0."},
                   {"message_id", Type::string, "", "The id of the message, as in messages_outbound."},
                   {"message_stream", Type::string, "", "The id of the message stream that sent it."},
                   {"recipient", Type::string, "/Recipient", "The recipient that the event is about.",
                    nullptr, empty},
                   {"type", Type::string, "/Type",
                    "Delivered, Transient, Opened, Bounced, SubscriptionChanged or LinkClicked."},
                   {"summary", Type::string, "/Details/Summary", "A description of the event."},
                   {"delivery_message", Type::string, "/Details/DeliveryMessage",
                    "The receiving server's response."},
                   {"destination_server", Type::string, "/Details/DestinationServer",
                    "The receiving server."},
                   {"destination_ip", Type::string, "/Details/DestinationIP",
                    "The receiving server's IP address."},
                   {"bounce_id", Type::integer, "/Details/BounceID", "The id of the bounce, as in bounces.",
                    integer_in_text},
                   {"origin", Type::string, "/Details/Origin",
                    "Who changed the subscription: Recipient, Customer or Admin."},
                   {"suppress_sending", Type::boolean, "/Details/SuppressSending",
                    "Whether sending to the recipient has stopped.", boolean_in_text},
                   {"link", Type::string, "/Details/Link", "The link that was clicked."},
                   {"click_location", Type::string, "/Details/ClickLocation",
                    "The body that contained the link: HTML or Text."}},
           .selected_by_default = false},
          {.what = "message",
           .request = {.path = message_details},
           .records = {"/MessageEvents"},
           .id_column = "message_id",
           .twin_column = "twin",
           .is_gone = is_gone}),

      outbound_details(
          {.name = "messages_outbound_details",
           .description =
               "The bodies of messages sent, one row per message. They are large and personal, and cost "
               "one request per message, so the stream is not selected by default.",
           .key = {"message_id"},
           .replication_key = "received_at",
           .columns =
               dated("received_at", "/ReceivedAt", "When Postmark accepted the message.") + of_message() +
               Columns{{"text_body", Type::string, "/TextBody", "The text body."},
                       {"html_body", Type::string, "/HtmlBody", "The HTML body."},
                       {"body", Type::string, "/Body", "The full message as it was sent, with its headers."}},
           .selected_by_default = false,
           .is_partial = true},
          {.what = "message",
           .request = {.path = message_details},
           .id_column = "message_id",
           .is_gone = is_gone}),

      // https://postmarkapp.com/developer/api/bounce-api#bounce-dump
      bounces({.name = "bounce_dumps",
               .description =
                   "The raw source of bounces, one row per bounce. It is large and personal, and costs one "
                   "request per bounce, so the stream is not selected by default.",
               .key = {"id"},
               .replication_key = "bounced_at",
               .columns = dated("bounced_at", "/BouncedAt", "When the message bounced.") +
                          Columns{{"id", Type::integer, "/ID", "The id of the bounce, as in bounces."}} +
                          of_message() +
                          Columns{{"body", Type::string, "",
                                   "The source, with its headers; empty if Postmark no longer has it."}},
               .selected_by_default = false,
               .is_partial = true},
              RequestedColumn{.column = "body",
                              .what = "dump of bounce",
                              .request = {.path = "/bounces/{id}/dump"},
                              .value = bounce_dump,
                              .is_gone = is_gone}),
  };
  return table;
}

}  // namespace postmark
