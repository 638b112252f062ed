#include "sync/verdict.hpp"

#include <fmt/format.h>

#include <set>
#include <string_view>
#include <utility>

namespace tapster::host {

Outcome<void> verdict(const std::vector<FailedStream>& failed, size_t all) {
  if (failed.empty()) return {};
  std::string names;
  std::string first_error;
  std::set<std::string_view> causes;
  std::optional<Exit> exit;
  std::optional<FailureType> type;
  for (const auto& stream : failed) {
    names += (names.empty() ? "" : ", ") + stream.name;
    if (first_error.empty() && !stream.error.empty())
      first_error = fmt::format("{}: {}", stream.name, stream.error);
    if (!stream.cause.empty()) causes.insert(stream.cause);
    exit = one_for(exit, stream.exit, Exit::partial);
    type = one_for(type, stream.type, FailureType::system);
  }
  const bool is_all = failed.size() == all;
  auto message = fmt::format("{} of {} streams failed", failed.size(), all);
  // The names of all streams say nothing new.
  if (!is_all) message += fmt::format(" ({})", names);
  if (causes.size() == 1) message += fmt::format(": {}", *causes.begin());
  if (causes.size() > 1)
    message += fmt::format(", for {} reasons; the first: {}", causes.size(), first_error);
  return tl::unexpected(Failure{is_all ? *exit : Exit::partial, std::move(message), *type});
}

}  // namespace tapster::host
