// schema.json beside the files of a stream.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>

#include "output/files/file_output.hpp"
#include "temporary.hpp"

namespace tapster::host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view growing_schema =
    R"({"type":"SCHEMA","stream":"s","schema":{"type":"object","properties":{"id":{"type":["integer"]}}},)"
    R"("key_properties":["id"],"bookmark_properties":["at"]})"
    "\n";
constexpr std::string_view full_table_schema =
    R"({"type":"SCHEMA","stream":"s","schema":{"type":"object","properties":{"id":{"type":["integer"]}}},)"
    R"("key_properties":["id"]})"
    "\n";

class SchemaFile : public testing::Test {
 protected:
  // A run up to its first record.
  void begin(bool appends = true, const std::string& columns = R"({"id":{"type":["integer"]}})") {
    output_.reset();  // and its lock
    output_ = file_output(directory_.path(), appends, options_, overwrites_);
    SelectedStream stream{
        .name = "stream",
        .alias = "s",
        .schema = json::parse(R"({"type":"object","properties":)" + columns + "}").as_object(),
        .key_properties = {"id"},
        .replication_key = is_full_table_ ? "" : "at",
        .columns = {}};
    started_ = output_->start({stream}, state_);
  }
  void write(const std::string& lines) {
    ASSERT_TRUE(started_) << started_.error().message;
    const tapster_batch batch{sizeof batch, lines.data(), lines.size(), 1, 0};
    ASSERT_TRUE(output_->write({0, 0}, batch));
    ASSERT_TRUE(output_->finish({0, 0}));
  }
  void end(bool complete = true) {
    ASSERT_TRUE(started_) << started_.error().message;
    ASSERT_TRUE(output_->end(0, complete));
    ASSERT_TRUE(output_->commit(state_));
    ASSERT_TRUE(output_->stored());
  }
  [[nodiscard]] std::string schema(const std::string& folder = "s") const {
    return content(directory_.path() / folder / "schema.json");
  }
  [[nodiscard]] std::string rows(const std::string& folder = "s") const {
    return parts_content(directory_.path() / folder);
  }
  // Gives the schema an old time, and returns the file's inode and time.
  [[nodiscard]] std::array<int64_t, 2> make_old() const {
    const std::array<timespec, 2> times{timespec{1'000'000, 0}, timespec{1'000'000, 0}};
    EXPECT_EQ(::utimensat(AT_FDCWD, (directory_.path() / "s/schema.json").c_str(), times.data(), 0), 0);
    return identity();
  }
  [[nodiscard]] std::array<int64_t, 2> identity() const {
    struct stat about {};
    EXPECT_EQ(::stat((directory_.path() / "s/schema.json").c_str(), &about), 0);
    return {static_cast<int64_t>(about.st_ino), about.st_mtim.tv_sec};
  }
  void expect_refused(const std::string& why) const {
    ASSERT_FALSE(started_);
    EXPECT_EQ(started_.error().exit, Exit::usage);
    EXPECT_NE(started_.error().message.find(why), std::string::npos) << started_.error().message;
  }

  TemporaryDirectory directory_;
  PartOptions options_{.aside_memory = 0, .run = "20260131T120000Z"};
  bool overwrites_ = false, is_full_table_ = false;
  State state_;
  std::unique_ptr<Output> output_;
  Outcome<void> started_;
};

TEST_F(SchemaFile, IsInPlaceBeforeTheFirstFile) {
  begin();
  EXPECT_EQ(schema(), growing_schema);
  write("{\"id\":1}\n");
  EXPECT_EQ(rows(), "");
  end();
  EXPECT_EQ(schema(), growing_schema);
}

TEST_F(SchemaFile, IsNotTouchedIfItIsEqual) {
  begin();
  end();
  const auto before = make_old();
  begin();
  write("{\"id\":1}\n");
  end();
  EXPECT_EQ(identity(), before);
  EXPECT_EQ(schema(), growing_schema);
}

TEST_F(SchemaFile, IsReplacedByThatOfTheNewestRun) {
  begin();
  write("{\"id\":1}\n");
  end();
  begin(true, R"({"name":{"type":["null","string"]}})");
  end();
  EXPECT_NE(schema().find(R"("properties":{"name":)"), std::string::npos) << schema();
  EXPECT_EQ(schema().find(R"("id":)"), std::string::npos)
      << "the union would have columns that no run writes";
  EXPECT_EQ(rows(), "{\"id\":1}\n");
}

TEST_F(SchemaFile, IsThereForAStreamWithoutRecords) {
  for (const bool is_full_table : {false, true}) {
    is_full_table_ = is_full_table;
    begin();
    end();
    EXPECT_EQ(schema(), is_full_table ? full_table_schema : growing_schema);
    EXPECT_EQ(rows(), "");
  }
}

TEST_F(SchemaFile, MovesWithTheSetOfAStreamThatIsReplaced) {
  for (const bool appends : {false, true}) {
    is_full_table_ = appends;
    overwrites_ = !appends;
    begin(appends);
    write("{\"id\":1}\n");
    end();
    begin(appends, R"({"id":{"type":["string"]}})");
    write("{\"id\":\"1\"}\n");
    EXPECT_NE(schema().find("integer"), std::string::npos) << "the old rows";
    end();
    EXPECT_EQ(schema().find("integer"), std::string::npos) << "the new rows";
    EXPECT_EQ(rows(), "{\"id\":\"1\"}\n");
    fs::remove_all(directory_.path() / "s");
    state_ = State();
  }
}

TEST_F(SchemaFile, OfAnIncompleteStreamIsBesideItsRows) {
  overwrites_ = true;
  begin(false);
  write("{\"id\":1}\n");
  end();
  begin(false, R"({"id":{"type":["string"]}})");
  write("{\"id\":\"1\"}\n");
  end(false);
  EXPECT_EQ(schema(), growing_schema);
  EXPECT_NE(schema("s.incomplete").find("string"), std::string::npos);
  EXPECT_EQ(rows("s.incomplete"), "{\"id\":\"1\"}\n");
  begin(false);
  write("{\"id\":2}\n");
  end();
  EXPECT_FALSE(fs::exists(directory_.path() / "s.incomplete"));
}

TEST_F(SchemaFile, OfAnIncompleteStreamWithoutRowsIsRemoved) {
  begin(false);
  end(false);
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_.path()), fs::directory_iterator()), 0);
}

TEST_F(SchemaFile, DoesNotKeepARunFromReplacingTheFolder) {
  overwrites_ = true;
  for (const std::string line : {"1\n", "2\n"}) {
    begin(false);
    write(line);
    end();
    EXPECT_EQ(rows(), line);
  }
}

TEST_F(SchemaFile, DoesNotMakeAFolderOfAnEmptyStreamAnEarlierRunsFiles) {
  begin(false);
  end();
  begin(false);
  EXPECT_TRUE(started_) << started_.error().message;
}

TEST_F(SchemaFile, OfSomebodyElseIsNotReplaced) {
  for (const std::string text : {"", "{}", "[]", "{\"stream\":\"s\"}", "{\"stream\":\"t\",\"schema\":{}}"}) {
    directory_.write("s/schema.json", text);
    begin();
    expect_refused("/s/schema.json is not the stream's schema");
    begin(false);
    expect_refused("/s has files that are not parts");
    EXPECT_EQ(schema(), text);
    EXPECT_FALSE(fs::exists(directory_.path() / "s/.tapster-folder"));
  }
}

TEST_F(SchemaFile, AFolderWithThatNameIsNotReplaced) {
  fs::create_directories(directory_.path() / "s/schema.json");
  begin();
  expect_refused("/s/schema.json is not the stream's schema");
}

TEST_F(SchemaFile, AKillWhileItIsReplacedLeavesNothing) {
  begin();
  write("{\"id\":1}\n");
  end();
  for (const bool is_full_table : {false, true}) {
    directory_.write("s/schema.json.new", "{\"type\":\"SCH");
    is_full_table_ = is_full_table;
    begin();
    write("{\"id\":1}\n");
    end();
    EXPECT_FALSE(fs::exists(directory_.path() / "s/schema.json.new"));
  }
}

TEST_F(SchemaFile, OfAnEarlierVersionsFolderIsAdded) {
  begin();
  write("{\"id\":1}\n");
  end();
  fs::remove(directory_.path() / "s/schema.json");
  begin();
  end();
  EXPECT_EQ(schema(), growing_schema);
  EXPECT_EQ(rows(), "{\"id\":1}\n");
}

}  // namespace
}  // namespace tapster::host
