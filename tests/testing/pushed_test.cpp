#include <gtest/gtest.h>

#include <tapster/testing/pushed.hpp>

namespace tapster {
namespace {

Block block_of(std::string lines, size_t count) {
  return {.lines = std::move(lines), .count = count};
}

TEST(Pushed, KeepsTheCourseOfARead) {
  Pushed pushed;
  Records records(pushed.sink());
  auto first = block_of("{\"id\":1}\n", 1);
  auto second = block_of("{\"id\":2}\n{\"id\":3}\n", 2);
  ASSERT_TRUE(records.push(first));
  ASSERT_TRUE(records.progress({{"reached", 1}}));
  ASSERT_TRUE(records.push(second));
  EXPECT_EQ(pushed.course(), "{\"id\":1}\nprogress {\"reached\":1}\n{\"id\":2}\n{\"id\":3}\n");
  EXPECT_EQ(pushed.progress(), R"({"reached":1})");
  EXPECT_EQ(pushed.objects().at(2), (json::object{{"id", 3}}));
  pushed.clear();
  EXPECT_EQ(pushed.lines() + pushed.course() + pushed.progress(), "");
}

TEST(Pushed, TakesRejectsIfItShould) {
  Pushed pushed;
  EXPECT_FALSE(Records(pushed.sink()).takes_rejects());
  pushed.take_rejects();
  Records records(pushed.sink());
  EXPECT_TRUE(records.takes_rejects());
  Block block;
  block.rejects.push_back({R"({"id":"x"})", "id is not an integer"});
  ASSERT_TRUE(records.push(block));
  ASSERT_EQ(pushed.rejects().size(), 1U);
  EXPECT_EQ(pushed.rejects()[0].record, R"({"id":"x"})");
  EXPECT_EQ(pushed.rejects()[0].reason, "id is not an integer");
}

TEST(Pushed, RefusesAfterSomeBatches) {
  Pushed pushed;
  pushed.refuse_after(1, TAPSTER_CANCELLED);
  Records records(pushed.sink());
  auto block = block_of("{}\n", 1);
  ASSERT_TRUE(records.push(block));
  block = block_of("{}\n", 1);
  EXPECT_EQ(records.push(block).error().status, Status::cancelled);
  EXPECT_EQ(records.progress({}).error().status, Status::cancelled);
  EXPECT_EQ(pushed.lines(), "{}\n");
}

TEST(Pushed, RefusesABatchWithAnotherNumberOfLines) {
  Pushed pushed;
  Records records(pushed.sink());
  for (auto block : {block_of("{}\n", 2), block_of("{}\n{}\n", 1), block_of("{}\n{}", 1)})
    EXPECT_EQ(records.push(block).error().status, Status::internal);
  EXPECT_EQ(pushed.lines(), "");
}

}  // namespace
}  // namespace tapster
