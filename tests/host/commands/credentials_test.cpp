// --credentials: what a connector stores is in the next run's config. The connector counter stores its token
// with one "+" more in each check and plan.
#include <sys/stat.h>

#include "program.hpp"

namespace tapster::host {
namespace {

class CredentialsOption : public Program {
 protected:
  void use_token(const std::string& token) {
    config_ = config(json::serialize(json::object{
        {"count", 3}, {"token", token}, {"rotates", true}, {"leak", true}, {"delay_ms", delay_}}));
  }
  Finished tapster(const std::string& command, Arguments more = {}, const Environment& environment = {}) {
    Arguments arguments{command, "counter"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.insert(arguments.end(), {"--config", config_});
    return run(arguments, environment);
  }
  Finished check() { return tapster("check", {"--credentials", file_}); }

  // What the file has for each token of a config: "old -> new".
  [[nodiscard]] std::vector<std::string> stored() const {
    std::vector<std::string> pairs;
    const auto file = parse_json_object(content(file_), "the file");
    EXPECT_EQ(file->at("connector"), "counter");
    for (const auto& entry : file->at("settings").at("token").as_array())
      pairs.push_back(text_of(entry.as_object(), "replaces") + " -> " + text_of(entry.as_object(), "value"));
    return pairs;
  }

  int delay_ = 0;
  std::string config_;
  std::string file_ = (directory_.path() / "credentials.json").string();
};

using Pairs = std::vector<std::string>;

TEST_F(CredentialsOption, WhatARunStoresIsInTheConfigOfTheNext) {
  use_token("token-1");
  for (const auto* expected : {"token-1 -> token-1+", "token-1 -> token-1++", "token-1 -> token-1+++"}) {
    const auto ended = check();
    EXPECT_EQ(ended.exit, 0) << ended.err;
    EXPECT_EQ(ended.err.find("token-1"), std::string::npos) << "the stored value is a secret";
    EXPECT_EQ(stored(), Pairs{expected});
  }
  struct stat file {};
  ASSERT_EQ(::stat(file_.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
}

TEST_F(CredentialsOption, TheFileStaysPrivate) {
  directory_.write("credentials.json", "");  // with the rights of any new file
  use_token("token-1");
  EXPECT_EQ(check().exit, 0);
  struct stat file {};
  ASSERT_EQ(::stat(file_.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
}

TEST_F(CredentialsOption, EveryCommandThatOpensASourceTakesIt) {
  use_token("token-1");
  EXPECT_EQ(check().exit, 0);
  for (const auto& [command, more] :
       std::vector<std::pair<std::string, Arguments>>{{"plan", {"--select", "numbers"}},
                                                      {"preview", {"numbers"}},
                                                      {"read", {"--select", "numbers"}},
                                                      {"info", {}},
                                                      {"discover", {}}}) {
    auto arguments = more;
    arguments.insert(arguments.end(), {"--credentials", file_});
    const auto ended = tapster(command, arguments);
    EXPECT_EQ(ended.exit, 0) << command << ended.err;
  }
  EXPECT_EQ(stored(), Pairs{"token-1 -> token-1++++"}) << "check, plan, preview and read have stored";
  const auto link = (directory_.path() / "tap-counter").string();
  fs::create_symlink(paths::tapster, link);
  const auto tap = run({"--config", config_, "--credentials", file_, "--test_connection"}, {}, link);
  EXPECT_EQ(tap.exit, 0) << tap.err;
  EXPECT_EQ(stored(), Pairs{"token-1 -> token-1+++++"});
}

TEST_F(CredentialsOption, TheEnvironmentCanNameTheFile) {
  use_token("token-1");
  const auto ended = tapster("check", {}, {{"TAPSTER_CREDENTIALS", file_}});
  EXPECT_EQ(ended.exit, 0) << ended.err;
  EXPECT_EQ(stored(), Pairs{"token-1 -> token-1+"});
}

TEST_F(CredentialsOption, ANewValueInTheConfigWinsAndTheOldOneIsKept) {
  use_token("token-1");
  EXPECT_EQ(check().exit, 0);
  use_token("token-2");
  const auto ended = check();
  EXPECT_EQ(ended.exit, 0) << ended.err;
  EXPECT_NE(ended.err.find("\"token\" has another value in the config than those that " + file_),
            std::string::npos)
      << ended.err;
  EXPECT_EQ(stored(), (Pairs{"token-1 -> token-1+", "token-2 -> token-2+"}));
  use_token("token-1");
  EXPECT_EQ(check().exit, 0);
  EXPECT_EQ(stored(), (Pairs{"token-1 -> token-1++", "token-2 -> token-2+"}));
}

TEST_F(CredentialsOption, AStoredValueThatWasCopiedIntoTheConfigIsKnown) {
  use_token("token-1");
  EXPECT_EQ(check().exit, 0);
  use_token("token-1+");
  EXPECT_EQ(check().exit, 0);
  EXPECT_EQ(stored(), Pairs{"token-1+ -> token-1++"});
  EXPECT_EQ(check().exit, 0);
  EXPECT_EQ(stored(), Pairs{"token-1+ -> token-1+++"});
}

TEST_F(CredentialsOption, WithoutAPlaceStoringFails) {
  use_token("token-1");
  expect_failure(
      tapster("check"), Exit::usage,
      "the source replaces \"token\" while it is used, and the new value must be kept for the next "
      "run: add --credentials FILE");
}

TEST_F(CredentialsOption, AFileThatCannotBeWrittenIsAnError) {
  use_token("token-1");
  fs::create_directory(file_ + ".new");
  expect_failure(check(), Exit::usage, file_ + ".new cannot be written");
  EXPECT_FALSE(fs::exists(file_));
}

TEST_F(CredentialsOption, AnotherFileIsRefused) {
  use_token("token-1");
  for (const auto& [text, words] : std::map<std::string, std::string>{
           {R"({"count":3})", "not a credentials file"},
           {R"(["a"])", "not a credentials file"},
           {R"({"connector":"counter","settings":{"token":"x"}})", "not a credentials file"},
           {R"({"connector":"crm","settings":{}})", "credentials of the connector crm, not of counter"}}) {
    directory_.write("credentials.json", text);
    expect_failure(check(), Exit::usage, words);
    EXPECT_EQ(content(file_), text);
  }
}

TEST_F(CredentialsOption, ASecondRunIsRefused) {
  delay_ = 60'000;
  use_token("token-1");
  const auto first = start({"read", "counter", "--config", config_, "--credentials", file_});
  while (!fs::exists(file_)) ASSERT_FALSE(first->ends_within(std::chrono::milliseconds(1))) << first->err();
  expect_failure(check(), Exit::usage, "another run is using this credentials file");
  first->signal(SIGTERM);
  EXPECT_EQ(first->wait().exit, 128 + SIGTERM);
}

TEST_F(CredentialsOption, AirbyteGetsTheConfigInAControlMessage) {
  use_token("token-1");
  const auto ended = tapster("check", {"--format", "airbyte"});
  EXPECT_EQ(ended.exit, 0) << ended.err;
  const auto messages = lines(ended.out);
  ASSERT_EQ(messages.size(), 2U) << ended.out;
  const auto& config = messages[0].at("control").at("connectorConfig").at("config");
  EXPECT_EQ(messages[0].at("type"), "CONTROL");
  EXPECT_EQ(config.at("token"), "token-1+");
  EXPECT_EQ(config.at("count"), 3);
  EXPECT_EQ(messages[1].at("connectionStatus").at("status"), "SUCCEEDED");
  EXPECT_EQ(ended.err.find("token-1"), std::string::npos);
  EXPECT_FALSE(fs::exists(file_));

  size_t controls = 0;
  for (const auto& message : lines(tapster("read", {"--format", "airbyte"}).out))
    controls += message.at("type") == "CONTROL" ? 1U : 0U;
  EXPECT_EQ(controls, 1U) << "the two plans store the same token";
}

}  // namespace
}  // namespace tapster::host
