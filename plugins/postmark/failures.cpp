#include "failures.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace postmark {

using namespace tapster;

Result<void> as_one(const Host& host, std::vector<Error> errors) {
  if (errors.empty()) return {};
  if (errors.size() == 1) return Failed(std::move(errors.front()));
  Error whole{errors.front().status, {}, 0, std::nullopt};
  const bool are_alike = std::all_of(errors.begin(), errors.end(),
                                     [&](const Error& error) { return error.status == whole.status; });
  if (!are_alike) whole.status = Status::source;
  // An error is one line of limited length, so it has two of the causes, and the log the others.
  constexpr size_t told = 2;
  whole.message = fmt::format("{} parts failed: {}; {}", errors.size(), errors[0].message, errors[1].message);
  for (size_t i = told; i < errors.size(); ++i) host.warning(errors[i].message);
  if (errors.size() > told)
    whole.message += fmt::format("; the other {} have a warning each before this", errors.size() - told);
  return Failed(std::move(whole));
}

}  // namespace postmark
