// Shared by the tests of the connector: an API with scripted responses, and a sink that records what is
// pushed.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <fake_host.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tapster/http.hpp>
#include <tapster/json.hpp>
#include <tapster/source.hpp>
#include <vector>

#include "api.hpp"

namespace postmark {

// Records the lines that are pushed: records or slices.
class Pushed {
 public:
  [[nodiscard]] const tapster_sink& sink() const { return sink_; }
  [[nodiscard]] const std::string& lines() const { return lines_; }
  [[nodiscard]] std::vector<tapster::json::object> objects() const {
    std::vector<tapster::json::object> objects;
    for (std::string_view rest = lines_; !rest.empty();) {
      const auto end = rest.find('\n');
      objects.push_back(tapster::json::parse(std::string(rest.substr(0, end))).as_object());
      rest.remove_prefix(end + 1);
    }
    return objects;
  }
  // The values of one member, line by line.
  [[nodiscard]] std::vector<std::string> texts(std::string_view member) const {
    std::vector<std::string> texts;
    for (const auto& object : objects()) texts.emplace_back(tapster::view(object.at(member).as_string()));
    return texts;
  }
  void clear() { lines_.clear(); }

 private:
  static tapster_status push(void* self, const tapster_batch* batch) {
    static_cast<Pushed*>(self)->lines_.append(batch->data, batch->size);
    return TAPSTER_OK;
  }

  std::string lines_;
  tapster_sink sink_{sizeof(tapster_sink), this, &Pushed::push, nullptr};
};

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

  std::unique_ptr<Api> api(const tapster::FakeHost& host, std::vector<std::string> message_streams = {}) {
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

// Finds an entry of a table by the name of its stream.
template <class Table>
const auto& entry(const Table& table, std::string_view name) {
  for (const auto& one : table) {
    if (one.stream.name == name) return one;
  }
  throw std::runtime_error("no such stream");
}

}  // namespace postmark
