// The program as an Airbyte source. The platform runs discover, selects streams, and passes the emitted
// states to the next read.
#include <algorithm>
#include <set>

#include "catalog/schema_validator.hpp"
#include "fixture.hpp"

namespace tapster::e2e {
namespace {

class Airbyte : public EndToEnd {
 protected:
  // Whether it is a message of Airbyte's protocol.
  static bool is_message(const json::value& value) {
    static const auto protocol = host::SchemaValidator::compile(
        json::parse(content(std::filesystem::path(paths::source) / "tests/e2e/airbyte_message.schema.json")));
    return protocol.value().validate(value).empty();
  }

  static std::vector<json::object> messages_of(const std::string& text) {
    std::vector<json::object> messages;
    for (const auto& line : lines_of(text)) {
      const auto message = json::parse(line);
      EXPECT_TRUE(is_message(message)) << line;
      messages.push_back(message.as_object());
    }
    return messages;
  }

  // What the platform makes of a discovered catalog: every stream, in the first of these modes that it has.
  void configure_catalog(const std::vector<std::string>& modes) {
    const auto found = run({"discover", "postmark", "--format", "airbyte", "--config", file("config.json")});
    ASSERT_EQ(found.exit, 0) << found.err;
    const auto messages = messages_of(found.out);
    ASSERT_EQ(messages.size(), 1U);
    ASSERT_EQ(messages[0].at("type"), "CATALOG");
    json::array streams;
    configured_.clear();
    for (const auto& stream : messages[0].at("catalog").at("streams").as_array()) {
      // Nobody chooses what is not selected by default without a reason.
      const std::string_view name = stream.at("name").as_string();
      if (name.ends_with("_details") || name == "message_events" || name == "bounce_dumps" ||
          name == "stats_outbound_read_times")
        continue;
      const auto& supported = stream.at("supported_sync_modes").as_array();
      const auto mode = std::find_if(modes.begin(), modes.end(), [&](const auto& word) {
        return std::find(supported.begin(), supported.end(), json::value(word)) != supported.end();
      });
      streams.push_back(json::object{{"stream", stream},
                                     {"sync_mode", *mode},
                                     {"destination_sync_mode", "append_dedup"},
                                     {"primary_key", stream.at("source_defined_primary_key")}});
      configured_.push_back({std::string(stream.at("name").as_string()), *mode == "full_refresh",
                             stream.at("is_resumable").as_bool()});
    }
    write_file(file("catalog.json"), json::serialize(json::object{{"streams", std::move(streams)}}));
  }

  // A sync, checked as the platform does: states count the records before them, every stream says how it
  // ended, after its last state, and a successful sync has a state of each. Takes up the records, and hands
  // the last states back to the next sync.
  Finished sync() {
    auto arguments = read_arguments({"--format", "airbyte", "--catalog", file("catalog.json")});
    if (!states_.empty()) {
      json::array array;
      for (const auto& [stream, state] : states_) array.emplace_back(state);
      write_file(file("states.json"), json::serialize(array));
      arguments.insert(arguments.end(), {"--state", file("states.json")});
    }
    auto finished = run(arguments);
    std::map<std::string, int64_t> counted;
    std::set<std::string> has_state;
    statuses_.clear();
    doubled_.clear();
    for (const auto& message : messages_of(finished.out)) {
      if (message.at("type") == "RECORD") {
        const auto& record = message.at("record").as_object();
        const std::string stream(record.at("stream").as_string());
        EXPECT_TRUE(record.at("emitted_at").is_int64());
        EXPECT_EQ(statuses_[stream], "RUNNING");
        ++counted[stream];
        if (!upsert(tables_, stream, record.at("data").as_object())) ++doubled_[stream];
      } else if (message.at("type") == "STATE") {
        const auto& state = message.at("state").as_object();
        const std::string stream(state.at("stream").at("stream_descriptor").at("name").as_string());
        EXPECT_NE(statuses_[stream], "COMPLETE") << "nothing comes after that";
        EXPECT_EQ(state.at("sourceStats").at("recordCount").as_double(), std::exchange(counted[stream], 0));
        states_[stream] = state;
        has_state.insert(stream);
      } else if (message.at("trace").at("type") == "STREAM_STATUS") {
        const auto& status = message.at("trace").at("stream_status").as_object();
        statuses_[std::string(status.at("stream_descriptor").at("name").as_string())] =
            status.at("status").as_string();
      }
    }
    if (finished.exit != 0) return finished;
    for (const auto& stream : configured_) {
      EXPECT_TRUE(has_state.contains(stream.name)) << stream.name;
      EXPECT_EQ(counted[stream.name], 0) << stream.name << " has records after its last state";
    }
    return finished;
  }

  // What the platform does before it tries again: of a full refresh that cannot be resumed it deletes the
  // state, and starts a new generation, for which the destination drops the rows so far.
  void prepare_next_attempt() {
    for (const auto& stream : configured_) {
      if (!stream.is_full_refresh || stream.is_resumable) continue;
      states_.erase(stream.name);
      tables_.erase(stream.name);
    }
  }

  struct Configured {
    std::string name;
    bool is_full_refresh, is_resumable;
  };
  std::vector<Configured> configured_;
  Tables tables_;
  std::map<std::string, int64_t> doubled_;  // rows of the last sync that were there before
  std::map<std::string, json::object> states_;
  std::map<std::string, std::string> statuses_;  // the last of each stream
};

TEST_F(Airbyte, TheSchemaOfTheProtocolRefusesWhatIsNotAMessage) {
  const auto is_valid = [](const char* text) { return is_message(json::parse(text)); };
  EXPECT_TRUE(is_valid(R"({"type":"RECORD","record":{"stream":"a","data":{},"emitted_at":1}})"));
  EXPECT_FALSE(is_valid(R"({"type":"RECORD","record":{"stream":"a","data":{},"emitted_at":"1"}})"));
  EXPECT_FALSE(is_valid(R"({"type":"STATE","record":{"stream":"a","data":{},"emitted_at":1}})"));
  EXPECT_FALSE(is_valid(R"({"type":"TRACE","trace":{"type":"ERROR","emitted_at":1}})"));
}

TEST_F(Airbyte, EveryMessageOfEveryCommandIsValid) {
  start({.messages = 200, .days = 5});
  const auto types = [&](const Arguments& arguments) {
    std::set<std::string> found;
    auto all = arguments;
    all.insert(all.end(), {"--format", "airbyte"});
    for (const auto& message : messages_of(run(all).out))
      found.insert(std::string(message.at("type").as_string()));
    return found;
  };
  using Types = std::set<std::string>;
  EXPECT_EQ(types({"spec", "postmark"}), Types{"SPEC"});
  EXPECT_EQ(types({"check", "postmark", "--config", file("config.json")}), Types{"CONNECTION_STATUS"});
  EXPECT_EQ(types({"discover", "postmark", "--config", file("config.json")}), Types{"CATALOG"});
  EXPECT_EQ(types(read_arguments()), (Types{"RECORD", "STATE", "TRACE"}));
  EXPECT_EQ(types(read_arguments({"--catalog", file("missing.json")})), Types{"TRACE"});
}

TEST_F(Airbyte, TwoSyncsTogetherReadEverything) {
  start({.messages = 2'000, .days = 20, .future_days = 3});
  configure_catalog({"incremental", "full_refresh"});
  ASSERT_EQ(sync().exit, 0);
  EXPECT_EQ(difference(everything(), tables_), "");
  for (const auto& [stream, status] : statuses_) EXPECT_EQ(status, "COMPLETE") << stream;
  for (const auto& [stream, rows] : tables_) EXPECT_TRUE(states_.contains(stream)) << stream;
  set_now("2026-11-25T03:00:00Z");
  const auto requests = server_->requests().size();
  ASSERT_EQ(sync().exit, 0);
  EXPECT_GT(server_->requests().size(), requests);
  EXPECT_EQ(difference(streams_of(everything(), "messages_o"), streams_of(tables_, "messages_o")), "");
}

TEST_F(Airbyte, ARetriedFullRefreshLeavesEachRowOnce) {
  start({.messages = 2'000, .days = 20, .future_days = 3});
  configure_catalog({"full_refresh"});
  server_->inject(sandbox::parse_fault("/messages/outbound/opens:every=2:status=403"));
  server_->inject(sandbox::parse_fault("/bounces:every=1:status=403"));
  EXPECT_NE(sync().exit, 0);
  EXPECT_EQ(statuses_["messages_opens"], "INCOMPLETE");
  EXPECT_EQ(statuses_["messages_outbound"], "COMPLETE");
  EXPECT_FALSE(tables_["messages_outbound"].empty());
  serve();
  prepare_next_attempt();
  ASSERT_EQ(sync().exit, 0);
  EXPECT_EQ(difference(everything(), tables_), "");
  for (const auto& [stream, rows] : doubled_) EXPECT_EQ(rows, 0) << stream;
}

TEST_F(Airbyte, UnderItsAirbyteNameTheProgramTakesThePlatformsCommands) {
  start({.messages = 50, .days = 2});
  const auto link = run({"link", "postmark", directory_.path(), "--format", "airbyte"});
  ASSERT_EQ(link.exit, 0) << link.err;
  const auto source = file("source-postmark");
  const auto called = [&](std::vector<std::string> arguments) {
    return run_program(source, arguments, run_options());
  };
  EXPECT_EQ(messages_of(called({"spec"}).out).at(0).at("type"), "SPEC");
  EXPECT_EQ(called({"check", "--config", file("config.json")}).out,
            R"({"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}})"
            "\n");
  configure_catalog({"full_refresh"});
  const auto finished = called({"read", "--config", file("config.json"), "--catalog", file("catalog.json")});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  for (const auto& message : messages_of(finished.out)) {
    if (message.at("type") == "RECORD")
      upsert(tables_, std::string(message.at("record").at("stream").as_string()),
             message.at("record").at("data").as_object());
  }
  EXPECT_EQ(difference(everything(), tables_), "");
}

TEST_F(Airbyte, FailuresAreReportedAsMessages) {
  start({.messages = 500, .days = 10});
  configure_catalog({"incremental", "full_refresh"});
  server_->inject(sandbox::parse_fault("/messages/outbound/opens:every=1:status=403"));
  const auto finished = sync();
  EXPECT_NE(finished.exit, 0);
  EXPECT_EQ(statuses_["messages_opens"], "INCOMPLETE");
  EXPECT_EQ(statuses_["messages_outbound"], "COMPLETE");
  std::vector<json::object> errors;
  for (const auto& message : messages_of(finished.out)) {
    const auto* trace = message.if_contains("trace");
    if (trace != nullptr && trace->at("type") == "ERROR") errors.push_back(trace->at("error").as_object());
  }
  ASSERT_EQ(errors.size(), 2U) << "of the stream and of the sync";
  EXPECT_EQ(errors[0].at("stream_descriptor").at("name"), "messages_opens");
  for (const auto& error : errors) {
    const std::string why(error.at("message").as_string());
    EXPECT_NE(why.find("messages_opens"), std::string::npos) << why;
    EXPECT_NE(why.find("403"), std::string::npos) << why;
    EXPECT_NE(error.at("internal_message").as_string().find("403"), std::string::npos) << why;
    EXPECT_EQ(error.at("failure_type"), errors[0].at("failure_type"));
  }

  serve();
  EXPECT_EQ(sync().exit, 0) << "the next read continues from the emitted states";
  EXPECT_EQ(difference(everything(), tables_), "");
}

TEST_F(Airbyte, AFailedCheckIsAnAnswer) {
  start({.messages = 10, .days = 2});
  const auto check = [&] {
    return run({"check", "postmark", "--format", "airbyte", "--config", file("config.json")});
  };
  auto finished = check();
  EXPECT_EQ(finished.exit, 0);
  EXPECT_EQ(finished.out, R"({"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}})"
                          "\n");
  write_file(file("config.json"),
             R"({"postmark_server_token":"wrong-token","start_date":"2026-11-01","base_url":")" +
                 server_->base_url() + "\"}");
  finished = check();
  EXPECT_EQ(finished.exit, 0);
  EXPECT_NE(finished.out.find(R"("status":"FAILED","message":")"), std::string::npos) << finished.out;
  EXPECT_EQ(finished.out.find("wrong-token"), std::string::npos);
}

}  // namespace
}  // namespace tapster::e2e
