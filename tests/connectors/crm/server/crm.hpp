// A small CRM with made-up data: objects whose fields the account has made, and a feed of deletions. It
// changes and misbehaves at the requests that a test names.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "http_server.hpp"

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

// Its members may be called from any thread, and by what on_request was given.
class CrmServer {
 public:
  static constexpr size_t page = 20;
  static constexpr const char* token = "crm-token";

  CrmServer();

  [[nodiscard]] std::string base_url() const;
  [[nodiscard]] std::vector<CrmObject> objects() const;
  [[nodiscard]] std::vector<CrmRecord> records(const std::string& object) const;
  [[nodiscard]] std::vector<CrmDeletion> deletions() const;

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
  // Tokens that were given before now are refused.
  void expire_tokens();

  // Sets a function that is called before each response with the request and its number among those of its
  // path, from 1 on. It may change the data, and may respond itself.
  using Meddle = std::function<std::optional<Response>(const Request& request, int number)>;
  void on_request(Meddle meddle);

  // The targets of all requests of this path, in order; of all paths if it is empty.
  [[nodiscard]] std::vector<std::string> requests(const std::string& path = {}) const;
  // Forgets the requests and the function of on_request.
  void start_again();

  // The response without any meddling.
  [[nodiscard]] Response respond(const Request& request) const;

 private:
  Response meddle_and_respond(const Request& request);
  [[nodiscard]] Response list_objects(const Request& request) const;
  [[nodiscard]] Response list_records(const std::string& object, const Request& request) const;
  [[nodiscard]] Response list_deletions(const Request& request) const;

  mutable std::recursive_mutex mutex_;  // of all that follows; held during a response
  std::vector<CrmObject> objects_;
  std::vector<CrmRecord> records_;
  std::vector<CrmDeletion> deletions_;  // oldest first
  int epoch_ = 1;                       // of the tokens that are taken
  Meddle meddle_;
  std::vector<std::string> requests_;
  std::map<std::string, std::vector<std::string>> requests_of_;  // by path
  HttpServer server_;                                            // last, as it uses the others
};

}  // namespace tapster::connectors
