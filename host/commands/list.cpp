// tapster list: the connectors that there are. Each is loaded in a child process, so that one bad file breaks
// no list.
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>

#include "commands/commands.hpp"
#include "plugin/loader.hpp"
#include "plugin/plugin_search.hpp"
#include "report/pretty_json.hpp"
#include "report/print.hpp"
#include "report/table.hpp"

namespace tapster::host {

namespace {

constexpr std::chrono::seconds longest_load(10);

// The child's side: what there is to say of the file, as one JSON object.
json::object describe(const PluginFile& file) {
  const auto connector = load_connector(file.path, file.name);
  if (!connector) return {{"error", connector.error().message}};
  return {{"version", connector->version()}, {"description", connector->description()}};
}

// What the child writes until it ends; nothing where it takes too long.
std::optional<std::string> read_answer(int from) {
  std::string text;
  std::array<char, 4096> block{};
  const auto end = std::chrono::steady_clock::now() + longest_load;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd file{from, POLLIN, 0};
    const int ready = left.count() > 0 ? ::poll(&file, 1, static_cast<int>(left.count())) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return std::nullopt;
    const auto count = ::read(from, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(block.data(), static_cast<size_t>(count));
  }
}

// What the child found out, or how it ended instead.
json::object describe_aside(const PluginFile& file) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return {{"error", std::strerror(errno)}};
  const pid_t child = ::fork();
  if (child < 0) {
    const std::string why = std::strerror(errno);
    ::close(ends[0]);
    ::close(ends[1]);
    return {{"error", why}};
  }
  if (child == 0) {
    ::close(ends[0]);
    const auto text = json::serialize(describe(file));
    ::_exit(print(ends[1], text) ? 0 : 1);
  }
  ::close(ends[1]);
  const auto answer = read_answer(ends[0]);
  ::close(ends[0]);
  if (!answer) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const auto broken = [&](std::string_view how) -> json::object {
    return {{"error", fmt::format("{} {}", file.path.string(), how)}};
  };
  if (!answer) return broken(fmt::format("did not load within {} seconds", longest_load.count()));
  if (WIFSIGNALED(status)) {
    return broken(fmt::format("crashed while it was loaded: {}", ::strsignal(WTERMSIG(status))));
  }
  auto object = parse_json_object(*answer, "the child's answer");
  if (!object) return broken("ended the process while it was loaded");
  return *std::move(object);
}

}  // namespace

Outcome<void> list(const Run& run) {
  const auto directories = plugin_directories(run.options.plugin_dirs);
  json::array connectors;
  std::vector<std::vector<std::string>> rows{{"NAME", "VERSION", "DESCRIPTION"}};
  for (const auto& file : all_plugins(directories)) {
    auto found = describe_aside(file);
    const auto text = [&](const char* key) {
      const auto* value = find_string(found, key);
      return value == nullptr ? std::string() : std::string(view(*value));
    };
    const auto error = text("error");
    rows.push_back(
        {file.name, error.empty() ? text("version") : "-", error.empty() ? text("description") : error});
    json::object connector{{"name", file.name}, {"path", file.path.string()}};
    for (auto& [key, value] : found) connector[key] = value;
    connectors.push_back(std::move(connector));
  }
  if (run.options.report == Report::json) return print(run.output, pretty(connectors));
  if (connectors.empty()) {
    std::string looked;
    for (const auto& directory : directories) {
      looked += fmt::format("\n{} ({})", directory.path.string(), directory.origin);
    }
    run.log.warning("there is no connector. Looked in:" + looked);
    return {};
  }
  return print(run.output, table(rows));
}

}  // namespace tapster::host
