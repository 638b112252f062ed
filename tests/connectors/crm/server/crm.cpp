#include "crm.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <tapster/json.hpp>
#include <tapster/time.hpp>
#include <tuple>
#include <utility>

namespace tapster::connectors {

namespace {

constexpr int64_t first_moment = 1'711'929'600'000;  // 2024-04-01T00:00:00Z
constexpr int64_t minute = 60'000;

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

// Objects whose members are JSON already.
using Members = std::vector<std::pair<std::string, std::string>>;
std::string to_json(const Members& members) {
  std::string out = "{";
  for (const auto& [name, value] : members)
    out += fmt::format("{}{}:{}", out.size() > 1 ? "," : "", json_string(name), value);
  return out + "}";
}

std::string to_json(const CrmObject& object) {
  std::vector<std::string> fields;
  for (const auto& field : object.fields)
    fields.push_back(to_json({{"name", json_string(field.name)},
                              {"type", json_string(field.type)},
                              {"label", json_string("The " + field.name)}}));
  return to_json({{"name", json_string(object.name)},
                  {"label", json_string(object.label)},
                  {"fields", fmt::format("[{}]", fmt::join(fields, ","))}});
}

std::string to_json(const CrmRecord& record) {
  return to_json({{"id", std::to_string(record.id)},
                  {"created", std::to_string(record.created)},
                  {"updated", std::to_string(record.updated)},
                  {"fields", to_json(Members(record.fields.begin(), record.fields.end()))}});
}

std::string to_json(const CrmDeletion& deletion) {
  return to_json({{"id", std::to_string(deletion.id)},
                  {"object", json_string(deletion.object)},
                  {"deleted", std::to_string(deletion.deleted)}});
}

// A member of a JSON body that is a time, in seconds since 1970.
std::optional<int64_t> time_in(const json::value& body, const char* pointer) {
  json::error_code none;
  const auto* text = body.find_pointer(pointer, none);
  const auto time =
      text != nullptr && text->is_string() ? parse_time(view(text->get_string())) : std::nullopt;
  if (!time) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(*time).time_since_epoch().count();
}

Response results(const std::vector<std::string>& rows, const Members& more = {}) {
  Members members{{"results", fmt::format("[{}]", fmt::join(rows, ","))}};
  members.insert(members.end(), more.begin(), more.end());
  return {200, to_json(members)};
}

}  // namespace

CrmServer::CrmServer()
    : server_([this](const Request& request) {
        return meddle_or(request, [this](const Request& call) { return respond(call); });
      }) {
  const std::lock_guard lock(mutex_);
  objects_ = {{"contacts",
               "Contacts",
               {{"email", "text"}, {"fax", "text"}, {"score", "number"}, {"opted_in", "flag"}}},
              {"deals", "Deals", {{"amount", "number"}, {"closes_on", "date"}, {"won_at", "time"}}},
              {"vehicles", "Fahrzeuge für den Verleih", {{"plate", "text"}, {"doors", "number"}}}};
  // A contact changes each minute, and 50 were imported in one millisecond.
  for (int64_t i = 1; i <= 230; ++i) {
    const auto at = first_moment + minute * (i < 60 ? i : i < 110 ? 60 : i) + 7;
    records_.push_back({1000 + i,
                        "contacts",
                        first_moment,
                        at,
                        {{"email", json_string(fmt::format("näher{}@example.com", i))},
                         {"fax", i % 3 == 0 ? "null" : json_string(fmt::format("+49 {}", i))},
                         {"score", fmt::format("{}.50", i)},
                         {"opted_in", i % 2 == 0 ? "true" : "\"no\""}}});
  }
  for (int64_t i = 1; i <= 45; ++i)
    records_.push_back({5000 + i,
                        "deals",
                        first_moment + i,
                        first_moment + minute * i + i,
                        {{"amount", fmt::format("{}", i * 100)},
                         {"closes_on", "\"2024-12-31\""},
                         {"won_at", i % 4 == 0 ? std::to_string(first_moment + i) : "null"}}});
  for (int64_t i = 1; i <= 5; ++i)
    records_.push_back({9000 + i,
                        "vehicles",
                        first_moment,
                        first_moment + minute * i,
                        {{"plate", json_string(fmt::format("B-XY {}", i))}, {"doors", "4"}}});
  for (int64_t i = 1; i <= 70; ++i)
    deletions_.push_back({100 + i, i % 2 == 0 ? "contacts" : "deals", first_moment + minute * i});
  for (int64_t i = 1; i <= 30; ++i)
    leads_.push_back({300 + i, (first_moment + minute * i) / 1'000, fmt::format("Näher \"{}\"\r\n", i)});
}

std::string CrmServer::base_url() const {
  return server_.url();
}

std::vector<CrmObject> CrmServer::objects() const {
  const std::lock_guard lock(mutex_);
  return objects_;
}

std::vector<CrmRecord> CrmServer::records(const std::string& object) const {
  const std::lock_guard lock(mutex_);
  std::vector<CrmRecord> found;
  for (const auto& record : records_) {
    if (record.object == object) found.push_back(record);
  }
  std::sort(found.begin(), found.end(), [](const CrmRecord& a, const CrmRecord& b) {
    return std::tie(a.updated, a.id) < std::tie(b.updated, b.id);
  });
  return found;
}

std::vector<CrmDeletion> CrmServer::deletions() const {
  const std::lock_guard lock(mutex_);
  return deletions_;
}

std::vector<CrmLead> CrmServer::leads() const {
  const std::lock_guard lock(mutex_);
  return leads_;
}

void CrmServer::export_to(std::string url) {
  const std::lock_guard lock(mutex_);
  export_url_ = std::move(url);
}

void CrmServer::set_token_life(std::chrono::seconds time, int requests) {
  const std::lock_guard lock(mutex_);
  tokens_.set_life(time, requests);
}

int CrmServer::refused() const {
  const std::lock_guard lock(mutex_);
  return tokens_.refused();
}

void CrmServer::add_object(CrmObject object) {
  const std::lock_guard lock(mutex_);
  objects_.push_back(std::move(object));
}

void CrmServer::add_record(CrmRecord record) {
  const std::lock_guard lock(mutex_);
  records_.push_back(std::move(record));
}

void CrmServer::set_field(const std::string& object, const CrmField& field) {
  const std::lock_guard lock(mutex_);
  for (auto& each : objects_) {
    if (each.name != object) continue;
    std::erase_if(each.fields, [&](const CrmField& old) { return old.name == field.name; });
    each.fields.push_back(field);
  }
}

void CrmServer::drop_field(const std::string& object, const std::string& field) {
  const std::lock_guard lock(mutex_);
  for (auto& each : objects_) {
    if (each.name == object) std::erase_if(each.fields, [&](const CrmField& f) { return f.name == field; });
  }
  for (auto& record : records_) {
    if (record.object == object) record.fields.erase(field);
  }
}

void CrmServer::set_value(const std::string& object, int64_t id, const std::string& field,
                          const std::string& value, int64_t now) {
  const std::lock_guard lock(mutex_);
  for (auto& record : records_) {
    if (record.object != object || record.id != id) continue;
    record.fields[field] = value;
    record.updated = now;
  }
}

void CrmServer::erase(const std::string& object, int64_t id, int64_t now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(records_,
                [&](const CrmRecord& record) { return record.object == object && record.id == id; });
  deletions_.push_back({id, object, now});
}

void CrmServer::expire_tokens() {
  const std::lock_guard lock(mutex_);
  ++epoch_;
}

Response CrmServer::respond(const Request& request) {
  const std::lock_guard lock(mutex_);
  if (request.path == "/oauth/token") return tokens_.grant(request);
  if (request.path.starts_with("/files/")) return download(request.path.substr(7));
  if (!tokens_.accepts(request.authorization)) return {401, R"({"message":"The token is not valid"})"};
  if (request.path == "/account") return {200, R"({"name":"Acme"})"};
  if (request.path == "/objects") return list_objects(request);
  if (request.path == "/deletions") return list_deletions(request);
  if (request.path == "/exports") return create_export(request);
  if (request.path.starts_with("/exports/")) return poll_export(std::stoll(request.path.substr(9)));
  for (const auto& object : objects_) {
    if (request.path == "/objects/" + object.name) return list_records(object.name, request);
  }
  return {404, R"({"message":"Not found"})"};
}

// Two objects a page.
Response CrmServer::list_objects(const Request& request) const {
  const auto after = request.parameter("after");
  const size_t begin = after.empty() ? 0 : std::stoull(after);
  const auto end = std::min(begin + 2, objects_.size());
  std::vector<std::string> rows;
  for (auto i = begin; i < end; ++i) rows.push_back(to_json(objects_[i]));
  return results(rows, {{"next", end < objects_.size() ? json_string(std::to_string(end)) : "null"}});
}

// Those that were changed at `since` or later, oldest change first. A cursor is the last record of the page.
Response CrmServer::list_records(const std::string& object, const Request& request) const {
  if (request.parameter("sort") != "updated") return {400, R"({"message":"sort"})"};
  const auto since = std::stoll("0" + request.parameter("since"));
  const auto after = request.parameter("after");
  std::pair<int64_t, int64_t> last{0, 0};
  if (!after.empty() && std::sscanf(after.c_str(), "%ld_%ld", &last.first, &last.second) != 2)
    return {400, R"({"message":"after"})"};
  std::vector<std::string> rows;
  std::string next = "null";
  for (const auto& record : records(object)) {
    const std::pair at(record.updated, record.id);
    if (record.updated < since || (!after.empty() && at <= last)) continue;
    if (rows.size() == page) {
      next = json_string(fmt::format("{}_{}", last.first, last.second));
      break;
    }
    rows.push_back(to_json(record));
    if (rows.size() == page) last = at;
  }
  return results(rows, {{"next", next}});
}

// A token names the next deletion to list.
Response CrmServer::list_deletions(const Request& request) const {
  const auto given = request.parameter("token");
  int epoch = epoch_;
  size_t begin = 0;
  if (!given.empty() && std::sscanf(given.c_str(), "d%d-%zu", &epoch, &begin) != 2)
    return {400, R"({"message":"token"})"};
  if (epoch != epoch_) return {410, R"({"message":"The token has expired"})"};
  const auto end = std::min(begin + page, deletions_.size());
  std::vector<std::string> rows;
  for (auto i = begin; i < end; ++i) rows.push_back(to_json(deletions_[i]));
  return results(rows, {{"token", json_string(fmt::format("d{}-{}", epoch_, end))},
                        {"more", end < deletions_.size() ? "true" : "false"}});
}

Response CrmServer::create_export(const Request& request) {
  json::error_code error;
  const auto body = json::parse(request.body, error);
  const auto from = time_in(body, "/changed/from");
  const auto to = time_in(body, "/changed/to");
  if (request.method != "POST" || !from || !to) return {400, R"({"message":"changed"})"};
  exports_.push_back({*from, *to, 0});
  return {201, fmt::format(R"({{"id":{},"state":"queued"}})", exports_.size())};
}

// The first poll comes too early.
Response CrmServer::poll_export(int64_t id) {
  if (id < 1 || static_cast<size_t>(id) > exports_.size()) return {404, R"({"message":"Not found"})"};
  if (++exports_[static_cast<size_t>(id) - 1].polls == 1) return {200, R"({"state":"running","url":null})"};
  const auto url = export_url_.empty() ? fmt::format("{}/files/{}", base_url(), id) : export_url_;
  return {200, to_json({{"state", json_string("done")}, {"url", json_string(url)}})};
}

// A file of an export. It needs no credential.
Response CrmServer::download(const std::string& file) const {
  const auto& found = exports_.at(std::stoull(file) - 1);
  std::string csv = "Id,Changed At,Name\r\n";
  for (const auto& lead : leads_) {
    if (lead.changed < found.from || lead.changed >= found.to) continue;
    std::string name;
    for (const char c : lead.name) name.append(c == '"' ? 2 : 1, c);
    csv += fmt::format("{},{},\"{}\"\r\n", lead.id, format_time(from_unix_micros(lead.changed * 1'000'000)),
                       name);
  }
  return {200, csv, {{"Content-Type", "text/csv"}}};
}

}  // namespace tapster::connectors
