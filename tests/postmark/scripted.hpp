// Shared by the tests of the connector: an API with scripted responses.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tapster/source.hpp>
#include <tapster/testing/fake_host.hpp>
#include <tapster/testing/pushed.hpp>
#include <tapster/testing/script.hpp>
#include <vector>

#include "api.hpp"
#include "config.hpp"
#include "streams.hpp"

namespace postmark {

// Responses to the requests of an Api; see tapster::Script.
class Script {
 public:
  void answer(const std::string& target, std::string body, int status = 200) {
    script_.answer("GET", target, {.status = status, .body = std::move(body)});
  }
  // Forgets the responses and the requests.
  void clear() { script_.clear(); }
  // The targets that were requested.
  [[nodiscard]] std::vector<std::string> requests() const {
    std::vector<std::string> targets;
    for (const auto& request : script_.requests()) targets.push_back(request.target);
    return targets;
  }

  std::shared_ptr<Api> api(const tapster::FakeHost& host, std::vector<std::string> message_streams = {}) {
    auto opened = Api::open(host.host(), "https://api.example.com", server_token("token", "a token"),
                            std::move(message_streams), std::make_shared<KeptPages>(),
                            script_.transport("https://api.example.com"));
    EXPECT_TRUE(opened);
    return *std::move(opened);
  }

 private:
  tapster::Script script_;
};

inline const std::string& name_of(const List& list) {
  return list.declared.stream.name;
}
template <class Entry>
const std::string& name_of(const Entry& entry) {
  return entry.stream.name;
}

// Finds an entry of a table by the name of its stream.
template <class Table>
const auto& entry(const Table& table, std::string_view name) {
  for (const auto& one : table) {
    if (name_of(one) == name) return one;
  }
  throw std::runtime_error("no such stream");
}

// A config without lookbacks and statistics by part.
inline Config config_from(std::string_view start) {
  return {.start = *tapster::parse_day(start)};
}

// Reads one slice of a stream into `pushed`, with all of its columns or those at these pointers. Returns the
// error's message; empty on success.
template <class Entry>
std::string read_slice(const Entry& entry, const std::shared_ptr<Api>& api, const tapster::FakeHost& fake,
                       const tapster::json::object& slice, tapster::Pushed& pushed,
                       const std::vector<std::string>& columns = {}) {
  const auto stream = make_stream(entry, api, config_from("2026-10-01"), fake.host());
  const auto projection = *tapster::Projection::create(stream.stream, columns);
  tapster::Records records(pushed.sink());
  const auto read = stream.read({projection, slice}, records);
  return read ? "" : read.error().message;
}

}  // namespace postmark
