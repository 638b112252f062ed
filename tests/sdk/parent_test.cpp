// Parent and child streams over a scripted API: what is requested, and which rows come out.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <tapster/declared.hpp>
#include <tapster/testing/fake_host.hpp>
#include <tapster/testing/pushed.hpp>
#include <thread>

#include "stream_family.hpp"

namespace tapster {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

Time at(std::string_view text) {
  return std::chrono::floor<std::chrono::microseconds>(*parse_time(text));
}

json::object object(std::string_view text) {
  return json::parse(std::string(text)).as_object();
}

// Three levels: tickets, their comments, and the votes for those.
DeclaredStream tickets() {
  return {.stream = {.name = "tickets",
                     .key = {"id"},
                     .columns = {{"id", Type::integer, "/id"},
                                 {"subject", Type::string, "/subject"},
                                 {"owner", Type::object, "/owner"}}},
          .request = {.path = "/tickets"}};
}
DeclaredStream comments() {
  return {.stream = {.name = "comments",
                     .key = {"id"},
                     .columns = {{"id", Type::integer, "/id"},
                                 {"ticket_id", Type::integer},
                                 {"subject", Type::string}}},
          .request = {.path = "/tickets/{ticket}/comments"},
          .parent = Parent{
              .stream = "tickets",
              .bind = {{"/id", in_path("ticket"), "ticket_id"}, {.from = "/subject", .column = "subject"}}}};
}
DeclaredStream votes() {
  return {.stream = {.name = "votes",
                     .key = {"id"},
                     .columns = {{"id", Type::integer, "/id"}, {"comment_id", Type::integer}}},
          .request = {.path = "/tickets/{ticket}/votes"},
          .parent = Parent{
              .stream = "comments",
              .bind = {{"/ticket_id", in_path("ticket")}, {"/id", in_query("comment"), "comment_id"}}}};
}

// The same, incremental.
DeclaredStream timed_tickets() {
  auto declared = tickets();
  declared.stream.columns.push_back({"at", Type::timestamp, "/at"});
  declared.stream.replication_key = "at";
  declared.incremental = Incremental{.start = at("2026-01-30T00:00:00Z"),
                                     .settling = 10s,
                                     .step = 24h,
                                     .from = in_query("from"),
                                     .to = in_query("to")};
  return declared;
}
DeclaredStream timed_comments() {
  auto declared = comments();
  declared.stream.columns.push_back({"at", Type::timestamp});
  declared.stream.replication_key = "at";
  declared.parent->bind.push_back({.from = "/at", .column = "at"});
  return declared;
}

constexpr const char* two_tickets =
    R"([{"id":1,"subject":"a \"b\"","owner":{"name":"Ann","id":7}},{"id":2,"subject":null}])";

class Parents : public testing::Test {
 protected:
  void SetUp() override {
    answers_["/tickets"] = two_tickets;
    answers_["/tickets/1/comments"] = R"([{"id":11},{"id":12}])";
    answers_["/tickets/2/comments"] = R"([{"id":21}])";
    answers_["/tickets/1/votes?comment=11"] = R"([{"id":111}])";
    answers_["/tickets/1/votes?comment=12"] = "[]";
    answers_["/tickets/2/votes?comment=21"] = R"([{"id":211}])";
  }

  void open(std::vector<DeclaredStream> declared) {
    streams_ = declare(fake_.host(), client_, std::move(declared));
    for (const auto& stream : streams_)
      ASSERT_FALSE(stream.failure) << stream.stream.name << ": " << stream.failure->message;
  }
  SourceStream& stream(std::string_view name) {
    return *std::find_if(streams_.begin(), streams_.end(),
                         [&](const SourceStream& stream) { return stream.stream.name == name; });
  }

  // The slices; an error's message instead of the rest.
  Texts plan(std::string_view name, std::string_view state = "{}") {
    Pushed pushed;
    Slices slices(pushed.sink());
    const auto planned = stream(name).plan({object(state)}, slices);
    Texts texts;
    for (const auto& slice : pushed.objects()) texts.push_back(json::serialize(slice));
    if (!planned) texts.push_back(planned.error().message);
    return texts;
  }

  // The lines of a read, or the error's message.
  std::string read(std::string_view name, const Texts& columns = {}, std::string_view slice = "{}") {
    Pushed pushed;
    const auto projection = *Projection::create(stream(name).stream, columns);
    Records records(pushed.sink(), &projection);
    const auto read = stream(name).read({projection, object(slice)}, records);
    progress_ = pushed.progress();
    return read ? pushed.lines() : read.error().message;
  }

  int requests(const std::string& target) {
    const std::lock_guard lock(mutex_);
    return requests_[target];
  }

  std::string mistake(std::vector<DeclaredStream> declared, size_t place) {
    const auto failure = declare(fake_.host(), client_, std::move(declared))[place].failure;
    return failure ? failure->message : "";
  }

  FakeHost fake_;
  std::map<std::string, std::string> answers_;  // by target; without one, a 404
  std::function<void(const std::string&)> on_request_;
  std::vector<SourceStream> streams_;
  std::string progress_;

 private:
  Result<HttpResponse> respond(const std::string& url) {
    const auto target = url.substr(std::string_view("https://api.example.com").size());
    {
      const std::lock_guard lock(mutex_);
      ++requests_[target];
    }
    if (on_request_) on_request_(target);
    const auto answer = answers_.find(target);
    if (answer == answers_.end()) return HttpResponse{.status = 404, .body = "{}"};
    return HttpResponse{.status = 200, .body = answer->second};
  }
  static HttpOptions options() {
    HttpOptions options;
    options.base_url = "https://api.example.com";
    options.attempts = 1;
    return options;
  }

  std::mutex mutex_;
  std::map<std::string, int> requests_;
  std::shared_ptr<HttpClient> client_ = std::make_shared<HttpClient>(
      fake_.host(), options(), [this](const HttpRequest&, const std::string& url) { return respond(url); });
};

constexpr const char* all_tickets =
    R"({"id":1,"subject":"a \"b\"","owner":{"name":"Ann","id":7}}
{"id":2,"subject":null,"owner":null}
)";
constexpr const char* all_comments =
    R"({"id":11,"ticket_id":1,"subject":"a \"b\""}
{"id":12,"ticket_id":1,"subject":"a \"b\""}
{"id":21,"ticket_id":2,"subject":null}
)";
constexpr const char* all_votes = R"({"id":111,"comment_id":11}
{"id":211,"comment_id":21}
)";

// ---- Once

TEST_F(Parents, AreReadOnceInWhicheverOrderTheStreamsAreRead) {
  Texts order{"tickets", "comments", "votes"};
  std::sort(order.begin(), order.end());
  do {
    SCOPED_TRACE(order[0] + ", " + order[1] + ", " + order[2]);
    const auto before = requests("/tickets");
    const auto comments_before = requests("/tickets/1/comments");
    open({tickets(), comments(), votes()});
    for (const auto& name : order) EXPECT_EQ(plan(name), Texts{"{}"});
    for (const auto& name : order)
      EXPECT_EQ(read(name), name == "tickets" ? all_tickets : name == "comments" ? all_comments : all_votes);
    EXPECT_EQ(requests("/tickets"), before + 1);
    EXPECT_EQ(requests("/tickets/1/comments"), comments_before + 1);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(Parents, AreReadForAChildAlone) {
  open({votes(), comments(), tickets()});
  EXPECT_EQ(read("votes"), all_votes);
  EXPECT_EQ(requests("/tickets"), 1);
  EXPECT_EQ(requests("/tickets/2/comments"), 1);
}

TEST_F(Parents, EmitOnlyTheirSelectedColumns) {
  const std::string ids = "{\"id\":1}\n{\"id\":2}\n";
  open({tickets(), comments()});
  EXPECT_EQ(read("tickets", {"/id"}), ids);
  EXPECT_EQ(read("comments"), all_comments);
  EXPECT_EQ(requests("/tickets"), 1);
  open({tickets(), comments()});
  EXPECT_EQ(read("comments", {"/ticket_id"}),
            "{\"id\":11,\"ticket_id\":1}\n{\"id\":12,\"ticket_id\":1}\n{\"id\":21,\"ticket_id\":2}\n");
  EXPECT_EQ(read("tickets", {"/id"}), ids);
  EXPECT_EQ(requests("/tickets"), 2);
}

TEST_F(Parents, GiveMembersOfTheirColumns) {
  auto child = comments();
  child.parent->bind[1] = {.from = "/owner/name", .column = "subject"};
  child.request.query = {{"all", "1"}};
  child.parent->bind.push_back({"/owner/id", in_query("owner")});
  answers_["/tickets"] = R"([{"id":1,"owner":{"name":"Ann","id":7}}])";
  answers_["/tickets/1/comments?all=1&owner=7"] = R"([{"id":11}])";
  open({tickets(), child});
  EXPECT_EQ(read("tickets", {"/id", "/owner/id"}), "{\"id\":1,\"owner\":{\"id\":7}}\n");
  EXPECT_EQ(read("comments"), "{\"id\":11,\"ticket_id\":1,\"subject\":\"Ann\"}\n");
}

TEST_F(Parents, DoNotRequestACostlyColumnForTheirChildren) {
  auto parent = tickets();
  parent.stream.columns.push_back({.name = "text", .type = Type::string});
  parent.requested = RequestedColumn{.column = "text",
                                     .request = {.path = "/tickets/{id}"},
                                     .value = [](const json::object& got) { return got.at("text"); }};
  answers_["/tickets/1"] = answers_["/tickets/2"] = R"({"text":"long"})";
  open({parent, comments()});
  EXPECT_EQ(read("comments"), all_comments);
  EXPECT_EQ(requests("/tickets/1"), 0);
  EXPECT_EQ(read("tickets", {"/id"}), "{\"id\":1}\n{\"id\":2}\n");
  EXPECT_EQ(requests("/tickets"), 1);
  open({parent, comments()});
  EXPECT_EQ(read("comments"), all_comments);
  EXPECT_EQ(read("tickets", {"/id", "/text"}),
            "{\"id\":1,\"text\":\"long\"}\n{\"id\":2,\"text\":\"long\"}\n");
  EXPECT_EQ(requests("/tickets"), 3);  // the column needs the rows of a read of its own
}

TEST_F(Parents, AreReadAnewByAnotherSync) {
  open({tickets(), comments()});
  plan("tickets");
  plan("comments");
  EXPECT_EQ(read("tickets"), all_tickets);
  EXPECT_EQ(read("comments"), all_comments);
  answers_["/tickets"] = R"([{"id":2,"subject":null}])";
  plan("comments");
  EXPECT_EQ(read("comments"), "{\"id\":21,\"ticket_id\":2,\"subject\":null}\n");
  EXPECT_EQ(requests("/tickets"), 2);
}

// ---- Slices and states

TEST_F(Parents, HaveTheSlicesOfTheirChildrenThoughTimePasses) {
  fake_.set_now(at("2026-01-31T12:00:05Z"));
  open({timed_tickets(), timed_comments()});
  const auto slices = plan("tickets");
  EXPECT_EQ(slices, (Texts{R"({"from":"2026-01-30T00:00:00Z","to":"2026-01-31T00:00:00Z"})",
                           R"({"from":"2026-01-31T00:00:00Z","to":"2026-01-31T11:59:55Z"})"}));
  fake_.advance(30min);
  EXPECT_EQ(plan("comments"), slices);
  fake_.advance(30min);
  EXPECT_NE(plan("comments"), slices);  // another sync
}

TEST_F(Parents, LeaveTheirChildrenABookmarkOfTheirOwn) {
  open({timed_tickets(), timed_comments()});
  const auto slice = object(R"({"from":"2026-01-30T00:00:00Z","to":"2026-01-31T00:00:00Z"})");
  const auto state = stream("comments").advance({}, slice);
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(json::serialize(*state), R"({"at":"2026-01-31T00:00:00Z"})");
  fake_.set_now(at("2026-01-31T00:01:00Z"));
  EXPECT_EQ(plan("comments", json::serialize(*state)),
            Texts{R"({"from":"2026-01-31T00:00:00Z","to":"2026-01-31T00:00:50Z"})"});
}

TEST_F(Parents, GiveOnlyTheRowsOfTheSlice) {
  open({timed_tickets(), timed_comments()});
  answers_["/tickets?from=2026-01-30T00:00:00Z&to=2026-01-31T00:00:00Z"] =
      R"([{"id":1,"subject":null,"at":"2026-01-30T01:00:00Z"},{"id":2,"at":"2026-01-31T00:00:00Z"}])";
  EXPECT_EQ(read("comments", {}, R"({"from":"2026-01-30T00:00:00Z","to":"2026-01-31T00:00:00Z"})"),
            R"({"id":11,"ticket_id":1,"subject":null,"at":"2026-01-30T01:00:00.000000Z"}
{"id":12,"ticket_id":1,"subject":null,"at":"2026-01-30T01:00:00.000000Z"}
)");
  EXPECT_EQ(requests("/tickets/2/comments"), 0);
}

TEST_F(Parents, PassTheirPartitionsOn) {
  auto parent = tickets();
  parent.stream.columns.push_back({"mailbox", Type::string});
  parent.partitions = Partitions{.member = "mailbox", .to = in_query("mailbox"), .names = {"in", "out"}};
  auto child = comments();
  child.parent->bind[1] = {"/mailbox", in_query("box"), "subject"};
  open({parent, child});
  const auto slices = plan("comments");
  EXPECT_EQ(slices,
            (Texts{R"({"mailbox":"in","partition":"in"})", R"({"mailbox":"out","partition":"out"})"}));
  answers_["/tickets?mailbox=out"] = R"([{"id":1}])";
  answers_["/tickets/1/comments?box=out"] = R"([{"id":11}])";
  EXPECT_EQ(read("comments", {}, slices[1]), "{\"id\":11,\"ticket_id\":1,\"subject\":\"out\"}\n");
}

TEST_F(Parents, PassWhatTheirSliceTurnedInto) {
  auto parent = tickets();
  parent.stream.replication_key = "id";
  parent.incremental = Incremental{.unit = Incremental::Unit::integer, .from = in_query("after")};
  auto child = comments();
  child.stream.replication_key = "ticket_id";
  answers_["/tickets?after=0"] = R"([{"id":2},{"id":1}])";
  const auto* slice = R"({"after":0})";
  for (const auto& first : {"tickets", "comments"}) {
    open({parent, child});
    read(first, {}, slice);
    EXPECT_EQ(progress_, R"({"after":0,"reached":2})");
    for (const auto& name : {"tickets", "comments"}) {
      read(name, {}, slice);
      EXPECT_EQ(progress_, R"({"after":0,"reached":2})") << name;
    }
    EXPECT_EQ(json::serialize(*stream("comments").advance({}, object(progress_))), R"({"id":2})");
  }
  EXPECT_EQ(requests("/tickets?after=0"), 3);  // the second read of tickets itself is another one
}

// ---- Errors

TEST_F(Parents, ThatAreNotReadCompletelyGiveNothing) {
  auto parent = tickets();
  parent.paginator = NumberedPages{.size = 1};
  answers_["/tickets?per_page=1&page=1"] = R"([{"id":1,"subject":null}])";
  open({parent, comments()});
  const auto* error =
      "reading its parent tickets: https://api.example.com/tickets?per_page=1&page=2: HTTP 404";
  EXPECT_EQ(read("comments"), error);
  EXPECT_EQ(read("tickets"), "https://api.example.com/tickets?per_page=1&page=2: HTTP 404");
  EXPECT_EQ(read("comments"), error);
  EXPECT_EQ(requests("/tickets/1/comments"), 0);
  answers_["/tickets?per_page=1&page=2"] = "[]";
  EXPECT_EQ(read("comments"),
            "{\"id\":11,\"ticket_id\":1,\"subject\":null}\n{\"id\":12,\"ticket_id\":1,\"subject\":null}\n");
}

TEST_F(Parents, ThatVanishFailTheSliceUnlessTheyAreSkipped) {
  answers_.erase("/tickets/1/comments");
  open({tickets(), comments()});
  EXPECT_EQ(read("comments"), "https://api.example.com/tickets/1/comments: HTTP 404");
  auto child = comments();
  child.parent->skip_missing = true;
  open({tickets(), child});
  EXPECT_EQ(read("comments"), "{\"id\":21,\"ticket_id\":2,\"subject\":null}\n");
  EXPECT_EQ(fake_.counter("skipped_parents"), 1);
  EXPECT_EQ(fake_.logs(TAPSTER_LOG_WARNING).back().message,
            "comments: a record of tickets is skipped: https://api.example.com/tickets/1/comments: HTTP 404");
}

TEST_F(Parents, WithoutAValueFailTheSliceUnlessTheyAreSkipped) {
  auto child = comments();
  child.parent->bind.push_back({"/owner/id", in_query("owner")});
  answers_["/tickets/1/comments?owner=7"] = R"([{"id":11}])";
  open({tickets(), child});
  EXPECT_EQ(read("comments"),
            "a record of tickets has no value at /owner/id, which the requests for its comments need");
  child.parent->skip_missing = true;
  open({tickets(), child});
  EXPECT_EQ(read("comments"), "{\"id\":11,\"ticket_id\":1,\"subject\":\"a \\\"b\\\"\"}\n");
  EXPECT_EQ(fake_.counter("skipped_parents"), 1);
}

TEST_F(Parents, ThatCannotBeReadRejectTheirChildren) {
  answers_["/tickets"] = R"([{"id":1,"subject":null},{"id":2,"subject":[]}])";
  struct Taken {
    std::string lines;
    Texts reasons;
  } taken;
  tapster_sink sink{};
  sink.struct_size = sizeof sink;
  sink.context = &taken;
  sink.push = [](void* self, const tapster_batch* batch) {
    static_cast<Taken*>(self)->lines.append(batch->data, batch->size);
    return tapster_status{TAPSTER_OK};
  };
  sink.reject = [](void* self, tapster_text, tapster_text reason) {
    static_cast<Taken*>(self)->reasons.emplace_back(to_view(reason));
    return tapster_status{TAPSTER_OK};
  };
  for (const auto& first : {"tickets", "comments"}) {
    open({tickets(), comments()});
    for (const auto& name : {first, "comments", "tickets"}) {
      SCOPED_TRACE(fmt::format("{} after {}", name, first));
      taken = {};
      const auto projection = *Projection::create(stream(name).stream, {});
      Records records(sink);
      const auto read = stream(name).read({projection, {}}, records);
      ASSERT_TRUE(read) << read.error().message;
      ASSERT_EQ(taken.reasons.size(), 1U);
      EXPECT_EQ(
          taken.reasons[0],
          std::string(name == std::string("comments") ? "comments of a record that cannot be read: " : "") +
              "tickets: cannot read subject at /subject: expected a string, found an array");
    }
  }
}

// ---- Mistakes

TEST_F(Parents, MistakesAreNamed) {
  EXPECT_EQ(mistake({comments()}, 0),
            "its parent tickets is unknown: declare both streams in one call of declare");
  auto circle = tickets();
  circle.parent = Parent{.stream = "votes", .bind = {{"/comment_id", in_query("comment")}}};
  EXPECT_EQ(mistake({circle, comments(), votes()}, 1),
            "its parents form a circle: comments → tickets → votes → comments");
  auto child = comments();
  child.parent->bind[0].from = "/number";
  EXPECT_EQ(mistake({tickets(), child}, 1), "it binds /number, but its parent tickets has no column number");
  EXPECT_EQ(mistake({tickets(), child, votes()}, 2), "its parent comments has a mistake");
  child = comments();
  child.parent->bind[0].from = "/subject";
  EXPECT_EQ(mistake({tickets(), child}, 1),
            "the column ticket_id has another type than subject of its parent tickets, which it binds");
  child = comments();
  child.parent->bind[0] = {"id", in_path("ticket")};
  EXPECT_EQ(mistake({tickets(), child}, 1), "it binds id, but its parent tickets has no column d");
  child = comments();
  child.parent->bind.push_back({.from = "/id"});
  EXPECT_EQ(mistake({tickets(), child}, 1),
            "`bind` has no place for /id: a place in the request, a column, or both");
  child = comments();
  child.stream.replication_key = "ticket_id";
  EXPECT_EQ(mistake({tickets(), child}, 1), "it has a replication key, but tickets is not incremental");
  child = comments();
  child.partitions = Partitions{};
  EXPECT_EQ(mistake({tickets(), child}, 1),
            "a child has the slices of its parent: leave out `incremental` and `partitions`");
  child = comments();
  child.request.path = "/tickets/{number}/comments";
  EXPECT_EQ(mistake({tickets(), child}, 1), "the path has no value for number");
  child = comments();
  child.parent->bind[1].column = "topic";
  EXPECT_EQ(mistake({tickets(), child}, 1),
            "comments has no column \"topic\", which the connector gave a value");
}

// ---- Threads

TEST_F(Parents, AreReadOnceByManyThreads) {
  open({tickets(), comments(), votes()});
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&, i] {
      const std::string name = i % 3 == 0 ? "votes" : "comments";
      Pushed pushed;
      const auto projection = *Projection::create(stream(name).stream, {});
      Records records(pushed.sink());
      const auto slice = json::object();
      const auto read = stream(name).read({projection, slice}, records);
      if (!read || pushed.lines() != (name == "votes" ? all_votes : all_comments)) ++wrong;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(requests("/tickets"), 1);
}

// ---- The family alone

ParentRows some_rows(size_t values, size_t records) {
  Block block;
  block.lines = std::string(records, 'r');
  return {.values = std::make_shared<const BoundValues>(BoundValues{.lines = std::string(values, 'v')}),
          .records = std::make_shared<const std::vector<Block>>(std::vector{block})};
}

class Family : public testing::Test {
 protected:
  // Whether the slice must be read for a child, or for the parent itself.
  bool reads(int number, bool for_parent = false, size_t values = 1000, size_t records = 3000) {
    bool is_read = false;
    const auto rows = family_.rows(
        "tickets", {{"number", number}},
        [&](const ParentRows& known) { return known.values && (!for_parent || known.records); },
        [&]() -> Result<ParentRows> {
          is_read = true;
          return some_rows(values, records);
        });
    EXPECT_TRUE(rows);
    return is_read;
  }

  FakeHost fake_;
  StreamFamily family_{fake_.host(), 16'000};
};

TEST_F(Family, DropsTheOldestRecordsAndThenTheOldestValues) {
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(reads(i));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(reads(i)) << i;
  EXPECT_FALSE(reads(9, true));
  EXPECT_TRUE(reads(0, true));  // its records were dropped
  for (int i = 10; i < 30; ++i) EXPECT_TRUE(reads(i));
  EXPECT_TRUE(reads(1));
  EXPECT_FALSE(reads(29));
}

TEST_F(Family, DropsWhatIsLargerThanAllThatIsKept) {
  EXPECT_TRUE(reads(1));
  EXPECT_TRUE(reads(2, false, 20'000, 0));
  EXPECT_TRUE(reads(2, false, 20'000, 0));
  EXPECT_TRUE(reads(1));
  EXPECT_FALSE(reads(1));
}

TEST_F(Family, DropsTheRecordsThatTheParentHasRead) {
  EXPECT_TRUE(reads(1));
  family_.drop_records("tickets", {{"number", 1}});
  EXPECT_FALSE(reads(1));
  EXPECT_TRUE(reads(1, true));
}

// The first read fails while another thread waits for it, and that thread then reads.
TEST_F(Family, LeavesTheReadToAnotherThreadAfterAnError) {
  std::atomic<int> tries = 0;
  std::atomic<int> failed = 0;
  const auto get = [&] {
    const auto rows = family_.rows(
        "tickets", {}, [](const ParentRows& known) { return known.values != nullptr; },
        [&]() -> Result<ParentRows> {
          if (++tries == 1) return transient_error("a reset");
          return some_rows(1, 1);
        });
    if (!rows) ++failed;
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(get);
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(tries, 2);
}

TEST_F(Family, EndsAWaitWhenTheSourceIsCancelled) {
  std::atomic<bool> is_reading = false;
  std::atomic<bool> may_end = false;
  const auto always_read = [](const ParentRows&) { return false; };
  std::thread reader([&] {
    (void)family_.rows("tickets", {}, always_read, [&]() -> Result<ParentRows> {
      is_reading = true;
      is_reading.notify_all();
      may_end.wait(false);
      return some_rows(1, 1);
    });
  });
  is_reading.wait(false);
  fake_.cancel();
  const auto rows =
      family_.rows("tickets", {}, always_read, [] { return Result<ParentRows>(some_rows(1, 1)); });
  EXPECT_EQ(rows ? Status::internal : rows.error().status, Status::cancelled);
  may_end = true;
  may_end.notify_all();
  reader.join();
}

TEST_F(Family, ReadsAgainAfterAFailedPlanOfTheSameSync) {
  const auto now = family_.begin_plan("tickets");
  family_.plan_failed("tickets");
  fake_.advance(1min);
  EXPECT_EQ(family_.begin_plan("comments"), now + 1min);  // nothing was planned
  EXPECT_TRUE(reads(1));
  family_.begin_plan("tickets");
  family_.plan_failed("tickets");
  fake_.advance(1min);
  EXPECT_EQ(family_.begin_plan("tickets"), now + 1min);
  EXPECT_FALSE(reads(1));
  EXPECT_EQ(family_.begin_plan("tickets"), now + 2min);
  EXPECT_TRUE(reads(1));
}

}  // namespace
}  // namespace tapster
