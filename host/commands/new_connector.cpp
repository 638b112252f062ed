// tapster new: writes the folder of a new connector, a copy of sdk/template in which the word "sample" is the
// connector's name.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>

#include "commands/commands.hpp"
#include "commands/template_files.hpp"
#include "plugin/plugin_search.hpp"
#include "report/print.hpp"
#include "system/file.hpp"

namespace tapster::host {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view template_name = "sample";

std::string named(std::string_view text, std::string_view name) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const auto found = std::min(text.find(template_name, at), text.size());
    out += text.substr(at, found - at);
    if (found < text.size()) out += name;
    at = found + template_name.size();
  }
  return out;
}

// Makes the folder, or takes one that exists and is empty: nothing of the user's may be replaced.
Outcome<void> make_empty_folder(const fs::path& folder) {
  std::error_code error;
  const auto type = fs::status(folder, error).type();
  if (type == fs::file_type::not_found) {
    fs::create_directories(folder, error);
    if (error) return cannot("create", folder, error);
    return {};
  }
  if (error) return cannot("create", folder, error);
  if (type != fs::file_type::directory)
    return fail(Exit::usage, fmt::format("{} exists and is not a directory: name another with --directory",
                                         folder.string()));
  const bool is_empty = fs::is_empty(folder, error);
  if (error) return cannot("read", folder, error);
  if (!is_empty)
    return fail(Exit::usage,
                fmt::format("{} is not empty, and no file in it is replaced: name another with --directory",
                            folder.string()));
  return {};
}

Outcome<void> write_template(const fs::path& folder, std::string_view name) {
  for (const auto& file : template_files()) {
    const auto path = folder / named(file.path, name);
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) return cannot("create", path.parent_path(), error);
    auto written = write_file(path, named(file.text, name));
    if (!written) return written;
    if (!file.text.starts_with("#!")) continue;
    const auto executable = fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec;
    fs::permissions(path, executable, fs::perm_options::add, error);
    if (error) return cannot("make executable", path, error);
  }
  return {};
}

// A word of a shell command.
std::string shell_word(const std::string& text) {
  const auto is_plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("/._-+").find(c) != std::string_view::npos;
  };
  if (std::all_of(text.begin(), text.end(), is_plain)) return text;
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

}  // namespace

Outcome<void> new_connector(const CommandContext& context) {
  const auto& name = context.options.connector;
  if (auto checked = check_plugin_name(name); !checked) return checked;
  const auto& folder = context.options.directory.empty() ? fs::path(name) : context.options.directory;
  if (auto made = make_empty_folder(folder); !made) return made;
  if (auto written = write_template(folder, name); !written) return written;
  return print(context.output, fmt::format(R"({0} has a connector that reads a demo API. Next:
  cd {1}
  cmake -G Ninja -B build
  cmake --build build
  ctest --test-dir build
  build/{2}-api &
  tapster preview {2} customers --plugin-dir build --config config.json --rows 5
README.md there explains the files.
)",
                                           folder.string(), shell_word(folder.string()), name));
}

}  // namespace tapster::host
