#include "streams.hpp"

#include "eastern.hpp"

namespace postmark {

using tapster::Column;
using tapster::Type;

namespace {

constexpr std::string_view addresses =
    R"("items":{"type":"object","properties":{"Email":{"type":["null","string"]},"Name":{"type":["null","string"]}}})";
constexpr std::string_view strings = R"("items":{"type":"string"})";

// A daily count, which is 0 on a day that the answer leaves out.
Column count(std::string_view name, std::string_view path, std::string_view description) {
  return {.name = name, .type = Type::integer, .path = path, .description = description, .missing = "0"};
}

// The columns of a day: its number, which is the key, and its date.
Column day_id(std::string_view path = "/Date") {
  return {"id", Type::integer, path, "The day as a number, such as 20260131.", day_number};
}
Column day_date(std::string_view path = "/Date") {
  return {"date", Type::date, path, "The day, in US Eastern time.", day};
}

}  // namespace

const std::vector<Activity>& activities() {
  static const std::vector<Activity> table{
      // https://postmarkapp.com/developer/api/messages-api#outbound-message-search
      {.stream =
           {.name = "messages_outbound",
            .description =
                "Messages sent, one row a message. A message changes after it appears, as its status does.",
            .key = {"message_id"},
            .replication_key = "received_at",
            .columns = {{"date", Type::date, "/ReceivedAt", "The day of received_at, in US Eastern time.",
                         eastern_day},
                        {"message_id", Type::string, "/MessageID", "Postmark's id of the message, a UUID."},
                        {"message_stream", Type::string, "/MessageStream",
                         "The id of the message stream it was sent through."},
                        {"received_at", Type::timestamp, "/ReceivedAt", "When Postmark took the message in."},
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
                        {"track_links", Type::string, "/TrackLinks",
                         "None, HtmlAndText, HtmlOnly or TextOnly."},
                        {"track_opens", Type::boolean, "/TrackOpens", "Whether opens are tracked."},
                        {"tag", Type::string, "/Tag", "The tag it was sent with."},
                        {"metadata", Type::object, "/Metadata", "The metadata it was sent with, by name."},
                        {.name = "attachments",
                         .type = Type::array,
                         .path = "/Attachments",
                         .description = "The names of its attachments.",
                         .inside = strings},
                        {"sandboxed", Type::boolean, "/Sandboxed",
                         "Whether it was sent in sandbox mode, and so to nobody."},
                        {.name = "message_events",
                         .type = Type::string,
                         .path = "",
                         .description =
                             "The types of its events, joined by commas. Costs one request a message.",
                         .selected_by_default = false}}},
       .path = "/messages/outbound",
       .records = "Messages",
       .volume_path = "/stats/outbound/sends",
       .volume_count = "Sent",
       .divider = "status",
       .divider_values = {"queued", "processed", "sent"}},

      // https://postmarkapp.com/developer/api/messages-api#message-opens
      {.stream =
           {.name = "messages_opens",
            .description = "Opens of messages, one row an open.",
            .key = {"message_id", "recipient", "received_at", "received_at_digit7"},
            .replication_key = "received_at",
            .columns =
                {{"date", Type::date, "/ReceivedAt", "The day of received_at, in US Eastern time.",
                  eastern_day},
                 {"first_open", Type::boolean, "/FirstOpen",
                  "Whether it is the recipient's first open of the message."},
                 {"client_name", Type::string, "/Client/Name", "The mail client."},
                 {"client_company", Type::string, "/Client/Company", "Who makes the mail client."},
                 {"client_family", Type::string, "/Client/Family", "The mail client's family."},
                 {"os_name", Type::string, "/OS/Name", "The operating system."},
                 {"os_company", Type::string, "/OS/Company", "Who makes the operating system."},
                 {"os_family", Type::string, "/OS/Family", "The operating system's family."},
                 {"platform", Type::string, "/Platform", "Desktop, Mobile, WebMail or Unknown."},
                 {"user_agent", Type::string, "/UserAgent",
                  "The User-Agent header of the request for the image."},
                 {"read_seconds", Type::integer, "/ReadSeconds",
                  "How long the message was read, in seconds."},
                 {"geo_countryisocode", Type::string, "/Geo/CountryISOCode", "The country's ISO 3166 code."},
                 {"geo_country", Type::string, "/Geo/Country", "The country."},
                 {"geo_regionisocode", Type::string, "/Geo/RegionISOCode", "The region's ISO 3166-2 code."},
                 {"geo_region", Type::string, "/Geo/Region", "The region."},
                 {"geo_city", Type::string, "/Geo/City", "The city."},
                 {"geo_zip", Type::string, "/Geo/Zip", "The postal code."},
                 {"geo_coords", Type::string, "/Geo/Coords", "Latitude and longitude, with a comma between."},
                 {"geo_ip", Type::string, "/Geo/IP", "The address that the request came from."},
                 {"message_id", Type::string, "/MessageID",
                  "The id of the message, as in messages_outbound."},
                 {"message_stream", Type::string, "/MessageStream",
                  "The id of the message stream it was sent through."},
                 {"received_at", Type::timestamp, "/ReceivedAt", "When the message was opened."},
                 {"received_at_digit7", Type::integer, "/ReceivedAt",
                  "The seventh fractional digit of the open's time, which received_at does not hold: two "
                  "opens of a message "
                  "can differ in nothing else.",
                  seventh_digit},
                 {"tag", Type::string, "/Tag", "The tag of the message."},
                 {"recipient", Type::string, "/Recipient", "Who opened it."}}},
       .path = "/messages/outbound/opens",
       .records = "Opens",
       .volume_path = "/stats/outbound/opens",
       .volume_count = "Opens",
       .divider = "platform",
       .divider_values = {"Desktop", "Mobile", "WebMail", "Unknown"},
       .documents_dates = false},
  };
  return table;
}

const std::vector<Statistics>& statistics() {
  static const std::vector<Statistics> table{
      // https://postmarkapp.com/developer/api/stats-api#bounce-counts
      {.stream =
           {.name = "stats_outbound_bounces",
            .description = "Bounces by type, one row a day.",
            .key = {"id"},
            .replication_key = "date",
            .columns =
                {day_id(),
                 day_date(),
                 count("autoresponder", "/AutoResponder", "Automatic replies."),
                 count("blocked", "/Blocked", "Refused for the sender's content or address."),
                 count("dnserror", "/DnsError", "Failed for an error of the recipient's DNS."),
                 count("hardbounce", "/HardBounce", "Refused for good."),
                 count("smtp_api_error", "/SMTPApiError", "Refused by Postmark's own API."),
                 count("softbounce", "/SoftBounce", "Refused for now."),
                 count("spamnotification", "/SpamNotification", "Taken for spam."),
                 count("transient", "/Transient", "Could not be delivered yet."),
                 count("unknown", "/Unknown", "Of no known kind."),
                 count("addresschange", "/AddressChange", "Told that the recipient's address has changed."),
                 count("badaddress", "/BadEmailAddress", "Addresses that are none."),
                 count("challengeverification", "/ChallengeVerification",
                       "Asked to confirm that the sender is a person."),
                 count("dmarcpolicy", "/DMARCPolicy", "Refused by the sender domain's DMARC policy."),
                 count("inbounderror", "/InboundError", "Inbound messages that could not be handed over."),
                 count("manuallydeactivated", "/ManuallyDeactivated", "Recipients deactivated by hand."),
                 count("openrelaytest", "/OpenRelayTest", "Tests for an open relay."),
                 count("spamcomplaint", "/SpamComplaint", "Complaints of recipients."),
                 count("subscribe", "/Subscribe", "Requests to subscribe."),
                 count("templaterenderingfailed", "/TemplateRenderingFailed",
                       "Templates that could not be rendered."),
                 count("unconfirmed", "/Unconfirmed", "Recipients that have not confirmed."),
                 count("unsubscribe", "/Unsubscribe", "Requests to unsubscribe."),
                 count("virusnotification", "/VirusNotification", "Taken for a virus.")}},
       .path = "/stats/outbound/bounces"},

      // https://postmarkapp.com/developer/api/stats-api#email-client-usage
      {.stream = {.name = "stats_outbound_clients",
                  .description = "Opens by mail client, one row a day and client.",
                  .key = {"date", "client_type"},
                  .replication_key = "date",
                  .columns = {day_date(),
                              {"client_type", Type::string, "", "The mail client."},
                              {"count", Type::integer, "", "Opens with this client on this day."}}},
       .path = "/stats/outbound/opens/emailclients",
       .shape = Statistics::Shape::days_by_key},

      // https://postmarkapp.com/developer/api/stats-api#overview
      {.stream =
           {.name = "stats_outbound_overview",
            .description = "What became of the messages sent, one row a day.",
            .key = {"id"},
            .replication_key = "date",
            .columns =
                {day_id(""),
                 day_date(""),
                 count("sent", "/Sent", "Messages sent."),
                 count("bounced", "/Bounced", "Messages that bounced."),
                 count("smtp_api_errors", "/SMTPApiErrors", "Messages refused by Postmark's own API."),
                 {"bouncerate", Type::number, "/BounceRate", "Bounces in percent of the messages sent."},
                 count("spamcomplaints", "/SpamComplaints", "Complaints of recipients."),
                 {"spamcomplaints_rate", Type::number, "/SpamComplaintsRate",
                  "Complaints in percent of the messages sent."},
                 count("tracked", "/Tracked", "Messages sent with open or link tracking."),
                 count("opens", "/Opens", "Opens."),
                 count("unique_opens", "/UniqueOpens", "Messages opened at least once."),
                 count("totalclicks", "/TotalClicks", "Clicks on tracked links."),
                 count("unique_linksclicked", "/UniqueLinksClicked", "Tracked links clicked at least once."),
                 count("with_client_recorded", "/WithClientRecorded", "Opens whose mail client is known."),
                 count("with_platform_recorded", "/WithPlatformRecorded", "Opens whose platform is known."),
                 // Newer answers leave it out, and then nobody knows it: null rather than 0.
                 {"with_readtime_recorded", Type::integer, "/WithReadTimeRecorded",
                  "Opens whose reading time is known."},
                 count("with_linktracking", "/WithLinkTracking", "Messages sent with link tracking."),
                 count("with_opentracking", "/WithOpenTracking", "Messages sent with open tracking."),
                 count("total_tracked_links_sent", "/TotalTrackedLinksSent",
                       "Tracked links in the messages sent.")}},
       .path = "/stats/outbound",
       .shape = Statistics::Shape::day},

      // https://postmarkapp.com/developer/api/stats-api#email-platform-usage
      {.stream = {.name = "stats_outbound_platform",
                  .description = "Opens by platform, one row a day.",
                  .key = {"id"},
                  .replication_key = "date",
                  .columns = {day_id(), day_date(), count("desktop", "/Desktop", "Opens on a desktop."),
                              count("mobile", "/Mobile", "Opens on a mobile device."),
                              count("unknown", "/Unknown", "Opens on an unknown platform."),
                              count("webmail", "/WebMail", "Opens in a web mailer.")}},
       .path = "/stats/outbound/opens/platforms"},
  };
  return table;
}

}  // namespace postmark
