// tap-postmark as Meltano runs it: discovery, a catalog edited by select rules, and syncs that continue from
// the last state.
#include <fnmatch.h>

#include "fixture.hpp"

namespace tapster::e2e {
namespace {

using Breadcrumb = std::vector<std::string>;

// What a rule says of the entries that it matches.
struct Rule {
  std::string stream, breadcrumb;  // glob patterns; a breadcrumb's steps are joined by dots
  bool selected;
};

// "messages_*.geo" selects, "!messages_*.geo" deselects; what deselects comes last.
// https://docs.meltano.com/concepts/plugins#select-extra
std::vector<Rule> rules_of(const std::vector<std::string>& patterns) {
  std::vector<Rule> rules;
  for (const bool selected : {true, false}) {
    for (auto pattern : patterns) {
      if (pattern.starts_with('!') == selected) continue;
      if (!selected) pattern.erase(0, 1);
      const auto dot = pattern.find('.');
      const auto stream = pattern.substr(0, dot);
      const auto column = pattern.substr(dot + 1);
      if (selected || column == "*") rules.push_back({stream, "", selected});
      rules.push_back({stream, "properties." + column, selected});
    }
  }
  return rules;
}

std::string join(const json::array& breadcrumb) {
  std::string text;
  for (const auto& step : breadcrumb) text += (text.empty() ? "" : ".") + std::string(step.as_string());
  return text;
}

// Adds an entry for the breadcrumb where the metadata has none, as automatic unless it is nested deeper.
void ensure(json::array& metadata, const json::array& breadcrumb) {
  for (const auto& entry : metadata) {
    if (entry.at("breadcrumb") == breadcrumb) return;
  }
  metadata.push_back({{"breadcrumb", breadcrumb},
                      {"metadata", {{"inclusion", breadcrumb.size() <= 2 ? "automatic" : "available"}}}});
}

void ensure_all(json::array& metadata, const json::object& schema, const json::array& above) {
  const auto* properties = schema.if_contains("properties");
  if (properties == nullptr) return;
  for (const auto& [name, inner] : properties->as_object()) {
    auto breadcrumb = above;
    breadcrumb.insert(breadcrumb.end(), {"properties", name});
    ensure(metadata, breadcrumb);
    ensure_all(metadata, inner.as_object(), breadcrumb);
  }
}

// Edits a discovered catalog as Meltano does before each sync: everything is deselected, then the patterns
// count. A rule for a stream is written to the stream as well, as the oldest catalogs have it.
std::string select_as_meltano(const std::string& discovered, const std::vector<std::string>& patterns) {
  auto catalog = json::parse(discovered).as_object();
  auto rules = rules_of({"!*.*"});
  for (auto& rule : rules_of(patterns)) rules.push_back(std::move(rule));
  for (auto& value : catalog.at("streams").as_array()) {
    auto& stream = value.as_object();
    const std::string name(stream.at("tap_stream_id").as_string());
    // Before a place in the stream is held on to: a new member may move the others.
    stream["selected"] = false;
    auto& metadata = stream.at("metadata").as_array();
    ensure(metadata, {});
    ensure_all(metadata, stream.at("schema").as_object(), {});
    for (const auto& rule : rules) {
      if (::fnmatch(rule.stream.c_str(), name.c_str(), 0) != 0) continue;
      if (rule.breadcrumb.empty()) stream["selected"] = rule.selected;
      for (auto& entry : metadata) {
        const auto place = join(entry.at("breadcrumb").as_array());
        if (::fnmatch(rule.breadcrumb.c_str(), place.c_str(), 0) == 0)
          entry.at("metadata").as_object()["selected"] = rule.selected;
      }
    }
  }
  return json::serialize(catalog);
}

// The value of the last STATE message, which Meltano stores and hands to the next run.
std::string last_state(const std::string& output) {
  std::string state;
  for (const auto& line : lines_of(output)) {
    const auto message = json::parse(line);
    if (message.at("type") == "STATE") state = json::serialize(message.at("value"));
  }
  return state;
}

class Tap : public EndToEnd {
 protected:
  Finished tap(const std::vector<std::string>& arguments,
               std::map<std::string, std::string> environment = {}) {
    environment.emplace("TAPSTER_NOW", now_);
    return run_program(paths::tap, arguments, {.environment = environment});
  }
  Finished discover() { return tap({"--config", file("config.json"), "--discover"}); }
};

TEST_F(Tap, SyncsTwiceWhatMeltanoSelected) {
  start({.messages = 1'500, .days = 20, .future_days = 2});
  const std::vector<std::string> patterns{"messages_opens.*", "!messages_opens.geo_*",
                                          "!messages_opens.recipient", "!messages_opens.user_agent",
                                          "stats_outbound_platform.[ds]*"};
  // The rows of a table as selected: the keys and the replication key come whatever the rules say.
  const auto as_selected = [](const Tables& all) {
    Tables selected;
    for (const auto& [key, row] : all.at("messages_opens")) {
      auto& kept = selected["messages_opens"][key] = row;
      for (const auto& [column, value] : row) {
        if (column.starts_with("geo_") || column == "user_agent") kept.erase(column);
      }
    }
    for (const auto& [key, row] : all.at("stats_outbound_platform")) {
      auto& kept = selected["stats_outbound_platform"][key] = row;
      for (const auto& [column, value] : row) {
        if (column != "id" && !column.starts_with("d") && !column.starts_with("s")) kept.erase(column);
      }
    }
    return selected;
  };

  Tables all;
  std::string before;
  for (const char* now : {"2026-11-23T17:12:00Z", "2026-11-24T19:30:00Z"}) {
    set_now(now);
    const auto discovered = discover();
    ASSERT_EQ(discovered.exit, 0) << discovered.err;
    EXPECT_TRUE(server_->requests().empty());  // discovery comes before every sync, and costs nothing
    write_file(file("catalog.json"), select_as_meltano(discovered.out, patterns));
    std::vector<std::string> arguments{"--config", file("config.json"), "--catalog", file("catalog.json")};
    if (!before.empty()) arguments.insert(arguments.end(), {"--state", file("state.json")});
    const auto synced = tap(arguments);
    ASSERT_EQ(synced.exit, 0) << synced.err;
    size_t doubled = 0;
    merge(all, tables_of_singer(synced.out, doubled));
    EXPECT_EQ(doubled, 0U);
    EXPECT_EQ(difference(as_selected(everything()), all), "");
    const auto state = last_state(synced.out);
    EXPECT_NE(state, before);
    before = state;
    write_file(file("state.json"), state);
  }
  const auto bookmarks = json::parse(before).at("bookmarks").as_object();
  EXPECT_EQ(bookmarks.size(), 2U);
  EXPECT_EQ(bookmarks.at("stats_outbound_platform").at("date"), "2026-11-24");
  EXPECT_EQ(bookmarks.at("messages_opens").at("message_streams").at("outbound"), "2026-11-24T19:29:00Z");
}

TEST_F(Tap, FailsIfTheCatalogSelectsNothing) {
  start({.messages = 100, .days = 3});
  write_file(file("catalog.json"), select_as_meltano(discover().out, {}));
  const auto synced = tap({"--config", file("config.json"), "--catalog", file("catalog.json")});
  EXPECT_EQ(synced.exit, 2);
  EXPECT_EQ(synced.out, "");
  EXPECT_NE(synced.err.find("no stream is selected"), std::string::npos) << synced.err;
}

// Meltano's test of a config reads the log from the same pipe, ends the tap at the first record, and checks
// that the signal ended it.
TEST_F(Tap, PassesMeltanosConfigTest) {
  latency_ = std::chrono::milliseconds(5);  // so that it is not over before it is ended
  start({.messages = 3'000, .days = 40});
  Process process(paths::tap, {"--config", file("config.json")},
                  {.environment = run_options().environment, .has_pipe = true, .joins_outputs = true});
  bool is_ended = false;
  for (auto text = process.line(); !text.empty(); text = process.line()) {
    json::error_code error;
    const auto message = json::parse(text, error);
    if (error || is_ended) continue;
    ASSERT_TRUE(message.is_object() && message.as_object().contains("type")) << text;
    if (message.at("type") != "RECORD") continue;
    process.signal(SIGTERM);
    is_ended = true;
  }
  EXPECT_TRUE(is_ended);
  EXPECT_EQ(process.wait().signal, SIGTERM);
}

TEST_F(Tap, TestsEachStreamWithARecord) {
  start({.messages = 200, .days = 3});
  const auto test = tap({"--config", file("config.json"), "--test"});
  ASSERT_EQ(test.exit, 0) << test.err;
  size_t doubled = 0;
  const auto tables = tables_of_singer(test.out, doubled);
  const auto expected = everything();
  ASSERT_EQ(tables.size(), expected.size());
  for (const auto& [stream, rows] : tables) {
    ASSERT_EQ(rows.size(), 1U) << stream;
    const auto& [key, row] = *rows.begin();
    EXPECT_EQ(expected.at(stream).at(key), row) << stream;
  }
}

TEST_F(Tap, TakesItsConfigFromItsEnvironment) {
  start({.messages = 200, .days = 3});
  const auto synced = tap({"--config", "ENV"}, {{"TAP_POSTMARK_POSTMARK_SERVER_TOKEN", "sandbox-token"},
                                                {"TAP_POSTMARK_START_DATE", first_day_},
                                                {"TAP_POSTMARK_BASE_URL", server_->base_url()},
                                                // an integer, for JSON Schema
                                                {"TAP_POSTMARK_LOOKBACK_DAYS", "1.0"}});
  ASSERT_EQ(synced.exit, 0) << synced.err;
  size_t doubled = 0;
  EXPECT_EQ(difference(everything(), tables_of_singer(synced.out, doubled)), "");
}

}  // namespace
}  // namespace tapster::e2e
