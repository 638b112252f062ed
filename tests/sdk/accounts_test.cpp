// One source over several accounts: what is requested of each, and which state each has.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <tapster/accounts.hpp>
#include <tapster/testing/fake_host.hpp>
#include <tapster/testing/pushed.hpp>

namespace tapster {
namespace {

using Texts = std::vector<std::string>;

json::object object(std::string_view text) {
  return json::parse(std::string(text)).as_object();
}

class SeveralAccounts : public testing::Test {
 protected:
  // An account whose stream has one slice, with its state, and one row, with its id.
  Account account(const std::string& id) {
    return {.credential = "the key of " + id,
            .identify = [this, id]() -> Result<AccountName> {
              identified_.push_back(id);
              if (failures_.contains(id)) return Failed(failures_.at(id));
              return AccountName{id.substr(0, 1), "Number " + id};
            },
            .check = [this, id]() -> Result<void> {
              if (check_failures_.contains(id)) return Failed(check_failures_.at(id));
              return {};
            },
            .streams = [this, id]() -> std::vector<SourceStream> {
              return {{.stream = {.name = "rows"},
                       .plan = [this, id](const PlanRequest& request, Slices& slices) -> Result<void> {
                         planned_at_[id] = request.now;
                         if (id == fails_to_plan_) return source_error("no plan");
                         return slices.in_partition("part").push({{"state", request.state}});
                       },
                       .read =
                           [id](const ReadRequest& request, Records& records) {
                             Block block;
                             request.projection.write_row(block, {{"of", "\"" + id + "\""}});
                             return records.push(block);
                           }}};
            }};
  }

  SourceStream stream() {
    accounts_ = std::make_shared<Accounts>(fake_.host(), options_);
    SourceStream declared{.stream = {.name = "rows", .key = {"of"}, .columns = {{"of", Type::string}}}};
    declared.advance = [](json::object state, const json::object&) -> Result<json::object> {
      if (state.contains("wrong")) return state_error("no");
      state["count"] = state.contains("count") ? state.at("count").as_int64() + 1 : 1;
      return state;
    };
    return Accounts::over(accounts_, declared);
  }
  void give(const Texts& ids) {
    options_.given.clear();
    for (const auto& id : ids) options_.given.push_back(account(id));
  }

  // The slices, and then the error's message if there is one.
  Texts plan(const SourceStream& stream, std::string_view state = "{}") {
    Pushed pushed;
    Slices slices(pushed.sink());
    const auto planned = stream.plan({object(state), {}, {}}, slices);
    Texts texts;
    for (const auto& slice : pushed.objects()) texts.push_back(json::serialize(slice));
    if (!planned) texts.push_back(planned.error().message);
    return texts;
  }
  std::string read(const SourceStream& stream, std::string_view slice, const Texts& columns = {}) {
    Pushed pushed;
    Records records(pushed.sink());
    const auto projection = *Projection::create(stream.stream, columns);
    const auto done = stream.read({projection, object(slice)}, records);
    return done ? pushed.lines() : done.error().message;
  }
  static std::string advance(const SourceStream& stream, std::string_view state, std::string_view slice) {
    const auto next = stream.advance(object(state), object(slice));
    return next ? json::serialize(*next) : next.error().message;
  }

  FakeHost fake_;
  AccountsOptions options_;
  Texts identified_;
  std::map<std::string, Error> failures_, check_failures_;
  std::string fails_to_plan_;
  std::map<std::string, std::optional<Time>> planned_at_;
  std::shared_ptr<Accounts> accounts_;  // destroyed first: it waits for its thread
};

TEST_F(SeveralAccounts, OneKeepsThePlainState) {
  give({"7"});
  const auto rows = stream();
  EXPECT_FALSE(accounts_->are_several());
  EXPECT_EQ(rows.stream.key, Names{"of"});
  EXPECT_EQ(plan(rows, R"({"count":4})"), Texts{R"({"state":{"count":4},"partition":"part"})"});
  EXPECT_EQ(read(rows, "{}", {"/of"}), "{\"of\":\"7\"}\n");
  EXPECT_EQ(advance(rows, R"({"count":4})", R"({"partition":"part"})"), R"({"count":5})");
}

TEST_F(SeveralAccounts, TheNameOfOneIsRequestedBesideItsPlan) {
  give({"7"});
  std::promise<void> planned;
  options_.given[0].identify = [this, is_planned = planned.get_future().share()]() -> Result<AccountName> {
    identified_.emplace_back("7");
    is_planned.wait();
    return AccountName{"7", "Number 7"};
  };
  const auto rows = stream();
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(plan(rows, "{}"), Texts{R"({"state":{},"partition":"part"})"}) << "without the name";
  planned.set_value();
  EXPECT_EQ(read(rows, "{}"), "{\"of\":\"7\",\"account_id\":\"7\",\"account_name\":\"Number 7\"}\n");
  EXPECT_EQ(identified_, Texts{"7"});
}

TEST_F(SeveralAccounts, TheColumnsOfAnAccountRequestItsNameOnce) {
  give({"7"});
  const auto rows = stream();
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(read(rows, "{}"), "{\"of\":\"7\",\"account_id\":\"7\",\"account_name\":\"Number 7\"}\n");
  EXPECT_EQ(read(rows, "{}", {"/account_name"}), "{\"of\":\"7\",\"account_name\":\"Number 7\"}\n");
  EXPECT_EQ(identified_, Texts{"7"});
}

TEST_F(SeveralAccounts, TheIdMayBeAnInteger) {
  give({"7"});
  options_.id_column = {"number", Type::integer};
  EXPECT_EQ(read(stream(), "{}", {"/number"}), "{\"of\":\"7\",\"number\":7}\n");
}

TEST_F(SeveralAccounts, EachHasAPartitionAStateAndRowsOfItsOwn) {
  give({"7", "8"});
  const auto rows = stream();
  EXPECT_EQ(rows.stream.key, (Names{"account_id", "of"}));
  EXPECT_EQ(plan(rows, R"({"accounts":{"8":{"count":2}}})"),
            (Texts{R"({"state":{},"account":"7","partition":"7/part"})",
                   R"({"state":{"count":2},"account":"8","partition":"8/part"})"}));
  EXPECT_EQ(read(rows, R"({"account":"8"})"),
            "{\"of\":\"8\",\"account_id\":\"8\",\"account_name\":\"Number 8\"}\n");
  EXPECT_EQ(read(rows, R"({"account":"9"})"), "the config has no credential for account 9");
  EXPECT_EQ(read(rows, "{}"), "the slice belongs to a config with one account, but this config has several");
}

TEST_F(SeveralAccounts, EachIsPlannedUpToTheSameMoment) {
  give({"7", "8"});
  const auto rows = stream();
  const auto now = std::chrono::floor<std::chrono::microseconds>(*parse_time("2026-03-01T00:00:00Z"));
  Pushed pushed;
  Slices slices(pushed.sink());
  ASSERT_TRUE(rows.plan({{}, {}, {}, now}, slices));
  EXPECT_EQ(planned_at_, (std::map<std::string, std::optional<Time>>{{"7", now}, {"8", now}}));
}

TEST_F(SeveralAccounts, AStateWithAccountsIsUsedForASingleOneToo) {
  give({"7"});
  EXPECT_EQ(plan(stream(), R"({"accounts":{"7":{"count":2},"8":{"count":3}}})"),
            Texts{R"({"state":{"count":2},"account":"7","partition":"7/part"})"});
}

TEST_F(SeveralAccounts, TheFirstTakesOverThePlainState) {
  give({"7", "8"});
  const auto rows = stream();
  const std::string first = R"({"state":{"count":4},"account":"7","takes_over":true,"partition":"7/part"})";
  const std::string second = R"({"state":{},"account":"8","partition":"8/part"})";
  EXPECT_EQ(plan(rows, R"({"count":4})"), (Texts{first, second}));
  EXPECT_EQ(plan(rows, R"({"count":4,"accounts":{"7":{"count":9}}})")[0],
            R"({"state":{"count":9},"account":"7","partition":"7/part"})");
  options_.first_owns_plain_state = false;
  EXPECT_EQ(
      plan(stream(), R"({"count":4})"),
      Texts{R"(the state belongs to one account, but does not say which: give that account's credential by )"
            R"(itself, or move the state into {"accounts":{"ID":…}})"});
  EXPECT_EQ(plan(stream(), R"({"accounts":{}})").size(), 2U);
}

TEST_F(SeveralAccounts, ASliceMovesOnlyTheStateOfItsAccount) {
  give({"7", "8"});
  const auto rows = stream();
  const auto* const taking = R"({"account":"7","takes_over":true})";
  struct Case {
    std::string_view state, slice, expected;
  };
  for (const auto& [state, slice, expected] : std::vector<Case>{
           {"{}", R"({"account":"7"})", R"({"accounts":{"7":{"count":1}}})"},
           {R"({"accounts":{"7":{"count":4},"8":{"count":1}}})", R"({"account":"7"})",
            R"({"accounts":{"7":{"count":5},"8":{"count":1}}})"},
           {R"({"count":4})", R"({"partition":"part"})", R"({"count":5})"},
           {R"({"count":4})", taking, R"({"accounts":{"7":{"count":5}}})"},
           {R"({"count":4,"accounts":{"8":{"count":1}}})", taking,
            R"({"accounts":{"8":{"count":1},"7":{"count":5}}})"},
           {R"({"accounts":{"7":{"count":5}}})", taking, R"({"accounts":{"7":{"count":6}}})"},
           {R"({"count":4})", R"({"account":"8"})", R"({"count":4,"accounts":{"8":{"count":1}}})"},
           {R"({"accounts":{"7":{"wrong":1}}})", R"({"account":"7"})", "no"},
           {R"({"accounts":[]})", R"({"account":"7"})",
            "accounts must be an object, not []: correct it, or remove it to read from the start"},
           {R"({"accounts":{"7":1}})", R"({"account":"7"})",
            "accounts.7 must be an object, not 1: correct it, or remove it to read from the start"}})
    EXPECT_EQ(advance(rows, state, slice), expected) << state << slice;
  EXPECT_NE(plan(rows, R"({"accounts":null})").front().find("accounts must be an object, not null"),
            std::string::npos);
}

TEST_F(SeveralAccounts, OneThatFailsDoesNotStopTheOthers) {
  give({"7", "8", "9"});
  failures_["8"] = auth_error("refused", 401).value();
  fails_to_plan_ = "9";
  const auto rows = stream();
  const auto planned = plan(rows);
  ASSERT_EQ(planned.size(), 2U);
  EXPECT_EQ(planned[0], R"({"state":{},"account":"7","partition":"7/part"})");
  EXPECT_EQ(planned[1], "2 errors: the key of 8: refused; account 9 (Number 9): no plan");
  EXPECT_EQ(read(rows, R"({"account":"7"})").substr(0, 9), R"({"of":"7")");
  EXPECT_EQ(read(rows, R"({"account":"8"})"), "the key of 8: refused");
}

TEST_F(SeveralAccounts, TheCheckNamesEachCredentialThatFails) {
  give({"7", "8", "9"});
  failures_["7"] = auth_error("refused", 401).value();
  check_failures_["9"] = source_error("gone").value();
  stream();
  EXPECT_EQ(accounts_->check().error().message, "2 errors: the key of 7: refused; the key of 9: gone");
  failures_["7"] = transient_error("no connection").value();
  check_failures_.clear();
  stream();
  EXPECT_EQ(accounts_->check().error().message, "no connection") << "that is not the credential's fault";
  failures_["7"] = cancelled().value();
  stream();
  EXPECT_EQ(accounts_->check().error().status, Status::cancelled);
  failures_.clear();
  stream();
  EXPECT_TRUE(accounts_->check());
}

TEST_F(SeveralAccounts, IfNoneIsKnownTheNextCallTriesAgain) {
  give({"7", "8"});
  failures_["7"] = failures_["8"] = transient_error("down").value();
  const auto rows = stream();
  EXPECT_EQ(plan(rows), Texts{"down"}) << "the same error once";
  failures_.clear();
  EXPECT_EQ(plan(rows).size(), 2U);
}

TEST_F(SeveralAccounts, TheSameAccountTwiceIsAnError) {
  give({"7", "7b"});
  const auto rows = stream();
  const std::string message =
      "the key of 7 and the key of 7b both belong to account 7 (Number 7b): remove one";
  EXPECT_EQ(plan(rows), Texts{message});
  EXPECT_EQ(accounts_->check().error().message, message);
}

TEST_F(SeveralAccounts, ListedAccountsFollowTheGivenOnes) {
  give({"7"});
  int times_listed = 0;
  options_.list = [&]() -> Result<std::vector<Account>> {
    if (++times_listed == 1) return source_error("no list");
    return std::vector{account("7b"), account("8")};
  };
  const auto broken = stream();
  EXPECT_TRUE(accounts_->are_several());
  EXPECT_EQ(plan(broken), (Texts{R"({"state":{},"account":"7","partition":"7/part"})", "no list"}));
  const auto rows = stream();
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(plan(rows), (Texts{R"({"state":{},"account":"7","partition":"7/part"})",
                                 R"({"state":{},"account":"8","partition":"8/part"})"}));
  EXPECT_EQ(times_listed, 2);
}

TEST_F(SeveralAccounts, AStreamKeepsItsFailureAndMayHaveNoState) {
  give({"7"});
  stream();
  const auto failed =
      Accounts::over(accounts_, {.stream = {.name = "rows"}, .failure = internal_error("a mistake").value()});
  ASSERT_TRUE(failed.failure);
  EXPECT_EQ(failed.failure->message, "a mistake");
  EXPECT_FALSE(failed.advance);
}

}  // namespace
}  // namespace tapster
