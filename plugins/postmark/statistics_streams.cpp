#include "streams.hpp"

#include <deque>
#include <string>

#include "eastern.hpp"

namespace postmark {

using tapster::Column;
using tapster::Type;

namespace {

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

// A stream with a row of these counts for each day.
Statistics counts_by_day(std::string_view name, std::string_view path, std::string_view description,
                         std::initializer_list<Column> counts) {
  Statistics statistics{.stream = {.name = name,
                                   .description = description,
                                   .key = {"id"},
                                   .replication_key = "date",
                                   .columns = {day_id(), day_date()}},
                        .path = path};
  auto& columns = statistics.stream.columns;
  columns.insert(columns.end(), counts);
  return statistics;
}

// Streams with names and descriptions that are made here.
struct MadeStatistics {
  std::deque<std::string> texts;
  std::vector<Statistics> table;
};

// Another of each of the statistics, with `column` in its rows and its key.
MadeStatistics divided(Statistics::By by, const Column& column, std::string_view part) {
  MadeStatistics made;
  for (auto statistics : postmark::statistics()) {
    auto& stream = statistics.stream;
    stream.name = made.texts.emplace_back(std::string(stream.name).append("_by_").append(column.name));
    stream.description.remove_suffix(1);  // the full stop
    stream.description =
        made.texts.emplace_back(std::string(stream.description).append(", for each ").append(part) + ".");
    stream.key.push_back(column.name);
    stream.columns.push_back(column);
    statistics.by = by;
    made.table.push_back(std::move(statistics));
  }
  return made;
}

}  // namespace

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
                 count("dnserror", "/DnsError", "Failed for a passing error of DNS."),
                 count("hardbounce", "/HardBounce", "Refused for good."),
                 count("smtp_api_error", "/SMTPApiError", "Errors in taking a message over SMTP."),
                 count("softbounce", "/SoftBounce", "Refused for now."),
                 count("spamnotification", "/SpamNotification", "Delivered, and blocked or taken for spam."),
                 count("transient", "/Transient", "Could not be delivered yet."),
                 count("unknown", "/Unknown", "Of no known kind."),
                 count("addresschange", "/AddressChange", "Told that the recipient's address has changed."),
                 count("badaddress", "/BadEmailAddress", "Addresses that are none."),
                 count("challengeverification", "/ChallengeVerification",
                       "Asked to confirm that the sender is a person."),
                 count("dmarcpolicy", "/DMARCPolicy", "Refused by the sender domain's DMARC policy."),
                 count("inbounderror", "/InboundError", "Inbound messages that could not be handed over."),
                 count("manuallydeactivated", "/ManuallyDeactivated", "Recipients deactivated by hand."),
                 count("openrelaytest", "/OpenRelayTest", "Answers that test for an open relay."),
                 count("spamcomplaint", "/SpamComplaint", "Marked as spam by the recipient."),
                 count("subscribe", "/Subscribe", "Requests to subscribe."),
                 count("templaterenderingfailed", "/TemplateRenderingFailed",
                       "Templates that could not be rendered."),
                 count("unconfirmed", "/Unconfirmed", "Recipients that have not confirmed."),
                 count("unsubscribe", "/Unsubscribe", "Requests to unsubscribe."),
                 count("virusnotification", "/VirusNotification", "Answers that warn of a virus.")}},
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
       .shape = Statistics::Shape::days_by_key,
       .name_column = "client_type"},

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
                 count("smtp_api_errors", "/SMTPApiErrors", "Errors in taking messages over SMTP."),
                 {"bouncerate", Type::number, "/BounceRate", "Bounces in percent of the messages sent."},
                 count("spamcomplaints", "/SpamComplaints", "Recipients who marked a message as spam."),
                 {"spamcomplaints_rate", Type::number, "/SpamComplaintsRate",
                  "Complaints in percent of the messages sent."},
                 count("tracked", "/Tracked", "Messages sent with open or link tracking."),
                 count("opens", "/Opens", "Opens, repeated ones included."),
                 count("unique_opens", "/UniqueOpens", "Opens, a recipient's of a message counted once."),
                 count("totalclicks", "/TotalClicks", "Clicks on tracked links, repeated ones included."),
                 count("unique_linksclicked", "/UniqueLinksClicked",
                       "Clicks, those on the same tracked link counted once."),
                 count("with_client_recorded", "/WithClientRecorded",
                       "Opened messages whose mail client is known."),
                 count("with_platform_recorded", "/WithPlatformRecorded",
                       "Opened messages whose platform is known."),
                 // Newer answers leave it out, and then nobody knows it: null rather than 0.
                 {"with_readtime_recorded", Type::integer, "/WithReadTimeRecorded",
                  "Opened messages whose reading time is known."},
                 count("with_linktracking", "/WithLinkTracking", "Messages sent with link tracking."),
                 count("with_opentracking", "/WithOpenTracking", "Messages sent with open tracking."),
                 count("total_tracked_links_sent", "/TotalTrackedLinksSent",
                       "Tracked links in the messages sent.")}},
       .path = "/stats/outbound",
       .shape = Statistics::Shape::day},

      // https://postmarkapp.com/developer/api/stats-api#email-platform-usage
      counts_by_day("stats_outbound_platform", "/stats/outbound/opens/platforms",
                    "Opens by platform, one row a day.",
                    {count("desktop", "/Desktop", "Opens on a desktop."),
                     count("mobile", "/Mobile", "Opens on a mobile device."),
                     count("unknown", "/Unknown", "Opens on an unknown platform."),
                     count("webmail", "/WebMail", "Opens in a web mailer.")}),

      // https://postmarkapp.com/developer/api/stats-api#sent-counts
      counts_by_day("stats_outbound_sends", "/stats/outbound/sends", "Messages sent, one row a day.",
                    {count("sent", "/Sent", "Messages sent.")}),

      // https://postmarkapp.com/developer/api/stats-api#spam-complaints
      counts_by_day("stats_outbound_spam", "/stats/outbound/spam", "Spam complaints, one row a day.",
                    {count("spamcomplaints", "/SpamComplaint", "Recipients who marked a message as spam.")}),

      // https://postmarkapp.com/developer/api/stats-api#tracked-email-counts
      counts_by_day("stats_outbound_tracked", "/stats/outbound/tracked",
                    "Messages sent with tracking, one row a day.",
                    {count("tracked", "/Tracked", "Messages sent with open or link tracking.")}),

      // https://postmarkapp.com/developer/api/stats-api#email-open-counts
      counts_by_day("stats_outbound_opens", "/stats/outbound/opens", "Opens, one row a day.",
                    {count("opens", "/Opens", "Opens, repeated ones included."),
                     count("unique_opens", "/Unique", "Opens, a recipient's of a message counted once.")}),

      // https://postmarkapp.com/developer/api/stats-api#click-counts
      counts_by_day(
          "stats_outbound_clicks", "/stats/outbound/clicks", "Clicks, one row a day.",
          {count("clicks", "/Clicks", "Clicks on tracked links, repeated ones included."),
           count("unique_clicks", "/Unique", "Clicks, those on the same tracked link counted once.")}),

      // https://postmarkapp.com/developer/api/stats-api#browser-usage
      {.stream = {.name = "stats_outbound_click_browsers",
                  .description = "Clicks by browser, one row a day and browser.",
                  .key = {"date", "browser"},
                  .replication_key = "date",
                  .columns = {day_date(),
                              {"browser", Type::string, "", "The browser's family."},
                              {"count", Type::integer, "", "Clicks with this browser on this day."}}},
       .path = "/stats/outbound/clicks/browserfamilies",
       .shape = Statistics::Shape::days_by_key,
       .name_column = "browser"},

      // https://postmarkapp.com/developer/api/stats-api#browser-platform-usage
      counts_by_day("stats_outbound_click_platforms", "/stats/outbound/clicks/platforms",
                    "Clicks by platform, one row a day.",
                    {count("desktop", "/Desktop", "Clicks on a desktop."),
                     count("mobile", "/Mobile", "Clicks on a mobile device."),
                     count("unknown", "/Unknown", "Clicks on an unknown platform.")}),

      // https://postmarkapp.com/developer/api/stats-api#click-location
      counts_by_day("stats_outbound_click_locations", "/stats/outbound/clicks/location",
                    "Clicks by where the link was, one row a day.",
                    {count("html", "/HTML", "Clicks in the HTML body."),
                     count("text", "/Text", "Clicks in the text body.")}),
  };
  return table;
}

const std::vector<Statistics>& statistics_by_message_stream() {
  static const auto made =
      divided(Statistics::By::message_stream,
              {"message_stream", Type::string, "", "The id of the message stream that the counts are of."},
              "message stream");
  return made.table;
}

const std::vector<Statistics>& statistics_by_tag() {
  static const auto made = divided(
      Statistics::By::tag, {"tag", Type::string, "", "The tag of the messages that the counts are of."},
      "tag of stats_tags");
  return made.table;
}

}  // namespace postmark
