// The ABI table of a source, called as a host calls it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <tapster/source.hpp>
#include <tapster/testing/fake_host.hpp>
#include <utility>
#include <vector>

namespace tapster {
namespace {

const Stream numbers{.name = "numbers",
                     .description = "Numbers.",
                     .key = {"n"},
                     .columns = {{"n", Type::integer, "/N", "The number."}}};

Result<void> plan_numbers(const PlanRequest& request, Slices& slices, int64_t count) {
  if (request.since == "throw") throw std::runtime_error("thrown on purpose");
  if (request.since == "parts") {
    auto half = slices.with({{"account", 1}, {"partition", "1"}});
    auto pushed = half.push({{"count", count}});
    return pushed ? half.with({{"partition", "2"}}).push({{"count", 0}, {"account", 5}}) : pushed;
  }
  return slices.push({{"count", count}});
}

Result<void> read_numbers(const ReadRequest& request, Records& records) {
  Block block;
  const auto* column = request.slice.contains("typo") ? "N" : "n";
  for (int64_t n = 0; n < request.slice.at("count").as_int64(); ++n)
    request.projection.write_row(block, {{column, std::to_string(n)}});
  return records.push(block);
}

SourceStream number_stream(int64_t count) {
  return {.stream = numbers,
          .plan = [=](const PlanRequest& request,
                      Slices& slices) { return plan_numbers(request, slices, count); },
          .read = read_numbers,
          .advance = [](json::object state, const json::object& slice) -> Result<json::object> {
            state["done"] = slice.at("count");
            return state;
          }};
}

const Connector& definition() {
  static const Connector connector{
      .name = "numbers",
      .version = "1.2.3",
      .description = "Numbers",
      .documentation = "https://example.com/numbers",
      .settings = {{.name = "token", .description = "The token.", .required = true, .secret = true},
                   {.name = "count",
                    .type = Type::integer,
                    .description = "How many.",
                    .default_value = "3",
                    .rules = R"("minimum":0)"},
                   {.name = "start", .type = Type::date, .description = "From."},
                   {.name = "added",
                    .type = Type::array,
                    .description = "Counts to add.",
                    .default_value = "[]",
                    .rules = R"("items":{"type":"object","properties":{"n":{"type":"integer"}}})"}},
      .open = [](const json::object& config, Host) -> Result<Source> {
        const auto* text = find_string(config, "start");
        const std::string start(text ? view(*text) : std::string_view());
        if (start == "throw in open") throw std::runtime_error("bad start");
        if (start == "no streams") return Source();
        auto count = config.at("count").as_int64();
        for (const auto& more : config.at("added").as_array()) count += more.at("n").as_int64();
        Source source{.check = []() -> Result<void> { return auth_error("no such token", 401); },
                      .streams = {number_stream(count)}};
        if (start == "wrong key") source.streams[0].stream.key = {"id"};
        if (start == "no read") source.streams[0].read = nullptr;
        if (start == "throw in discover")
          source.discover = []() -> Result<std::vector<SourceStream>> {
            throw std::runtime_error("bad streams");
          };
        return source;
      }};
  return connector;
}

class SourceAbi : public testing::Test {
 protected:
  void SetUp() override {
    error_.struct_size = sizeof error_;
    ASSERT_NE(table_, nullptr);
  }
  void TearDown() override {
    if (source_) table_->close(source_);
  }
  tapster_status open(std::string_view config) {
    return table_->open(&host_, to_text(config), &source_, &error_);
  }
  [[nodiscard]] std::string message() const { return {error_.message, error_.message_size}; }

  tapster_host host_{};
  const tapster_connector* table_ = abi::entry<definition>(TAPSTER_ABI_VERSION);
  tapster_error error_{};
  tapster_source* source_ = nullptr;
  std::string pushed_;
  tapster_sink sink_{sizeof(tapster_sink), &pushed_,
                     [](void* context, const tapster_batch* batch) -> tapster_status {
                       static_cast<std::string*>(context)->append(batch->data, batch->size);
                       return TAPSTER_OK;
                     },
                     nullptr, nullptr};
};

TEST_F(SourceAbi, AnotherMajorVersionGetsNoTable) {
  EXPECT_EQ(abi::entry<definition>(2U << 16U), nullptr);
}

TEST_F(SourceAbi, TheTableHasNameAndVersion) {
  EXPECT_EQ(table_->struct_size, sizeof(tapster_connector));
  EXPECT_EQ(table_->abi_version, TAPSTER_ABI_VERSION);
  EXPECT_EQ(to_view(table_->name), "numbers");
  EXPECT_EQ(to_view(table_->version), "1.2.3");
}

TEST_F(SourceAbi, TheSpecIsASchemaOfTheSettings) {
  ASSERT_EQ(table_->spec(&sink_, &error_), TAPSTER_OK);
  const auto spec = json::parse(pushed_);
  EXPECT_EQ(json::serialize(spec.at("required")), R"(["token"])");
  EXPECT_EQ(spec.at("documentationUrl"), "https://example.com/numbers");
  EXPECT_EQ(json::serialize(spec.at("properties").at("token")),
            R"({"type":"string","description":"The token.","secret":true})");
  EXPECT_EQ(json::serialize(spec.at("properties").at("count")),
            R"({"type":"integer","description":"How many.","default":3,"minimum":0})");
  EXPECT_EQ(json::serialize(spec.at("properties").at("start").at("format")), R"("date")");
}

TEST_F(SourceAbi, OpenFillsInDefaults) {
  ASSERT_EQ(open(R"({"token":"t"})"), TAPSTER_OK) << message();
  const tapster_plan_request plan{sizeof plan, to_text("numbers"), {}, {}, {}};
  ASSERT_EQ(table_->plan(source_, &plan, &sink_, &error_), TAPSTER_OK);
  EXPECT_EQ(pushed_, "{\"count\":3}\n");
}

// As JSON Schema has it: 2.0 and 1e2 are integers.
TEST_F(SourceAbi, OpenMakesIntegersOfWholeNumbers) {
  for (const auto& [settings, count] : {std::pair(R"("count":2.0)", "2"), std::pair(R"("count":1e2)", "100"),
                                        std::pair(R"("count":1,"added":[{"n":2.0},{"n":3}])", "6")}) {
    ASSERT_EQ(open(fmt::format(R"({{"token":"t",{}}})", settings)), TAPSTER_OK) << message();
    const tapster_plan_request plan{sizeof plan, to_text("numbers"), {}, {}, {}};
    pushed_.clear();
    ASSERT_EQ(table_->plan(source_, &plan, &sink_, &error_), TAPSTER_OK);
    EXPECT_EQ(pushed_, fmt::format("{{\"count\":{}}}\n", count)) << settings;
    table_->close(std::exchange(source_, nullptr));
  }
}

TEST_F(SourceAbi, AnIntegerOfMoreThan64BitsIsNamed) {
  for (const auto* count : {"1e30", "9223372036854775808", "-1e19", "1.5"}) {
    EXPECT_EQ(open(fmt::format(R"({{"token":"t","count":{}}})", count)), TAPSTER_CONFIG) << count;
    EXPECT_EQ(message(), "\"count\" must be an integer of at most 64 bits") << count;
  }
}

TEST_F(SourceAbi, OpenNamesAMissingRequiredSetting) {
  EXPECT_EQ(open("{}"), TAPSTER_CONFIG);
  EXPECT_EQ(source_, nullptr);
  EXPECT_EQ(message(), "\"token\" is required: The token.");
}

TEST_F(SourceAbi, ReadsASliceAndFoldsItIntoTheState) {
  ASSERT_EQ(open(R"({"token":"t"})"), TAPSTER_OK);
  const tapster_read_request read{sizeof read, to_text("numbers"), to_text(R"({"count":2})"), {}};
  ASSERT_EQ(table_->read(source_, &read, &sink_, &error_), TAPSTER_OK) << message();
  EXPECT_EQ(pushed_, "{\"n\":0}\n{\"n\":1}\n");
  pushed_.clear();
  const tapster_state_request state{sizeof state, to_text("numbers"), to_text(R"({"kept":true})"),
                                    to_text(R"({"count":2})")};
  ASSERT_EQ(table_->state(source_, &state, &sink_, &error_), TAPSTER_OK);
  EXPECT_EQ(pushed_, "{\"kept\":true,\"done\":2}\n");
}

TEST_F(SourceAbi, SlicesCanHaveMembersInCommon) {
  ASSERT_EQ(open(R"({"token":"t"})"), TAPSTER_OK);
  const tapster_plan_request plan{sizeof plan, to_text("numbers"), {}, to_text("parts"), {}};
  ASSERT_EQ(table_->plan(source_, &plan, &sink_, &error_), TAPSTER_OK);
  // A slice's own member is kept.
  EXPECT_EQ(pushed_,
            "{\"count\":3,\"account\":1,\"partition\":\"1\"}\n"
            "{\"count\":0,\"account\":5,\"partition\":\"2\"}\n");
}

TEST_F(SourceAbi, AnUnknownStreamIsUnsupported) {
  ASSERT_EQ(open(R"({"token":"t"})"), TAPSTER_OK);
  const tapster_plan_request plan{sizeof plan, to_text("letters"), {}, {}, {}};
  EXPECT_EQ(table_->plan(source_, &plan, &sink_, &error_), TAPSTER_UNSUPPORTED);
  EXPECT_NE(message().find("letters"), std::string::npos);
}

TEST_F(SourceAbi, AStateThatIsNotAnObjectIsAStateError) {
  ASSERT_EQ(open(R"({"token":"t"})"), TAPSTER_OK);
  const tapster_plan_request plan{sizeof plan, to_text("numbers"), to_text("[]"), {}, {}};
  EXPECT_EQ(table_->plan(source_, &plan, &sink_, &error_), TAPSTER_STATE);
}

TEST_F(SourceAbi, AnErrorKeepsItsClassAndCode) {
  ASSERT_EQ(open(R"({"token":"t"})"), TAPSTER_OK);
  EXPECT_EQ(table_->check(source_, &error_), TAPSTER_AUTH);
  EXPECT_EQ(error_.source_code, 401);
}

TEST_F(SourceAbi, AnExceptionBecomesAnInternalError) {
  ASSERT_EQ(open(R"({"token":"t"})"), TAPSTER_OK);
  const tapster_plan_request plan{sizeof plan, to_text("numbers"), {}, to_text("throw"), {}};
  EXPECT_EQ(table_->plan(source_, &plan, &sink_, &error_), TAPSTER_INTERNAL);
  EXPECT_EQ(message(), "plan() threw an exception: thrown on purpose");
}

TEST_F(SourceAbi, AnExceptionInDiscoverOrOpenNamesTheFunction) {
  EXPECT_EQ(open(R"({"token":"t","start":"throw in open"})"), TAPSTER_INTERNAL);
  EXPECT_EQ(message(), "open() threw an exception: bad start");
  EXPECT_EQ(source_, nullptr);
  EXPECT_EQ(open(R"({"token":"t","start":"throw in discover"})"), TAPSTER_OK) << message();
  EXPECT_EQ(table_->discover(source_, &sink_, &error_), TAPSTER_INTERNAL);
  EXPECT_EQ(message(), "discover() threw an exception: bad streams");
}

TEST_F(SourceAbi, OpenChecksTheStreams) {
  EXPECT_EQ(open(R"({"token":"t","start":"wrong key"})"), TAPSTER_INTERNAL);
  EXPECT_EQ(message(), "stream numbers: the key \"id\" is not a column");
  EXPECT_EQ(open(R"({"token":"t","start":"no read"})"), TAPSTER_INTERNAL);
  EXPECT_EQ(message(), "stream numbers: it has no function `read`");
  EXPECT_EQ(open(R"({"token":"t","start":"no streams"})"), TAPSTER_INTERNAL);
  EXPECT_EQ(message(), "open() returned a source without streams");
  EXPECT_EQ(source_, nullptr);
}

TEST_F(SourceAbi, AValueForAnUnknownColumnFailsTheRead) {
  ASSERT_EQ(open(R"({"token":"t"})"), TAPSTER_OK);
  const tapster_read_request read{sizeof read, to_text("numbers"), to_text(R"({"count":1,"typo":true})"), {}};
  EXPECT_EQ(table_->read(source_, &read, &sink_, &error_), TAPSTER_INTERNAL);
  EXPECT_EQ(message(),
            "read() threw an exception: numbers has no column \"N\", which the connector gave a value");
  EXPECT_EQ(pushed_, "");
}

const Connector& with_wrong_rules() {
  static const Connector connector = [] {
    auto wrong = definition();
    wrong.settings[1].rules = "minimum:0";
    return wrong;
  }();
  return connector;
}

TEST_F(SourceAbi, AnInvalidSettingIsNamedBySpecAndOpen) {
  const auto* table = abi::entry<with_wrong_rules>(TAPSTER_ABI_VERSION);
  const std::string_view named = "setting count: rules `{minimum:0}` is not JSON: ";
  EXPECT_EQ(table->spec(&sink_, &error_), TAPSTER_INTERNAL);
  EXPECT_TRUE(message().starts_with(named)) << message();
  EXPECT_EQ(table->open(&host_, to_text(R"({"token":"t"})"), &source_, &error_), TAPSTER_INTERNAL);
  EXPECT_TRUE(message().starts_with(named)) << message();
}

// The source that `scripted` opens.
std::function<Source()> to_open;

const Connector& scripted() {
  static const Connector connector{
      .name = "scripted",
      .version = "1.0.0",
      .description = "A source of one test",
      .open = [](const json::object&, Host) -> Result<Source> { return to_open(); }};
  return connector;
}

using Streams = std::vector<SourceStream>;

// A stream of one column that can only be read.
SourceStream simple_stream(std::string name) {
  return {.stream = {.name = std::move(name), .columns = {{"n", Type::integer}}}, .read = read_numbers};
}

class ScriptedSource : public testing::Test {
 protected:
  void SetUp() override { error_.struct_size = sizeof error_; }
  void TearDown() override {
    if (source_) table_->close(source_);
    to_open = nullptr;
  }

  // Each returns what was pushed, or the error's message.
  std::string open(std::function<Source()> source) {
    to_open = std::move(source);
    return text_of(table_->open(fake_.table(), to_text("{}"), &source_, &error_));
  }
  std::string discover() { return text_of(table_->discover(source_, &sink_, &error_)); }
  std::string plan(std::string_view stream, std::string_view state = {}) {
    const tapster_plan_request plan{sizeof plan, to_text(stream), to_text(state), {}, {}};
    return text_of(table_->plan(source_, &plan, &sink_, &error_));
  }
  std::string read(std::string_view stream, std::string_view slice) {
    const tapster_read_request read{sizeof read, to_text(stream), to_text(slice), {}};
    return text_of(table_->read(source_, &read, &sink_, &error_));
  }
  std::string state(std::string_view stream, std::string_view before) {
    const tapster_state_request state{sizeof state, to_text(stream), to_text(before), to_text("{}")};
    return text_of(table_->state(source_, &state, &sink_, &error_));
  }
  // The names of the streams in the catalog.
  std::vector<std::string> names() {
    std::vector<std::string> names;
    const auto text = discover();
    const auto found = json::parse(text);
    for (const auto& entry : found.at("streams").as_array())
      names.emplace_back(view(entry.at("tap_stream_id").as_string()));
    return names;
  }

  FakeHost fake_;

 private:
  std::string text_of(tapster_status status) {
    if (status != TAPSTER_OK) return {error_.message, error_.message_size};
    return std::exchange(pushed_, {});
  }

  const tapster_connector* table_ = abi::entry<scripted>(TAPSTER_ABI_VERSION);
  tapster_source* source_ = nullptr;
  tapster_error error_{};
  std::string pushed_;
  tapster_sink sink_{sizeof(tapster_sink), &pushed_,
                     [](void* context, const tapster_batch* batch) -> tapster_status {
                       static_cast<std::string*>(context)->append(batch->data, batch->size);
                       return TAPSTER_OK;
                     },
                     nullptr, nullptr};
};

TEST_F(ScriptedSource, DiscoversOnceWhenAStreamIsNeeded) {
  int times = 0;
  ASSERT_EQ(open([&] {
              return Source{.streams = {simple_stream("known")}, .discover = [&]() -> Result<Streams> {
                              ++times;
                              return Streams{simple_stream("found")};
                            }};
            }),
            "");
  EXPECT_EQ(times, 0);
  EXPECT_EQ(read("found", R"({"count":1})"), "{\"n\":0}\n");
  EXPECT_EQ(plan("known"), "{}\n");
  EXPECT_EQ(state("known", R"({"kept":true})"), "{\"kept\":true}\n");
  EXPECT_EQ(state("found", R"({"kept":true})"), "{\"kept\":true,\"tapster_columns\":{\"n\":\"integer\"}}\n");
  EXPECT_EQ(names(), (std::vector<std::string>{"known", "found"}));
  EXPECT_EQ(names(), (std::vector<std::string>{"known", "found"}));
  EXPECT_EQ(times, 1);
}

TEST_F(ScriptedSource, DiscoversAgainAfterAnError) {
  int times = 0;
  ASSERT_EQ(open([&] {
              return Source{.discover = [&]() -> Result<Streams> {
                if (++times == 1) return transient_error("the database is starting");
                return Streams{simple_stream("found")};
              }};
            }),
            "");
  EXPECT_EQ(plan("found"), "the database is starting");
  EXPECT_EQ(plan("found"), "{}\n");
  EXPECT_EQ(plan("found"), "{}\n");
  EXPECT_EQ(times, 2);
}

TEST_F(ScriptedSource, ChecksTheDiscoveredStreams) {
  SourceStream found = simple_stream("known");
  ASSERT_EQ(open([&] {
              return Source{.streams = {simple_stream("known")},
                            .discover = [&]() -> Result<Streams> { return Streams{found}; }};
            }),
            "");
  EXPECT_EQ(discover(), "stream known: declared twice");
  found = {.stream = {.name = "found"}};
  EXPECT_EQ(plan("known"), "stream found: it has no function `read`");
  found = simple_stream("found");
  EXPECT_EQ(names(), (std::vector<std::string>{"known", "found"}));
}

TEST_F(ScriptedSource, AStreamThatFailedLeavesTheOthersReadable) {
  ASSERT_EQ(open([] {
              return Source{.discover = []() -> Result<Streams> {
                return Streams{
                    simple_stream("good"),
                    {.stream = {.name = "bad"}, .failure = auth_error("permission denied", 403).value()}};
              }};
            }),
            "");
  EXPECT_EQ(names(), (std::vector<std::string>{"good", "bad"}));
  EXPECT_EQ(json::serialize(json::parse(discover()).at_pointer("/streams/1/schema/properties")), "{}");
  EXPECT_EQ(plan("bad"), "permission denied");
  EXPECT_EQ(read("bad", "{}"), "permission denied");
  EXPECT_EQ(plan("good"), "{}\n");
  const auto warnings = fake_.logs(TAPSTER_LOG_WARNING);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].message, "stream bad: cannot be discovered: permission denied");
}

TEST_F(ScriptedSource, AKnownStreamThatFailedFailsTheOpen) {
  for (const bool discovers : {false, true}) {
    EXPECT_EQ(open([&] {
                Source source{
                    .streams = {simple_stream("good"),
                                {.stream = {.name = "bad"}, .failure = internal_error("a mistake").value()}}};
                if (discovers) source.discover = []() -> Result<Streams> { return Streams(); };
                return source;
              }),
              "stream bad: a mistake");
  }
}

// The state of a found stream has its columns, which the connector does not see.
TEST_F(ScriptedSource, ChangedColumnsOfAFoundStreamAreReported) {
  std::string seen;
  ASSERT_EQ(open([&] {
              return Source{.discover = [&]() -> Result<Streams> {
                return Streams{
                    {.stream = {.name = "found", .columns = {{"n", Type::integer}, {"at", Type::timestamp}}},
                     .plan = [&](const PlanRequest& request, Slices&) -> Result<void> {
                       seen = json::serialize(request.state);
                       return {};
                     },
                     .read = read_numbers}};
              }};
            }),
            "");
  const std::string columns = R"("tapster_columns":{"n":"integer","at":"timestamp"})";
  EXPECT_EQ(state("found", R"({"id":1,"tapster_columns":{"n":"string"}})"), "{\"id\":1," + columns + "}\n");
  for (const auto* same : {"", "{}", R"({"id":1})"}) plan("found", same);
  plan("found", R"({"id":1,)" + columns + "}");
  EXPECT_EQ(seen, R"({"id":1})");
  EXPECT_TRUE(fake_.logs().empty());
  plan("found", R"({"id":1,"tapster_columns":{"n":"string","old":"date"}})");
  ASSERT_EQ(fake_.logs().size(), 1U);
  EXPECT_EQ(fake_.logs()[0].message,
            "found: its columns have changed since the last run: \"n\" was string and is integer, \"at\" has "
            "appeared (timestamp), \"old\" has vanished");
}

TEST_F(ScriptedSource, OnlyFoundStreamsHaveColumnsThatVary) {
  ASSERT_EQ(open([] {
              return Source{.streams = {simple_stream("known")},
                            .discover = []() -> Result<Streams> { return Streams{simple_stream("found")}; }};
            }),
            "");
  const auto catalog = json::parse(discover());
  const auto varies = [&](size_t stream) {
    const auto& root = catalog.at("streams").at(stream).at("metadata").at(0).at("metadata").as_object();
    return root.contains("columns-vary");
  };
  EXPECT_FALSE(varies(0));
  EXPECT_TRUE(varies(1));
}

TEST_F(ScriptedSource, AStreamOwnsTheNamesThatItWasMadeFrom) {
  ASSERT_EQ(
      open([] {
        return Source{.discover = []() -> Result<Streams> {
          Streams streams;
          for (int i = 0; i < 3; ++i) {
            const auto number = std::to_string(i) + ", a text that is too long to be stored in place";
            streams.push_back(
                {.stream = {.name = "table " + number,
                            .description = "Rows of " + number,
                            .key = std::vector{"id " + number},
                            .columns = {{"id " + number, Type::integer, "/ID " + number, "Id " + number}}},
                 .read = read_numbers});
          }
          return streams;
        }};
      }),
      "");
  const auto catalog = json::parse(discover());
  const std::string number = "2, a text that is too long to be stored in place";
  EXPECT_EQ(catalog.at_pointer("/streams/2/stream"), json::value("table " + number));
  EXPECT_EQ(catalog.at_pointer("/streams/2/key_properties/0"), json::value("id " + number));
  EXPECT_EQ(catalog.at_pointer("/streams/2/schema/description"), json::value("Rows of " + number));
  EXPECT_EQ(catalog.at_pointer("/streams/2/schema/properties").at("id " + number).at("description"),
            json::value("Id " + number));
  EXPECT_EQ(plan("table " + number), "{}\n");
}

TEST(Host, PassesASecretOn) {
  FakeHost fake;
  fake.host().secret("learned");
  EXPECT_EQ(fake.secrets(), std::vector<std::string>{"learned"});
}

TEST(Host, OfAbi10IgnoresSecrets) {
  FakeHost fake;
  auto old = *fake.table();
  old.abi_version = 1U << 16U;
  old.struct_size = offsetof(tapster_host, secret);
  Host(&old).secret("learned");
  EXPECT_TRUE(fake.secrets().empty());
  old.secret = nullptr;
  Host(&old).secret("learned");
}

}  // namespace
}  // namespace tapster
