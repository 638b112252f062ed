#include "failures.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace postmark {

using namespace tapster;

Result<void> as_one(const Host& host, std::vector<Error> errors) {
  if (errors.empty()) return {};
  if (errors.size() == 1) return Failed(std::move(errors.front()));
  for (const auto& error : errors) host.warning(error.message);
  Error whole{errors.front().status, {}, 0, std::nullopt};
  const bool are_alike = std::all_of(errors.begin(), errors.end(),
                                     [&](const Error& error) { return error.status == whole.status; });
  if (!are_alike) whole.status = Status::source;
  whole.message = fmt::format("{} parts failed, each for the cause in a warning before", errors.size());
  return Failed(std::move(whole));
}

}  // namespace postmark
