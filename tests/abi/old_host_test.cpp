// Today's Postmark plugin in a host of ABI 1.0: the rows and the states are those of today's host.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <tapster/json.hpp>
#include <tapster/time.hpp>
#include <vector>

#include "fixture.hpp"
#include "old_host_paths.hpp"

namespace tapster::e2e {
namespace {

// What a host wrote: the rows, and the state of each stream.
struct Written {
  std::multiset<std::string> rows;
  std::map<std::string, json::value> states;
};

void add_rows(Written& written, const std::string& lines) {
  for (const auto& line : lines_of(lines)) {
    const auto parsed = json::parse(line).as_object();
    if (parsed.contains("record"))
      written.rows.insert(line);
    else
      written.states[text_of(parsed, "stream")] = parsed.at("state");
  }
}

class OldHost : public EndToEnd {
 protected:
  // The streams that are read by default.
  std::vector<std::string> streams() {
    std::vector<std::string> names;
    const auto catalog = json::parse(run({"discover", "postmark", "--config", file("config.json")}).out);
    for (const auto& stream : catalog.at("streams").as_array()) {
      if (stream.at("metadata").at(0).at("metadata").at("selected-by-default").as_bool())
        names.emplace_back(view(stream.at("tap_stream_id").as_string()));
    }
    return names;
  }
};

TEST_F(OldHost, ReadsPostmarkAsTodaysHostDoes) {
  start({.messages = 300, .days = 5});
  // The old host reads all columns.
  Arguments all{"--format", "jsonl", "--state-file", file("state.json")};
  for (const auto& stream : streams()) all.insert(all.end(), {"--select", stream + ".*"});
  const auto today = read(all);
  ASSERT_EQ(today.exit, 0) << today.err;
  Written expected;
  add_rows(expected, today.out);
  const auto state = json::parse(content(file("state.json")));
  for (const auto& [stream, bookmark] : state.at("bookmarks").as_object()) expected.states[stream] = bookmark;

  const auto now = std::chrono::floor<std::chrono::microseconds>(*parse_time(now_));
  const auto micros = std::to_string(to_unix_micros(now));
  Arguments arguments{paths::postmark, file("config.json"), micros};
  for (const auto& stream : streams()) arguments.push_back(stream);
  const auto old = run_program(paths::old_host, arguments);
  ASSERT_EQ(old.exit, 0) << old.err;
  Written found;
  add_rows(found, old.out);
  EXPECT_GT(found.rows.size(), 300U);
  EXPECT_TRUE(found.rows == expected.rows)
      << found.rows.size() << " rows instead of " << expected.rows.size();
  size_t compared = 0;
  for (const auto& [stream, bookmark] : expected.states) {
    // The version of a full read is the host's own.
    if (bookmark.as_object().contains("version")) continue;
    EXPECT_EQ(found.states[stream], bookmark) << stream;
    ++compared;
  }
  EXPECT_GT(compared, 3U);
}

// The HTTP status, for which an error of 1.0 has no place, is left out.
TEST_F(OldHost, ReportsWhatPostmarkRefuses) {
  start({.messages = 3, .days = 1});
  auto config = json::parse(content(file("config.json"))).as_object();
  config["postmark_server_token"] = "another-token";
  write_file(file("config.json"), json::serialize(config));
  const auto old = run_program(paths::old_host, {paths::postmark, file("config.json"), "1795000000000000"});
  EXPECT_EQ(old.exit, 1);
  EXPECT_NE(old.err.find("old host: check: status 2: "), std::string::npos) << old.err;
}

}  // namespace
}  // namespace tapster::e2e
