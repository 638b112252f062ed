#include "state/credentials_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "system/file.hpp"

namespace tapster::host {

namespace {

constexpr size_t longest_file = 1UL << 20U;
constexpr mode_t owner_only = S_IRUSR | S_IWUSR;

}  // namespace

Outcome<CredentialsFile> CredentialsFile::open(std::filesystem::path path, std::string_view connector,
                                               Log& log) {
  auto locked = LockedFile::open(std::move(path), "credentials file");
  if (!locked) return tl::unexpected(std::move(locked).error());
  CredentialsFile file(*std::move(locked), connector);
  if (!file.file_.exists()) return file;
  auto done = file.read(log);
  if (!done) return tl::unexpected(std::move(done).error());
  return file;
}

Outcome<void> CredentialsFile::read(Log& log) {
  const auto text = read_file(file_.path(), longest_file);
  if (!text) return tl::unexpected(text.error());
  if (text->empty()) return {};  // made by the user, to set its owner
  const auto name = file_.path().string();
  const auto wrong = [&] {
    return fail(Exit::usage, fmt::format("{}: not a credentials file, which tapster writes itself", name));
  };
  const auto content = parse_json_object(*text, name);
  const auto* settings = content ? find_object(*content, "settings") : nullptr;
  if (settings == nullptr) return wrong();
  if (const auto owner = text_of(*content, "connector"); owner != connector_)
    return fail(Exit::usage, fmt::format("{}: it has credentials of the connector {}, not of {}", name, owner,
                                         connector_));
  for (const auto& [setting, value] : *settings) {
    const auto* entries = value.if_array();
    if (entries == nullptr) return wrong();
    for (const auto& entry : *entries) {
      const auto* object = entry.if_object();
      const auto* stored = object == nullptr ? nullptr : find_string(*object, "value");
      const auto* replaces = object == nullptr ? nullptr : object->if_contains("replaces");
      if (stored == nullptr || replaces == nullptr) return wrong();
      log.hide(view(*stored));
      if (const auto* old = replaces->if_string()) log.hide(view(*old));
      settings_[std::string(setting)].push_back({*replaces, std::string(view(*stored))});
    }
  }
  return {};
}

void CredentialsFile::apply(json::object& config, Log& log) const {
  for (const auto& [setting, entries] : settings_) {
    auto& value = config[setting];
    const auto entry =
        std::find_if(entries.begin(), entries.end(), [&](const Entry& one) { return one.replaces == value; });
    if (entry != entries.end()) {
      value = json::string(entry->value);
      continue;
    }
    const bool is_stored = std::any_of(entries.begin(), entries.end(),
                                       [&](const Entry& one) { return value == json::string(one.value); });
    if (!is_stored)
      log.info(
          fmt::format("\"{}\" has another value in the config than those that {} replaces; the config's "
                      "is used",
                      setting, file_.path().string()));
    if (value.is_null()) config.erase(setting);
  }
}

Outcome<void> CredentialsFile::store(std::string_view setting, const json::value& given,
                                     std::string_view value) {
  auto* entry = entry_of(setting, given);
  if (entry == nullptr) entry = &settings_[std::string(setting)].emplace_back();
  entry->replaces = given;
  entry->value = value;
  return replace_locked_file(file_.path(), to_json() + "\n", "the new credentials", owner_only);
}

// The entry that replaces the value; or the one whose value the user has put into the config.
CredentialsFile::Entry* CredentialsFile::entry_of(std::string_view setting, const json::value& given) {
  const auto found = settings_.find(setting);
  if (found == settings_.end()) return nullptr;
  for (auto& entry : found->second) {
    if (entry.replaces == given) return &entry;
  }
  for (auto& entry : found->second) {
    if (given == json::string(entry.value)) return &entry;
  }
  return nullptr;
}

std::string CredentialsFile::to_json() const {
  json::object settings;
  for (const auto& [setting, entries] : settings_) {
    json::array list;
    for (const auto& entry : entries)
      list.push_back(json::object{{"replaces", entry.replaces}, {"value", entry.value}});
    settings[setting] = std::move(list);
  }
  return json::serialize(json::object{{"connector", connector_}, {"settings", std::move(settings)}});
}

}  // namespace tapster::host
