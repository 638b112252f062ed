// Connectors that break the contract: the run fails and names the connector, the rule, the stream and the
// slice.
#include "program.hpp"

namespace tapster::host {
namespace {

class Contract : public Program {
 protected:
  Finished read(const std::string& connector, Arguments more = {}) {
    Arguments arguments{"read", connector, "--config", config("{}"), "--jobs", "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
};

TEST_F(Contract, AnExitInsideACallIsAnErrorThatNamesTheCall) {
  const std::map<std::string, std::string> calls{
      {"spec", "spec ended the process"},
      {"open", "open ended the process"},
      {"discover", "discover ended the process"},
      {"plan", "plan for the stream s ended the process"},
      {"read", "read for the stream s, slice {\"part\":1} ended the process"},
      {"state", "state for the stream s, slice {\"part\":1} ended the process"}};
  for (const auto& [call, words] : calls) {
    const auto name = "exit-in-" + call;
    const auto ended = read(name);
    EXPECT_EQ(ended.exit, static_cast<int>(Exit::failed)) << call << ended.err;
    EXPECT_NE(ended.err.find("the connector " + name + " broke a rule of the interface: " + words),
              std::string::npos)
        << ended.err;
  }
  const auto ended = run({"check", "exit-in-check", "--config", config("{}")});
  EXPECT_EQ(ended.exit, static_cast<int>(Exit::failed)) << ended.err;
  EXPECT_NE(ended.err.find("check ended the process"), std::string::npos) << ended.err;
}

TEST_F(Contract, AnInvalidRecordFailsItsSlice) {
  const std::map<std::string, std::string> flaws{
      {"record-no-json", "record 2 is not a JSON object in UTF-8"},
      {"record-no-utf8", "record 1 is not a JSON object in UTF-8"},
      {"record-without-key", "record 2 has no key column n"},
      {"record-null-key", "record 1 has null in the key column n"}};
  for (const auto& [name, words] : flaws) {
    const auto ended = read(name);
    EXPECT_EQ(ended.exit, static_cast<int>(Exit::failed)) << name << ended.err;
    EXPECT_NE(
        ended.err.find("slice {\"part\":1}: the connector " + name +
                       " broke a rule of the interface: read of the stream s pushed a bad record: " + words),
        std::string::npos)
        << ended.err;
    EXPECT_EQ(ended.out.find("RECORD"), std::string::npos) << name;
  }
}

TEST_F(Contract, TheFirstThousandRecordsAreCheckedAndAllWithValidate) {
  const auto sampled = read("late-record");
  EXPECT_EQ(sampled.exit, 0) << sampled.err;
  const auto all = read("late-record", {"--validate"});
  EXPECT_EQ(all.exit, static_cast<int>(Exit::failed)) << all.err;
  EXPECT_NE(all.err.find("record 1001 has no key column n"), std::string::npos) << all.err;
}

TEST_F(Contract, AReplicationKeyMustBeInTheSchema) {
  const auto ended = read("replication-key");
  EXPECT_EQ(ended.exit, static_cast<int>(Exit::failed)) << ended.err;
  EXPECT_NE(ended.err.find("the stream s with the replication key at, which its schema does not have"),
            std::string::npos)
      << ended.err;
}

TEST_F(Contract, ABookmarkMovesForwardAndNotAheadOfTheClock) {
  const std::map<std::string, std::string> flaws{
      {"bookmark-back", "state of the stream s moves the bookmark back: done from 1 to 0"},
      {"bookmark-ahead", "state of the stream s puts the bookmark ahead of the clock: done is \"2199-"}};
  for (const auto& [name, words] : flaws) {
    const auto state = directory_.write(name + ".json", R"({"bookmarks":{"s":{"done":1}}})").string();
    const auto ended = read(name, {"--state", state});
    EXPECT_EQ(ended.exit, static_cast<int>(Exit::failed)) << name << ended.err;
    EXPECT_NE(ended.err.find("slice {\"part\":1}: the connector " + name +
                             " broke a rule of the interface: " + words),
              std::string::npos)
        << ended.err;
    EXPECT_NE(ended.out.find(R"("bookmarks":{"s":{"done":1}})"), std::string::npos) << ended.out;
  }
}

}  // namespace
}  // namespace tapster::host
