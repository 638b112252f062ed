// Where reading starts, and the state after a slice.
#include <tapster/source.hpp>

#include <stdexcept>
#include <tapster/testing/http_server.hpp>

#include "scripted.hpp"

namespace postmark {

const tapster::Connector& connector();

namespace {

using namespace tapster;

json::object parse(std::string_view text) {
  return json::parse(std::string(text)).as_object();
}

class PlannedSource : public testing::Test {
 protected:
  PlannedSource() { fake_.set_now(std::chrono::floor<std::chrono::microseconds>(*parse_time(now_))); }

  // Opens a config in which these members replace the defaults.
  void open(std::string_view members) {
    auto config = parse(R"({"postmark_server_token":"t","postmark_server_tokens":[],"all_servers":false,
      "start_date":"2026-11-01","message_streams":["outbound"],
      "lookback_days":0,"stats_lookback_days":0,"events_lookback_days":0,"stats_by":[],"stats_tags":[]})");
    config["base_url"] = server_.url();
    for (const auto& [name, value] : parse(members)) config[name] = value;
    auto opened = connector().open(config, fake_.host());
    ASSERT_TRUE(opened) << opened.error().message;
    source_ = *std::move(opened);
  }

  const SourceStream& stream(std::string_view name) const { return entry(source_.streams, name); }

  // The start of the first slice of a plan, or the error's message.
  std::string start(std::string_view name, std::string_view state, std::string_view since = {}) {
    Pushed pushed;
    Slices slices(pushed.sink());
    const auto planned = stream(name).plan({parse(state), since, {}}, slices);
    if (!planned) return planned.error().message;
    const auto froms = pushed.texts("from");
    return froms.empty() ? "nothing" : froms.front();
  }

  std::string state(std::string_view name, std::string_view before, std::string_view slice) {
    const auto after = stream(name).advance(parse(before), parse(slice));
    return after ? json::serialize(*after) : after.error().message;
  }

  static constexpr std::string_view now_ = "2026-11-23T17:12:00Z";
  FakeHost fake_;
  // The first plan requests the server's name beside it. If that failed, its retries would move the clock.
  // It has received no messages.
  HttpServer server_{[](const HttpServer::Request& request) {
    if (request.path == "/server") return HttpServer::Response{.body = R"({"ID":7,"Name":"Production"})"};
    if (request.path == "/messages/inbound")
      return HttpServer::Response{.body = R"({"TotalCount":0,"InboundMessages":[]})"};
    return HttpServer::Response{.status = 404};
  }};
  Source source_;
};

TEST_F(PlannedSource, EachLookbackAppliesToItsOwnStreams) {
  open(R"({"lookback_days":4})");
  EXPECT_EQ(start("stats_outbound_sends", R"({"date":"2026-11-20"})"), "2026-11-20");
  EXPECT_EQ(start("messages_inbound", R"({"date":"2026-11-20"})"), "2026-11-16");
  open(R"({"events_lookback_days":4})");
  EXPECT_EQ(start("messages_inbound", R"({"date":"2026-11-20"})"), "2026-11-20");
  EXPECT_EQ(start("stats_outbound_sends", R"({"date":"2026-11-20"})"), "2026-11-20");
  open(R"({"stats_lookback_days":4})");
  EXPECT_EQ(start("stats_outbound_sends", R"({"date":"2026-11-20"})"), "2026-11-16");
  EXPECT_EQ(start("stats_outbound_overview", R"({"date":"2026-11-20"})"), "2026-11-16");
  EXPECT_EQ(start("messages_inbound", R"({"date":"2026-11-20"})"), "2026-11-20");
}

// The requests of a slice follow each other; those of two days are made at once.
TEST_F(PlannedSource, ReceivedMessagesOfTwoDaysAreTwoSlices) {
  open("{}");
  Pushed pushed;
  Slices slices(pushed.sink());
  EXPECT_TRUE(stream("messages_inbound").plan({{{"date", "2026-11-22"}}, {}, {}}, slices));
  EXPECT_EQ(pushed.lines(), R"({"from":"2026-11-22","to":"2026-11-22","next":"2026-11-23"}
{"from":"2026-11-23","to":"2026-11-23","next":"2026-11-23"}
)");
}

TEST_F(PlannedSource, ALookbackDoesNotGoBeforeTheStart) {
  open(R"({"stats_lookback_days":10})");
  EXPECT_EQ(start("stats_outbound_sends", "{}"), "2026-11-01");
  EXPECT_EQ(start("stats_outbound_sends", R"({"date":"2026-11-20"})"), "2026-11-10");
  EXPECT_EQ(start("stats_outbound_sends", R"({"date":"2026-11-05"})"), "2026-11-01");
}

TEST_F(PlannedSource, AStartAfterTheBookmarkLeavesNoGap) {
  open(R"({"start_date":"2026-11-20","stats_lookback_days":3})");
  EXPECT_EQ(start("stats_outbound_sends", "{}"), "2026-11-20");
  EXPECT_EQ(start("stats_outbound_sends", R"({"date":"2026-11-10"})"), "2026-11-10");
  EXPECT_EQ(start("stats_outbound_sends", R"({"date":"2026-11-22"})"), "2026-11-20");
}

TEST_F(PlannedSource, SinceReplacesTheBookmark) {
  open("{}");
  EXPECT_EQ(start("stats_outbound_sends", R"({"date":"2026-11-20"})", "2026-11-03"), "2026-11-03");
  EXPECT_EQ(start("stats_outbound_sends", R"({"date":"2026-11-20"})", "2026-11-22"), "2026-11-22");
}

TEST_F(PlannedSource, ABookmarkInTheFutureIsAnError) {
  open("{}");
  EXPECT_NE(start("stats_outbound_sends", R"({"date":"2026-11-24"})").find("2026-11-24"), std::string::npos);
  EXPECT_EQ(start("stats_outbound_sends", R"({"date":"2026-11-23"})"), "2026-11-23");
  EXPECT_NE(start("messages_outbound", R"({"message_streams":{"outbound":"2026-11-23T17:12:01Z"}})")
                .find("2026-11-23T17:12:01Z"),
            std::string::npos);
}

TEST_F(PlannedSource, AFinishedSliceAdvancesTheBookmarkOfItsPart) {
  open("{}");
  EXPECT_EQ(state("stats_outbound_sends", R"({"date":"2026-11-20"})",
                  R"({"from":"2026-11-18","to":"2026-11-21","next":"2026-11-22"})"),
            R"({"date":"2026-11-22"})");
  EXPECT_EQ(
      state("messages_outbound",
            R"({"message_streams":{"outbound":"2026-11-20T00:00:00Z","other":"2026-11-01T00:00:00Z"}})",
            R"({"message_stream":"outbound","from":"2026-11-19T00:00:00Z","to":"2026-11-21T00:00:00Z"})"),
      R"({"message_streams":{"outbound":"2026-11-21T00:00:00Z","other":"2026-11-01T00:00:00Z"}})");
  EXPECT_FALSE(stream("templates").advance) << "its state does not change";
}

TEST_F(PlannedSource, ASliceAfterAGapDoesNotAdvanceTheBookmark) {
  open("{}");
  EXPECT_EQ(state("stats_outbound_sends", R"({"date":"2026-11-10"})",
                  R"({"from":"2026-11-18","to":"2026-11-21","next":"2026-11-22"})"),
            R"({"date":"2026-11-10"})");
}

TEST_F(PlannedSource, StreamsWithoutTheirTokenAreLeftOut) {
  open("{}");
  EXPECT_THROW(stream("domains"), std::runtime_error);
  ASSERT_FALSE(fake_.logs(TAPSTER_LOG_INFO).empty());
  EXPECT_NE(fake_.logs(TAPSTER_LOG_INFO).back().message.find("domains"), std::string::npos);
  open(R"({"postmark_account_token":"a"})");
  EXPECT_EQ(stream("domains").stream.name, "domains");
  EXPECT_EQ(stream("messages_outbound").stream.key, Names{"message_id"});
}

TEST_F(PlannedSource, WithSeveralServersEveryKeyHasTheServer) {
  open(R"({"postmark_server_tokens":["u"]})");
  EXPECT_EQ(stream("messages_outbound").stream.key, (Names{"server_id", "message_id"}));
  EXPECT_EQ(stream("stats_outbound_sends").stream.key, (Names{"server_id", "id"}));
}

}  // namespace
}  // namespace postmark
