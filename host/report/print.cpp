#include "report/print.hpp"

#include <fmt/format.h>

#include <string>

#include "system/descriptor.hpp"
#include "system/line_ends.hpp"

namespace tapster::host {

Outcome<void> print(int descriptor, std::string_view text) {
  std::string safe(text);
  escape_line_ends(safe);
  const auto error = write_all(descriptor, safe);
  if (!error) return {};
  return fail(Exit::output, fmt::format("cannot write to standard output: {}", error.message()));
}

}  // namespace tapster::host
