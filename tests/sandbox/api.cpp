#include "api.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "lists.hpp"

namespace tapster::sandbox {

namespace {

using namespace std::chrono_literals;

constexpr int64_t largest_page = 500;
constexpr int64_t reachable = 10'000;

Answer refuse(int status, int code, std::string_view message) {
  return {status, fmt::format(R"({{"ErrorCode":{},"Message":"{}"}})", code, message)};
}

std::string decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    int value = 0;
    if (text[i] == '+') {
      out.push_back(' ');
    } else if (text[i] == '%' && i + 2 < text.size() &&
               std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr ==
                   text.data() + i + 3) {
      out.push_back(static_cast<char>(value));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool same_text(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string day_text(int day) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

// "YYYY-MM-DD", and nothing else, in days since 1970-01-01.
std::optional<int> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = number(text.substr(0, 4));
  const auto month = number(text.substr(5, 2));
  const auto day = number(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

// Whether a row passes a filter of the query.
bool passes(const std::map<std::string, std::string, std::less<>>& query, std::string_view name,
            std::string_view value) {
  const auto found = query.find(name);
  return found == query.end() || same_text(found->second, value);
}

const std::string* find(const std::map<std::string, std::string, std::less<>>& query, std::string_view name) {
  const auto found = query.find(name);
  return found == query.end() ? nullptr : &found->second;
}

}  // namespace

Query parse_query(std::string_view target) {
  Query query;
  const auto path = target.substr(0, target.find('?'));
  for (auto rest = target.substr(std::min(target.size(), path.size() + 1)); !rest.empty();) {
    const auto pair = rest.substr(0, rest.find('&'));
    const auto equals = std::min(pair.find('='), pair.size());
    query[decode(pair.substr(0, equals))] = decode(pair.substr(std::min(pair.size(), equals + 1)));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
  }
  return query;
}

std::string Api::server() const {
  return server_row(account_, options_.token);
}

Answer Api::get(std::string_view target, std::string_view token) const {
  if (token != options_.token)
    return refuse(401, 10,
                  "The Server Token you provided in the X-Postmark-Server-Token request header was invalid.");
  const auto path = target.substr(0, target.find('?'));
  const auto query = parse_query(target);
  constexpr std::string_view one = "/messages/outbound/";
  constexpr std::string_view statistics_path = "/stats/outbound";
  if (path == "/messages/outbound") return messages(query);
  if (path == "/messages/outbound/opens") return opens(query);
  if (path == "/messages/outbound/clicks") return clicks(query);
  if (path == "/bounces") return bounces(query);
  if (path == "/messages/inbound") return inbound(query);
  if (path.starts_with("/messages/outbound/opens/")) return message(path.substr(one.size() + 6), true);
  if (path.starts_with(one) && path.ends_with("/details"))
    return message(path.substr(one.size(), path.size() - one.size() - 8), false);
  if (path.starts_with("/messages/inbound/") && path.ends_with("/details"))
    return received(path.substr(18, path.size() - 18 - 8));
  if (path.starts_with("/bounces/") && path.ends_with("/dump"))
    return dump(path.substr(9, path.size() - 9 - 5));
  if (path == "/webhooks") return {200, fmt::format(R"({{"Webhooks":[{}]}})", fmt::join(webhooks(), ","))};
  if (path.starts_with("/templates/")) {
    const auto body = template_details(account_, path.substr(11));
    return body ? Answer{200, *body} : refuse(422, 1101, "The template was not found.");
  }
  if (path == "/message-streams") return message_streams(query);
  if (path == "/server") return {200, server()};
  if (path == "/deliverystats") return {200, delivery_stats(account_)};
  if (path == "/triggers/inboundrules") return page_of("InboundRules", inbound_rules(), query);
  if (path == "/templates") return page_of("Templates", templates(account_), query);
  if (path.starts_with("/message-streams/") && path.ends_with("/suppressions/dump")) {
    const auto id = path.substr(17, path.size() - 17 - 18);
    const auto stream = stream_index(id);
    if (!stream) return refuse(422, 1226, "The message stream was not found.");
    return {200, fmt::format(R"({{"Suppressions":[{}]}})", fmt::join(suppressions(account_, *stream), ","))};
  }
  if (path.starts_with(statistics_path)) return statistics(path.substr(statistics_path.size()), query);
  return refuse(404, 402, "The resource was not found.");
}

std::optional<size_t> Api::stream_index(std::string_view id) const {
  const auto& all = Account::streams();
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].id == id && !(options_.refuses_archived && all[i].is_archived)) return i;
  }
  return std::nullopt;
}

// Parses a date filter; nothing if the text is not a date.
std::optional<Time> Api::moment(std::string_view text, bool is_end) const {
  const auto day = parse_day(text.substr(0, 10));
  if (!day || (text.size() != 10 && text.size() != 19)) return std::nullopt;
  auto local = date::local_seconds(date::days(*day));
  Ticks inside = is_end && text.size() == 10 ? Ticks(24h) - Ticks(1) : Ticks(0);
  if (text.size() == 19) {
    const auto hours = number(text.substr(11, 2));
    const auto minutes = number(text.substr(14, 2));
    const auto seconds = number(text.substr(17, 2));
    if (text[10] != 'T' || !hours || !minutes || !seconds || *hours > 23 || *minutes > 59 || *seconds > 59)
      return std::nullopt;
    local += std::chrono::hours(*hours) + std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds);
    if (is_end && options_.todate_includes_fraction) inside = Ticks(9'999'999);
  } else if (is_end) {
    // A full day, which may have 23 or 25 hours.
    local += date::days(1);
    inside = Ticks(-1);
  }
  const auto* zone = date::locate_zone("America/New_York");
  const auto info = zone->get_info(local);
  const auto sys = [&](const date::sys_info& reading) {
    return Time(local.time_since_epoch() - reading.offset) + inside;
  };
  if (info.result == date::local_info::nonexistent) return Time(info.first.end) + inside;
  if (info.result == date::local_info::unique) return sys(info.first);
  switch (options_.ambiguous) {
    case ApiOptions::Ambiguous::first:
      return sys(info.first);
    case ApiOptions::Ambiguous::second:
      return sys(info.second);
    case ApiOptions::Ambiguous::wall:
      break;
  }
  return is_end ? sys(info.second) : sys(info.first);
}

std::optional<Api::Bounds> Api::bounds(const Query& query) const {
  Bounds bounds{Time::min(), Time::max()};
  for (const auto* name : {"fromdate", "todate"}) {
    const auto* text = find(query, name);
    if (!text) continue;
    const bool is_end = std::string_view(name) == "todate";
    const auto time = moment(*text, is_end);
    if (!time) return std::nullopt;
    (is_end ? bounds.to : bounds.from) = *time;
  }
  return bounds;
}

template <class Row, class Matches, class Append>
Answer Api::page(std::string_view name, const Account::Range<Row>& rows, const Query& query, bool is_filtered,
                 const Matches& matches, const Append& append) const {
  const auto* count_text = find(query, "count");
  const auto* offset_text = find(query, "offset");
  const int64_t count = count_text ? number(*count_text).value_or(-1) : -1;
  const int64_t offset = offset_text ? number(*offset_text).value_or(-1) : -1;
  if (count < 1 || count > largest_page)
    return refuse(422, 700, "Parameter 'count' must be between 1 and 500.");
  if (offset < 0) return refuse(422, 700, "Parameter 'offset' must be 0 or more.");
  if (count + offset > reachable) return refuse(422, 701, "Count + Offset cannot exceed 10000 messages.");
  int64_t total = 0;
  std::string body;
  const auto take = [&](const Row& row) {
    if (total >= offset && total < offset + count) {
      if (!body.empty()) body.push_back(',');
      append(body, row);
    }
    ++total;
  };
  if (options_.order != ApiOptions::Order::newest_first) {
    std::vector<const Row*> found;
    for (const auto* row = rows.first; row != rows.last; ++row) {
      if (matches(*row)) found.push_back(row);
    }
    if (options_.order == ApiOptions::Order::oldest_pages_first) {
      for (size_t begin = 0; begin < found.size(); begin += largest_page) {
        const auto end = std::min(found.size(), begin + largest_page);
        std::reverse(found.begin() + static_cast<ptrdiff_t>(begin),
                     found.begin() + static_cast<ptrdiff_t>(end));
      }
    }
    for (const auto* row : found) take(*row);
  } else if (is_filtered) {
    for (const auto* row = rows.last; row != rows.first;) {
      if (matches(*--row)) take(*row);
    }
  } else {
    total = offset;
    const auto size = static_cast<int64_t>(rows.size());
    for (int64_t i = offset; i < std::min(size, offset + count); ++i) take(rows.last[-1 - i]);
    total = size;
  }
  if (options_.total_stops_at_limit) total = std::min(total, reachable);
  return {200, fmt::format(R"({{"TotalCount":{},"{}":[{}]}})", total, name, body)};
}

Answer Api::messages(const Query& query) const {
  const auto* id = find(query, "messagestream");
  const auto stream = stream_index(id ? *id : "outbound");
  if (!stream) return refuse(422, 1226, "The message stream was not found.");
  const auto range = bounds(query);
  if (!range) return refuse(422, 700, "A date could not be read.");
  const bool is_filtered = query.contains("status") || query.contains("tag") || query.contains("recipient") ||
                           query.contains("fromemail");
  return page(
      "Messages", account_.messages(*stream, range->from, range->to), query, is_filtered,
      [&](const Account::Message& row) {
        return passes(query, "status", account_.status(row)) && passes(query, "tag", Account::tag(row.id)) &&
               passes(query, "recipient", account_.recipient(row.id)) &&
               passes(query, "fromemail", "sender@example.com");
      },
      [&](std::string& out, const Account::Message& row) { account_.append_message(out, row); });
}

template <class Row, class Append>
Answer Api::events(std::string_view name, ApiOptions::Dates dates, const Query& query,
                   Account::Range<Row> (Account::*between)(size_t, Time, Time) const,
                   const Append& append) const {
  const auto* id = find(query, "messagestream");
  const auto stream = stream_index(id ? *id : "outbound");
  if (!stream) return refuse(422, 1226, "The message stream was not found.");
  const auto range = bounds(query);
  if (!range) return refuse(422, 700, "A date could not be read.");
  const Bounds any{Time::min(), Time::max()};
  const auto& own = dates == ApiOptions::Dates::own ? *range : any;
  const auto& sent = dates == ApiOptions::Dates::of_message ? *range : any;
  const bool is_filtered = dates == ApiOptions::Dates::of_message || query.contains("platform") ||
                           query.contains("recipient") || query.contains("tag");
  return page(
      name, (account_.*between)(*stream, own.from, own.to), query, is_filtered,
      [&](const Row& row) {
        return sent.contains(account_.sent_at(row.message)) &&
               passes(query, "platform", Account::platform(row)) &&
               passes(query, "tag", Account::tag(row.message)) &&
               passes(query, "recipient", account_.recipient(row.message));
      },
      append);
}

Answer Api::opens(const Query& query) const {
  return events("Opens", options_.opens_dates, query, &Account::opens,
                [&](std::string& out, const Account::Open& row) { account_.append_open(out, row); });
}

Answer Api::clicks(const Query& query) const {
  return events("Clicks", options_.clicks_dates, query, &Account::clicks,
                [&](std::string& out, const Account::Click& row) { account_.append_click(out, row); });
}

// https://postmarkapp.com/developer/api/bounce-api#bounces
Answer Api::bounces(const Query& query) const {
  const auto* id = find(query, "messagestream");
  const auto stream = stream_index(id ? *id : "outbound");
  if (!stream) return refuse(422, 1226, "The message stream was not found.");
  if (!options_.bounces_know_inbound && Account::streams()[*stream].type == "Inbound")
    return refuse(422, 1226, "The message stream does not send.");
  const auto range = bounds(query);
  if (!range) return refuse(422, 1000, "A date could not be read.");
  const bool is_filtered = query.contains("type") || query.contains("emailFilter") || query.contains("tag");
  return page(
      "Bounces", account_.bounces(*stream, range->from, range->to), query, is_filtered,
      [&](const Account::Bounce& row) {
        return passes(query, "type", Account::type(row).name) &&
               passes(query, "tag", Account::tag(row.message)) &&
               passes(query, "emailFilter", account_.recipient(row.message));
      },
      [&](std::string& out, const Account::Bounce& row) { account_.append_bounce(out, row); });
}

// https://postmarkapp.com/developer/api/messages-api#inbound-message-search
Answer Api::inbound(const Query& query) const {
  const auto range = bounds(query);
  if (!range) return refuse(422, 700, "A date could not be read.");
  // https://postmarkapp.com/blog/messages-api-enhancements-inbound-wildcard: processed is the default.
  const auto* status = find(query, "status");
  const std::string_view wanted = status ? std::string_view(*status) : "processed";
  return page(
      "InboundMessages", account_.inbound(range->from, range->to), query, true,
      [&](const Account::Inbound& row) { return same_text(wanted, account_.status(row)); },
      [&](std::string& out, const Account::Inbound& row) { account_.append_inbound(out, row); });
}

Answer Api::message(std::string_view message_id, bool is_opens) const {
  const auto* found = account_.find_message(message_id);
  if (!found) return refuse(404, 701, "This message does not exist.");
  std::string body;
  if (!is_opens) {
    account_.append_details(body, *found);
    return {200, body};
  }
  int64_t total = 0;
  const auto shown = account_.opens(found->stream, found->at, Time::max());
  for (const auto* open = shown.first; open != shown.last; ++open) {
    if (open->message != found->id) continue;
    if (total++ > 0) body.push_back(',');
    account_.append_open(body, *open);
  }
  return {200, fmt::format(R"({{"TotalCount":{},"Opens":[{}]}})", total, body)};
}

Answer Api::received(std::string_view message_id) const {
  const auto* found = account_.find_inbound(message_id);
  if (!found) return refuse(404, 701, "This message does not exist.");
  std::string body;
  account_.append_details(body, *found);
  return {200, body};
}

Answer Api::dump(std::string_view bounce_id) const {
  const auto* found = account_.find_bounce(number(bounce_id).value_or(-1));
  if (!found) return refuse(422, 407, "The bounce was not found.");
  std::string body;
  account_.append_dump(body, *found);
  return {200, body};
}

Answer Api::message_streams(const Query& query) const {
  const auto* type = find(query, "MessageStreamType");
  const auto* archived = find(query, "IncludeArchivedStreams");
  std::string body;
  int64_t total = 0;
  for (const auto& stream : Account::streams()) {
    if (type && *type != "All" && *type != stream.type) continue;
    if (stream.is_archived && !(archived && same_text(*archived, "true"))) continue;
    if (total++ > 0) body.push_back(',');
    body += message_stream_row(account_, stream);
  }
  return {200, fmt::format(R"({{"MessageStreams":[{}],"TotalCount":{}}})", body, total)};
}

// https://postmarkapp.com/developer/api/stats-api
Answer Api::statistics(std::string_view what, const Query& query) const {
  const auto* id = find(query, "messagestream");
  const auto only = id ? stream_index(*id) : std::nullopt;
  if (id && !only) return refuse(422, 1226, "The message stream was not found.");
  const auto* tag = find(query, "tag");
  const auto* from_text = find(query, "fromdate");
  const auto* to_text = find(query, "todate");
  const auto from = from_text ? parse_day(*from_text) : 0;
  const auto to = to_text ? parse_day(*to_text) : eastern_day(account_.now());
  if (!from || !to) return refuse(422, 700, "A date could not be read.");
  if (options_.statistics_days > 0 && *from < eastern_day(account_.now()) - options_.statistics_days)
    return refuse(422, 1500, "FromDate cannot be older than one year.");

  std::map<int, Account::DayCounts> days;
  Account::DayCounts all;
  for (size_t stream = 0; stream < Account::streams().size(); ++stream) {
    if (only && *only != stream) continue;
    std::map<int, Account::DayCounts> with_tag;
    if (tag) {
      with_tag = account_.statistics(
          stream, [&](uint32_t message) { return same_text(Account::tag(message), *tag); });
    }
    const auto& counted = tag ? with_tag : account_.statistics(stream);
    for (auto day = counted.lower_bound(*from); day != counted.end() && day->first <= *to; ++day) {
      for (auto* sum : {&days[day->first], &all}) sum->add(day->second);
    }
  }
  if (what.empty()) {
    int64_t bounced = 0;
    for (const auto& [name, count] : all.bounces) bounced += count;
    const auto percent = [&](int64_t part) {
      return all.sent == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(all.sent);
    };
    const auto spam = all.bounces.contains("SpamComplaint") ? all.bounces.at("SpamComplaint") : 0;
    return {
        200,
        fmt::format(
            R"({{"Sent":{},"Bounced":{},"SMTPApiErrors":0,"BounceRate":{:.3f},"SpamComplaints":{},"SpamComplaintsRate":{:.3f},)"
            R"("Opens":{},"UniqueOpens":{},"Tracked":{},"WithLinkTracking":{},"WithOpenTracking":{},"TotalTrackedLinksSent":{},)"
            R"("UniqueLinksClicked":{},"TotalClicks":{},"WithClientRecorded":{},"WithPlatformRecorded":{}{}}})",
            all.sent, bounced, percent(bounced), spam, percent(spam), all.opens, all.unique_opens,
            all.tracked, all.tracked / 2, all.tracked, all.tracked, all.unique_clicks, all.clicks,
            all.unique_opens, all.unique_opens,
            options_.overview_has_read_time ? fmt::format(R"(,"WithReadTimeRecorded":{})", all.opens / 2)
                                            : "")};
  }
  // The other statistics leave out days and counts that are 0.
  const auto counts_of = [&](const Account::DayCounts& day) -> std::optional<Account::Counts> {
    if (what == "/sends") return Account::Counts{{"Sent", day.sent}};
    if (what == "/bounces") return day.bounces;
    if (what == "/tracked") return Account::Counts{{"Tracked", day.tracked}};
    if (what == "/opens") return Account::Counts{{"Opens", day.opens}, {"Unique", day.unique_opens}};
    if (what == "/clicks") return Account::Counts{{"Clicks", day.clicks}, {"Unique", day.unique_clicks}};
    if (what == "/spam") {
      const auto spam = day.bounces.find("SpamComplaint");
      return spam == day.bounces.end() ? Account::Counts() : Account::Counts{*spam};
    }
    if (what == "/clicks/browserfamilies") return day.browsers;
    if (what == "/clicks/platforms") return day.click_platforms;
    if (what == "/clicks/location") return day.click_locations;
    if (what == "/opens/platforms") return day.platforms;
    if (what == "/opens/emailclients") return day.clients;
    if (what == "/opens/readtimes") return day.read_times;
    return std::nullopt;
  };
  if (!counts_of(all)) return refuse(404, 402, "The resource was not found.");
  const auto append = [](std::string& out, const Account::Counts& counts) {
    bool any = false;
    for (const auto& [name, count] : counts) {
      if (count == 0) continue;
      out += fmt::format(R"(,"{}":{})", name, count);
      any = true;
    }
    return any;
  };
  std::string body;
  for (const auto& [day, counts] : days) {
    std::string entry = fmt::format(R"({{"Date":"{}")", day_text(day));
    if (append(entry, *counts_of(counts))) body += (body.empty() ? "" : ",") + entry + "}";
  }
  std::string totals;
  append(totals, *counts_of(all));
  return {200, fmt::format(R"({{"Days":[{}]{}}})", body, totals)};
}

}  // namespace tapster::sandbox
