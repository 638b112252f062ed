// A small CRM with made-up data: objects whose fields the account has made, a feed of deletions, and leads
// that it gives as exports. OAuth 2 with refresh tokens that rotate. It changes and misbehaves at the
// requests that a test names.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "http_server.hpp"
#include "meddled.hpp"
#include "oauth_tokens.hpp"

namespace tapster::connectors {

struct CrmField {
  std::string name;
  std::string type;  // text, number, flag, date or time
};

struct CrmObject {
  std::string name, label;
  std::vector<CrmField> fields;
};

struct CrmRecord {
  int64_t id;
  std::string object;
  int64_t created, updated;                   // milliseconds since 1970
  std::map<std::string, std::string> fields;  // JSON values
};

struct CrmDeletion {
  int64_t id;
  std::string object;
  int64_t deleted;  // milliseconds since 1970
};

struct CrmLead {
  int64_t id;
  int64_t changed;  // seconds since 1970
  std::string name;
};

// Its members may be called from any thread, and by what on_request was given.
class CrmServer : public Meddled<Request> {
 public:
  static constexpr size_t page = 20;
  static constexpr const char* client_id = "crm-client";
  static constexpr const char* client_secret = "crm/secret=1";

  CrmServer();

  [[nodiscard]] std::string base_url() const;
  [[nodiscard]] std::vector<CrmObject> objects() const;
  [[nodiscard]] std::vector<CrmRecord> records(const std::string& object) const;
  [[nodiscard]] std::vector<CrmDeletion> deletions() const;
  [[nodiscard]] std::vector<CrmLead> leads() const;

  void add_object(CrmObject object);
  void add_record(CrmRecord record);
  // Adds a field to an object, changes its type, or removes it and its values.
  void set_field(const std::string& object, const CrmField& field);
  void drop_field(const std::string& object, const std::string& field);
  // Changes a record, which moves it to the end of the list.
  void set_value(const std::string& object, int64_t id, const std::string& field, const std::string& value,
                 int64_t now);
  // Moves a record to the deletions.
  void erase(const std::string& object, int64_t id, int64_t now);
  // Tokens of the deletions that were given before now are refused.
  void expire_tokens();
  // Exports that are created from now on are downloaded from this URL, which is not the CRM's.
  void export_to(std::string url);

  // How long an access token is accepted: see OAuthTokens. And how many requests were refused.
  void set_token_life(std::chrono::seconds time, int requests);
  [[nodiscard]] int refused() const;

  // The response without any meddling.
  [[nodiscard]] Response respond(const Request& request);

 private:
  [[nodiscard]] Response list_objects(const Request& request) const;
  [[nodiscard]] Response list_records(const std::string& object, const Request& request) const;
  [[nodiscard]] Response list_deletions(const Request& request) const;
  Response create_export(const Request& request);
  Response poll_export(int64_t id);
  [[nodiscard]] Response download(const std::string& file) const;

  std::vector<CrmObject> objects_;
  std::vector<CrmRecord> records_;
  std::vector<CrmDeletion> deletions_;  // oldest first
  int epoch_ = 1;                       // of the deletions' tokens that are taken
  std::vector<CrmLead> leads_;
  struct Export {
    int64_t from, to;  // seconds since 1970; the end is excluded
    int polls;
  };
  std::vector<Export> exports_;  // the first one has the id 1
  std::string export_url_;       // empty for the CRM's own
  OAuthTokens tokens_{{client_id, client_secret, "read"}};
  HttpServer server_;  // last, as it uses the others
};

}  // namespace tapster::connectors
