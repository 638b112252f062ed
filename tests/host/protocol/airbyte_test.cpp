#include "protocol/airbyte.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "output/output.hpp"
#include "temporary.hpp"

namespace tapster::host {
namespace {

json::object object(std::string_view text) {
  return json::parse(text).as_object();
}

const json::object discovered = object(R"({"streams":[
  {"tap_stream_id":"mails","key_properties":["id"],"replication_method":"INCREMENTAL","replication_key":"at",
   "schema":{"type":["object"],"properties":{"id":{"type":["string"]},"at":{"type":["string"]},
     "geo":{"type":["object"],"properties":{"city":{"type":["string"]},"ip":{"type":["string"]}}}}}},
  {"tap_stream_id":"lists","key_properties":[],"replication_method":"FULL_TABLE",
   "schema":{"type":["object"],"properties":{"id":{"type":["string"]}}}}]})");

json::object spec_of(std::string_view schema) {
  return object(airbyte::spec_message(object(schema))).at("spec").as_object();
}

TEST(Airbyte, ASpecIsAForm) {
  EXPECT_EQ(spec_of(R"({"type":"object","documentationUrl":"https://example.com","properties":{
                    "start_date":{"type":"string","examples":["2026-01-31"],"anyOf":[{"format":"date"}]},
                    "secret":{"type":"boolean","title":"Is it secret?","order":7}}})"),
            object(R"({"connectionSpecification":{"type":"object","properties":{
                    "start_date":{"type":"string","examples":["2026-01-31"],"title":"Start date","order":0},
                    "secret":{"type":"boolean","title":"Is it secret?","order":7}}},
                    "documentationUrl":"https://example.com",
                    "supportsIncremental":true,"supported_destination_sync_modes":[]})"));
  EXPECT_FALSE(spec_of(R"({"properties":{}})").contains("documentationUrl"));
}

TEST(Airbyte, ASpecMarksSecretStringsAsAirbyteSecrets) {
  const auto spec = spec_of(R"({"type":"object","properties":{
      "token":{"type":"string","secret":true},
      "tokens":{"type":"array","secret":true,"items":{"type":"string"}},
      "more":{"type":["array","null"],"secret":true},
      "login":{"type":"object","properties":{"password":{"type":"string","secret":true}}}}})");
  const auto& settings = spec.at("connectionSpecification").at("properties").as_object();
  const auto secret = json::value{{"type", "string"}, {"airbyte_secret", true}};
  EXPECT_EQ(settings.at("token").at("airbyte_secret"), true);
  EXPECT_EQ(settings.at("tokens").at("items"), secret);
  EXPECT_FALSE(settings.at("tokens").as_object().contains("airbyte_secret"));
  EXPECT_EQ(settings.at("more").at("items"), (json::value{{"airbyte_secret", true}}));
  EXPECT_EQ(settings.at("login").at("properties").at("password"), secret);
}

TEST(Airbyte, ACatalogHasKeysCursorAndModes) {
  const auto catalog = object(airbyte::catalog_message(discovered)).at("catalog").as_object();
  const auto& mails = catalog.at("streams").at(0).as_object();
  EXPECT_EQ(mails.at("name"), "mails");
  EXPECT_EQ(json::serialize(mails.at("supported_sync_modes")), R"(["full_refresh","incremental"])");
  EXPECT_EQ(json::serialize(mails.at("source_defined_primary_key")), R"([["id"]])");
  EXPECT_EQ(json::serialize(mails.at("default_cursor_field")), R"(["at"])");
  EXPECT_EQ(mails.at("source_defined_cursor"), true);
  EXPECT_EQ(mails.at("is_resumable"), false) << "a full refresh of it begins again";
  const auto& lists = catalog.at("streams").at(1).as_object();
  EXPECT_EQ(json::serialize(lists.at("supported_sync_modes")), R"(["full_refresh"])");
  EXPECT_FALSE(lists.contains("default_cursor_field"));
}

TEST(Airbyte, AConfiguredCatalogSelectsItsStreamsAndColumns) {
  const auto catalog = airbyte::singer_catalog(object(R"({"streams":[
      {"stream":{"name":"mails","json_schema":{"properties":{"id":{},"at":{},"geo":{"properties":{"city":{}}}}}},
       "sync_mode":"full_refresh","destination_sync_mode":"overwrite"},
      {"stream":{"name":"lists","json_schema":{}},"sync_mode":"full_refresh"}]})"),
                                               discovered, "catalog.json");
  ASSERT_TRUE(catalog) << catalog.error().message;
  EXPECT_EQ(*catalog, object(R"({"streams":[
      {"tap_stream_id":"mails","metadata":[
        {"breadcrumb":[],"metadata":{"selected":true,"replication-method":"FULL_TABLE"}},
        {"breadcrumb":["properties","geo","properties","ip"],"metadata":{"selected":false}}]},
      {"tap_stream_id":"lists","metadata":[{"breadcrumb":[],"metadata":{"selected":true}}]}]})"));
}

TEST(Airbyte, AMalformedCatalogIsAnErrorWithItsPlace) {
  const auto why = [](std::string_view text) {
    const auto catalog = airbyte::singer_catalog(object(text), discovered, "c.json");
    return catalog ? "nothing" : catalog.error().message;
  };
  EXPECT_EQ(why(R"({"catalog":{}})"),
            "c.json: streams must be an array: it should be Airbyte's configured catalog");
  EXPECT_EQ(why(R"({"streams":[{"tap_stream_id":"mails"}]})"),
            "c.json: streams[0].stream must be an object: it should be Airbyte's configured catalog");
}

TEST(Airbyte, StatesComeBackAsBookmarks) {
  const auto singer = [](const char* text) {
    return airbyte::singer_state(json::parse(text).as_array(), "state.json");
  };
  const auto state = singer(R"([
      {"type":"STREAM","stream":{"stream_descriptor":{"name":"mails"},"stream_state":{"at":"2026-01-01"}}},
      {"type":"STREAM","stream":{"stream_descriptor":{"name":"lists"},"stream_state":{"__ab_no_cursor_state_message":true}}},
      {"type":"STREAM","stream":{"stream_descriptor":{"name":"other"}}}])");
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(json::serialize(*state), R"({"bookmarks":{"mails":{"at":"2026-01-01"}}})");
  EXPECT_EQ(json::serialize(*singer("[]")), R"({"bookmarks":{}})");
  const auto global = singer(R"([{"type":"GLOBAL","global":{}}])");
  ASSERT_FALSE(global);
  EXPECT_EQ(global.error().exit, Exit::usage);
  EXPECT_NE(global.error().message.find("state.json: [0].stream must be an object"), std::string::npos);
}

TEST(Airbyte, AnErrorHasItsFailureType) {
  const auto type = [](const Failure& failure) {
    return object(airbyte::error_message(failure, from_unix_micros(1'500'000)))
        .at("trace")
        .at("error")
        .at("failure_type");
  };
  EXPECT_EQ(type({Exit::usage, "why"}), "config_error");
  EXPECT_EQ(type({Exit::auth, "why"}), "config_error");
  EXPECT_EQ(type({Exit::failed, "why"}), "system_error");
  EXPECT_EQ(type({Exit::partial, "why"}), "system_error");
  EXPECT_EQ(type({Exit::partial, "why", FailureType::config}), "config_error");
  EXPECT_EQ(type(to_failure(transient_error("why").value())), "transient_error");
  EXPECT_EQ(type(to_failure(source_error("why").value())), "system_error");
}

TEST(Airbyte, AnErrorSaysWhy) {
  const auto now = from_unix_micros(1'500'000);
  EXPECT_EQ(
      object(airbyte::error_message({Exit::usage, "no config"}, now)),
      object(R"({"type":"TRACE","trace":{"type":"ERROR","emitted_at":1500,"error":{"message":"no config",
                   "internal_message":"exit code 2: no config","failure_type":"config_error"}}})"));
  EXPECT_EQ(
      object(airbyte::stream_error_message("mails", "503", FailureType::transient, now)),
      object(R"({"type":"TRACE","trace":{"type":"ERROR","emitted_at":1500,"error":{"message":"mails: 503",
                   "internal_message":"503","failure_type":"transient_error",
                   "stream_descriptor":{"name":"mails"}}}})"));
}

class AirbyteOutput : public testing::Test {
 protected:
  static SelectedStream stream(std::string name) {
    return {.name = name,
            .alias = "not " + name,
            .schema = {},
            .key_properties = {},
            .replication_key = "at",
            .columns = {}};
  }
  void SetUp() override {
    for (const auto* name : {"mails", "lists"}) progress_.emplace_back(name);
    output_ = airbyte_output(pipe_, *clock_, progress_);
    ASSERT_TRUE(output_->start({stream("mails"), stream("lists")}, state_));
  }
  void TearDown() override { ::close(file_); }

  void write(size_t stream_index, std::string_view lines, size_t count) {
    const tapster_batch batch{sizeof batch, lines.data(), lines.size(), count, 2'000'000};
    ASSERT_TRUE(output_->write({stream_index, 0}, batch));
  }
  // What has been written since the last look.
  std::vector<std::string> messages() {
    const auto text = content(path_);
    std::vector<std::string> lines;
    for (; seen_ < text.size(); seen_ = text.find('\n', seen_) + 1)
      lines.push_back(text.substr(seen_, text.find('\n', seen_) - seen_));
    return lines;
  }
  static std::string status(std::string_view name, std::string_view word) {
    return R"({"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1000,"stream_status":{"stream_descriptor":{"name":")" +
           std::string(name) + R"("},"status":")" + std::string(word) + "\"}}}";
  }
  static std::string state(std::string_view name, std::string_view bookmark, std::string_view count) {
    return R"({"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":")" +
           std::string(name) + R"("},"stream_state":)" + std::string(bookmark) +
           R"(},"sourceStats":{"recordCount":)" + std::string(count) + "}}}";
  }

  TemporaryDirectory directory_;
  std::filesystem::path path_ = directory_.path() / "out";
  int file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  LineWriter pipe_{file_};
  size_t seen_ = 0;
  std::unique_ptr<Clock> clock_ = fixed_clock(from_unix_micros(1'000'000));
  Progress progress_;
  State state_;
  std::unique_ptr<Output> output_;
};

TEST(Airbyte, AControlMessageHasTheConfig) {
  EXPECT_EQ(
      airbyte::control_message({{"token", "new"}, {"count", 3}}, from_unix_micros(1'500'000)),
      R"({"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":1500,"connectorConfig":{"config":{"token":"new","count":3}}}})");
}

using Lines = std::vector<std::string>;

TEST_F(AirbyteOutput, EachStreamsStateCountsTheRecordsBeforeIt) {
  EXPECT_EQ(messages(), (Lines{status("mails", "STARTED"), status("lists", "STARTED")}));
  write(0, "{\"id\":1.0}\n{\"id\":2}\n", 2);
  EXPECT_EQ(messages(),
            (Lines{status("mails", "RUNNING"),
                   R"({"type":"RECORD","record":{"stream":"mails","data":{"id":1.0},"emitted_at":2000}})",
                   R"({"type":"RECORD","record":{"stream":"mails","data":{"id":2},"emitted_at":2000}})"}));
  ASSERT_TRUE(output_->commit(state_));
  EXPECT_EQ(messages(), Lines()) << "nothing is read to its end yet";
  state_.set_bookmark("mails", R"({"at":1})");
  ASSERT_TRUE(output_->commit(state_));
  EXPECT_EQ(messages(), (Lines{state("mails", R"({"at":1})", "2.0")}));
  ASSERT_TRUE(output_->commit(state_));
  EXPECT_EQ(messages(), Lines()) << "nothing has changed";
  write(0, "{\"id\":3}\n", 1);
  state_.set_bookmark("mails", R"({"at":2})");
  ASSERT_TRUE(output_->commit(state_));
  ASSERT_TRUE(output_->end(0, true));
  const auto last = messages();
  ASSERT_EQ(last.size(), 3U);
  EXPECT_EQ(last[1], state("mails", R"({"at":2})", "1.0"));
  EXPECT_EQ(last[2], status("mails", "COMPLETE"));
}

TEST_F(AirbyteOutput, ACompleteStreamWithNothingNewEndsWithItsState) {
  (void)messages();
  State known;
  known.set_bookmark("mails", R"({"at":1})");
  output_ = airbyte_output(pipe_, *clock_, progress_);
  ASSERT_TRUE(output_->start({stream("mails")}, known));
  (void)messages();
  ASSERT_TRUE(output_->commit(known));
  ASSERT_TRUE(output_->end(0, true));
  EXPECT_EQ(messages(), (Lines{state("mails", R"({"at":1})", "0.0"), status("mails", "COMPLETE")}));
}

TEST_F(AirbyteOutput, RecordsAfterTheLastStateAreCountedByAnother) {
  state_.set_bookmark("mails", R"({"at":1})");
  ASSERT_TRUE(output_->commit(state_));
  write(0, "{}\n{}\n", 2);
  ASSERT_TRUE(output_->commit(state_));
  (void)messages();
  ASSERT_TRUE(output_->end(0, true));
  EXPECT_EQ(messages(), (Lines{state("mails", R"({"at":1})", "2.0"), status("mails", "COMPLETE")}));
}

TEST_F(AirbyteOutput, AStreamWithoutABookmarkEndsWithAState) {
  (void)messages();
  write(1, "{}\n{}\n", 2);
  ASSERT_TRUE(output_->end(1, true));
  ASSERT_TRUE(output_->end(0, false));
  const auto last = messages();
  ASSERT_EQ(last.size(), 6U);
  EXPECT_NE(last[3].find(
                R"("stream_state":{"__ab_no_cursor_state_message":true}},"sourceStats":{"recordCount":2.0})"),
            std::string::npos);
  EXPECT_EQ(last[4], status("lists", "COMPLETE"));
  EXPECT_EQ(last[5], status("mails", "INCOMPLETE"));
}

TEST_F(AirbyteOutput, AFailedStreamSaysWhy) {
  (void)messages();
  progress_[1].error = "401";
  progress_[1].error_type = FailureType::config;
  ASSERT_TRUE(output_->end(1, false));
  const auto last = messages();
  ASSERT_EQ(last.size(), 2U);
  EXPECT_EQ(last[0], airbyte::stream_error_message("lists", "401", FailureType::config, clock_->now()));
  EXPECT_EQ(last[1], status("lists", "INCOMPLETE"));
}

TEST_F(AirbyteOutput, RowsAreEstimatedFromTheFinishedSlices) {
  (void)messages();
  progress_[0].slices_planned = 4;
  progress_[0].slices_done = 1;
  progress_[0].rows = 10;
  progress_[0].bytes = 100;
  state_.set_bookmark("mails", R"({"at":1})");
  ASSERT_TRUE(output_->commit(state_));
  const auto written = messages();
  ASSERT_EQ(written.size(), 2U);
  EXPECT_EQ(
      written[0],
      R"({"type":"TRACE","trace":{"type":"ESTIMATE","emitted_at":1000,"estimate":{"name":"mails","type":"STREAM","row_estimate":40,"byte_estimate":400}}})");
}

}  // namespace
}  // namespace tapster::host
