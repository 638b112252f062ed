// target-test: a Singer target that appends records to a file of JSON lines, {"stream":…,"record":…}. A later
// row replaces an earlier one with the same key. It keeps rows until the next STATE, writes them, and prints
// the state. It checks what Singer targets check, and fails on demand.
// https://github.com/singer-io/getting-started/blob/master/docs/SPEC.md
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <fstream>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <tapster/json.hpp>
#include <vector>

namespace {

using namespace tapster;

struct Options {
  std::string store;
  long after = 0;    // after this many states, ...
  long at = -1;      // ... at this message, from 1, ...
  std::string does;  // ... it does this
  std::string states = "each";
  long chatter = 0;
  bool stays = false;
};

class TestTarget {
 public:
  explicit TestTarget(const Options& options) : options_(options), store_(options.store, std::ios::app) {}

  void run() {
    long count = 0;
    for (std::string line; std::getline(std::cin, line);) {
      if (taken_ >= options_.after && ++count == options_.at) misbehave();
      take(json::parse(line).as_object());
      for (long i = 0; i < options_.chatter; ++i) {
        std::cout << "{}\n";
        std::cerr << "chatter\n";
      }
    }
    write_rows();
    if (options_.states == "last" && !states_.empty()) print(states_.back());
    if (options_.states == "late") {
      for (const auto& state : states_) print(state);
    }
    if (options_.states == "backwards") {
      for (auto state = states_.rbegin(); state != states_.rend(); ++state) print(*state);
    }
    if (options_.stays) stay();
  }

 private:
  static void stay() {
    for (;;) ::pause();
  }

  void misbehave() {
    const auto& what = options_.does;
    if (what == "fail") throw std::runtime_error("the table is locked");
    if (what == "die") ::raise(SIGKILL);
    if (what == "leave") ::_exit(0);
    if (what == "close-input") {
      ::close(0);
      std::cin.setstate(std::ios::eofbit);
    }
    if (what == "close-output") ::close(1);
    if (what == "print") std::cout << "INFO loaded 7 rows" << std::endl;
    if (what == "invent") std::cout << R"({"bookmarks":{"numbers":{"id":999999}}})" << std::endl;
    if (what == "stop-reading") stay();
  }

  void take(const json::object& message) {
    const auto type = json::value_to<std::string>(message.at("type"));
    if (type == "STATE") return take_state(message.at("value").as_object());
    if (type == "ACTIVATE_VERSION") return;
    const auto stream = json::value_to<std::string>(message.at("stream"));
    if (type == "SCHEMA") {
      const auto* properties = find_object(message.at("schema").as_object(), "properties");
      keys_[stream].clear();
      for (const auto& key : message.at("key_properties").as_array()) {
        if (!properties || !properties->contains(view(key.as_string())))
          throw std::runtime_error("a key of " + stream + " is no property of its schema");
        keys_[stream].emplace_back(view(key.as_string()));
      }
    } else if (type == "RECORD") {
      const auto& record = message.at("record").as_object();
      const auto keys = keys_.find(stream);
      if (keys == keys_.end()) throw std::runtime_error("a record of " + stream + " came before its schema");
      for (const auto& key : keys->second) {
        const auto* value = record.if_contains(key);
        if (!value || value->is_null())
          throw std::runtime_error("a record of " + stream + " lacks its key " + key);
      }
      rows_ += json::serialize(json::object{{"stream", stream}, {"record", record}}) + "\n";
    } else {
      throw std::runtime_error("there is no message type " + type);
    }
  }

  void take_state(const json::object& state) {
    write_rows();
    ++taken_;
    if (options_.states == "each") return print(state);
    states_.push_back(state);
  }

  void write_rows() {
    store_ << rows_ << std::flush;
    if (!store_) throw std::runtime_error("cannot write " + options_.store);
    rows_.clear();
  }

  static void print(const json::object& state) { std::cout << json::serialize(state) << std::endl; }

  const Options& options_;
  std::ofstream store_;
  std::string rows_;  // since the last STATE
  std::map<std::string, std::vector<std::string>> keys_;
  std::vector<json::object> states_;
  long taken_ = 0;  // states
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A Singer target for tests.");
  Options options;
  app.add_option("--store", options.store, "The file that rows are appended to")->required();
  app.add_option("--at", options.at, "The message at which it does wrong, from 1");
  app.add_option("--after", options.after, "How many states it takes before it counts these messages");
  app.add_option("--does", options.does, "What it does then")
      ->check(CLI::IsMember(
          {"fail", "die", "leave", "close-input", "close-output", "print", "invent", "stop-reading"}));
  app.add_option("--states", options.states,
                 "When it prints states: late and backwards, all of them at the end")
      ->check(CLI::IsMember({"each", "last", "late", "backwards", "never"}));
  app.add_option("--chatter", options.chatter, "Lines on both outputs for each message");
  app.add_flag("--stays", options.stays, "It does not end");
  CLI11_PARSE(app, argc, argv);
  std::ios::sync_with_stdio(false);
  try {
    TestTarget(options).run();
  } catch (const std::exception& error) {
    std::cerr << "CRITICAL " << error.what() << std::endl;
    return 3;
  }
  return 0;
}
