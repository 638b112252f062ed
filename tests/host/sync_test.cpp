// The engine, driven through the ABI by a connector that does what each test says.
#include "sync.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <set>

#include "temporary.hpp"

// What the connector of these tests does. Slices are {"n":0}, {"n":1}, ...; a slice's record is {"id":n}; the state is {"done":n}.
struct tapster_source {
  int slices = 3;
  // Called before a slice is read, with its number and how often it has been asked for; may answer another status.
  std::function<tapster_status(const std::string& stream, int64_t n, int attempt)> on_read;
  std::function<tapster_status(const std::string& stream, int attempt)> on_plan;
  bool state_fails = false;

  std::mutex mutex;
  std::map<std::string, int> attempts;
};

namespace tapster::host {
namespace {

namespace fs = std::filesystem;

tapster_source* script = nullptr;  // what the next open gives

tapster_status fill(tapster_error* error, tapster_status status) {
  return status == TAPSTER_OK
             ? status
             : to_abi(Error{static_cast<Status>(status), "as the test says", 0, std::nullopt}, error);
}

tapster_status push(const tapster_sink* out, const std::string& line) {
  const tapster_batch batch{sizeof batch, line.data(), line.size(), 1, 1};
  return out->push(out->context, &batch);
}

int64_t number_of(tapster_text slice) {
  return json::parse(std::string(to_view(slice))).at("n").as_int64();
}

int attempt_of(tapster_source* source, const std::string& what) {
  const std::lock_guard lock(source->mutex);
  return ++source->attempts[what];
}

tapster_status plan(tapster_source* source, const tapster_plan_request* request, const tapster_sink* out,
                    tapster_error* error) {
  const std::string stream(to_view(request->stream));
  const auto status =
      source->on_plan ? source->on_plan(stream, attempt_of(source, "plan " + stream)) : TAPSTER_OK;
  if (status != TAPSTER_OK) return fill(error, status);
  for (int n = 0; n < source->slices; ++n) {
    const auto pushed = push(out, fmt::format("{{\"n\":{}}}\n", n));
    if (pushed != TAPSTER_OK) return fill(error, pushed);
  }
  return TAPSTER_OK;
}

tapster_status read(tapster_source* source, const tapster_read_request* request, const tapster_sink* out,
                    tapster_error* error) {
  const std::string stream(to_view(request->stream));
  const auto n = number_of(request->slice);
  const auto attempt = attempt_of(source, stream + std::string(to_view(request->slice)));
  auto status = push(out, fmt::format("{{\"id\":{}}}\n", n));
  if (status == TAPSTER_OK && source->on_read) status = source->on_read(stream, n, attempt);
  return fill(error, status);
}

tapster_status state(tapster_source* source, const tapster_state_request* request, const tapster_sink* out,
                     tapster_error* error) {
  if (source->state_fails) return fill(error, TAPSTER_STATE);
  return fill(error, push(out, fmt::format("{{\"done\":{}}}\n", number_of(request->slice))));
}

tapster_connector connector_table() {
  tapster_connector table{};
  table.struct_size = sizeof table;
  table.abi_version = TAPSTER_ABI_VERSION;
  table.name = to_text("script");
  table.version = to_text("1");
  table.description = to_text("A test's");
  table.spec = [](const tapster_sink*, tapster_error* error) { return fill(error, TAPSTER_UNSUPPORTED); };
  table.open = [](const tapster_host*, tapster_text, tapster_source** source,
                  tapster_error*) -> tapster_status {
    *source = script;
    return TAPSTER_OK;
  };
  table.check = [](tapster_source*, tapster_error*) -> tapster_status { return TAPSTER_OK; };
  table.discover = [](tapster_source*, const tapster_sink*, tapster_error* error) {
    return fill(error, TAPSTER_UNSUPPORTED);
  };
  table.plan = plan;
  table.read = read;
  table.state = state;
  table.cancel = [](tapster_source*) {};
  table.close = [](tapster_source*) {};
  return table;
}

class Syncing : public testing::Test {
 protected:
  struct Ended {
    Exit exit = Exit::done;
    std::vector<json::object> messages;  // of Singer
  };

  void use(const std::vector<std::string>& names) {
    streams_.clear();
    for (const auto& name : names) {
      streams_.push_back({.name = name,
                          .alias = name,
                          .schema = {{"type", "object"}},
                          .key_properties = {"id"},
                          .replication_key = {},
                          .columns = {}});
    }
  }

  Exit run(Output& output, const StateFile* state_file = nullptr, State start = {}, int jobs = 4) {
    script = &source_;
    const auto table = connector_table();
    Services services(*clock_, log_, "script");
    auto source = Source::open(Connector(&table), {}, services);
    EXPECT_TRUE(source);
    cancel_ = [&source] { source->cancel(); };
    Progress progress;
    for (const auto& stream : streams_) progress.emplace_back(stream.name);
    const SyncOptions options{.jobs = jobs,
                              .since = {},
                              .until = {},
                              .attempts = 3,
                              .commit_interval = std::chrono::milliseconds(0)};
    const auto ended =
        sync({*source, services, log_, output, state_file, progress}, streams_, options, std::move(start));
    return ended ? Exit::done : ended.error().exit;
  }

  // A run that writes Singer messages to a file.
  Ended run_singer(int jobs = 4, State start = {}) {
    const auto path = directory_.path() / "singer";
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    Ended ended;
    ended.exit = run(*singer_output(file, *clock_), nullptr, std::move(start), jobs);
    ::close(file);
    std::ifstream lines(path);
    for (std::string line; std::getline(lines, line);)
      ended.messages.push_back(json::parse(line).as_object());
    return ended;
  }

  // What the states cover has to have been written before them. Gives the last state's bookmarks.
  static std::string check_order(const Ended& ended) {
    std::map<std::string, std::set<int64_t>> written;
    std::set<std::string> schemas;
    std::string last = "none";
    for (const auto& message : ended.messages) {
      if (message.at("type") == "SCHEMA") schemas.insert(json::value_to<std::string>(message.at("stream")));
      if (message.at("type") == "RECORD") {
        const auto stream = json::value_to<std::string>(message.at("stream"));
        EXPECT_TRUE(schemas.contains(stream));
        written[stream].insert(message.at("record").at("id").as_int64());
      }
      if (message.at("type") != "STATE") continue;
      last = json::serialize(message.at("value").at("bookmarks"));
      for (const auto& [stream, bookmark] : message.at("value").at("bookmarks").as_object()) {
        for (int64_t n = 0; n <= bookmark.at("done").as_int64(); ++n) {
          EXPECT_TRUE(written[std::string(stream)].contains(n)) << stream << " " << n;
        }
      }
    }
    return last;
  }

  TemporaryDirectory directory_;
  std::unique_ptr<Clock> clock_ = fixed_clock(from_unix_micros(1'000'000));
  const int log_file_ = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  Log log_{*clock_, LogFormat::text, Level::debug, log_file_};
  std::vector<SelectedStream> streams_;
  tapster_source source_;
  std::function<void()> cancel_;
};

TEST_F(Syncing, ReadsEverySliceOfEveryStream) {
  use({"a", "b", "c"});
  source_.slices = 200;
  const auto ended = run_singer(8);
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(check_order(ended).size(),
            std::string(R"({"a":{"done":199},"b":{"done":199},"c":{"done":199}})").size());
  std::map<std::string, std::set<int64_t>> rows;
  size_t records = 0;
  for (const auto& message : ended.messages) {
    if (message.at("type") != "RECORD") continue;
    ++records;
    rows[json::value_to<std::string>(message.at("stream"))].insert(message.at("record").at("id").as_int64());
  }
  EXPECT_EQ(records, 600U);
  for (const auto* stream : {"a", "b", "c"}) EXPECT_EQ(rows[stream].size(), 200U);
  EXPECT_EQ(ended.messages.back().at("type"), "STATE");
}

TEST_F(Syncing, AStateNeverCoversASliceThatIsNotFinished) {
  use({"a"});
  source_.slices = 20;
  std::atomic<int> others = 0;
  // The first slice ends when all others have.
  source_.on_read = [&](const std::string&, int64_t n, int) -> tapster_status {
    if (n != 0) return ++others, others.notify_all(), TAPSTER_OK;
    for (int seen = 0; (seen = others.load()) < 19;) others.wait(seen);
    return TAPSTER_OK;
  };
  const auto ended = run_singer(4);
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":19}})");
}

TEST_F(Syncing, AStreamThatFailsKeepsWhatCameBeforeAndLeavesTheOthers) {
  use({"bad", "good"});
  source_.slices = 10;
  source_.on_read = [](const std::string& stream, int64_t n, int) -> tapster_status {
    return stream == "bad" && n == 4 ? TAPSTER_SOURCE : TAPSTER_OK;
  };
  const auto ended = run_singer(1);
  EXPECT_EQ(ended.exit, Exit::partial);
  const auto last = json::parse(check_order(ended));
  EXPECT_EQ(last.at("bad").at("done"), 3);
  EXPECT_EQ(last.at("good").at("done"), 9);
}

TEST_F(Syncing, WhereAllFailForOneCauseThatIsTheExit) {
  use({"a", "b"});
  source_.on_read = [](const std::string&, int64_t, int) -> tapster_status { return TAPSTER_AUTH; };
  EXPECT_EQ(run_singer().exit, Exit::auth);
  source_.on_read = [](const std::string&, int64_t, int) -> tapster_status { return TAPSTER_SOURCE; };
  EXPECT_EQ(run_singer().exit, Exit::failed);
  source_.on_read = [](const std::string& stream, int64_t, int) -> tapster_status {
    return stream == "a" ? TAPSTER_SOURCE : TAPSTER_AUTH;
  };
  EXPECT_EQ(run_singer().exit, Exit::partial);
}

TEST_F(Syncing, APassingCauseIsTriedAgainAndFilesHoldNothingTwice) {
  use({"a"});
  source_.slices = 5;
  source_.on_read = [](const std::string&, int64_t n, int attempt) -> tapster_status {
    return n % 2 == 0 && attempt < 3 ? TAPSTER_TRANSIENT : TAPSTER_OK;
  };
  EXPECT_EQ(run(*file_output(directory_.path() / "out", false)), Exit::done);
  std::ifstream file(directory_.path() / "out" / "a.jsonl");
  const std::string rows{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(rows, "{\"id\":0}\n{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n{\"id\":4}\n");
}

TEST_F(Syncing, ACauseThatDoesNotPassEndsTheStream) {
  use({"a"});
  source_.on_read = [](const std::string&, int64_t, int) -> tapster_status { return TAPSTER_TRANSIENT; };
  EXPECT_EQ(run_singer(1).exit, Exit::failed);
  EXPECT_EQ(source_.attempts[R"(a{"n":0})"], 3);
}

TEST_F(Syncing, APlanThatFailsInPassingIsTriedAgain) {
  use({"a"});
  source_.on_plan = [](const std::string&, int attempt) -> tapster_status {
    return attempt < 3 ? TAPSTER_RATE_LIMITED : TAPSTER_OK;
  };
  const auto ended = run_singer();
  EXPECT_EQ(ended.exit, Exit::done);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":2}})");
}

TEST_F(Syncing, ACancelEndsItWithATrueState) {
  use({"a", "b"});
  source_.slices = 100;
  source_.on_read = [&](const std::string& stream, int64_t n, int) -> tapster_status {
    if (stream == "a" && n == 20) cancel_();
    return TAPSTER_OK;
  };
  const auto ended = run_singer(3);
  EXPECT_EQ(ended.exit, Exit::failed);
  const auto last = check_order(ended);
  EXPECT_NE(last, "none");
  EXPECT_EQ(ended.messages.back().at("type"), "STATE");
  EXPECT_LT(ended.messages.size(), 300U);
}

TEST_F(Syncing, AStateThatCannotBeFoldedEndsTheStreamAndNotItsRecords) {
  use({"a"});
  source_.state_fails = true;
  const auto ended = run_singer(1, *State::parse(R"({"bookmarks":{"a":{"done":-1}}})", "s"));
  EXPECT_EQ(ended.exit, Exit::usage);
  EXPECT_EQ(check_order(ended), R"({"a":{"done":-1}})");
}

TEST_F(Syncing, AReaderThatGoesAwayEndsTheRun) {
  use({"a"});
  source_.slices = 1000;
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ::close(ends[0]);
  ::signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(run(*singer_output(ends[1], *clock_)), Exit::output);
  ::close(ends[1]);
  EXPECT_LT(source_.attempts.size(), 1000U);
}

TEST_F(Syncing, AFullDiskEndsTheRun) {
  use({"a"});
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  EXPECT_EQ(run(*jsonl_output(full)), Exit::output);
  ::close(full);
}

TEST_F(Syncing, AStreamWithoutSlicesHasASchemaAndNoState) {
  use({"a"});
  source_.slices = 0;
  const auto ended = run_singer();
  EXPECT_EQ(ended.exit, Exit::done);
  ASSERT_EQ(ended.messages.size(), 1U);
  EXPECT_EQ(ended.messages[0].at("type"), "SCHEMA");
}

TEST_F(Syncing, TheStateFileFollowsTheStates) {
  use({"a"});
  const auto file = StateFile::open(directory_.path() / "state.json");
  const auto output = file_output(directory_.path() / "out", true);
  EXPECT_EQ(run(*output, &*file), Exit::done);
  EXPECT_EQ(file->read()->bookmark("a"), R"({"done":2})");
  EXPECT_EQ(file->read()->committed("a.jsonl"), 27U);
}

TEST_F(Syncing, StreamsTakeTurns) {
  use({"a", "b"});
  source_.slices = 50;
  std::vector<std::string> order;
  source_.on_read = [&](const std::string& stream, int64_t, int) -> tapster_status {
    return order.push_back(stream), TAPSTER_OK;
  };
  EXPECT_EQ(run_singer(1).exit, Exit::done);
  for (size_t i = 0; i < 80; i += 20) {
    const auto part =
        std::count(order.begin() + static_cast<long>(i), order.begin() + static_cast<long>(i) + 20, "a");
    EXPECT_NEAR(static_cast<double>(part), 10, 1) << i;
  }
}

}  // namespace
}  // namespace tapster::host
