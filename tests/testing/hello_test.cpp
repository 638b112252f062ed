// A test of the smallest connector, as in the SDK's README.
#include <gtest/gtest.h>

#include <tapster/testing/sync.hpp>

using namespace tapster;

const Connector& hello();

TEST(Hello, GreetsEachPerson) {
  FakeHost host;
  const auto synced = sync_streams(hello(), {{"names", {"Ann", "Bob"}}}, host);
  EXPECT_EQ(synced.errors(), "");
  EXPECT_EQ(synced["greetings"].lines,
            R"({"name":"Ann","greeting":"hello"}
{"name":"Bob","greeting":"hello"}
)");
}
