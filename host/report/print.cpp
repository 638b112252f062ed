#include "report/print.hpp"

#include <fmt/format.h>

#include "system/descriptor.hpp"

namespace tapster::host {

Outcome<void> print(int descriptor, std::string_view text) {
  const auto error = write_all(descriptor, text);
  if (!error) return {};
  return fail(Exit::output, fmt::format("cannot write to standard output: {}", error.message()));
}

}  // namespace tapster::host
