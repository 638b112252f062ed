// The streams of daily statistics.
#include "streams.hpp"

#include <string>
#include <tapster/converters.hpp>

#include "eastern.hpp"

namespace postmark {

using namespace tapster;

namespace {

// A daily count. It is 0 on a day that the response leaves out.
Column count(const char* name, const char* path, const char* description) {
  return {.name = name, .type = Type::integer, .path = path, .description = description, .missing = "0"};
}

// The columns of a day: its number, which is the key, and its date.
Column day_id(const char* path = "/Date") {
  return {"id", Type::integer, path, "The day as a number, such as 20260131.", day_number};
}
Column day_date(const char* path = "/Date") {
  return {"date", Type::date, path, "The day, in US Eastern time.", date_in_text};
}

// A stream with one row of these counts per day.
Statistics counts_by_day(const char* name, const char* path, const char* description,
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

// Returns a copy of each statistics stream that has `column` in its rows and its key.
std::vector<Statistics> divided(Statistics::By by, const Column& column, std::string_view part) {
  std::vector<Statistics> table;
  for (auto statistics : postmark::statistics()) {
    if (!statistics.stream.selected_by_default) continue;
    auto& stream = statistics.stream;
    stream.name += "_by_" + column.name;
    stream.description.pop_back();  // the full stop
    stream.description.append(", for each ").append(part) += ".";
    stream.key.push_back(column.name);
    stream.columns.push_back(column);
    statistics.by = by;
    table.push_back(std::move(statistics));
  }
  return table;
}

}  // namespace

const std::vector<Statistics>& statistics() {
  static const std::vector<Statistics> table{
      // https://postmarkapp.com/developer/api/stats-api#bounce-counts
      {.stream =
           {.name = "stats_outbound_bounces",
            .description = "Bounces by type, one row per day.",
            .key = {"id"},
            .replication_key = "date",
            .columns =
                {day_id(),
                 day_date(),
                 count("autoresponder", "/AutoResponder", "Automatic replies."),
                 count("blocked", "/Blocked", "Blocked because of the sender's content or address."),
                 count("dnserror", "/DnsError", "Temporary DNS errors."),
                 count("hardbounce", "/HardBounce", "Permanent failures."),
                 count("smtp_api_error", "/SMTPApiError", "Errors when accepting messages over SMTP."),
                 count("softbounce", "/SoftBounce", "Temporary failures."),
                 count("spamnotification", "/SpamNotification",
                       "Delivered, but blocked or classified as spam."),
                 count("transient", "/Transient", "Delivery delayed; it will be retried."),
                 count("unknown", "/Unknown", "Unknown kinds of bounces."),
                 count("addresschange", "/AddressChange",
                       "Notices that the recipient's address has changed."),
                 count("badaddress", "/BadEmailAddress", "Invalid addresses."),
                 count("challengeverification", "/ChallengeVerification",
                       "Requests to confirm that the sender is a person."),
                 count("dmarcpolicy", "/DMARCPolicy", "Rejected by the DMARC policy of the sender's domain."),
                 count("inbounderror", "/InboundError",
                       "Inbound messages that could not be delivered to the webhook."),
                 count("manuallydeactivated", "/ManuallyDeactivated", "Recipients deactivated manually."),
                 count("openrelaytest", "/OpenRelayTest", "Tests for an open relay."),
                 count("spamcomplaint", "/SpamComplaint", "Marked as spam by the recipient."),
                 count("subscribe", "/Subscribe", "Requests to subscribe."),
                 count("templaterenderingfailed", "/TemplateRenderingFailed",
                       "Templates that could not be rendered."),
                 count("unconfirmed", "/Unconfirmed", "Recipients who have not confirmed."),
                 count("unsubscribe", "/Unsubscribe", "Requests to unsubscribe."),
                 count("virusnotification", "/VirusNotification", "Virus warnings.")}},
       .path = "/stats/outbound/bounces"},

      // https://postmarkapp.com/developer/api/stats-api#email-client-usage
      {.stream = {.name = "stats_outbound_clients",
                  .description = "Opens by mail client, one row per day and client.",
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
            .description = "Totals of the messages sent, one row per day.",
            .key = {"id"},
            .replication_key = "date",
            .columns =
                {day_id(""),
                 day_date(""),
                 count("sent", "/Sent", "Messages sent."),
                 count("bounced", "/Bounced", "Messages that bounced."),
                 count("smtp_api_errors", "/SMTPApiErrors", "Errors when accepting messages over SMTP."),
                 {"bouncerate", Type::number, "/BounceRate",
                  "Bounces, as a percentage of the messages sent."},
                 count("spamcomplaints", "/SpamComplaints", "Recipients who marked a message as spam."),
                 {"spamcomplaints_rate", Type::number, "/SpamComplaintsRate",
                  "Spam complaints, as a percentage of the messages sent."},
                 count("tracked", "/Tracked", "Messages sent with open or link tracking."),
                 count("opens", "/Opens", "Opens, including repeated ones."),
                 count("unique_opens", "/UniqueOpens", "Opens, counting each recipient of a message once."),
                 count("totalclicks", "/TotalClicks", "Clicks on tracked links, including repeated ones."),
                 count("unique_linksclicked", "/UniqueLinksClicked",
                       "Clicks, counting each tracked link once."),
                 count("with_client_recorded", "/WithClientRecorded",
                       "Opened messages whose mail client is known."),
                 count("with_platform_recorded", "/WithPlatformRecorded",
                       "Opened messages whose platform is known."),
                 // Newer responses leave it out. It is then unknown: null, not 0.
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
                    "Opens by platform, one row per day.",
                    {count("desktop", "/Desktop", "Opens on a desktop."),
                     count("mobile", "/Mobile", "Opens on a mobile device."),
                     count("unknown", "/Unknown", "Opens on an unknown platform."),
                     count("webmail", "/WebMail", "Opens in webmail.")}),

      // https://postmarkapp.com/developer/api/stats-api#sent-counts
      counts_by_day("stats_outbound_sends", "/stats/outbound/sends", "Messages sent, one row per day.",
                    {count("sent", "/Sent", "Messages sent.")}),

      // https://postmarkapp.com/developer/api/stats-api#spam-complaints
      counts_by_day("stats_outbound_spam", "/stats/outbound/spam", "Spam complaints, one row per day.",
                    {count("spamcomplaints", "/SpamComplaint", "Recipients who marked a message as spam.")}),

      // https://postmarkapp.com/developer/api/stats-api#tracked-email-counts
      counts_by_day("stats_outbound_tracked", "/stats/outbound/tracked",
                    "Messages sent with tracking, one row per day.",
                    {count("tracked", "/Tracked", "Messages sent with open or link tracking.")}),

      // https://postmarkapp.com/developer/api/stats-api#email-open-counts
      counts_by_day("stats_outbound_opens", "/stats/outbound/opens", "Opens, one row per day.",
                    {count("opens", "/Opens", "Opens, including repeated ones."),
                     count("unique_opens", "/Unique", "Opens, counting each recipient of a message once.")}),

      // https://postmarkapp.com/developer/api/stats-api#click-counts
      counts_by_day("stats_outbound_clicks", "/stats/outbound/clicks", "Clicks, one row per day.",
                    {count("clicks", "/Clicks", "Clicks on tracked links, including repeated ones."),
                     count("unique_clicks", "/Unique", "Clicks, counting each tracked link once.")}),

      // https://postmarkapp.com/developer/api/stats-api#browser-usage
      {.stream = {.name = "stats_outbound_click_browsers",
                  .description = "Clicks by browser, one row per day and browser.",
                  .key = {"date", "browser"},
                  .replication_key = "date",
                  .columns = {day_date(),
                              {"browser", Type::string, "", "The browser family."},
                              {"count", Type::integer, "", "Clicks with this browser on this day."}}},
       .path = "/stats/outbound/clicks/browserfamilies",
       .shape = Statistics::Shape::days_by_key,
       .name_column = "browser"},

      // https://postmarkapp.com/developer/api/stats-api#browser-platform-usage
      counts_by_day("stats_outbound_click_platforms", "/stats/outbound/clicks/platforms",
                    "Clicks by platform, one row per day.",
                    {count("desktop", "/Desktop", "Clicks on a desktop."),
                     count("mobile", "/Mobile", "Clicks on a mobile device."),
                     count("unknown", "/Unknown", "Clicks on an unknown platform.")}),

      // https://postmarkapp.com/developer/api/stats-api#click-location
      counts_by_day("stats_outbound_click_locations", "/stats/outbound/clicks/location",
                    "Clicks by location of the link, one row per day.",
                    {count("html", "/HTML", "Clicks in the HTML body."),
                     count("text", "/Text", "Clicks in the text body.")}),

      // No longer in the reference, but official clients request it. If the API removes it, only those who
      // have selected it see an error.
      {.stream =
           {.name = "stats_outbound_read_times",
            .description =
                "Opens by reading time, one row per day and time. Postmark no longer documents them, so "
                "the stream is not selected by default.",
            .key = {"date", "read_time"},
            .replication_key = "date",
            .columns = {day_date(),
                        {"read_time", Type::string, "", "The reading time, such as 3s or 20s+."},
                        {"count", Type::integer, "", "Opens with this reading time on this day."}},
            .selected_by_default = false},
       .path = "/stats/outbound/opens/readtimes",
       .shape = Statistics::Shape::days_by_key,
       .name_column = "read_time"},
  };
  return table;
}

const std::vector<Statistics>& statistics_by_message_stream() {
  static const auto table =
      divided(Statistics::By::message_stream,
              {"message_stream", Type::string, "", "The id of the message stream that is counted."},
              "message stream");
  return table;
}

const std::vector<Statistics>& statistics_by_tag() {
  static const auto table =
      divided(Statistics::By::tag, {"tag", Type::string, "", "The tag of the messages that are counted."},
              "tag of stats_tags");
  return table;
}

}  // namespace postmark
