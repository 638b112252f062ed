// Shared by the tests of the connector: an API with scripted responses.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <fake_host.hpp>
#include <map>
#include <memory>
#include <pushed.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tapster/http.hpp>
#include <tapster/source.hpp>
#include <vector>

#include "api.hpp"
#include "config.hpp"
#include "streams.hpp"

namespace postmark {

// Responds to each target with its scripted responses in turn; the last one is repeated. A target without a
// script is an error.
class Script {
 public:
  void answer(const std::string& target, std::string body, int status = 200) {
    tapster::HttpResponse response;
    response.status = status;
    response.body = std::move(body);
    response.content_type = "application/json";
    answers_[target].push_back(std::move(response));
  }
  [[nodiscard]] const std::vector<std::string>& requests() const { return requests_; }

  std::shared_ptr<Api> api(const tapster::FakeHost& host, std::vector<std::string> message_streams = {}) {
    auto opened = Api::open(host.host(), "https://api.example.com", server_token("token", "a token"),
                            std::move(message_streams),
                            [this](const tapster::HttpRequest&, const std::string& url) { return get(url); });
    EXPECT_TRUE(opened);
    return *std::move(opened);
  }

 private:
  tapster::Result<tapster::HttpResponse> get(const std::string& url) {
    const auto target = url.substr(std::string_view("https://api.example.com").size());
    requests_.push_back(target);
    auto& answers = answers_[target];
    if (answers.empty()) return tapster::internal_error("the script has no response");
    auto answer = answers.front();
    if (answers.size() > 1) answers.pop_front();
    return answer;
  }

  std::map<std::string, std::deque<tapster::HttpResponse>> answers_;
  std::vector<std::string> requests_;
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
