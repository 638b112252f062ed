#include <tapster/joined_errors.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace tapster {

Result<void> join_errors(const Host& host, std::vector<Error> errors) {
  // Several servers that cannot be reached fail alike.
  const auto same = [](const Error& a, const Error& b) { return a.message == b.message; };
  errors.erase(std::unique(errors.begin(), errors.end(), same), errors.end());
  if (errors.empty()) return {};
  for (auto& error : errors)
    if (errors.size() == 1 || error.status == Status::cancelled) return Failed(std::move(error));
  Error joined{errors.front().status, {}, 0, std::nullopt};
  const bool are_alike = std::all_of(errors.begin(), errors.end(),
                                     [&](const Error& error) { return error.status == joined.status; });
  if (!are_alike) joined.status = Status::source;
  // An error is one line of limited length, so it has two of the causes. The others are logged.
  constexpr size_t shown = 2;
  joined.message = fmt::format("{} errors: {}; {}", errors.size(), errors[0].message, errors[1].message);
  for (size_t i = shown; i < errors.size(); ++i) host.warning(errors[i].message);
  if (errors.size() > shown)
    joined.message += fmt::format("; the other {} are logged above as warnings", errors.size() - shown);
  return Failed(std::move(joined));
}

}  // namespace tapster
