#include "report/log.hpp"

#include <gtest/gtest.h>

#include <tapster/json.hpp>
#include <thread>
#include <vector>

#include "temporary.hpp"

namespace tapster::host {
namespace {

TEST(TextLog, HasTimeLevelLoggerAndStream) {
  TestLog test;
  test.log().write(Level::info, "postmark", "messages_outbound", "12 slices");
  test.log().warning("slow");
  EXPECT_EQ(test.text(),
            "2026-11-23T12:00:00Z INFO     postmark messages_outbound: 12 slices\n"
            "2026-11-23T12:00:00Z WARNING  tapster: slow\n");
}

TEST(TextLog, OmitsMessagesBelowItsLevel) {
  TestLog test(LogFormat::text, Level::warning);
  test.log().info("unseen");
  test.log().error("seen");
  EXPECT_EQ(test.text(), "2026-11-23T12:00:00Z ERROR    tapster: seen\n");
}

TEST(TextLog, NoLineOfAMessageLooksLikeASingerMessage) {
  TestLog test;
  test.log().info("first\n{\"type\":\"RECORD\"}\n");
  EXPECT_EQ(test.text(), "2026-11-23T12:00:00Z INFO     tapster: first\n  | {\"type\":\"RECORD\"}\n");
}

TEST(TextLog, HasNoControlCharacter) {
  TestLog test;
  test.log().info("red \033[31m and \r over");
  EXPECT_EQ(test.text(), "2026-11-23T12:00:00Z INFO     tapster: red  [31m and   over\n");
}

TEST(Log, HasNoHiddenControlCharacterInAnyFormat) {
  for (const auto format : {LogFormat::text, LogFormat::json}) {
    TestLog test(format);
    test.log().write(Level::info, "log\u202eger", "str\u009beam", "C1 \u009b31m, bidi \u202e, line \u2028");
    test.log().relay("target", "\u009b31m \u202e \u2028 \x1b[31m");
    for (const auto* hidden : {"\u009b", "\u202e", "\u2028", "\x1b"})
      EXPECT_EQ(test.text().find(hidden), std::string::npos) << test.text();
    EXPECT_NE(test.text().find("bidi  , line"), std::string::npos) << test.text();
  }
}

TEST(JsonLog, IsOneObjectALine) {
  TestLog test(LogFormat::json);
  test.log().write(Level::critical, "postmark", "messages_outbound", "a \"quoted\"\nline");
  const auto line = parse_json_object(test.text(), "the line");
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_EQ(line->at("level"), "critical");
  EXPECT_EQ(line->at("pid"), ::getpid());
  EXPECT_EQ(line->at("logger_name"), "postmark");
  EXPECT_EQ(line->at("stream_name"), "messages_outbound");
  EXPECT_EQ(line->at("app_name"), "tapster");
  EXPECT_TRUE(line->at("thread_name").is_null());
  EXPECT_EQ(line->at("extra"), json::value(json::object()));
  EXPECT_DOUBLE_EQ(line->at("ts").as_double(), 1795435200.0);
  EXPECT_EQ(line->at("message"), "a \"quoted\"\nline");
}

TEST(JsonLog, HasWhatIsKnownOfTheSubject) {
  TestLog test(LogFormat::json);
  test.log().hide("s3cret");
  Error error{Status::transient, "down", 7, std::nullopt, 503};
  test.log().write(Level::warning, "tapster", "bounces", "a retry",
                   {.slice = R"({"tag":"s3cret"})", .error = &error, .attempt = 2});
  const auto line = parse_json_object(test.text(), "the line");
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_EQ(line->at("extra"), json::parse(R"({"slice":"{\"tag\":\"***\"}","error_class":"transient",
                                               "http_status":503,"attempt":2})"));
}

TEST(JsonLog, IsUtf8ForAnyMessage) {
  TestLog test(LogFormat::json);
  test.log().info("caf\xC3\xA9 \xE9 \xED\xA0\x80 \xF0\x9F\x98\x80 \xC3");
  const auto line = parse_json_object(test.text(), "the line");
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_EQ(line->at("message"),
            "caf\xC3\xA9 \xEF\xBF\xBD \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD \xF0\x9F\x98\x80 \xEF\xBF\xBD");
}

TEST(Log, ShowsNoSecretInEitherForm) {
  for (const auto format : {LogFormat::text, LogFormat::json}) {
    TestLog test(format);
    test.log().hide("abcd");
    test.log().hide("abcd-efgh");
    test.log().info("X-Token: abcd-efgh, abcdabcd");
    EXPECT_EQ(test.text().find("abcd"), std::string::npos) << test.text();
    EXPECT_EQ(test.text().find("efgh"), std::string::npos) << test.text();
    EXPECT_NE(test.text().find("X-Token: ***, ******"), std::string::npos) << test.text();
  }
}

TEST(Log, IgnoresEmptyAndVeryShortSecrets) {
  TestLog test;
  test.log().hide("");
  test.log().hide("e");
  EXPECT_EQ(test.log().redact("every e"), "every e");
}

TEST(Log, WritesWholeLinesFromSeveralThreads) {
  TestLog test;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 100; ++n) test.log().info("a line");
    });
  }
  for (auto& thread : threads) thread.join();
  std::string expected;
  for (int n = 0; n < 400; ++n) expected += "2026-11-23T12:00:00Z INFO     tapster: a line\n";
  EXPECT_EQ(test.text(), expected);
}

TEST(Log, ClearsTheProgressDisplayBeforeALine) {
  struct Recorder final : Log::Screen {
    TestLog& test;
    std::vector<size_t> lengths;
    explicit Recorder(TestLog& of) : test(of) {}
    void clear() override { lengths.push_back(test.text().size()); }
    void redraw() override { lengths.push_back(test.text().size()); }
  };
  TestLog test;
  Recorder screen(test);
  test.log().set_screen(&screen);
  test.log().info("a line");
  test.log().set_screen(nullptr);
  test.log().info("another");
  EXPECT_EQ(screen.lengths,
            (std::vector<size_t>{0, std::string("2026-11-23T12:00:00Z INFO     tapster: a line\n").size()}));
}

}  // namespace
}  // namespace tapster::host
