// Finds connectors: files tapster-NAME.so in a few directories. The first match is used.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "system/exit_code.hpp"

namespace tapster::host {

struct PluginDirectory {
  std::filesystem::path path;
  std::string origin;  // where it comes from, for messages: "--plugin-dir", "TAPSTER_PLUGIN_PATH", "the
                       // user's", "the install's"
};

struct PluginFile {
  std::string name;            // NAME of tapster-NAME.so
  std::filesystem::path path;  // absolute
};

// Whether `name` is [a-z][a-z0-9-]*, which also keeps it from being a path.
bool is_plugin_name(std::string_view name);
// A usage failure that names the rule, if it is not.
Outcome<void> check_plugin_name(std::string_view name);

// The directories in the order in which they are searched: those given with --plugin-dir, those of the
// environment variable TAPSTER_PLUGIN_PATH (between colons), the user's ($XDG_DATA_HOME or ~/.local/share,
// tapster/plugins), and the one that belongs to this executable, in its install or build tree. They need not
// exist.
std::vector<PluginDirectory> plugin_directories(const std::vector<std::filesystem::path>& given);

// The file of the connector `name`. If there is none, a plugin failure that says what is wrong with each
// directory, and suggests the nearest name.
Outcome<std::filesystem::path> find_plugin(std::string_view name,
                                           const std::vector<PluginDirectory>& directories);

// Every connector's file, sorted by name; if several have the same name, only the one that would be used.
std::vector<PluginFile> all_plugins(const std::vector<PluginDirectory>& directories);

}  // namespace tapster::host
