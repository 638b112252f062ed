// tapster link: makes a link to the program that runs a connector as a Singer tap or an Airbyte source.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "commands/commands.hpp"
#include "report/print.hpp"

namespace tapster::host {

namespace fs = std::filesystem;

namespace {

// The target of a link from `directory` to the program. Inside the installation it is relative, so that it
// stays valid when the installation is moved.
fs::path target_from(const fs::path& directory, const fs::path& program) {
  const auto way = directory.lexically_relative(program.parent_path().parent_path());
  const bool is_inside = !way.empty() && *way.begin() != "..";
  return is_inside ? program.lexically_relative(directory) : program;
}

}  // namespace

Outcome<void> link(const CommandContext& context) {
  const auto connector =
      find_connector(context.options);  // a link to a missing connector would only fail later
  if (!connector) return tl::unexpected(connector.error());
  std::error_code error;
  const auto directory = fs::canonical(context.options.directory, error);
  if (error || !fs::is_directory(directory))
    return fail(Exit::usage, fmt::format("{} is not a directory, so no link can be made in it",
                                         context.options.directory.string()));
  const auto program = fs::read_symlink("/proc/self/exe", error);
  if (error) return fail(Exit::failed, fmt::format("/proc/self/exe: {}", error.message()));

  const bool is_source = context.options.format == Format::airbyte;
  const auto name = directory / fmt::format("{}-{}", is_source ? "source" : "tap", connector->name());
  const auto old = fs::symlink_status(name, error);
  if (fs::exists(old) &&
      (!fs::is_symlink(old) || fs::read_symlink(name, error).filename() != program.filename()))
    return fail(Exit::usage, fmt::format("{} exists and is not a link to {}: move it away", name.string(),
                                         program.filename().string()));
  // Make the link beside it and rename it: a tap that starts meanwhile finds the old link or the new one.
  const fs::path fresh = fmt::format("{}.{}", name.string(), ::getpid());
  fs::create_symlink(target_from(directory, program), fresh, error);
  if (!error) fs::rename(fresh, name, error);
  if (error) return fail(Exit::failed, fmt::format("{} cannot be made: {}", name.string(), error.message()));
  return print(context.output, name.string() + "\n");
}

}  // namespace tapster::host
