#include <fmt/format.h>

#include <map>
#include <system_error>
#include <tapster/accounts.hpp>
#include <tapster/joined_errors.hpp>
#include <utility>

namespace tapster {

namespace {

// Names the credential in the error, unless there was no response: that is not the credential's fault.
Error of_credential(const std::string& credential, Error error) {
  const bool has_responded = !error.is_transient() || error.http_status != 0;
  return has_responded ? with_context(credential, std::move(error)).value() : error;
}

std::string as_json(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

// Plans the stream of one account.
Result<void> plan_slices(const Result<const SourceStream*>& found, const PlanRequest& request,
                         Slices slices) {
  if (!found) return Failed(found.error());
  const auto& plan = (*found)->plan;
  return plan ? plan(request, slices) : slices.push({});
}

}  // namespace

Accounts::Accounts(Host host, AccountsOptions options) : host_(host), options_(std::move(options)) {
  for (auto& account : options_.given) {
    auto entry = std::make_unique<Entry>();
    entry->account = std::move(account);
    entries_.push_back(std::move(entry));
  }
  given_ = entries_.size();
}

Result<AccountName> Accounts::Entry::identify() {
  const std::lock_guard lock(name_mutex);
  if (name) return *name;
  auto found = account.identify();
  if (found && found->id.empty())
    return source_error(fmt::format("{}: the account has no id", account.credential));
  if (found) name = *found;
  return found;
}

Result<const SourceStream*> Accounts::Entry::stream(const std::string& its_name) {
  const std::lock_guard lock(streams_mutex);
  if (streams.empty()) streams = account.streams();
  for (const auto& each : streams) {
    if (each.stream.name != its_name) continue;
    if (each.failure) return Failed(*each.failure);
    return &each;
  }
  return internal_error(fmt::format("{}: the account has no stream {}", account.credential, its_name));
}

std::string Accounts::label(const AccountName& name) const {
  return fmt::format("{} {} ({})", options_.member, name.id, name.name);
}

// Under mutex_.
Result<void> Accounts::add_listed() {
  if (!options_.list || is_listed_) return {};
  auto listed = options_.list();
  if (!listed) return Failed(std::move(listed).error());
  for (auto& account : *listed) {
    auto entry = std::make_unique<Entry>();
    entry->account = std::move(account);
    entries_.push_back(std::move(entry));
  }
  is_listed_ = true;
  return {};
}

Result<Accounts::Found> Accounts::find() {
  const std::lock_guard lock(mutex_);
  if (found_) return *found_;
  Found found;
  auto listed = add_listed();
  if (!listed) {
    if (listed.error().status == Status::cancelled) return Failed(std::move(listed).error());
    found.errors.push_back(std::move(listed).error());
  }
  std::map<std::string, std::string> credentials;  // by account
  for (size_t i = 0; i < entries_.size(); ++i) {
    auto& entry = *entries_[i];
    auto name = entry.identify();
    if (!name) {
      if (name.error().status == Status::cancelled) return Failed(std::move(name).error());
      found.errors.push_back(of_credential(entry.account.credential, std::move(name).error()));
      continue;
    }
    const auto [other, is_new] = credentials.emplace(name->id, entry.account.credential);
    if (is_new) {
      found.entries.push_back(&entry);
    } else if (i < given_) {
      return config_error(fmt::format("{} and {} both belong to {}: remove one", other->second,
                                      entry.account.credential, label(*name)));
    }
  }
  // If no account is known, the next call tries again.
  if (!found.entries.empty()) found_ = found;
  return found;
}

Result<Accounts::Entry*> Accounts::find(const json::object& slice) {
  const auto id = text_of(slice, options_.member);
  if (id.empty() && !are_several()) return entries_.front().get();
  if (id.empty())
    return config_error(fmt::format("the slice belongs to a config with one {}, but this config has several",
                                    options_.member));
  auto found = find();
  if (!found) return Failed(std::move(found).error());
  for (auto* entry : found->entries) {
    const auto name = entry->identify();
    if (name && name->id == id) return entry;
  }
  if (!found->errors.empty()) return Failed(std::move(found->errors.front()));
  return config_error(fmt::format("the config has no credential for {} {}", options_.member, id));
}

Result<void> Accounts::check() {
  auto found = find();
  if (!found) return Failed(std::move(found).error());
  auto errors = std::move(found->errors);
  for (auto* entry : found->entries) {
    if (!entry->account.check) continue;
    auto checked = entry->account.check();
    if (checked) continue;
    if (checked.error().status == Status::cancelled) return checked;
    errors.push_back(of_credential(entry->account.credential, std::move(checked).error()));
  }
  return join_errors(host_, std::move(errors));
}

SourceStream Accounts::over(const std::shared_ptr<Accounts>& accounts, SourceStream declared) {
  SourceStream stream{.stream = declared.stream, .failure = declared.failure};
  accounts->add_columns(stream.stream);
  const auto name = stream.stream.name;
  stream.plan = [accounts, name](const PlanRequest& request, Slices& slices) {
    return accounts->plan(name, request, slices);
  };
  stream.read = [accounts, name](const ReadRequest& request, Records& records) {
    return accounts->read(name, request, records);
  };
  if (declared.advance)
    stream.advance = [accounts, declared = std::move(declared)](json::object state,
                                                                const json::object& slice) {
      return accounts->advance(declared, std::move(state), slice);
    };
  return stream;
}

void Accounts::add_columns(Stream& stream) const {
  stream.columns.push_back(options_.id_column);
  stream.columns.push_back(options_.name_column);
  if (are_several()) stream.key.insert(stream.key.begin(), options_.id_column.name);
}

// ---- Planning

// Reading needs the name of the only account for its columns, planning does not. Reading has the error.
void Accounts::start_naming() {
  const std::lock_guard lock(mutex_);
  if (naming_.valid()) return;
  try {
    naming_ = std::async(std::launch::async, [entry = entries_.front().get()] { (void)entry->identify(); });
  } catch (const std::system_error&) {
    // No thread: reading requests it.
  }
}

Result<void> Accounts::plan(const std::string& stream, const PlanRequest& request, const Slices& slices) {
  if (!are_several() && !request.state.contains(options_.states)) {
    start_naming();
    return plan_slices(entries_.front()->stream(stream), request, slices);
  }
  const bool is_owned = options_.first_owns_plain_state && given_ > 0;
  if (!is_owned && !plain_state(request.state).empty())
    return state_error(
        fmt::format("the state belongs to one {}, but does not say which: give that {}'s credential by "
                    "itself, or move the "
                    "state into {{\"{}\":{{\"ID\":…}}}}",
                    options_.member, options_.member, options_.states));
  auto found = find();
  if (!found) return Failed(std::move(found).error());
  auto errors = std::move(found->errors);
  for (auto* entry : found->entries) {
    const auto name = entry->identify();
    auto planned = name ? plan(*entry, *name, stream, request, slices) : Failed(name.error());
    if (planned) continue;
    if (planned.error().status == Status::cancelled) return planned;
    errors.push_back(
        with_context(name ? label(*name) : entry->account.credential, std::move(planned).error()).value());
  }
  return join_errors(host_, std::move(errors));
}

Result<void> Accounts::plan(Entry& entry, const AccountName& name, const std::string& stream,
                            const PlanRequest& request, const Slices& slices) {
  auto own = state_of(request.state, name.id);
  if (!own) return Failed(std::move(own).error());
  json::object members{{options_.member, name.id}};
  auto plain = plain_state(request.state);
  const bool is_first = options_.first_owns_plain_state && &entry == entries_.front().get();
  if (!*own && is_first && !plain.empty()) {
    *own = std::move(plain);
    members["takes_over"] = true;
  }
  const auto its_slices = slices.with(members).in_partition(name.id);
  const PlanRequest its_request{std::move(*own).value_or(json::object()), request.since, request.until,
                                request.now};
  return plan_slices(entry.stream(stream), its_request, its_slices);
}

// ---- Reading

Result<void> Accounts::read(const std::string& stream, const ReadRequest& request, Records& records) {
  const auto entry = find(request.slice);
  if (!entry) return Failed(entry.error());
  const auto columns = with_columns(request.projection, **entry);
  if (!columns) return Failed(columns.error());
  const auto own = (*entry)->stream(stream);
  return own ? (*own)->read({*columns, request.slice}, records) : Failed(own.error());
}

// Requests the name if one of its columns is selected.
Result<Projection> Accounts::with_columns(const Projection& projection, Entry& entry) const {
  const auto& id = options_.id_column;
  const auto& name = options_.name_column;
  if (!projection.has(id.name) && !projection.has(name.name)) return projection;
  const auto found = entry.identify();
  if (!found) return Failed(found.error());
  return projection.with(id.name, id.type == Type::string ? as_json(found->id) : found->id)
      .with(name.name, as_json(found->name));
}

// ---- States

json::object Accounts::plain_state(json::object state) const {
  state.erase(options_.states);
  return state;
}

// The state of an account; nothing if it has none.
Result<std::optional<json::object>> Accounts::state_of(const json::object& state,
                                                       const std::string& id) const {
  const auto wrong = [](std::string_view member, const json::value& value) {
    return state_error(
        fmt::format("{} must be an object, not {}: correct it, or remove it to read from the start", member,
                    json::serialize(value)));
  };
  const auto* states = state.if_contains(options_.states);
  if (!states) return std::optional<json::object>();
  if (!states->is_object()) return wrong(options_.states, *states);
  const auto* own = states->as_object().if_contains(id);
  if (!own) return std::optional<json::object>();
  if (!own->is_object()) return wrong(fmt::format("{}.{}", options_.states, id), *own);
  return own->as_object();
}

// If the slice has "takes_over", its account gets the state outside of `states`.
Result<json::object> Accounts::advance(const SourceStream& declared, json::object state,
                                       const json::object& slice) const {
  const auto id = text_of(slice, options_.member);
  if (id.empty()) return declared.advance(std::move(state), slice);
  auto own = state_of(state, id);
  if (!own) return Failed(std::move(own).error());
  if (!*own && slice.contains("takes_over")) {
    *own = plain_state(state);
    for (const auto& [name, value] : **own) state.erase(name);
  }
  auto advanced = declared.advance(std::move(*own).value_or(json::object()), slice);
  if (!advanced) return advanced;
  auto& states = state[options_.states];
  if (states.is_null()) states.emplace_object();
  states.as_object()[id] = *std::move(advanced);
  return state;
}

}  // namespace tapster
