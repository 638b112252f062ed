// Every line of a sync follows the Singer specification, with and without faults, and has the values of the
// source.
#include "conformance.hpp"

#include <fmt/format.h>

#include "fixture.hpp"

namespace tapster::e2e {
namespace {

using sandbox::Fault;

class Singer : public EndToEnd {
 protected:
  // The catalog with every stream and column selected, into catalog.json.
  json::object select_all(std::string_view replication_method = {}) {
    const auto found = run({"discover", "postmark", "--config", file("config.json")});
    EXPECT_EQ(found.exit, 0) << found.err;
    auto catalog = json::parse(found.out).as_object();
    for (auto& stream : catalog.at("streams").as_array()) {
      for (auto& entry : stream.at("metadata").as_array()) {
        auto& metadata = entry.at("metadata").as_object();
        metadata["selected"] = true;
        if (entry.at("breadcrumb").as_array().empty() && !replication_method.empty())
          metadata["replication-method"] = replication_method;
      }
    }
    write_file(file("catalog.json"), json::serialize(catalog));
    return catalog;
  }

  std::vector<std::string> of_all(std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--catalog", file("catalog.json"), "--commit-interval", "0"});
    return more;
  }
};

std::string text_of(const Conformance& found) {
  return fmt::format("{}", fmt::join(found.faults, "\n"));
}

TEST_F(Singer, EveryLineOfEveryStreamConformsRunAfterRun) {
  start({.messages = 800, .days = 40, .future_days = 2, .bounces_per_hundred = 20});
  configure(
      R"(,"lookback_days":0,"events_lookback_days":0,"stats_lookback_days":0)");  // no record comes again
  const auto catalog = select_all();
  write_file(file("state.json"), "{}");
  for (const auto* now : {"2026-11-23T17:12:00Z", "2026-11-24T15:00:00Z"}) {
    set_now(now);
    const auto finished = read(of_all({"--state", file("state.json")}));
    ASSERT_EQ(finished.exit, 0) << finished.err;
    const auto found = check_conformance(finished.out);
    EXPECT_EQ(text_of(found), "");
    EXPECT_GT(found.messages.at("STATE"), 10U);
    for (const auto& stream : catalog.at("streams").as_array()) {
      const std::string name(stream.at("tap_stream_id").as_string());
      ASSERT_TRUE(found.schemas.contains(name)) << name;
      EXPECT_EQ(found.schemas.at(name).at("schema"), stream.at("schema")) << name;
      EXPECT_EQ(found.schemas.at(name).at("key_properties"), stream.at("key_properties")) << name;
      EXPECT_GT(found.records.count(name), 0U) << name;
    }
    write_file(file("state.json"), json::serialize(json::parse(lines_of(finished.out).back()).at("value")));
  }
}

TEST_F(Singer, FullReadsConformRunAfterRun) {
  start({.messages = 300, .days = 40});
  const auto catalog = select_all("FULL_TABLE");
  write_file(file("state.json"), "{}");
  const auto streams = catalog.at("streams").as_array().size();
  for (const auto activations : {2 * streams, streams}) {  // the first read has one before its records too
    const auto finished = read(of_all({"--state", file("state.json")}));
    ASSERT_EQ(finished.exit, 0) << finished.err;
    const auto found = check_conformance(finished.out);
    EXPECT_EQ(text_of(found), "");
    EXPECT_EQ(found.messages.at("ACTIVATE_VERSION"), activations);
    write_file(file("state.json"), json::serialize(json::parse(lines_of(finished.out).back()).at("value")));
  }
}

TEST_F(Singer, FaultsAndRetriesBreakNoRule) {
  for (const auto kind : {Fault::Kind::status, Fault::Kind::truncated, Fault::Kind::malformed}) {
    start({.messages = 300, .days = 40});
    select_all();
    // One fault at a time for each path, so that the retry after a fault does not meet the next one.
    for (const auto* path : {"/messages/outbound?", "/messages/outbound/0", "/messages/outbound/opens?",
                             "/messages/outbound/clicks?", "/messages/inbound", "/bounces", "/stats"}) {
      Fault fault;
      fault.kind = kind;
      fault.path = path;
      fault.every = 3;
      server_->inject(fault);
    }
    const auto finished = read(of_all({"--until", "2026-11-23T16:12:00Z", "--jobs", "1"}));
    for (const auto met : server_->faults_met()) EXPECT_GT(met, 0);
    ASSERT_EQ(finished.exit, 0) << finished.err;
    EXPECT_EQ(text_of(check_conformance(finished.out)), "");
  }
}

TEST_F(Singer, AStreamThatFailsBreaksNoRule) {
  start({.messages = 300, .days = 40});
  select_all("FULL_TABLE");
  Fault fault;
  fault.path = "/bounces";
  server_->inject(fault);
  const auto finished = read(of_all());
  EXPECT_EQ(finished.exit, 5) << finished.err;
  const auto found = check_conformance(finished.out);
  // Its old rows stay: what was read of it takes the place of none.
  EXPECT_EQ(finished.out.find(R"({"type":"ACTIVATE_VERSION","stream":"bounces")"), std::string::npos);
  EXPECT_EQ(text_of(found), "");
}

// The text between `before` and the next of `ends`.
std::string between(std::string_view text, std::string_view before, std::string_view ends) {
  const auto begin = text.find(before);
  if (begin == std::string_view::npos) return "nothing";
  text.remove_prefix(begin + before.size());
  return std::string(text.substr(0, text.find_first_of(ends)));
}

TEST_F(Singer, NumbersKeepTheBytesOfTheApi) {
  start({.messages = 800, .days = 20});
  const auto finished =
      read({"--select", "stats_outbound_overview", "--select", "messages_outbound", "--select", "bounces"});
  ASSERT_EQ(finished.exit, 0) << finished.err;
  size_t rates = 0;
  size_t with_zeros = 0;
  size_t bounces = 0;
  for (const auto& line : lines_of(finished.out)) {
    if (line.starts_with(R"({"type":"RECORD","stream":"stats_outbound_overview")")) {
      const auto day = between(line, R"("date":")", "\"");
      const auto answer =
          api_->get(fmt::format("/stats/outbound?fromdate={0}&todate={0}", day), api_->token());
      const auto rate = between(answer.body, R"("BounceRate":)", ",}");
      EXPECT_EQ(between(line, R"("bouncerate":)", ",}"), rate) << day;
      ++rates;
      with_zeros += rate.ends_with("0") ? 1 : 0;
    }
    if (!line.starts_with(R"({"type":"RECORD","stream":"bounces")")) continue;
    bounces += between(line, R"("id":)", ",}").starts_with("90071992547") ? 1 : 0;
  }
  EXPECT_GT(rates, 20U);
  EXPECT_GT(with_zeros, 2U);
  EXPECT_GT(bounces, 5U);
  EXPECT_NE(
      finished.out.find(
          R"("metadata":{"float":3.10,"small":1E-7,"least":-9223372036854775808,"most":18446744073709551615})"),
      std::string::npos);
}

TEST_F(Singer, TextIsUnicodeOnOneLine) {
  start({.messages = 50,
         .days = 20,
         .subject = "\xF0\x9F\x98\x80 \\ud83d\\ude80, halves \\ud83d and \\ude80, ends \xC2\x85 \xE2\x80\xA8 "
                    "\\u2029 \\u0085, \\u0000\\u007f"});
  const auto finished = read({"--select", "messages_outbound"});
  ASSERT_EQ(finished.exit, 0) << finished.err;
  EXPECT_EQ(text_of(check_conformance(finished.out)), "");
  EXPECT_EQ(between(finished.out,
                    R"("subject":")"
                    "\xF0\x9F\x98\x80",
                    "\""),
            " \xF0\x9F\x9A\x80, halves \xEF\xBF\xBD and \xEF\xBF\xBD, "
            R"(ends \u0085 \u2028 \u2029 \u0085, \u007f)");
}

TEST_F(Singer, ARecordOf10MiBIsWrittenAndALongerOneIsAnError) {
  start({.messages = 50, .days = 20, .subject = std::string((size_t{10} << 20U) - 2'000, 'x')});
  auto finished = read({"--select", "messages_outbound"});
  ASSERT_EQ(finished.exit, 0) << finished.err;
  EXPECT_EQ(text_of(check_conformance(finished.out)), "");

  start({.messages = 50,
         .days = 20,
         .bounces_per_hundred = 50,
         .subject = std::string(size_t{10} << 20U, 'x')});
  finished = read({"--select", "messages_outbound", "--select", "bounces"});
  EXPECT_EQ(finished.exit, 5);
  EXPECT_NE(finished.err.find("more than the limit of 10 MiB: leave out the column \"subject\""),
            std::string::npos)
      << finished.err.substr(0, 2'000);
  const auto found = check_conformance(finished.out);
  EXPECT_EQ(text_of(found), "");
  EXPECT_GT(found.records.count("bounces"), 0U);
}

// The rules themselves: a broken one is reported.
struct Broken {
  std::string lines, fault;
};

TEST(SingerRules, EachBrokenRuleIsReported) {
  const std::string schema =
      R"({"type":"SCHEMA","stream":"s","schema":{"type":"object","properties":{"id":{"type":"integer"},"at":{"type":["null","string"],"format":"date-time"}}},"key_properties":["id"],"bookmark_properties":["at"]})"
      "\n";
  const auto record = [](std::string_view id, std::string_view at, std::string_view more = "") {
    return fmt::format(R"({{"type":"RECORD","stream":"s","record":{{"id":{},"at":{}}}{}}})"
                       "\n",
                       id, at, more);
  };
  const std::string time = R"("2026-01-31T12:00:00.5Z")";
  const std::string state = R"({"type":"STATE","value":{"bookmarks":{"s":{"at":"2026-01-31T12:00:01Z"}}}})"
                            "\n";
  const std::string activation = R"({"type":"ACTIVATE_VERSION","stream":"s","version":1})"
                                 "\n";
  const auto versioned = record("1", time, R"(,"version":1)");
  for (const auto& lines :
       {schema + record("1", time) + record("2", "null") + state,
        schema + activation + versioned + activation + state, schema + versioned + activation})
    EXPECT_EQ(text_of(check_conformance(lines)), "");

  const std::vector<Broken> all{
      {record("1", time), "line 1: RECORD before its SCHEMA"},
      {activation, "line 1: ACTIVATE_VERSION before its SCHEMA"},
      {schema + schema, "line 2: a second SCHEMA"},
      {schema + "{}\n", "line 2: no type"},
      {schema + "{\n", "line 2: no JSON object"},
      {schema + "{\"type\":\"\xFF\"}\n", "line 2: no JSON object"},
      {schema + "{\"type\":\"STATES\"}\n", "line 2: the type STATES"},
      {schema.substr(0, schema.size() - 1), "line 0: the last line has no end"},
      {schema + record("1", time, ",\"more\":\"\xE2\x80\xA8\""),
       "line 2: a control character or line separator"},
      {schema + record("1", time, ",\"more\":\"" + std::string(size_t{11} << 20U, 'x') + "\""),
       "line 2: 11534424 bytes"},
      {schema + record("null", time), "line 2: s has no id"},
      {schema + record("\"1\"", time), "line 2: s: violates \"type\" of {\"type\":\"integer\"}"},
      {schema + record("1.5", time), "line 2: s: violates \"type\" of {\"type\":\"integer\"}"},
      {schema + record("1", time) + record("1", time), "line 3: s: a key for the second time"},
      {schema + record("1", R"("2026-01-31T12:00:00-05:00")"), "line 2: at is no time in UTC"},
      {schema + record("1", R"("2026-01-31T12:00:00.1234567Z")"), "line 2: at is no time in UTC"},
      {schema + record("1", time, R"(,"time_extracted":"2026-01-31 12:00:00")"),
       "line 2: time_extracted is no time in UTC"},
      {schema + record("1", time + R"(,"b":1)"), "line 2: b has no schema"},
      {schema + R"({"type":"RECORD","stream":"s","record":{"id":1}})" + "\n",
       "line 2: s: other attributes than the schema's"},
      {schema + state + record("1", time) + state,
       "line 3: s: a record of 2026-01-31T12:00:00.5Z after a STATE of 2026-01-31T12:00:01"},
      {schema + state + record("1", "\"2026-01-31T12:00:01Z\""), "line 3: a STATE is not the last message"},
      {schema + versioned + record("2", time, R"(,"version":2)") + activation, "line 3: s: two versions"},
      {schema + versioned, "line 2: s has a version that is never activated"},
      {schema + versioned + activation + record("2", time, R"(,"version":1)"),
       "line 4: s: a record after its version was activated"},
  };
  for (const auto& [lines, fault] : all) {
    const auto found = check_conformance(lines);
    EXPECT_NE(std::find(found.faults.begin(), found.faults.end(), fault), found.faults.end())
        << fault << " is not among:\n"
        << text_of(found);
  }
}

}  // namespace
}  // namespace tapster::e2e
