// The rules for every line of a Singer sync, checked on its bytes. The only code of the host here is the JSON
// Schema validator, which passes the official tests.
// https://github.com/singer-io/getting-started/blob/master/docs/SPEC.md#output
#pragma once

#include <boost/json.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tapster::e2e {

// What a sync wrote.
struct Conformance {
  std::vector<std::string> faults;                     // "line 3: …", one for each rule that a line breaks
  std::map<std::string, size_t> messages;              // by type
  std::map<std::string, size_t> records;               // by stream
  std::map<std::string, boost::json::object> schemas;  // SCHEMA messages by stream
};

// Lines: UTF-8 without control characters or anything that some reader takes for the end of a line, 10 MiB
// and 1 KiB at most, each a JSON object of a known type. SCHEMA: once, before the stream's records, with keys
// and bookmark among its properties. RECORD: valid under the schema, with the same attributes; keys not null,
// and no key twice; times as RFC 3339 in UTC. STATE: no record comes after one whose bookmark says that it
// has been written (a lookback breaks this), and the last is the end. ACTIVATE_VERSION: of the version that
// the stream's records have, before the first or after the last of them.
Conformance check_conformance(std::string_view output);

}  // namespace tapster::e2e
