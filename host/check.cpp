// tapster check and tapster discover: the two questions that need a source and no slice.
#include <fmt/format.h>

#include "commands.hpp"
#include "config.hpp"
#include "print.hpp"

namespace tapster::host {

Outcome<void> check(const Run& run) {
  return with_source(run, [&](Source& source, Services&) -> Outcome<void> {
    auto works = source.check();
    if (!works) return tl::unexpected(to_failure(std::move(works).error()));
    run.log.write(Level::info, run.options.connector, {},
                  fmt::format("{} works", config_names(run.options.config)));
    return {};
  });
}

Outcome<void> discover(const Run& run) {
  return with_source(run, [&](Source& source, Services&) -> Outcome<void> {
    const auto catalog = source.discover();
    if (!catalog) return tl::unexpected(to_failure(catalog.error()));
    return print(run.output, pretty(*catalog));
  });
}

}  // namespace tapster::host
