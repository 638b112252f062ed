// One source over several accounts, each with its own credential, requests and rate limit. A stream is read
// from every account: each is a partition, and has its own part of the state,
//     {"accounts":{"12345":{"updated_at":"…"},"12346":{"updated_at":"…"}}}
// A config with one account keeps the plain state. Its name is only a column, so it is requested beside the
// first plan, on a thread of its own. If more accounts are added later, the plain state goes over to the
// first one.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/source.hpp>
#include <vector>

namespace tapster {

// What an account is called. The id never changes.
struct AccountName {
  std::string id, name;
};

// One account. Its functions may be called from any thread.
struct Account {
  std::string credential;  // the name of its credential in errors, such as that of the setting
  // Requests the id and the name. Called until it succeeds, and then not again.
  std::function<Result<AccountName>()> identify;
  // Checks what `identify` does not; may be empty.
  std::function<Result<void>()> check = {};
  // Returns the streams of this account, of the same names as those of the source: their `plan` and `read`
  // are used. Called when the first of them is, and then not again.
  std::function<std::vector<SourceStream>()> streams;
};

struct AccountsOptions {
  std::string member = "account";   // of slices, and the word in messages: "account 12345 (Marketing)"
  std::string states = "accounts";  // the member of states
  // Columns with the id and the name, which are added to each stream. With several accounts the id begins the
  // key.
  Column id_column = {.name = "account_id"};
  Column name_column = {.name = "account_name"};
  std::vector<Account> given = {};  // those of the config
  // Requests further accounts, once. One that is given too is left out.
  std::function<Result<std::vector<Account>>()> list = {};
  // Whether a state that names no account belongs to the first one.
  bool first_owns_plain_state = true;
};

// The accounts of a config. Every member may be called from any thread.
class Accounts {
 public:
  Accounts(Host host, AccountsOptions options);

  // Whether there may be several, so that keys and states name the account.
  [[nodiscard]] bool are_several() const { return options_.list || given_ > 1; }
  [[nodiscard]] bool has_any() const { return options_.list || given_ > 0; }

  // Checks every account. The error covers all that do not work.
  Result<void> check();

  // Returns the stream over all accounts. `declared` has its declaration, without the account's columns, and
  // `advance`; its `plan` and `read` are not called. `accounts` lives as long as the stream.
  static SourceStream over(const std::shared_ptr<Accounts>& accounts, SourceStream declared);

 private:
  struct Entry {
    Account account;
    std::mutex name_mutex;  // held during the request, so that one thread makes it for all
    std::optional<AccountName> name;
    std::mutex streams_mutex;
    std::vector<SourceStream> streams;
    Result<AccountName> identify();
    Result<const SourceStream*> stream(const std::string& its_name);
  };
  // The accounts whose names are known, and the errors of the others.
  struct Found {
    std::vector<Entry*> entries;
    std::vector<Error> errors;
  };

  void start_naming();
  Result<void> add_listed();
  Result<Found> find();
  Result<Entry*> find(const json::object& slice);
  [[nodiscard]] std::string label(const AccountName& name) const;
  void add_columns(Stream& stream) const;
  Result<void> plan(const std::string& stream, const PlanRequest& request, const Slices& slices);
  Result<void> plan(Entry& entry, const AccountName& name, const std::string& stream,
                    const PlanRequest& request, const Slices& slices);
  Result<void> read(const std::string& stream, const ReadRequest& request, Records& records);
  Result<json::object> advance(const SourceStream& declared, json::object state,
                               const json::object& slice) const;
  Result<std::optional<json::object>> state_of(const json::object& state, const std::string& id) const;
  [[nodiscard]] json::object plain_state(json::object state) const;
  Result<Projection> with_columns(const Projection& projection, Entry& entry) const;

  Host host_;
  AccountsOptions options_;
  size_t given_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Entry>> entries_;  // the given ones, then the listed ones
  bool is_listed_ = false;
  std::optional<Found> found_;
  // The request for the name of the only account. Destroyed first, which waits for its end.
  std::future<void> naming_;
};

}  // namespace tapster
