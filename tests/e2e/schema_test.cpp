// schema.json beside the files of each stream, as the program writes it.
#include <sys/stat.h>

#include "fixture.hpp"

namespace tapster::e2e {
namespace {

class Schema : public EndToEnd {
 protected:
  Finished read_to_files(std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--output", file("data")});
    return read(more);
  }
  [[nodiscard]] std::string schema(const std::string& stream) const {
    return content(file("data/" + stream + "/schema.json"));
  }
  // The inode and the time of the last change.
  [[nodiscard]] std::pair<uint64_t, int64_t> identity(const std::string& stream) const {
    struct stat about {};
    EXPECT_EQ(::stat(file("data/" + stream + "/schema.json").c_str(), &about), 0);
    return {about.st_ino, about.st_mtim.tv_sec * 1'000'000'000 + about.st_mtim.tv_nsec};
  }
};

TEST_F(Schema, OfTheFilesIsTheSingerMessage) {
  start({.messages = 100, .days = 2});
  ASSERT_EQ(read_to_files().exit, 0);
  size_t count = 0;
  for (const auto& line : lines_of(read().out)) {
    if (!line.starts_with(R"({"type":"SCHEMA")")) continue;
    const std::string stream = json::parse(line).at("stream").as_string().c_str();
    EXPECT_EQ(schema(stream), line + "\n") << stream;
    ++count;
  }
  EXPECT_GT(count, 20U);
}

TEST_F(Schema, OfAGrowingStreamIsReplacedOnlyIfItDiffers) {
  start({.messages = 100, .days = 2});
  const std::vector<std::string> arguments{"--state-file", file("state.json"), "--select", "bounces"};
  ASSERT_EQ(read_to_files(arguments).exit, 0);
  const auto before = identity("bounces");
  ASSERT_EQ(read_to_files(arguments).exit, 0);
  EXPECT_EQ(identity("bounces"), before);
  auto narrowed = arguments;
  narrowed.insert(narrowed.end(), {"--exclude", "bounces.subject"});
  ASSERT_EQ(read_to_files(narrowed).exit, 0);
  EXPECT_NE(identity("bounces"), before);
  const auto columns = json::parse(schema("bounces")).at("schema").at("properties").as_object();
  EXPECT_FALSE(columns.contains("subject"));
  EXPECT_TRUE(columns.contains("email"));
}

TEST_F(Schema, IsReplacedWithTheFiles) {
  start({.messages = 100, .days = 2});
  ASSERT_EQ(read_to_files({"--select", "bounces"}).exit, 0);
  EXPECT_EQ(read_to_files({"--select", "bounces"}).exit, 2);
  ASSERT_EQ(read_to_files({"--select", "bounces", "--exclude", "bounces.subject", "--overwrite"}).exit, 0);
  EXPECT_EQ(schema("bounces").find("\"subject\""), std::string::npos) << schema("bounces");
}

}  // namespace
}  // namespace tapster::e2e
