// Which shard reads which slice, how far it has come, and the file of the plan.
#include "sync/shard.hpp"

#include <fmt/format.h>

#include "sync/plan_file.hpp"
#include "sync/syncing.hpp"

namespace tapster::host {
namespace {

TEST(ShardDealer, SpreadsEachPartitionOverAllShards) {
  ShardDealer dealer(4);
  std::map<std::string, std::map<size_t, int>> counts;
  for (int i = 0; i < 43; ++i) {
    for (const auto* partition : {"a", "b"}) {
      const auto place = dealer.deal({"s", fmt::format(R"({{"n":{},"partition":"{}"}})", i, partition)});
      ++counts[partition][place.shard];
    }
  }
  for (const auto* partition : {"a", "b"}) {
    EXPECT_EQ(counts[partition].size(), 4U);
    for (const auto& [shard, count] : counts[partition]) EXPECT_NEAR(count, 43.0 / 4, 1) << shard;
  }
}

TEST(ShardDealer, SpreadsSmallPartitionsToo) {
  ShardDealer dealer(4);
  std::map<size_t, int> counts;
  for (int i = 0; i < 40; ++i)
    ++counts[dealer.deal({fmt::format("stream {}", i / 20), fmt::format(R"({{"partition":"{}"}})", i)})
                 .shard];
  EXPECT_EQ(counts, (std::map<size_t, int>{{1, 10}, {2, 10}, {3, 10}, {4, 10}}));
}

TEST(ShardDealer, NumbersTheSlicesOfAStreamInAShard) {
  ShardDealer dealer(2);
  std::string places;
  for (const auto* stream : {"a", "a", "b", "a", "b", "a"}) {
    const auto place = dealer.deal({stream, "{}"});
    places += fmt::format("{}{}.{} ", stream, place.shard, place.number);
  }
  EXPECT_EQ(places, "a1.0 a2.0 b2.0 a1.1 b1.0 a2.1 ");
}

ShardBookmark finished(const std::vector<size_t>& numbers) {
  ShardBookmark bookmark;
  for (const auto number : numbers) bookmark.add(number, "{}", "{}", true);
  return bookmark;
}

TEST(ShardBookmark, IsShortForSlicesThatFollowEachOther) {
  EXPECT_EQ(finished({}).to_json(), R"({"finished":[],"became":{}})");
  EXPECT_EQ(finished({0, 1, 2, 5}).to_json(), R"({"finished":[[0,2],[5,5]],"became":{}})");
  EXPECT_EQ(finished({5, 2, 0, 4, 1, 3, 3}).to_json(), R"({"finished":[[0,5]],"became":{}})");
}

TEST(ShardBookmark, KnowsWhichSlicesAreFinished) {
  const auto bookmark = *ShardBookmark::parse(finished({1, 2, 5}).to_json());
  for (const size_t number : {1, 2, 5}) EXPECT_TRUE(bookmark.is_finished(number)) << number;
  for (const size_t number : {0, 3, 4, 6}) EXPECT_FALSE(bookmark.is_finished(number)) << number;
}

TEST(ShardBookmark, KeepsWhatASliceHasTurnedIntoByteForByte) {
  ShardBookmark bookmark;
  bookmark.add(3, R"({"n": 1.0})", R"({"n": 1.0, "reached": "é\n"})", false);
  const auto parsed = *ShardBookmark::parse(bookmark.to_json());
  EXPECT_FALSE(parsed.is_finished(3));
  EXPECT_EQ(parsed.slice(3, "{}"), R"({"n": 1.0, "reached": "é\n"})");
  EXPECT_EQ(parsed.slice(2, "{}"), "{}");
}

TEST(ShardBookmark, OfAConnectorIsRefused) {
  for (const auto* text :
       {R"({"at":"2026-01-01"})", R"({"finished":[[2,1]],"became":{}})", R"({"finished":[[0]],"became":{}})",
        R"({"finished":[],"became":{"x":"{}"}})", R"({"finished":[],"became":{"1":{}}})"}) {
    const auto parsed = ShardBookmark::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().status, Status::state);
  }
}

TEST(PlanFile, KeepsTheBytesOfSlicesAndOfTheState) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "plan.jsonl";
  const std::string state = R"({"bookmarks":{"a":{"big":18446744073709551616123}}})";
  auto writer = PlanWriter::create(path, {.id = "1",
                                          .connector = "script",
                                          .connector_version = "1",
                                          .created_at = "2026-01-01T00:00:00Z",
                                          .catalog = {{"streams", json::array{}}},
                                          .state = *State::parse(state, "s")});
  ASSERT_TRUE(writer);
  const std::vector<std::string> slices{R"({ "n" : 1.0 })", R"({"n":1e999,"stream":"}"})"};
  for (const auto& slice : slices) EXPECT_TRUE(writer->add("a \"quoted\" stream", slice));
  EXPECT_FALSE(std::filesystem::exists(path)) << "before it is complete";
  ASSERT_TRUE(writer->finish());

  auto plan = PlanFile::open(path);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->header().connector, "script");
  EXPECT_EQ(plan->header().state.to_json(), state);
  for (const auto& slice : slices) {
    const auto next = plan->next();
    ASSERT_TRUE(next && *next);
    EXPECT_EQ((*next)->stream, "a \"quoted\" stream");
    EXPECT_EQ((*next)->slice, slice);
  }
  const auto end = plan->next();
  ASSERT_TRUE(end);
  EXPECT_FALSE(*end);
}

TEST(PlanFile, OfTwoThatAreWrittenAtOnceTheFirstOneStays) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "plan.jsonl";
  PlanHeader header;
  header.connector = "script";
  header.id = "1";
  auto first = *PlanWriter::create(path, header);
  {
    header.id = "2";
    auto second = *PlanWriter::create(path, header);
    EXPECT_TRUE(first.add("a", "{}"));
    EXPECT_TRUE(second.add("b", "{}"));
    EXPECT_TRUE(first.finish());
    EXPECT_FALSE(second.finish());
  }
  auto plan = PlanFile::open(path);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->header().id, "1");
  EXPECT_EQ((*plan->next())->stream, "a");
  EXPECT_FALSE(*plan->next());
  const std::filesystem::directory_iterator files(directory.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "nothing is left behind";
}

TEST(PlanFile, LinesThatTheProgramDoesNotWriteAreRefused) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "plan.jsonl";
  const std::string header =
      R"({"tapster_plan":1,"id":"1","connector":"c","connector_version":"1","created_at":"","state":{"bookmarks":{}},"catalog":{}})"
      "\n";
  const auto why = [&](const std::string& line) {
    write_file(path, header + line + "\n");
    auto plan = PlanFile::open(path);
    EXPECT_TRUE(plan);
    const auto next = plan->next();
    return next ? "taken" : next.error().message.substr(path.string().size());
  };
  EXPECT_EQ(why(R"({"stream":"a","slice":{"n":1}})"), "taken");
  EXPECT_EQ(why(R"({"stream":"a","slice":{"n":1},"more":1})"),
            ", line 2: this is not a slice as tapster plan writes it");
  EXPECT_EQ(why(R"({"stream": "a", "slice": {"n":1}})"),
            ", line 2: this is not a slice as tapster plan writes it");
  EXPECT_EQ(why(R"({"stream":"a","slice":"n"})"), ", line 2: this is not a slice as tapster plan writes it");
  EXPECT_EQ(why(R"({"slices":2})"), ", line 2: the plan has 0 slices, but says 2");
  EXPECT_EQ(why("{\"slices\":0}\n{\"stream\":\"a\",\"slice\":{}}"),
            ", line 3: the plan goes on after its last line; make it again");
  write_file(path, header + "{\"slices\":0}\n\n \n");
  auto ended = PlanFile::open(path);
  ASSERT_TRUE(ended);
  const auto nothing = ended->next();
  ASSERT_TRUE(nothing) << nothing.error().message;
  EXPECT_FALSE(*nothing);
}

TEST(PlanFile, MayHaveAByteOrderMarkBeforeLinesThatEndWithCrLf) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "plan.jsonl";
  write_file(path,
             "\xEF\xBB\xBF"
             R"({"tapster_plan":1,"id":"1","connector":"c","state":{"bookmarks":{}},"catalog":{}})"
             "\r\n"
             R"({"stream":"a","slice":{"n":1}})"
             "\r\n"
             R"({"slices":1})"
             "\r\n");
  auto plan = PlanFile::open(path);
  ASSERT_TRUE(plan);
  const auto slice = plan->next();
  ASSERT_TRUE(slice) << slice.error().message;
  EXPECT_EQ((*slice)->slice, R"({"n":1})");
  EXPECT_FALSE(*plan->next());
}

// A sync of the shards of a plan.
class Sharing : public Syncing {
 protected:
  // A plan of the slices {"n":0}, {"n":1}, … of a stream, or of long ones.
  PlanFile plan() {
    const auto path = directory_.path() / "plan.jsonl";
    std::filesystem::remove(path);
    PlanHeader header;
    header.id = "1";
    header.connector = "script";
    auto writer = *PlanWriter::create(path, header);
    for (int n = 0; n < source_.slices; ++n)
      EXPECT_TRUE(writer.add("a", fmt::format(R"({{"n":{}}})", (n + 1) * source_.length - 1)));
    EXPECT_TRUE(writer.finish());
    return *PlanFile::open(path);
  }

  // Runs one of two shards, with files and a state file of its own, and returns its rows so far.
  std::string run_shard(size_t index) {
    use({"a"});
    streams_[0].is_shard = true;
    if (is_full_table_) streams_[0].replication_key.clear();
    const auto shard = *Shard::create(plan(), {"1", index, 2});
    shard_ = &shard;
    const auto file = *StateFile::open(directory_.path() / fmt::format("s{}.json", index));
    const auto out = directory_.path() / fmt::format("out{}", index);
    exit_ = run(*file_output(out, true, {}), &file, *file.read(), 1);
    shard_ = nullptr;
    bookmark_ = file.read()->bookmark("a");
    return parts_content(out / "a");
  }

  bool is_full_table_ = false;
  Exit exit_ = Exit::done;
  std::string bookmark_;
};

TEST_F(Sharing, EachSliceIsReadByOneShard) {
  source_.slices = 5;
  EXPECT_EQ(run_shard(1), "{\"id\":0}\n{\"id\":2}\n{\"id\":4}\n");
  EXPECT_EQ(bookmark_, R"({"finished":[[0,2]],"became":{}})");
  EXPECT_EQ(run_shard(2), "{\"id\":1}\n{\"id\":3}\n");
  EXPECT_EQ(bookmark_, R"({"finished":[[0,1]],"became":{}})");
  EXPECT_EQ(exit_, Exit::done);
  EXPECT_EQ(source_.attempts.count("plan a"), 0U) << "the plan is fixed";
}

TEST_F(Sharing, AShardThatFailedGoesOn) {
  source_.slices = 8;
  source_.on_read = [](const std::string&, int64_t n, int) -> tapster_status {
    return n == 4 ? TAPSTER_SOURCE : TAPSTER_OK;
  };
  EXPECT_EQ(run_shard(1), "{\"id\":0}\n{\"id\":2}\n");
  EXPECT_EQ(exit_, Exit::failed);
  EXPECT_EQ(bookmark_, R"({"finished":[[0,1]],"became":{}})");
  source_.on_read = {};
  EXPECT_EQ(run_shard(1), "{\"id\":0}\n{\"id\":2}\n{\"id\":4}\n{\"id\":6}\n");
  EXPECT_EQ(exit_, Exit::done);
  EXPECT_EQ(source_.attempts[R"(a{"n":0})"], 1);
}

TEST_F(Sharing, ASliceIsReadOnFromItsCheckpoint) {
  source_.slices = 2;
  source_.length = 4;
  source_.before_row = [](const tapster_sink*, int64_t id, int) -> tapster_status {
    return id == 2 ? TAPSTER_SOURCE : TAPSTER_OK;
  };
  EXPECT_EQ(run_shard(1), "{\"id\":0}\n{\"id\":1}\n");
  EXPECT_EQ(bookmark_, R"({"finished":[],"became":{"0":"{\"n\":1,\"to\":3}"}})");
  source_.before_row = {};
  EXPECT_EQ(run_shard(1), "{\"id\":0}\n{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n");
  EXPECT_EQ(bookmark_, R"({"finished":[[0,0]],"became":{"0":"{\"n\":3,\"to\":3}"}})");
}

TEST_F(Sharing, AReadInFullGoesOnToo) {
  source_.slices = 4;
  source_.on_read = [](const std::string&, int64_t n, int) -> tapster_status {
    return n == 2 ? TAPSTER_SOURCE : TAPSTER_OK;
  };
  is_full_table_ = true;
  EXPECT_EQ(run_shard(1), "{\"id\":0}\n");
  source_.on_read = {};
  EXPECT_EQ(run_shard(1), "{\"id\":0}\n{\"id\":2}\n");
  EXPECT_EQ(exit_, Exit::done);
}

}  // namespace
}  // namespace tapster::host
