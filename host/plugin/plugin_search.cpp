#include "plugin/plugin_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <system_error>

#include "report/did_you_mean.hpp"

namespace tapster::host {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view file_prefix = "tapster-";
constexpr std::string_view file_suffix = ".so";

std::string file_name(std::string_view name) {
  return fmt::format("{}{}{}", file_prefix, name, file_suffix);
}

// The value of an environment variable; empty if it is not set.
std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

// The name in a plugin's file name; empty for other files.
std::string name_in(std::string_view file) {
  if (!file.starts_with(file_prefix) || !file.ends_with(file_suffix)) return {};
  if (file.size() < file_prefix.size() + file_suffix.size()) return {};
  file.remove_prefix(file_prefix.size());
  file.remove_suffix(file_suffix.size());
  return is_plugin_name(file) ? std::string(file) : std::string();
}

// The names of the plugins in one directory. Empty for one that cannot be read.
std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    auto name = name_in(entry->path().filename().native());
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

// Why the plugin is not in `directory`; empty if it is.
std::string absence(const fs::path& directory, std::string_view name) {
  std::error_code error;
  const auto status = fs::status(directory, error);
  if (status.type() == fs::file_type::not_found) return "there is no such directory";
  if (error) return error.message();
  if (status.type() != fs::file_type::directory) return "it is not a directory";
  const auto file = fs::symlink_status(directory / file_name(name), error);
  if (file.type() == fs::file_type::not_found) return fmt::format("it has no {}", file_name(name));
  if (error) return error.message();
  return {};
}

}  // namespace

bool is_plugin_name(std::string_view name) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_rest = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), is_rest);
}

Outcome<void> check_plugin_name(std::string_view name) {
  if (is_plugin_name(name)) return {};
  return fail(Exit::usage,
              fmt::format("\"{}\" cannot be a connector's name: it must start with a letter, followed by "
                          "lowercase letters, digits and hyphens",
                          name));
}

std::vector<PluginDirectory> plugin_directories(const std::vector<fs::path>& given) {
  std::vector<PluginDirectory> directories;
  const auto add = [&](const fs::path& path, std::string_view origin) {
    std::error_code error;
    const auto absolute = fs::absolute(path, error).lexically_normal();
    if (!error) directories.push_back({absolute, std::string(origin)});
  };

  for (const auto& path : given) add(path, "--plugin-dir");

  auto rest = variable("TAPSTER_PLUGIN_PATH");
  while (!rest.empty()) {
    const auto path = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), path.size() + 1));
    if (!path.empty()) add(path, "TAPSTER_PLUGIN_PATH");
  }

  // An XDG path that is not absolute must be ignored: https://specifications.freedesktop.org/basedir-spec
  fs::path data = variable("XDG_DATA_HOME");
  const fs::path home = variable("HOME");
  if (!data.is_absolute() && home.is_absolute()) data = home / ".local/share";
  if (data.is_absolute()) add(data / "tapster/plugins", "the user's");

  std::error_code error;
  const auto executable = fs::read_symlink("/proc/self/exe", error);
  if (!error) add(executable.parent_path().parent_path() / TAPSTER_PLUGIN_DIR, "the install's");
  return directories;
}

Outcome<fs::path> find_plugin(std::string_view name, const std::vector<PluginDirectory>& directories) {
  if (const auto checked = check_plugin_name(name); !checked) return tl::unexpected(checked.error());
  std::string looked;
  std::vector<std::string> others;
  for (const auto& directory : directories) {
    const auto why = absence(directory.path, name);
    if (why.empty()) return directory.path / file_name(name);
    looked += fmt::format("\n{} ({}): {}", directory.path.string(), directory.origin, why);
    for (auto& other : names_in(directory.path)) others.push_back(std::move(other));
  }
  const auto hint = did_you_mean(name, others);
  return fail(Exit::plugin, fmt::format("there is no connector {}{} Looked in:{}", name,
                                        hint.empty() ? "." : hint, looked));
}

std::vector<PluginFile> all_plugins(const std::vector<PluginDirectory>& directories) {
  std::map<std::string, fs::path> found;
  for (const auto& directory : directories) {
    for (const auto& name : names_in(directory.path)) found.emplace(name, directory.path / file_name(name));
  }
  std::vector<PluginFile> files;
  files.reserve(found.size());
  for (const auto& [name, path] : found) files.push_back({name, path});
  return files;
}

}  // namespace tapster::host
