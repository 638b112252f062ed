#include "plugin/source.hpp"

#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <thread>

#include "paths.hpp"
#include "plugin/loader.hpp"
#include "temporary.hpp"

namespace tapster::host {
namespace {

namespace fs = std::filesystem;

// A connector of the tests, opened.
struct Opened {
  TestLog log;
  Connector connector;
  HostServices services;
  Result<Source> source;

  explicit Opened(const std::string& name, const std::string& config = "{}")
      : connector(load(name)),
        services(log.clock(), log.log(), name),
        source(Source::open(connector, json::parse(config).as_object(), services)) {}

  static Connector load(const std::string& name) {
    const auto file = "tapster-" + name + ".so";
    const auto connector =
        load_connector(fs::path(name == "counter" ? paths::plugins : paths::broken_plugins) / file, name);
    if (!connector) throw std::runtime_error(connector.error().message);
    return *connector;
  }

  std::vector<std::string> plan(std::string_view stream, std::string_view state = {}) {
    std::vector<std::string> slices;
    const auto done = source->plan({stream, state, {}, {}}, [&](std::string_view slice) -> Result<void> {
      slices.emplace_back(slice);
      return {};
    });
    if (!done) slices.push_back(done.error().message);
    return slices;
  }
  Result<std::string> read(std::string_view stream, std::string_view slice, std::string_view columns = {}) {
    std::string lines;
    const auto done = source->read(stream, slice, columns, [&](const tapster_batch& batch) -> Result<void> {
      lines.append(batch.data, batch.size);
      return {};
    });
    if (!done) return Failed(done.error());
    return lines;
  }
};

using Lines = std::vector<std::string>;

TEST(Source, CallsEveryFunctionOfTheConnector) {
  Opened counter("counter", R"({"count":5,"slices":2})");
  ASSERT_TRUE(counter.source) << counter.source.error().message;
  const auto spec = counter.connector.spec();
  ASSERT_TRUE(spec);
  EXPECT_TRUE(spec->at("properties").as_object().contains("count"));
  EXPECT_TRUE(counter.source->check());
  const auto catalog = counter.source->discover();
  ASSERT_TRUE(catalog) << catalog.error().message;
  EXPECT_EQ(catalog->at("streams").as_array().size(), 3U);
  EXPECT_EQ(counter.plan("numbers"), (Lines{R"({"from":1,"to":3})", R"({"from":4,"to":5})"}));
  EXPECT_EQ(*counter.read("numbers", R"({"from":4,"to":5})", R"(["/id","/parity/odd"])"),
            "{\"id\":4,\"parity\":{\"odd\":false}}\n{\"id\":5,\"parity\":{\"odd\":true}}\n");
  EXPECT_EQ(*counter.source->state("numbers", "", R"({"from":1,"to":3})"), R"({"id":3})");
  EXPECT_EQ(*counter.source->state("numbers", R"({"id":3})", R"({"from":4,"to":5})"), R"({"id":5})");
  EXPECT_EQ(counter.plan("numbers", R"({"id":3})"), (Lines{R"({"from":4,"to":4})", R"({"from":5,"to":5})"}));
  EXPECT_EQ(counter.plan("numbers", R"({"id":5})"), Lines{});
}

TEST(Source, ForwardsErrorsOfTheConnector) {
  Opened counter("counter", R"({"count":5,"fail_at":2,"fail_status":"rate_limited"})");
  const auto lines = counter.read("numbers", R"({"from":1,"to":3})");
  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error().status, Status::rate_limited);
  EXPECT_EQ(lines.error().message, "the number 2 cannot be read");
  EXPECT_EQ(lines.error().retry_after, std::chrono::milliseconds(1500));
  EXPECT_EQ(counter.plan("nothing"), Lines{"there is no stream nothing"});
  EXPECT_EQ(counter.source->state("numbers", R"({"x":1})", R"({"from":1,"to":3})").error().status,
            Status::state);
}

TEST(Source, KnowsEveryStatus) {
  for (int status = TAPSTER_CONFIG; status <= TAPSTER_INTERNAL; ++status) {
    Opened fails("fails", "{\"status\":" + std::to_string(status) + "}");
    for (const auto& error :
         {fails.source->check().error(), fails.source->discover().error(),
          fails.source->plan({"s", {}, {}, {}}, [](auto) -> Result<void> { return {}; }).error(),
          fails.read("s", "{}").error(), fails.source->state("s", "", "{}").error()}) {
      EXPECT_EQ(static_cast<int>(error.status), status);
      EXPECT_EQ(error.message, "failed as configured");
      EXPECT_EQ(error.source_code, 503);
      EXPECT_EQ(error.retry_after, std::chrono::milliseconds(2500));
    }
  }
}

TEST(Source, ReportsAnErrorWithoutAMessage) {
  EXPECT_EQ(Opened("silent", R"({"status":4})").source->check().error().message,
            "check of the connector silent failed with the status 4 and gave no reason (transient)");
  const auto error = Opened("silent", R"({"status":77})").source->check().error();
  EXPECT_EQ(error.status, Status::internal);
  EXPECT_EQ(error.message, "check of the connector silent failed with the status 77 and gave no reason");
}

TEST(Source, HidesASecretAtTheEndOfATruncatedMessage) {
  Opened opened("cut", R"({"status":6})");
  opened.log.log().hide("open-sesame");
  opened.log.log().error(opened.source->check().error().message);
  EXPECT_NE(opened.log.text().find("xxx***…\n"), std::string::npos) << opened.log.text();
}

TEST(Source, NamesTheConnectorThatBreaksTheContract) {
  const auto breach = [](const std::string& name, const std::string& what) {
    return "the connector " + name + " broke a rule of the interface: " + what;
  };
  EXPECT_EQ(Opened("spec-twice").connector.spec().error().message,
            breach("spec-twice", "spec pushed 2 lines instead of one"));
  EXPECT_TRUE(Opened("spec-no-json")
                  .connector.spec()
                  .error()
                  .message.starts_with(breach("spec-no-json", "what spec pushed is not JSON")));
  EXPECT_EQ(Opened("no-source").source.error().message,
            breach("no-source", "open returned OK but no source"));
  EXPECT_EQ(
      Opened("catalog-without-schema").source->discover().error().message,
      breach("catalog-without-schema", "its catalog has the stream s without a schema that has properties"));
  EXPECT_EQ(Opened("stream-without-name").source->discover().error().message,
            breach("stream-without-name",
                   "its catalog has the stream s without a name for the target, \"stream\""));
  EXPECT_EQ(Opened("metadata").source->discover().error().message,
            breach("metadata", "its catalog: streams[0].metadata[0].metadata must be an object"));
  EXPECT_EQ(Opened("same-stream-twice").source->discover().error().message,
            breach("same-stream-twice", "its catalog has the stream s twice"));
  EXPECT_EQ(Opened("slice-with-line-break").plan("s"),
            Lines{breach("slice-with-line-break", "plan pushed a batch whose line 1 is not a JSON object")});
  EXPECT_EQ(Opened("slice-too-large").plan("s"),
            Lines{breach("slice-too-large",
                         "plan pushed a slice of 69999 bytes for the stream s; at most 65536 are allowed")});
  EXPECT_EQ(Opened("no-line-break").read("s", "{}").error().message,
            breach("no-line-break", "read pushed a batch that does not end with a line break"));
  EXPECT_EQ(Opened("wrong-count").read("s", "{}").error().message,
            breach("wrong-count", "read pushed a batch that says 3 lines and has 2"));
  EXPECT_EQ(Opened("not-objects").read("s", "{}").error().message,
            breach("not-objects", "read pushed a batch whose line 2 is not a JSON object"));
  EXPECT_EQ(Opened("old-batch").read("s", "{}").error().message,
            breach("old-batch", "read pushed a batch whose struct_size is 8"));
  EXPECT_EQ(Opened("state-is-array").source->state("s", "", "{}").error().message,
            breach("state-is-array", "state pushed a batch whose line 1 is not a JSON object"));
  EXPECT_EQ(Opened("wrong-count").read("s", "{}").error().status, Status::internal);
}

TEST(Source, TheErrorOfTheSinkWinsOverTheConnectors) {
  Opened careless("ignores-sink");
  int pushed = 0;
  const auto done = careless.source->read("s", "{}", {}, [&](const tapster_batch&) -> Result<void> {
    ++pushed;
    return source_error("the disk is full");
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().status, Status::source);
  EXPECT_EQ(done.error().message, "the disk is full");
  EXPECT_EQ(pushed, 1);

  Opened counter("counter", R"({"count":5})");
  const auto stopped = counter.source->plan({"numbers", {}, {}, {}},
                                            [](auto) -> Result<void> { return state_error("no more"); });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().message, "no more");
}

TEST(Source, StopsAReadThatIsCancelled) {
  Opened counter("counter", R"({"count":100000,"batch":1})");
  int batches = 0;
  const auto done = counter.source->read("numbers", R"({"from":1,"to":100000})", {},
                                         [&](const tapster_batch&) -> Result<void> {
                                           if (++batches == 3) counter.source->cancel();
                                           return {};
                                         });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().status, Status::cancelled);
  EXPECT_EQ(batches, 3);
}

TEST(Source, StopsAConnectorThatIgnoresACancel) {
  Opened careless("ignores-sink");
  careless.source->cancel();
  EXPECT_EQ(careless.read("s", "{}").error().status, Status::cancelled);
}

TEST(Source, StillFoldsAStateAfterACancel) {
  Opened counter("counter", R"({"count":5})");
  counter.source->cancel();
  EXPECT_EQ(*counter.source->state("numbers", "", R"({"from":1,"to":3})"), R"({"id":3})");
}

TEST(Source, EndsAWaitWithACancel) {
  const auto clock = system_clock();
  TestLog log;
  HostServices services(*clock, log.log(), "counter");
  auto source = Source::open(Opened::load("counter"),
                             json::parse(R"({"count":1,"delay_ms":3600000})").as_object(), services);
  ASSERT_TRUE(source);
  std::thread canceller([&] { source->cancel(); });
  const auto done =
      source->read("numbers", R"({"from":1,"to":1})", {}, [](const auto&) -> Result<void> { return {}; });
  canceller.join();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().status, Status::cancelled);
}

TEST(HostServices, OfferLogClockAndCounters) {
  Opened counter("counter", R"({"count":5,"delay_ms":1000})");
  const auto before = counter.log.clock().now();
  int64_t extracted_at = 0;
  ASSERT_TRUE(counter.source->read("numbers", R"({"from":1,"to":2})", {},
                                   [&](const tapster_batch& batch) -> Result<void> {
                                     extracted_at = batch.extracted_at;
                                     return {};
                                   }));
  EXPECT_EQ(counter.log.clock().now() - before, std::chrono::seconds(1));
  EXPECT_EQ(extracted_at, to_unix_micros(before + std::chrono::seconds(1)));
  ASSERT_TRUE(counter.source->check());
  EXPECT_EQ(counter.services.counters(), (std::map<std::string, int64_t>{{"requests", 2}}));
  EXPECT_EQ(counter.log.text(),
            "2026-11-23T12:00:01Z DEBUG    counter numbers: counted from 1 to 2 in 1000000 us\n"
            "2026-11-23T12:00:01Z INFO     counter: checking\n");
}

TEST(HostServices, StartRequestsNoSoonerThanTheLimitAllows) {
  TestLog log;
  HostServices services(log.clock(), log.log(), "x");
  services.limit_requests(std::chrono::milliseconds(100));
  const auto& host = services.table();
  const auto start = [&] {
    EXPECT_EQ(host.start_request(host.context), TAPSTER_OK);
    return log.clock().monotonic();
  };
  const auto first = start();
  EXPECT_EQ(start() - first, std::chrono::milliseconds(100));
  // A late one is not followed by one that is early.
  log.clock().sleep(std::chrono::milliseconds(150), [] { return false; });
  EXPECT_EQ(start() - first, std::chrono::milliseconds(250));
  EXPECT_EQ(start() - first, std::chrono::milliseconds(350));
  services.set_cancelled();
  EXPECT_EQ(host.start_request(host.context), TAPSTER_CANCELLED);
  EXPECT_EQ(log.clock().monotonic() - first, std::chrono::milliseconds(350));
}

// The machine's clock. `waited` is set when the first thread begins to wait.
class WatchedClock : public Clock {
 public:
  [[nodiscard]] Time now() const override { return clock_->now(); }
  [[nodiscard]] std::chrono::microseconds monotonic() const override { return clock_->monotonic(); }
  void sleep(std::chrono::microseconds time, const std::function<bool()>& stop) override {
    std::call_once(once_, [this] { waited.set_value(); });
    clock_->sleep(time, stop);
  }

  std::promise<void> waited;

 private:
  std::once_flag once_;
  std::unique_ptr<Clock> clock_ = system_clock();
};

TEST(HostServices, ACancelEndsTheWaitOfEveryRequest) {
  WatchedClock clock;
  TestLog log;
  HostServices services(clock, log.log(), "x");
  services.limit_requests(std::chrono::hours(1));
  ASSERT_TRUE(services.start_request());
  std::vector<std::thread> waiting;
  for (int i = 0; i < 3; ++i) waiting.emplace_back([&] { EXPECT_FALSE(services.start_request()); });
  // The others wait for this one.
  EXPECT_EQ(clock.waited.get_future().wait_for(std::chrono::minutes(1)), std::future_status::ready);
  services.set_cancelled();
  for (auto& thread : waiting) thread.join();
}

TEST(HostServices, AcceptAnyLevelAndAnyWait) {
  TestLog log;
  HostServices services(log.clock(), log.log(), "x");
  const auto& host = services.table();
  host.log(host.context, 99, to_text("loud"));
  host.log(host.context, -1, {nullptr, 0});
  EXPECT_EQ(log.text(), "2026-11-23T12:00:00Z ERROR    x: loud\n2026-11-23T12:00:00Z DEBUG    x: \n");
  EXPECT_EQ(host.sleep(host.context, -5), TAPSTER_OK);
  EXPECT_EQ(host.sleep(host.context, INT64_MAX), TAPSTER_OK);
  services.set_cancelled();
  EXPECT_EQ(host.sleep(host.context, 1), TAPSTER_CANCELLED);
  EXPECT_EQ(host.cancelled(host.context), 1);
}

}  // namespace
}  // namespace tapster::host
