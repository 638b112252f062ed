#include "expected.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <tapster/time.hpp>

#include "expected_lists.hpp"
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace tapster::e2e {

namespace {

using sandbox::Account;

const std::map<std::string, std::vector<std::string>, std::less<>> keys{
    {"messages_outbound", {"message_id"}},
    {"messages_opens", {"message_id", "recipient", "received_at", "received_at_digit7"}},
    {"messages_clicks",
     {"message_id", "recipient", "received_at", "received_at_digit7", "original_link", "click_location"}},
    {"bounces", {"id"}},
    {"messages_inbound", {"message_id"}},
    {"message_events", {"message_id", "recipient", "type", "received_at", "received_at_digit7", "twin"}},
    {"messages_outbound_details", {"message_id"}},
    {"messages_inbound_details", {"message_id"}},
    {"bounce_dumps", {"id"}},
    {"stats_outbound_bounces", {"id"}},
    {"stats_outbound_clients", {"date", "client_type"}},
    {"stats_outbound_overview", {"id"}},
    {"stats_outbound_platform", {"id"}},
    {"stats_outbound_sends", {"id"}},
    {"stats_outbound_spam", {"id"}},
    {"stats_outbound_tracked", {"id"}},
    {"stats_outbound_opens", {"id"}},
    {"stats_outbound_clicks", {"id"}},
    {"stats_outbound_click_browsers", {"date", "browser"}},
    {"stats_outbound_click_platforms", {"id"}},
    {"stats_outbound_click_locations", {"id"}},
    {"stats_outbound_read_times", {"date", "read_time"}},
    {"message_streams", {"id"}},
    {"suppressions", {"message_stream", "email_address", "suppression_reason", "origin"}},
    {"templates", {"template_id"}},
    {"template_details", {"template_id"}},
    {"webhooks", {"id"}},
    {"delivery_stats", {"name"}},
    {"server", {"id"}},
    {"inbound_rules", {"id"}},
    {"servers", {"id"}},
    {"domains", {"id"}},
    {"sender_signatures", {"id"}},
    {"domain_details", {"id"}},
    {"sender_signature_details", {"id"}}};

std::string utc(sandbox::Time time) {
  const auto micros = std::chrono::floor<std::chrono::microseconds>(time);
  return date::format("%FT%TZ", date::sys_time<std::chrono::microseconds>(micros.time_since_epoch()));
}

std::string day(int days) {
  return date::format("%F", date::sys_days(date::days(days)));
}

// The member of an API record at a path such as "Geo/City"; null if it is missing.
json::value member(const json::object& object, std::string_view path) {
  const auto slash = path.find('/');
  const auto* value = object.if_contains(path.substr(0, slash));
  if (!value) return nullptr;
  if (slash == std::string_view::npos) return *value;
  return value->is_object() ? member(value->as_object(), path.substr(slash + 1)) : json::value(nullptr);
}

using Columns = std::vector<std::pair<const char*, const char*>>;

Columns operator+(Columns some, const Columns& more) {
  some.insert(some.end(), more.begin(), more.end());
  return some;
}

json::object record(const json::object& from, const Columns& columns) {
  json::object to;
  for (const auto& [column, path] : columns) to[column] = member(from, path);
  return to;
}

void add_times(json::object& record, const char* column, sandbox::Time at) {
  record[column] = utc(at);
  record["date"] = day(sandbox::eastern_day(at));
}

// Statistics by something have it in their key.
std::vector<std::string> key_of(const std::string& stream) {
  for (const std::string by : {"message_stream", "tag"}) {
    if (!stream.ends_with("_by_" + by)) continue;
    auto key = key_of(stream.substr(0, stream.size() - by.size() - 4));
    key.push_back(by);
    return key;
  }
  return keys.at(stream);
}

bool has_digit7(const std::string& stream) {
  const auto key = key_of(stream);
  return std::find(key.begin(), key.end(), "received_at_digit7") != key.end();
}

// When a row happened; nothing for a day's.
const json::value* time_of(const json::object& row) {
  const auto* time = row.if_contains("received_at");
  return time ? time : row.if_contains("bounced_at");
}

const Columns message_columns{{"message_id", "MessageID"},
                              {"message_stream", "MessageStream"},
                              {"from", "From"},
                              {"to", "To"},
                              {"cc", "Cc"},
                              {"bcc", "Bcc"},
                              {"recipients", "Recipients"},
                              {"subject", "Subject"},
                              {"status", "Status"},
                              {"track_links", "TrackLinks"},
                              {"track_opens", "TrackOpens"},
                              {"tag", "Tag"},
                              {"metadata", "Metadata"},
                              {"attachments", "Attachments"},
                              {"sandboxed", "Sandboxed"}};

const Columns reader_columns{{"client_name", "Client/Name"},
                             {"client_company", "Client/Company"},
                             {"client_family", "Client/Family"},
                             {"os_name", "OS/Name"},
                             {"os_company", "OS/Company"},
                             {"os_family", "OS/Family"},
                             {"platform", "Platform"},
                             {"user_agent", "UserAgent"},
                             {"geo_countryisocode", "Geo/CountryISOCode"},
                             {"geo_country", "Geo/Country"},
                             {"geo_regionisocode", "Geo/RegionISOCode"},
                             {"geo_region", "Geo/Region"},
                             {"geo_city", "Geo/City"},
                             {"geo_zip", "Geo/Zip"},
                             {"geo_coords", "Geo/Coords"},
                             {"geo_ip", "Geo/IP"},
                             {"message_id", "MessageID"},
                             {"message_stream", "MessageStream"},
                             {"tag", "Tag"},
                             {"recipient", "Recipient"}};

const Columns open_columns =
    reader_columns + Columns{{"first_open", "FirstOpen"}, {"read_seconds", "ReadSeconds"}};
const Columns click_columns =
    reader_columns + Columns{{"original_link", "OriginalLink"}, {"click_location", "ClickLocation"}};

const Columns bounce_columns{{"id", "ID"},
                             {"type", "Type"},
                             {"type_code", "TypeCode"},
                             {"name", "Name"},
                             {"tag", "Tag"},
                             {"message_id", "MessageID"},
                             {"message_stream", "MessageStream"},
                             {"description", "Description"},
                             {"details", "Details"},
                             {"email", "Email"},
                             {"from", "From"},
                             {"dump_available", "DumpAvailable"},
                             {"inactive", "Inactive"},
                             {"can_activate", "CanActivate"},
                             {"subject", "Subject"}};

const Columns inbound_columns{{"message_id", "MessageID"},
                              {"message_stream", "MessageStream"},
                              {"status", "Status"},
                              {"sent_header", "Date"},
                              {"from", "From"},
                              {"from_name", "FromName"},
                              {"from_full", "FromFull"},
                              {"to", "To"},
                              {"to_full", "ToFull"},
                              {"cc", "Cc"},
                              {"cc_full", "CcFull"},
                              {"bcc", "Bcc"},
                              {"bcc_full", "BccFull"},
                              {"reply_to", "ReplyTo"},
                              {"original_recipient", "OriginalRecipient"},
                              {"subject", "Subject"},
                              {"mailbox_hash", "MailboxHash"},
                              {"tag", "Tag"},
                              {"attachments", "Attachments"}};

const Columns event_columns{{"recipient", "Recipient"},
                            {"type", "Type"},
                            {"summary", "Details/Summary"},
                            {"delivery_message", "Details/DeliveryMessage"},
                            {"destination_server", "Details/DestinationServer"},
                            {"destination_ip", "Details/DestinationIP"},
                            {"bounce_id", "Details/BounceID"},
                            {"origin", "Details/Origin"},
                            {"suppress_sending", "Details/SuppressSending"},
                            {"link", "Details/Link"},
                            {"click_location", "Details/ClickLocation"}};

// The other columns of the key.
const Columns twin_columns{{"recipient", "recipient"},
                           {"type", "type"},
                           {"received_at", "received_at"},
                           {"received_at_digit7", "received_at_digit7"}};

const Columns details_columns{
    {"message_id", "MessageID"}, {"message_stream", "MessageStream"}, {"tag", "Tag"},
    {"text_body", "TextBody"},   {"html_body", "HtmlBody"},           {"body", "Body"}};

const Columns inbound_details_columns{{"message_id", "MessageID"},
                                      {"message_stream", "MessageStream"},
                                      {"status", "Status"},
                                      {"blocked_reason", "BlockedReason"},
                                      {"text_body", "TextBody"},
                                      {"html_body", "HtmlBody"},
                                      {"stripped_text_reply", "StrippedTextReply"},
                                      {"headers", "Headers"}};

const Columns dump_columns{
    {"id", "ID"}, {"message_id", "MessageID"}, {"message_stream", "MessageStream"}, {"tag", "Tag"}};

// Of all that is there from this time on.
void add_inbound(Tables& tables, const Account& account, sandbox::Time from) {
  const auto rows = account.inbound(from, sandbox::Time::max());
  for (const auto* inbound = rows.first; inbound != rows.last; ++inbound) {
    std::string text;
    account.append_inbound(text, *inbound);
    auto row = record(json::parse(text).as_object(), inbound_columns);
    row["date"] = day(sandbox::eastern_day(inbound->at));
    const auto sent = Account::sent(*inbound).at;
    row["sent_at"] = sent ? json::value(utc(*sent)) : json::value(nullptr);
    upsert(tables, "messages_inbound", std::move(row));
  }
}

// The text of a part, with the tool that people would use.
std::string unpacked(const std::filesystem::path& path) {
  const std::string tool = path.extension() == ".gz" ? "gzip" : path.extension() == ".zst" ? "zstd" : "";
  if (tool.empty()) return content(path);
  const auto finished = run_program(tool, {"-dcq", path});
  if (finished.exit != 0) throw std::runtime_error(path.string() + " cannot be unpacked: " + finished.err);
  return finished.out;
}

}  // namespace

Tables of_server(const Tables& tables, const sandbox::AccountOptions& server) {
  Tables all;
  for (const auto& [stream, rows] : tables) {
    for (auto [key, row] : rows) {
      row["server_id"] = server.server_id;
      row["server_name"] = server.server_name;
      upsert(all, stream, std::move(row));
    }
  }
  return all;
}

bool upsert(Tables& tables, const std::string& stream, json::object record) {
  std::string key;
  if (const auto* server = record.if_contains("server_id")) key = json::serialize(*server) + " ";
  for (const auto& column : key_of(stream)) {
    const auto* value = record.if_contains(column);
    if (!value || value->is_null()) throw std::runtime_error(stream + " has a record without " + column);
    key += json::serialize(*value) + " ";
  }
  return tables[stream].insert_or_assign(key, std::move(record)).second;
}

Tables expected_tables(const Account& account, std::string_view start, sandbox::Time end,
                       bool has_read_time) {
  Tables tables;
  const date::local_days first(parse_day(start)->time_since_epoch());
  const sandbox::Time from = date::locate_zone("America/New_York")->to_sys(first, date::choose::earliest);
  const auto last = end - sandbox::Ticks(1);
  for (size_t stream = 0; stream < Account::streams().size(); ++stream) {
    // Adds rows of the API to a table. `append` writes one as the API does.
    const auto add_rows = [&](const char* table, const char* time, const Columns& columns, const auto& rows,
                              const auto& append) {
      for (const auto* from_api = rows.first; from_api != rows.last; ++from_api) {
        std::string text;
        append(text, *from_api);
        auto row = record(json::parse(text).as_object(), columns);
        add_times(row, time, from_api->at);
        if (has_digit7(table)) row["received_at_digit7"] = from_api->at.time_since_epoch().count() % 10;
        upsert(tables, table, std::move(row));
      }
    };
    add_rows("messages_outbound", "received_at", message_columns, account.messages(stream, from, last),
             [&](auto& out, const auto& row) { account.append_message(out, row); });
    add_rows("messages_opens", "received_at", open_columns, account.opens(stream, from, last),
             [&](auto& out, const auto& row) { account.append_open(out, row); });
    add_rows("messages_clicks", "received_at", click_columns, account.clicks(stream, from, last),
             [&](auto& out, const auto& row) { account.append_click(out, row); });
    add_rows("bounces", "bounced_at", bounce_columns, account.bounces(stream, from, last),
             [&](auto& out, const auto& row) { account.append_bounce(out, row); });
  }
  add_inbound(tables, account, from);
  merge(tables, expected_lists(account));
  tables = of_server(tables, account.options());
  merge(tables, expected_statistics(account, start, has_read_time));
  return tables;
}

Tables expected_details(const Account& account, std::string_view start, sandbox::Time end) {
  Tables tables;
  const date::local_days first(parse_day(start)->time_since_epoch());
  const sandbox::Time from = date::locate_zone("America/New_York")->to_sys(first, date::choose::earliest);
  for (size_t stream = 0; stream < Account::streams().size(); ++stream) {
    const auto messages = account.messages(stream, from, end - sandbox::Ticks(1));
    for (const auto* message = messages.first; message != messages.last; ++message) {
      std::string text;
      account.append_details(text, *message);
      const auto details = json::parse(text).as_object();
      auto row = record(details, details_columns);
      add_times(row, "received_at", message->at);
      upsert(tables, "messages_outbound_details", std::move(row));
      std::map<std::string, int64_t> twins;
      for (const auto& value : details.at("MessageEvents").as_array()) {
        auto event = record(value.as_object(), event_columns);
        event["message_id"] = details.at("MessageID");
        event["message_stream"] = details.at("MessageStream");
        const auto at = std::chrono::floor<sandbox::Ticks>(
            *parse_time(json::value_to<std::string>(value.at("ReceivedAt"))));
        add_times(event, "received_at", at);
        event["received_at_digit7"] = at.time_since_epoch().count() % 10;
        if (auto& id = event["bounce_id"]; id.is_string()) id = std::stoll(json::value_to<std::string>(id));
        if (auto& suppress = event["suppress_sending"]; suppress.is_string()) suppress = suppress == "True";
        event["twin"] = twins[json::serialize(record(event, twin_columns))]++;
        upsert(tables, "message_events", std::move(event));
      }
    }
    const auto bounces = account.bounces(stream, from, end - sandbox::Ticks(1));
    for (const auto* bounce = bounces.first; bounce != bounces.last; ++bounce) {
      std::string text;
      account.append_bounce(text, *bounce);
      auto row = record(json::parse(text).as_object(), dump_columns);
      add_times(row, "bounced_at", bounce->at);
      std::string dump;
      account.append_dump(dump, *bounce);
      row["body"] = json::parse(dump).at("Body");
      upsert(tables, "bounce_dumps", std::move(row));
    }
  }
  const auto received = account.inbound(from, sandbox::Time::max());
  for (const auto* inbound = received.first; inbound != received.last; ++inbound) {
    std::string text;
    account.append_details(text, *inbound);
    auto row = record(json::parse(text).as_object(), inbound_details_columns);
    row["date"] = day(sandbox::eastern_day(inbound->at));
    upsert(tables, "messages_inbound_details", std::move(row));
  }
  return of_server(tables, account.options());
}

Tables part_of(const Tables& tables, std::string_view from, std::string_view to, std::string_view first,
               std::string_view last) {
  // "2026-11-01T05:00:00" comes before "2026-11-01T05:00:00.000000Z".
  if (from.ends_with('Z')) from.remove_suffix(1);
  if (to.ends_with('Z')) to.remove_suffix(1);
  Tables part;
  for (const auto& [stream, rows] : tables) {
    for (const auto& [key, row] : rows) {
      const auto* time = time_of(row);
      if (is_list(stream)) {
        part[stream].emplace(key, row);
        continue;
      }
      const std::string_view at = (time ? *time : row.at("date")).as_string();
      const bool is_inside = time ? at >= from && at < to : at >= first && at <= last;
      if (is_inside) part[stream].emplace(key, row);
    }
  }
  return part;
}

Tables streams_of(const Tables& tables, std::string_view prefix) {
  Tables some = tables;
  std::erase_if(some, [&](const auto& table) { return !table.first.starts_with(prefix); });
  return some;
}

Tables only(const Tables& tables, const std::vector<std::string>& names) {
  Tables some;
  for (const auto& name : names) {
    if (const auto table = tables.find(name); table != tables.end()) some.insert(*table);
  }
  return some;
}

bool is_by_day(std::string_view stream) {
  return stream.starts_with("stats_") || stream.starts_with("messages_inbound");
}

bool is_list(std::string_view stream) {
  constexpr std::array lists{"message_streams",
                             "suppressions",
                             "templates",
                             "template_details",
                             "webhooks",
                             "delivery_stats",
                             "inbound_rules",
                             "server",
                             "servers",
                             "domains",
                             "sender_signatures",
                             "domain_details",
                             "sender_signature_details"};
  return std::find(lists.begin(), lists.end(), stream) != lists.end();
}

Tables without_status(Tables tables) {
  for (const auto* stream : {"messages_outbound", "messages_inbound"}) {
    for (auto& [key, row] : tables[stream]) row.erase("status");
  }
  return tables;
}

void merge(Tables& tables, const Tables& later) {
  for (const auto& [stream, rows] : later) {
    for (const auto& [key, row] : rows) tables[stream].insert_or_assign(key, row);
  }
}

Tables tables_of_singer(std::string_view text, size_t& doubled) {
  Tables tables;
  for (const auto& line : lines_of(text)) {
    const auto message = json::parse(line).as_object();
    if (message.at("type") != "RECORD") continue;
    if (!upsert(tables, json::value_to<std::string>(message.at("stream")), message.at("record").as_object()))
      ++doubled;
  }
  return tables;
}

Tables tables_of_jsonl(std::string_view text, size_t& doubled) {
  Tables tables;
  for (const auto& line : lines_of(text)) {
    const auto entry = json::parse(line).as_object();
    if (!upsert(tables, json::value_to<std::string>(entry.at("stream")), entry.at("record").as_object()))
      ++doubled;
  }
  return tables;
}

Tables tables_of_files(const std::string& directory, size_t& doubled) {
  Tables tables;
  for (const auto& path : parts_of(directory)) {
    const std::string stream = path.parent_path().filename();
    if (stream.ends_with(".incomplete")) continue;
    for (const auto& line : lines_of(unpacked(path))) {
      if (!upsert(tables, stream, json::parse(line).as_object())) ++doubled;
    }
  }
  return tables;
}

std::vector<std::filesystem::path> parts_of(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> parts;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    const auto name = entry.path().filename().string();
    if (entry.is_regular_file() && !name.starts_with('.') && name != "schema.json")
      parts.push_back(entry.path());
  }
  std::sort(parts.begin(), parts.end());
  return parts;
}

std::string text_of_parts(const std::filesystem::path& folder) {
  std::string text;
  for (const auto& path : parts_of(folder)) text += unpacked(path);
  return text;
}

std::string difference(const Tables& expected, const Tables& actual) {
  std::string text;
  size_t missing = 0;
  size_t extra = 0;
  size_t different = 0;
  const auto note = [&](size_t& count, std::string_view what, const std::string& stream,
                        const std::string& key, const std::string& more = {}) {
    if (++count <= 3) text += fmt::format("{} in {}: {} {}\n", what, stream, key, more);
  };
  for (const auto& [stream, rows] : expected) {
    const auto found = actual.find(stream);
    for (const auto& [key, row] : rows) {
      const auto* other =
          found == actual.end() || !found->second.contains(key) ? nullptr : &found->second.at(key);
      if (!other)
        note(missing, "missing", stream, key);
      else if (*other != row)
        note(different, "different", stream, key,
             json::serialize(row) + "\n  and not " + json::serialize(*other));
    }
  }
  for (const auto& [stream, rows] : actual) {
    for (const auto& [key, row] : rows) {
      if (!expected.contains(stream) || !expected.at(stream).contains(key))
        note(extra, "too many", stream, key);
    }
  }
  if (!text.empty())
    text += fmt::format("{} missing, {} too many, {} different\n", missing, extra, different);
  return text;
}

}  // namespace tapster::e2e
