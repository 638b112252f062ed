#include <fmt/format.h>

#include "scripted.hpp"

namespace postmark {
namespace {

using namespace tapster;

class Lists : public testing::Test {
 protected:
  SourceStream stream(std::string_view name) {
    return make_stream(entry(lists(), name), script_.api(fake_), config_from("2026-01-01"), fake_.host());
  }
  std::string read(std::string_view name, const json::object& slice = {}) {
    const auto list = stream(name);
    if (list.failure) return list.failure->message;
    const auto projection = *Projection::create(list.stream, {});
    Records records(pushed_.sink());
    const auto read = list.read({projection, slice}, records);
    return read ? "" : read.error().message;
  }
  // A page of templates with these ids.
  static std::string page(int64_t total, int first, int count) {
    std::string rows;
    for (int id = first; id < first + count; ++id)
      rows += fmt::format("{}{{\"TemplateId\":{}}}", rows.empty() ? "" : ",", id);
    return fmt::format("{{\"TotalCount\":{},\"Templates\":[{}]}}", total, rows);
  }
  static std::string target(int offset) { return fmt::format("/templates?count=500&offset={}", offset); }
  std::set<int64_t> ids() {
    std::set<int64_t> ids;
    for (const auto& row : pushed_.objects())
      EXPECT_TRUE(ids.insert(row.at("template_id").as_int64()).second) << "twice";
    return ids;
  }

  FakeHost fake_;
  Script script_;
  Pushed pushed_;
};

TEST_F(Lists, AllPagesAreRead) {
  script_.answer(target(0), page(1'001, 0, 500));
  script_.answer(target(500), page(1'001, 500, 500));
  script_.answer(target(1'000), page(1'001, 1'000, 1));
  EXPECT_EQ(read("templates"), "");
  EXPECT_EQ(ids().size(), 1'001U);
  EXPECT_EQ(script_.requests().size(), 3U);
}

TEST_F(Lists, AListThatChangesIsReadAgain) {
  script_.answer(target(0), page(502, 0, 500));
  script_.answer(target(0), page(501, 1, 500));
  script_.answer(target(500), page(501, 501, 1));
  EXPECT_EQ(read("templates"), "");
  EXPECT_EQ(ids().size(), 502U) << "also the row that vanished after it was read";
}

TEST_F(Lists, RowsThatNeverAddUpAreAnError) {
  script_.answer(target(0), page(502, 0, 500));
  script_.answer(target(500), page(502, 500, 1));
  EXPECT_NE(read("templates").find("/templates"), std::string::npos);
}

TEST_F(Lists, TheSamePageForEveryOffsetIsAnError) {
  script_.answer(target(0), page(700, 0, 500));
  script_.answer(target(500), page(700, 0, 500));
  EXPECT_NE(read("templates"), "");
}

TEST_F(Lists, MoreRowsThanTheApiShowsAreAnError) {
  script_.answer(target(0), page(10'001, 0, 500));
  EXPECT_NE(read("templates").find("10001"), std::string::npos);
  EXPECT_EQ(script_.requests().size(), 1U);
}

TEST_F(Lists, APageWithoutATotalIsAnError) {
  script_.answer(target(0), R"({"Templates":[{"TemplateId":1}]})");
  EXPECT_NE(read("templates").find("TotalCount"), std::string::npos);
  EXPECT_EQ(pushed_.lines(), "");
}

TEST_F(Lists, AMalformedPageIsRequestedAgain) {
  script_.answer(target(0), R"({"TotalCount":2,"Templates":[{"TemplateId":1},{"Templ)");
  script_.answer(target(0), page(2, 1, 2));
  EXPECT_EQ(read("templates"), "");
  EXPECT_EQ(ids(), (std::set<int64_t>{1, 2}));
}

TEST_F(Lists, AMemberBesideTheRowsIsInEveryRow) {
  script_.answer(
      "/deliverystats",
      R"({"InactiveMails":192,"Bounces":[{"Name":"All","Count":253},{"Name":"Hard","Type":"HardBounce","Count":195}]})");
  EXPECT_EQ(read("delivery_stats"), "");
  ASSERT_EQ(pushed_.objects().size(), 2U);
  for (const auto& row : pushed_.objects()) EXPECT_EQ(row.at("inactive_mails"), 192);
  EXPECT_TRUE(pushed_.objects()[0].at("type").is_null());
}

TEST_F(Lists, AResponseThatIsTheRowIsOneRow) {
  script_.answer("/server", R"({"ID":7,"Name":"Production","ApiTokens":["secret"]})");
  EXPECT_EQ(read("server"), "");
  ASSERT_EQ(pushed_.objects().size(), 1U);
  EXPECT_EQ(pushed_.objects()[0].at("name"), "Production");
  EXPECT_EQ(pushed_.lines().find("secret"), std::string::npos);
}

TEST_F(Lists, TheListOfAnArchivedMessageStreamThatTheApiRefusesIsSkipped) {
  script_.answer("/message-streams/news/suppressions/dump",
                 R"({"ErrorCode":1226,"Message":"The message stream was not found."})", 422);
  EXPECT_NE(read("suppressions", {{"message_stream", "news"}}).find("1226"), std::string::npos);
  EXPECT_EQ(read("suppressions", {{"message_stream", "news"}, {"is_archived", true}}), "");
  EXPECT_EQ(pushed_.lines(), "");
}

TEST_F(Lists, DetailsAreReadOfEachListedRowThatStillExists) {
  script_.answer(target(0), page(2, 1, 2));
  script_.answer("/templates/1", R"({"TemplateId":1,"Subject":"Hello"})");
  script_.answer("/templates/2", R"({"ErrorCode":1101,"Message":"The template was not found."})", 422);
  EXPECT_EQ(read("template_details"), "");
  EXPECT_EQ(pushed_.texts("subject"), std::vector<std::string>{"Hello"});
  ASSERT_EQ(fake_.logs(TAPSTER_LOG_INFO).size(), 1U);
  EXPECT_NE(fake_.logs(TAPSTER_LOG_INFO).front().message.find("template 2 skipped"), std::string::npos);
  script_.answer("/templates/1", R"({"ErrorCode":1109,"Message":"Refused."})", 422);
  read("template_details");
  EXPECT_NE(read("template_details").find("1109"), std::string::npos);
}

TEST_F(Lists, WebhooksHaveNoCredentials) {
  script_.answer(
      "/webhooks",
      R"({"Webhooks":[{"ID":1,"MessageStream":"outbound","HttpAuth":{"Username":"u","Password":"secret"},
    "HttpHeaders":[{"Name":"Authorization","Value":"secret"}],"Triggers":{"Open":{"Enabled":true},"Other":{"Enabled":false}}}]})");
  EXPECT_EQ(read("webhooks"), "");
  ASSERT_EQ(pushed_.objects().size(), 1U);
  EXPECT_EQ(json::serialize(pushed_.objects()[0].at("triggers")),
            R"({"Open":{"Enabled":true},"Other":{"Enabled":false}})");
  EXPECT_EQ(pushed_.lines().find("secret"), std::string::npos);
}

TEST_F(Lists, AListPerMessageStreamIsPlannedForThoseThatSend) {
  script_.answer("/message-streams?MessageStreamType=All&IncludeArchivedStreams=true",
                 R"({"MessageStreams":[{"ID":"outbound","MessageStreamType":"Transactional"},
                     {"ID":"inbound","MessageStreamType":"Inbound"},{"ID":"news"}]})");
  const auto suppressions = stream("suppressions");
  Slices slices(pushed_.sink());
  ASSERT_TRUE(suppressions.plan({}, slices));
  EXPECT_EQ(pushed_.texts("message_stream"), (std::vector<std::string>{"outbound", "news"}));
  EXPECT_EQ(pushed_.texts("partition"), (std::vector<std::string>{"outbound", "news"}));
  pushed_.clear();
  auto of_several = slices.in_partition("7");
  ASSERT_TRUE(suppressions.plan({}, of_several));
  EXPECT_EQ(pushed_.texts("partition"), (std::vector<std::string>{"7/outbound", "7/news"}));
}

}  // namespace
}  // namespace postmark
