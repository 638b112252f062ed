// A source with wrong answers: they are valid JSON, but not true. A stream is read completely nevertheless,
// or fails after a bounded number of requests.
#include <fmt/format.h>

#include <filesystem>
#include <set>
#include "expected_lists.hpp"

#include "fixture.hpp"

namespace tapster::e2e {
namespace {

// More rows than a page has in each list of messages; those of the inbound list are on one day.
constexpr sandbox::AccountOptions more_than_a_page{
    .messages = 2'000,
    .days = 10,
    .opens_per_hundred = 60,
    .clicks_per_hundred = 60,
    .bounces_per_hundred = 60,
    .inbound_burst = 800,
    .inbound_burst_at = sandbox::Time{std::chrono::days(20'775)},
    .inbound_burst_span = std::chrono::hours(4)};

// A list, and the path of its requests.
struct List {
  const char *stream, *path;
  bool has_pages;  // more than one
};
constexpr List lists[] = {{"messages_outbound", "/messages/outbound?", true},
                          {"messages_opens", "/messages/outbound/opens?", true},
                          {"messages_clicks", "/messages/outbound/clicks?", true},
                          {"bounces", "/bounces?", true},
                          {"messages_inbound", "/messages/inbound?", true},
                          {"templates", "/templates?", true},
                          {"inbound_rules", "/triggers/inboundrules?", false},
                          {"servers", "/servers?", false},
                          {"domains", "/domains?", false},
                          {"sender_signatures", "/senders?", false}};

class Lies : public EndToEnd {
 protected:
  void SetUp() override { first_day_ = "2026-11-13"; }

  void start_more_than_a_page() {
    start(more_than_a_page);
    configure(R"(,"postmark_account_token":"sandbox-account-token")");
  }

  // Reads one stream while the source lies. The faults are gone afterwards.
  Finished read_lied_to(const std::string& stream, const std::string& fault) {
    server_->clear_faults();
    server_->inject(sandbox::parse_fault(fault));
    const auto before = server_->requests().size();
    auto finished = read({"--jobs", "1", "--select", stream});
    requests_ = server_->requests().size() - before;
    EXPECT_GT(server_->faults_met().front(), 0) << fault;
    server_->clear_faults();
    return finished;
  }

  [[nodiscard]] Tables expected_of(const std::string& stream) const {
    auto all = everything();
    for (const auto& [name, rows] : expected_account_lists({account_.get()})) all[name] = rows;
    return only(all, {stream});
  }

  void expect_complete(const std::string& stream, const std::string& fault) {
    const auto finished = read_lied_to(stream, fault);
    ASSERT_EQ(finished.exit, 0) << fault << finished.err;
    size_t doubled = 0;
    EXPECT_EQ(difference(expected_of(stream), tables_of_singer(finished.out, doubled)), "") << fault;
    EXPECT_EQ(doubled, 0U) << fault;
  }

  void expect_error(const std::string& stream, const std::string& fault, std::string_view words) {
    const auto finished = read_lied_to(stream, fault);
    EXPECT_TRUE(finished.exit == 1 || finished.exit == 5)
        << finished.exit << fault << finished.err;  // 5 if a part was read
    EXPECT_NE(finished.err.find(words), std::string::npos) << fault << finished.err;
    EXPECT_NE(finished.err.find(stream + ": "), std::string::npos) << fault << finished.err;
    EXPECT_LT(requests_, 700U) << fault;
  }

  size_t requests_ = 0;  // of the last read
};

TEST_F(Lies, ATotalBelowTheRowsShownIsAnError) {
  start_more_than_a_page();
  for (const auto& [stream, path, has_pages] : lists) {
    for (const auto* total : {"-1", "0", "3"}) {
      if ((sanitized && *total != '0') || (*total == '3' && !has_pages)) continue;
      // The first requested status of inbound messages has no rows.
      const bool is_empty = *total == '3' && std::string_view(stream) == "messages_inbound";
      expect_error(
          stream, fmt::format("{}:total={}", path, total),
          is_empty ? "the API counts more rows than it shows" : fmt::format("TotalCount is {}, but", total));
    }
  }
}

TEST_F(Lies, ATotalThatStaysOneTooHighIsAnError) {
  start_more_than_a_page();
  for (const auto& [stream, path, has_pages] : lists) {
    const bool is_small = std::string_view(path).find("messages") == std::string_view::npos && *stream != 'b';
    expect_error(stream, fmt::format("{}:has=count=500:more=1", path),
                 is_small ? "did not add up to TotalCount" : "the API counts more rows than it shows");
  }
}

// As from a cache that ignores the query.
TEST_F(Lies, APageThatRepeatsTheOneBeforeIsAnError) {
  start_more_than_a_page();
  for (const auto& [stream, path, has_pages] : lists) {
    if (!has_pages) continue;
    // A list of two pages has more rows behind the offset than TotalCount leaves room for.
    const bool is_short =
        std::set<std::string_view>{"bounces", "messages_inbound", "templates"}.contains(stream);
    expect_error(stream, fmt::format("{}:has=count=500:same-page", path),
                 is_short ? "the page shows 500 rows from row 501 on" : "ignores the offset");
  }
}

TEST_F(Lies, ARowThatIsListedTwiceIsEmittedOnce) {
  start_more_than_a_page();
  for (const auto& [stream, path, has_pages] : lists) {
    // Two opens or clicks may be equal, and are two rows.
    if (std::string_view(path).starts_with("/messages/outbound/")) continue;
    expect_complete(stream, fmt::format("{}:has=count=500:twice", path));
  }
  expect_complete("suppressions", "/message-streams/outbound/suppressions:twice");
  expect_complete("delivery_stats", "/deliverystats:twice");
  expect_complete("message_streams", "/message-streams?:twice");
  expect_complete("messages_outbound", "/message-streams?:twice");
  expect_complete("stats_outbound_clients", "/stats/outbound/opens/emailclients:twice");
  expect_complete("stats_outbound_sends", "/stats/outbound/sends:twice");
}

TEST_F(Lies, AMessageThatIsListedTwiceHasItsDetailsOnce) {
  start({.messages = 40, .days = 5});
  for (const auto& [stream, path] : {std::pair("message_events", "/messages/outbound?"),
                                     std::pair("messages_outbound_details", "/messages/outbound?"),
                                     std::pair("messages_inbound_details", "/messages/inbound?"),
                                     std::pair("bounce_dumps", "/bounces?")}) {
    server_->clear_faults();
    server_->inject(sandbox::parse_fault(fmt::format("{}:twice", path)));
    const auto finished = read({"--select", stream});
    ASSERT_EQ(finished.exit, 0) << finished.err;
    size_t doubled = 0;
    const auto expected =
        only(expected_details(*account_, first_day_, at(now_) - std::chrono::minutes(1)), {stream});
    EXPECT_EQ(difference(expected, tables_of_singer(finished.out, doubled)), "");
    EXPECT_EQ(doubled, 0U);
  }
}

// A row crosses the border between two pages, or leaves the page before it, once.
TEST_F(Lies, RowsThatMoveBetweenPagesAreRead) {
  start_more_than_a_page();
  for (const auto& [stream, path, has_pages] : lists) {
    if (!has_pages) continue;
    for (const auto* movement : {"skips", "leaves"})
      expect_complete(stream, fmt::format("{}:has=offset=500:times=1:{}", path, movement));
  }
}

TEST_F(Lies, ARowThatCrossesABorderPastTheLimitIsRead) {
  first_day_ = "2026-11-22";
  start(
      {.messages = sanitized ? 14'000 : 20'000, .days = 1, .opens_per_hundred = 0, .inbound_per_hundred = 0});
  expect_complete("messages_outbound",
                  "/messages/outbound?messagestream=outbound:has=offset=5000:times=1:skips");
}

TEST_F(Lies, AListThatIsNotNewestFirstIsCompleteOrAnError) {
  using Order = sandbox::ApiOptions::Order;
  first_day_ = "2026-11-22";
  for (const auto order : {Order::oldest_first, Order::oldest_pages_first}) {
    start({.messages = 3'000, .days = 1}, {.order = order});
    configure("");
    auto finished =
        read({"--select", "messages_outbound", "--select", "messages_opens", "--select", "bounces"});
    ASSERT_EQ(finished.exit, 0) << finished.err;
    size_t doubled = 0;
    EXPECT_EQ(difference(only(everything(), {"messages_outbound", "messages_opens", "bounces"}),
                         tables_of_singer(finished.out, doubled)),
              "")
        << finished.err;
    EXPECT_EQ(doubled, 0U);

    start({.messages = 24'000, .days = 1, .opens_per_hundred = 0, .inbound_per_hundred = 0},
          {.order = order});
    configure(R"(,"message_streams":["outbound"])");
    finished = read({"--jobs", "1", "--select", "messages_outbound", "--since", "2026-11-22T17:12:00Z",
                     "--until", "2026-11-23T17:11:00Z"});
    // Slices are cut by volume, so a slice with more rows than can be reached needs a source that hides its
    // volume.
    EXPECT_EQ(finished.exit, 0) << finished.err;
    server_->inject(sandbox::parse_fault("/stats/outbound/sends:nothing"));
    const auto before = server_->requests().size();
    finished = read({"--jobs", "1", "--select", "messages_outbound"});
    EXPECT_EQ(finished.exit, 1) << finished.err;
    EXPECT_NE(finished.err.find("the list is not sorted newest first"), std::string::npos) << finished.err;
    EXPECT_LT(server_->requests().size() - before, 120U);
  }
}

TEST_F(Lies, AnInboundRowThatOneHalfOfADayHidesIsAnError) {
  start({.messages = 10,
         .days = 10,
         .inbound_burst = 16'000,
         .inbound_burst_at = at("2026-11-20T05:00:00Z"),
         .inbound_burst_span = std::chrono::hours(24)});
  expect_error("messages_inbound", "/messages/inbound?status=processed:has=T12:hides",
               "the API counts more rows than it shows");
}

TEST_F(Lies, AnUnknownValueOfTheDividingFilterIsAnError) {
  start({.messages = 10, .days = 10, .second_burst = 16'000, .opens_per_hundred = 0});
  expect_error("messages_outbound", "/messages/outbound?:has=status=sent:nothing",
               "have a known value of status");
}

TEST_F(Lies, ASmallListPastTheLimitIsAnError) {
  start_more_than_a_page();
  for (const auto* list : {"templates", "domains"})
    expect_error(list, fmt::format("/{}?:total=10000", list), "the API shows at most 10000 rows");
}

TEST_F(Lies, AnAnswerMalformedAfterSomeRowsDuplicatesNoRow) {
  start_more_than_a_page();
  for (const auto& [stream, path, has_pages] : lists)
    expect_complete(stream, fmt::format("{}:has=count=500:times=2:malformed", path));
  expect_complete("suppressions", "/message-streams/outbound/suppressions:times=2:malformed");
  start({.messages = 40, .days = 5});
  server_->inject(sandbox::parse_fault("/messages/outbound/:has=/details:every=3:malformed"));
  const auto finished = read({"--select", "message_events"});
  ASSERT_EQ(finished.exit, 0) << finished.err;
  size_t doubled = 0;
  const auto expected =
      only(expected_details(*account_, first_day_, at(now_) - std::chrono::minutes(1)), {"message_events"});
  EXPECT_EQ(difference(expected, tables_of_singer(finished.out, doubled)), "");
  EXPECT_EQ(doubled, 0U);
}

// The connector requests once whether inbound message streams have bounces. Only an answer of the API means
// that they have none.
TEST_F(Lies, AnInboundMessageStreamThatCannotBeRequestedIsAnError) {
  start({.messages = 200, .days = 5, .bounces_per_hundred = 50});
  for (const auto* fault : {"html:status=404", "status=500"})
    expect_error("bounces", fmt::format("/bounces?messagestream=inbound:{}", fault),
                 "message stream inbound: ");
}

TEST_F(Lies, StatisticsThatRefuseTheTokenFailTheStreamsThatNeedThem) {
  // So many messages that the plan needs their statistics.
  start({.messages = 12'000, .days = 5, .opens_per_hundred = 0});
  server_->inject(sandbox::parse_fault("/stats:status=403"));
  const auto finished = read({"--select", "messages_outbound", "--select", "templates"});
  EXPECT_EQ(finished.exit, 5) << finished.err;
  EXPECT_NE(finished.err.find("HTTP 403"), std::string::npos) << finished.err;
  size_t doubled = 0;
  const auto tables = tables_of_singer(finished.out, doubled);
  EXPECT_EQ(difference(only(everything(), {"templates"}), only(tables, {"templates"})), "");
}

// The first row of each page is odd.
TEST_F(Lies, RowsThatCannotBeReadAreSetAside) {
  start({.messages = 1'500, .days = 6});
  const auto all = only(everything(), {"messages_outbound"}).at("messages_outbound");
  for (const std::string member : {"MessageID=null", "ReceivedAt=\"noon\"", "ReceivedAt=null"}) {
    server_->clear_faults();
    server_->inject(sandbox::parse_fault("/messages/outbound:member=" + member));
    const std::vector<std::string> arguments{"--select",         "messages_outbound", "--exclude",
                                             "*.message_events", "--state-file",      file("state.json")};
    const auto strict = read(arguments);
    EXPECT_EQ(strict.exit, 1) << strict.err;
    EXPECT_NE(strict.err.find("--rejects sets such rows aside"), std::string::npos) << strict.err;
    EXPECT_EQ(content(file("state.json")).find("messages_outbound"), std::string::npos);

    auto with_rejects = arguments;
    with_rejects.insert(with_rejects.end(), {"--rejects", file("rejects.jsonl")});
    const auto finished = read(with_rejects);
    EXPECT_EQ(finished.exit, 0) << finished.err;
    size_t doubled = 0;
    const auto tables = tables_of_singer(finished.out, doubled);
    const auto rows = tables.at("messages_outbound").size();
    const auto rejects = lines_of(content(file("rejects.jsonl")));
    EXPECT_GT(rejects.size(), 0U);
    EXPECT_EQ(doubled, 0U);
    // A row that stands first on one page may be read on another, with another window.
    std::set<std::string> times;
    for (const auto& line : rejects) {
      const auto record = json::parse(line).at("record");
      times.insert(json::serialize(record.at(member.starts_with("M") ? "ReceivedAt" : "MessageID")));
    }
    EXPECT_GE(rows + times.size(), all.size()) << member;
    EXPECT_LT(rows, all.size()) << member;
    EXPECT_NE(content(file("state.json")).find("\"messages_outbound\":{\"message_streams\""),
              std::string::npos)
        << "the bookmark moves";
    std::filesystem::remove(file("state.json"));
    std::filesystem::remove(file("rejects.jsonl"));
  }
}

TEST_F(Lies, RowsOfAListWithDetailsAreSetAside) {
  start({.messages = 10, .days = 2});
  server_->inject(sandbox::parse_fault("/templates?:member=TemplateId=\"x\""));
  const auto strict = read({"--select", "template_details"});
  EXPECT_EQ(strict.exit, 1) << strict.err;
  const auto finished = read({"--select", "template_details", "--rejects", file("rejects.jsonl")});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  const auto rejects = lines_of(content(file("rejects.jsonl")));
  ASSERT_EQ(rejects.size(), 2U) << "the first row of each page";
  EXPECT_EQ(json::parse(rejects[0]).at("stream"), "template_details");
  size_t doubled = 0;
  EXPECT_EQ(tables_of_singer(finished.out, doubled).at("template_details").size() + 2,
            everything().at("templates").size());
}

TEST_F(Lies, NulIsRemovedFromRecordsAndCounted) {
  start({.messages = 40, .days = 2});
  server_->inject(sandbox::parse_fault(R"(/messages/outbound:member=Status="a\u0000b\\u0000")"));
  const std::vector<std::string> arguments{"--select", "messages_outbound.status", "--summary",
                                           file("summary")};
  const auto finished = read(arguments);
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_EQ(finished.out.find("a\\u0000b"), std::string::npos) << finished.out;
  EXPECT_NE(finished.out.find(R"("status":"ab\\u0000")"), std::string::npos) << finished.out;
  const auto removed =
      json::parse(content(file("summary"))).at("streams").at(0).at("removed_nul").to_number<int>();
  EXPECT_GT(removed, 0);
  EXPECT_NE(finished.err.find(fmt::format("removed {} characters U+0000", removed)), std::string::npos)
      << finished.err;

  auto keeping = arguments;
  keeping.emplace_back("--keep-nul");
  const auto kept = read(keeping);
  EXPECT_NE(kept.out.find(R"("status":"a\u0000b\\u0000")"), std::string::npos) << kept.out;
  EXPECT_EQ(kept.err.find("U+0000"), std::string::npos) << kept.err;
}

TEST_F(Lies, AnUnknownMemberIsReportedOnceWithoutItsValue) {
  start({.messages = 1'500, .days = 6});
  sandbox::Fault fault;
  fault.path = "/messages/outbound";
  fault.kind = sandbox::Fault::Kind::lie;
  fault.lie = {sandbox::Lie::Kind::member, 0, R"(Sandboxed=false,"Planet":"Earth")"};
  server_->inject(fault);
  const auto finished = read({"--select", "messages_outbound.subject"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  const std::string report =
      "the records have a member that the schema of messages_outbound does not have: /Planet, a string";
  const auto at = finished.err.find(report);
  ASSERT_NE(at, std::string::npos) << finished.err;
  EXPECT_EQ(finished.err.find(report, at + 1), std::string::npos) << finished.err;
  EXPECT_EQ(finished.err.find("Earth"), std::string::npos) << finished.err;
}

TEST_F(Lies, NoMemberOfTheSandboxIsUnknown) {
  start({.messages = 300, .days = 6});
  const auto finished = read({"--select", "*"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_EQ(finished.err.find("does not have"), std::string::npos) << finished.err;
}

TEST_F(Lies, AValueOfTheWrongTypeIsAnError) {
  start({.messages = 10, .days = 2});
  for (const std::string value : {"1e999", "\"abc\"", "1.5", "true", "[1]"}) {
    const auto finished = read_lied_to("delivery_stats", "/deliverystats:member=InactiveMails=" + value);
    EXPECT_EQ(finished.exit, 1) << value << finished.err;
    EXPECT_NE(finished.err.find("inactive_mails"), std::string::npos) << value << finished.err;
    EXPECT_EQ(finished.out.find("\"type\":\"RECORD\""), std::string::npos) << value << finished.out;
  }
}

// One that fails is requested as often as any other request, and the page that lists it is not requested
// again.
TEST_F(Lies, FailedDetailsCostOnlyTheirOwnRetries) {
  start({.messages = 60, .days = 5});
  const auto messages = only(everything(), {"messages_outbound"}).at("messages_outbound");
  const auto id = json::value_to<std::string>(messages.begin()->second.at("message_id"));
  configure(R"(,"message_streams":["outbound"])");
  write_file(file("catalog.json"), run({"discover", "postmark", "--config", file("config.json")}).out);
  server_->inject(sandbox::parse_fault("/messages/outbound/:has=/details:status=500"));
  const auto before = server_->requests().size();
  const auto finished =
      read({"--jobs", "1", "--select", "messages_outbound", "--select", "messages_outbound.*"});
  EXPECT_EQ(finished.exit, 1) << finished.err;
  const auto requests = server_->requests();
  std::map<std::string, int> made;
  for (auto i = before; i < requests.size(); ++i) ++made[requests[i]];
  for (const auto& [target, times] : made) EXPECT_LE(times, 12) << target;
  EXPECT_LT(requests.size() - before, 60U);
}

TEST_F(Lies, AnIdCannotChangeThePathThatIsRequested) {
  start({.messages = 10, .days = 2});
  configure(R"(,"message_streams":["outbound/suppressions/dump?x=","../server","..","a&b=c#d"])");
  const auto finished = read({"--select", "suppressions", "--select", "messages_outbound"});
  EXPECT_EQ(finished.exit, 1) << finished.err;
  EXPECT_NE(finished.err.find("the message_stream \"..\" cannot be part of a URL's path"), std::string::npos)
      << finished.err;
  for (const auto& target : server_->requests()) {
    const bool is_dump = target.starts_with("/message-streams/");
    EXPECT_EQ(target, is_dump ? "/message-streams/" + target.substr(17, target.find('/', 17) - 17) +
                                    "/suppressions/dump"
                              : target);
    EXPECT_EQ(target.find("../"), std::string::npos) << target;
    EXPECT_EQ(target.find("#d"), std::string::npos) << target;
  }
}

TEST_F(Lies, AListSettingWithTheSameValueTwiceIsAConfigError) {
  start({.messages = 10, .days = 2});
  for (const auto* setting :
       {R"("message_streams":["outbound","outbound"])", R"("stats_by":["tag","tag"],"stats_tags":["a"])",
        R"("stats_by":["tag"],"stats_tags":["a","a"])", R"("postmark_server_tokens":["x","x"])"}) {
    configure(std::string(",") + setting);
    EXPECT_EQ(read({"--select", "messages_outbound"}).exit, 2) << setting;
  }
  EXPECT_TRUE(server_->requests().empty());
}

TEST_F(Lies, ADayOutOfRangeIsAConfigError) {
  start({.messages = 10, .days = 2});
  for (const auto* day : {"0001-01-01", "1677-12-31", "2262-01-01", "9999-12-31"}) {
    for (const auto* option : {"--since", "--until"}) {
      for (const auto* time : {"", "T12:00:00Z"}) {
        const auto finished = read({"--select", "messages_outbound", "--select", "stats_outbound_sends",
                                    option, std::string(day) + time});
        EXPECT_EQ(finished.exit, 2) << option << day << finished.err;
        EXPECT_NE(finished.err.find("the year must be between 1678 and 2261"), std::string::npos)
            << finished.err;
      }
    }
  }
  for (const auto* day : {"0001-01-01", "1677-12-31"}) {
    first_day_ = day;
    configure();
    const auto finished = read({"--select", "messages_outbound"});
    EXPECT_EQ(finished.exit, 2) << day << finished.err;
    EXPECT_NE(
        finished.err.find("\"start_date\": \"" + first_day_ + "\": the year must be between 1678 and 2261"),
        std::string::npos)
        << finished.err;
  }
  first_day_ = "1678-01-01";
  configure();
  const auto finished = read({"--select", "messages_outbound"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
}

}  // namespace
}  // namespace tapster::e2e
