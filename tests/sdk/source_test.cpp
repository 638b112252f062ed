// The ABI table of a source, called as a host calls it.
#include <gtest/gtest.h>

#include <stdexcept>
#include <tapster/source.hpp>

#include "fake_host.hpp"

namespace tapster {
namespace {

const Stream numbers{.name = "numbers",
                     .description = "Numbers.",
                     .key = {"n"},
                     .columns = {{"n", Type::integer, "/N", "The number."}}};

const Stream keyless{.name = "wrong", .description = "A key without a column.", .key = {"n"}, .columns = {}};

class NumberSource : public Source {
 public:
  explicit NumberSource(int64_t count, std::string start = {}) : count_(count), start_(std::move(start)) {}
  Result<void> check() override { return auth_error("no such token", 401); }
  Result<std::vector<const Stream*>> discover() override {
    if (start_ == "throw in discover") throw std::runtime_error("bad streams");
    return std::vector{start_ == "wrong key" ? &keyless : &numbers};
  }
  Result<void> plan(const PlanRequest& request, Slices& slices) override {
    if (request.since == "throw") throw std::runtime_error("thrown on purpose");
    if (request.since == "parts") {
      auto half = slices.with({{"account", 1}, {"partition", "1"}});
      auto pushed = half.push({{"count", count_}});
      return pushed ? half.with({{"partition", "2"}}).push({{"count", 0}, {"account", 5}}) : pushed;
    }
    return slices.push({{"count", count_}});
  }
  Result<void> read(const Projection& projection, const json::object& slice, Records& records) override {
    Block block;
    for (int64_t n = 0; n < slice.at("count").as_int64(); ++n)
      projection.write_row(block, {{slice.contains("typo") ? "N" : "n", std::to_string(n)}});
    return records.push(block);
  }
  Result<json::object> state(const Stream&, json::object state, const json::object& slice) override {
    state["done"] = slice.at("count");
    return state;
  }

 private:
  int64_t count_;
  std::string start_;
};

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
                   {.name = "start", .type = Type::date, .description = "From."}},
      .open = [](const json::object& config, Host) -> Result<std::unique_ptr<Source>> {
        const auto* text = find_string(config, "start");
        const std::string start(text ? view(*text) : std::string_view());
        if (start == "throw in open") throw std::runtime_error("bad start");
        if (start == "no source") return std::unique_ptr<Source>();
        return std::make_unique<NumberSource>(config.at("count").as_int64(), start);
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
                     nullptr};
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
  EXPECT_EQ(open(R"({"token":"t","start":"throw in discover"})"), TAPSTER_INTERNAL);
  EXPECT_EQ(message(), "discover() threw an exception: bad streams");
  EXPECT_EQ(source_, nullptr);
}

TEST_F(SourceAbi, OpenChecksTheStreams) {
  EXPECT_EQ(open(R"({"token":"t","start":"wrong key"})"), TAPSTER_INTERNAL);
  EXPECT_EQ(message(), "stream wrong: the key \"n\" is not a column");
  EXPECT_EQ(open(R"({"token":"t","start":"no source"})"), TAPSTER_INTERNAL);
  EXPECT_EQ(message(), "open() returned no source");
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
