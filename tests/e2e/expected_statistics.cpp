// The rows of the statistics.
#include <date/date.h>
#include <fmt/format.h>

#include <algorithm>
#include <tapster/time.hpp>

#include "expected.hpp"

namespace tapster::e2e {

namespace {

using sandbox::Account;
using Days = std::map<int, Account::DayCounts>;

std::string day(int days) {
  return date::format("%F", date::sys_days(date::days(days)));
}

int64_t day_number(int days) {
  const date::year_month_day date{date::sys_days(date::days(days))};
  return static_cast<int>(date.year()) * 10000 +
         static_cast<int>(static_cast<unsigned>(date.month()) * 100 + static_cast<unsigned>(date.day()));
}

const std::vector<std::pair<const char*, const char*>> bounce_count_columns{
    {"autoresponder", "AutoResponder"},
    {"blocked", "Blocked"},
    {"dnserror", "DnsError"},
    {"hardbounce", "HardBounce"},
    {"smtp_api_error", "SMTPApiError"},
    {"softbounce", "SoftBounce"},
    {"spamnotification", "SpamNotification"},
    {"transient", "Transient"},
    {"unknown", "Unknown"},
    {"addresschange", "AddressChange"},
    {"badaddress", "BadEmailAddress"},
    {"challengeverification", "ChallengeVerification"},
    {"dmarcpolicy", "DMARCPolicy"},
    {"inbounderror", "InboundError"},
    {"manuallydeactivated", "ManuallyDeactivated"},
    {"openrelaytest", "OpenRelayTest"},
    {"spamcomplaint", "SpamComplaint"},
    {"subscribe", "Subscribe"},
    {"templaterenderingfailed", "TemplateRenderingFailed"},
    {"unconfirmed", "Unconfirmed"},
    {"unsubscribe", "Unsubscribe"},
    {"virusnotification", "VirusNotification"}};
const std::vector<std::pair<const char*, const char*>> platform_columns{
    {"desktop", "Desktop"}, {"mobile", "Mobile"}, {"unknown", "Unknown"}, {"webmail", "WebMail"}};

int64_t count_of(const Account::Counts& counts, std::string_view name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

void add_day(Tables& tables, int days, const Account::DayCounts& counts, bool has_read_time) {
  const json::object head{{"id", day_number(days)}, {"date", day(days)}};
  auto bounces = head;
  int64_t bounced = 0;
  for (const auto& [column, name] : bounce_count_columns)
    bounced += (bounces[column] = count_of(counts.bounces, name)).as_int64();
  upsert(tables, "stats_outbound_bounces", bounces);
  auto platforms = head;
  for (const auto& [column, name] : platform_columns) platforms[column] = count_of(counts.platforms, name);
  upsert(tables, "stats_outbound_platform", platforms);
  for (const auto& [client, count] : counts.clients) {
    const auto name = json::parse("\"" + client + "\"");
    upsert(tables, "stats_outbound_clients", {{"date", day(days)}, {"client_type", name}, {"count", count}});
  }
  for (const auto& [browser, count] : counts.browsers) {
    const auto name = json::parse("\"" + browser + "\"");
    upsert(tables, "stats_outbound_click_browsers",
           {{"date", day(days)}, {"browser", name}, {"count", count}});
  }
  const auto add_counts = [&](const std::string& stream, const std::map<std::string, int64_t>& columns) {
    auto row = head;
    for (const auto& [column, count] : columns) row[column] = count;
    upsert(tables, "stats_outbound_" + stream, row);
  };
  add_counts("sends", {{"sent", counts.sent}});
  add_counts("spam", {{"spamcomplaints", count_of(counts.bounces, "SpamComplaint")}});
  add_counts("tracked", {{"tracked", counts.tracked}});
  add_counts("opens", {{"opens", counts.opens}, {"unique_opens", counts.unique_opens}});
  add_counts("clicks", {{"clicks", counts.clicks}, {"unique_clicks", counts.unique_clicks}});
  add_counts("click_platforms", {{"desktop", count_of(counts.click_platforms, "Desktop")},
                                 {"mobile", count_of(counts.click_platforms, "Mobile")},
                                 {"unknown", count_of(counts.click_platforms, "Unknown")}});
  add_counts("click_locations", {{"html", count_of(counts.click_locations, "HTML")},
                                 {"text", count_of(counts.click_locations, "Text")}});
  const auto percent = [&](int64_t part) {
    const double exact =
        counts.sent == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(counts.sent);
    return std::stod(fmt::format("{:.3f}", exact));
  };
  const auto spam = count_of(counts.bounces, "SpamComplaint");
  auto overview = head;
  for (const auto& [column, value] :
       std::map<const char*, int64_t>{{"sent", counts.sent},
                                      {"bounced", bounced},
                                      {"smtp_api_errors", 0},
                                      {"spamcomplaints", spam},
                                      {"tracked", counts.tracked},
                                      {"opens", counts.opens},
                                      {"unique_opens", counts.unique_opens},
                                      {"totalclicks", counts.clicks},
                                      {"unique_linksclicked", counts.unique_clicks},
                                      {"with_client_recorded", counts.unique_opens},
                                      {"with_platform_recorded", counts.unique_opens},
                                      {"with_linktracking", counts.tracked / 2},
                                      {"with_opentracking", counts.tracked},
                                      {"total_tracked_links_sent", counts.tracked}}) {
    overview[column] = value;
  }
  overview["bouncerate"] = percent(bounced);
  overview["spamcomplaints_rate"] = percent(spam);
  overview["with_readtime_recorded"] = has_read_time ? json::value(counts.opens / 2) : json::value(nullptr);
  upsert(tables, "stats_outbound_overview", overview);
}

// The days from `start` to the sandbox's today, without counts.
Days days_since(const Account& account, std::string_view start) {
  Days days;
  const auto first = static_cast<int>(parse_day(start)->time_since_epoch().count());
  for (int day_of = first; day_of <= sandbox::eastern_day(account.now()); ++day_of) days[day_of];
  return days;
}

void add(Days& days, const Days& more) {
  for (const auto& [day_of, counts] : more) {
    if (days.contains(day_of)) days[day_of].add(counts);
  }
}

// Adds rows of statistics by `column`: the counts of these days for `value`.
void add_by(Tables& tables, const std::string& column, const std::string& value, const Days& days) {
  Tables rows;
  for (const auto& [day_of, counts] : days) add_day(rows, day_of, counts, true);
  for (const auto& [stream, table] : rows) {
    for (auto [key, row] : table) {
      row[column] = value;
      upsert(tables, stream + "_by_" + column, std::move(row));
    }
  }
}

}  // namespace

Tables expected_statistics(const Account& account, std::string_view start, bool has_read_time) {
  Tables tables;
  auto days = days_since(account, start);
  for (size_t stream = 0; stream < Account::streams().size(); ++stream) add(days, account.statistics(stream));
  for (const auto& [day_of, counts] : days) add_day(tables, day_of, counts, has_read_time);
  return of_server(tables, account.options());
}

Tables expected_read_times(const Account& account, std::string_view start) {
  Tables tables;
  auto days = days_since(account, start);
  for (size_t stream = 0; stream < Account::streams().size(); ++stream) add(days, account.statistics(stream));
  for (const auto& [day_of, counts] : days) {
    for (const auto& [time, count] : counts.read_times)
      upsert(tables, "stats_outbound_read_times",
             {{"date", day(day_of)}, {"read_time", time}, {"count", count}});
  }
  return of_server(tables, account.options());
}

Tables expected_by_message_stream(const Account& account, std::string_view start,
                                  const std::vector<std::string>& ids) {
  Tables tables;
  for (size_t stream = 0; stream < Account::streams().size(); ++stream) {
    const std::string id(Account::streams()[stream].id);
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) continue;
    auto days = days_since(account, start);
    add(days, account.statistics(stream));
    add_by(tables, "message_stream", id, days);
  }
  return of_server(tables, account.options());
}

Tables expected_by_tag(const Account& account, std::string_view start, const std::vector<std::string>& tags) {
  Tables tables;
  for (const auto& tag : tags) {
    auto days = days_since(account, start);
    for (size_t stream = 0; stream < Account::streams().size(); ++stream)
      add(days, account.statistics(stream, [&](uint32_t message) { return Account::tag(message) == tag; }));
    add_by(tables, "tag", tag, days);
  }
  return of_server(tables, account.options());
}

}  // namespace tapster::e2e
