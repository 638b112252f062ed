// What a catalog selects, of the real plugin: columns inside arrays, and streams that are read in full.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fixture.hpp"

namespace tapster::e2e {
namespace {

class Selection : public EndToEnd {
 protected:
  Selection() { start({.messages = 300, .days = 20}); }

  // `tapster discover postmark` with these arguments, into catalog.json.
  void discover(std::vector<std::string> more) {
    more.insert(more.begin(), {"discover", "postmark", "--config", file("config.json")});
    const auto found = run(more);
    ASSERT_EQ(found.exit, 0) << found.err;
    write_file(file("catalog.json"), found.out);
  }

  // Has the catalog's messages_outbound read in full.
  void read_in_full() {
    auto catalog = json::parse(content(file("catalog.json")));
    for (auto& stream : catalog.at("streams").as_array()) {
      if (stream.at("tap_stream_id") != "messages_outbound") continue;
      stream.at("metadata").at(0).at("metadata").as_object()["replication-method"] = "FULL_TABLE";
    }
    write_file(file("catalog.json"), json::serialize(catalog));
  }
};

TEST_F(Selection, SelectsColumnsInsideArrays) {
  discover({"--select", "messages_outbound.to.Email", "--select", "messages_outbound.subject", "--select",
            "messages_outbound.server_id"});
  const auto ended = read({"--catalog", file("catalog.json"), "--format", "jsonl"});
  ASSERT_EQ(ended.exit, 0) << ended.err;
  auto expected = streams_of(everything(), "messages_outbound");
  for (auto& [key, row] : expected.at("messages_outbound")) {
    json::array to;
    for (const auto& address : row.at("to").as_array())
      to.push_back(json::object{{"Email", address.at("Email")}});
    row = json::object{{"server_id", row.at("server_id")},
                       {"message_id", row.at("message_id")},
                       {"received_at", row.at("received_at")},
                       {"to", std::move(to)},
                       {"subject", row.at("subject")}};
  }
  size_t doubled = 0;
  EXPECT_EQ(difference(expected, tables_of_jsonl(ended.out, doubled)), "");
  EXPECT_EQ(doubled, 0U);
}

TEST_F(Selection, ReadsAFullTableStreamInFullEachTimeAndActivatesItsVersion) {
  discover({"--select", "messages_outbound", "--select", "messages_opens"});
  const std::vector<std::string> arguments{"--catalog", file("catalog.json"), "--state-file",
                                           file("state.json")};
  ASSERT_EQ(read(arguments).exit, 0);
  const auto bookmarks = json::parse(content(file("state.json"))).at("bookmarks");
  read_in_full();
  int64_t last = 0;
  for (const auto* now : {"2026-11-23T18:00:00Z", "2026-11-23T18:30:00Z"}) {
    set_now(now);
    const auto ended = read(arguments);
    ASSERT_EQ(ended.exit, 0) << ended.err;
    size_t doubled = 0;
    EXPECT_EQ(difference(streams_of(everything(), "messages_outbound"),
                         streams_of(tables_of_singer(ended.out, doubled), "messages_outbound")),
              "");
    const auto version =
        std::chrono::duration_cast<std::chrono::milliseconds>(parse_time(now)->time_since_epoch()).count();
    size_t activations = 0;
    size_t rows_after = 0;
    for (const auto& line : lines_of(ended.out)) {
      const auto message = json::parse(line).as_object();
      if (!message.contains("stream")) continue;
      const bool is_full = message.at("stream") == "messages_outbound";
      const auto& type = message.at("type").as_string();
      EXPECT_EQ(message.contains("version"), is_full && type != "SCHEMA") << line;
      if (message.contains("version")) {
        EXPECT_EQ(message.at("version"), version) << line;
      }
      if (type == "ACTIVATE_VERSION") ++activations;
      if (type == "RECORD" && is_full && activations > 0) ++rows_after;
    }
    EXPECT_EQ(activations, 1U);
    EXPECT_EQ(rows_after, 0U);
    EXPECT_GT(version, last);
    last = version;
  }
  // Its bookmark is where the incremental read left it, and the other's has moved.
  auto expected = bookmarks.at("messages_outbound").as_object();
  expected["version"] = last;
  const auto ended = json::parse(content(file("state.json"))).at("bookmarks");
  EXPECT_EQ(ended.at("messages_outbound"), json::value(expected));
  EXPECT_NE(ended.at("messages_opens"), bookmarks.at("messages_opens"));
}

TEST_F(Selection, AStoppedFullReadActivatesItsVersionOnlyBeforeItsFirstRows) {
  discover({"--select", "messages_outbound"});
  read_in_full();
  const auto stopped = read_until(4, SIGTERM, {"--catalog", file("catalog.json"), "--jobs", "1"});
  EXPECT_EQ(stopped.exit, 128 + SIGTERM) << stopped.err;
  size_t number = 0;
  for (const auto& line : lines_of(stopped.out)) {
    EXPECT_EQ(line.starts_with(R"({"type":"ACTIVATE_VERSION")"), number == 1) << line;
    EXPECT_FALSE(line.starts_with(R"({"type":"STATE")")) << line;
    ++number;
  }
}

}  // namespace
}  // namespace tapster::e2e
