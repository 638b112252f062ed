// From the command line to an opened source.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>

#include "commands/commands.hpp"
#include "commands/config.hpp"
#include "commands/credentials.hpp"
#include "plugin/loader.hpp"
#include "plugin/plugin_search.hpp"
#include "system/signals.hpp"

namespace tapster::host {

bool is_for_person(const CommandContext& context) {
  if (context.options.report) return *context.options.report == Report::text;
  return ::isatty(context.output) == 1;
}

Outcome<Connector> find_connector(const Options& options) {
  const auto file = find_plugin(options.connector, plugin_directories(options.plugin_dirs));
  if (!file) return tl::unexpected(file.error());
  return load_connector(*file, options.connector);
}

namespace {

// The least time between two requests of this run; zero without a limit. The shards of a plan share the rate.
std::chrono::microseconds request_interval(const Options& options) {
  if (options.rate == 0) return {};
  constexpr double longest = 366 * 86'400;
  const auto share = options.rate / static_cast<double>(options.shards);
  const std::chrono::duration<double> interval(std::min(1 / share, longest));
  return std::chrono::ceil<std::chrono::microseconds>(interval);
}

}  // namespace

Outcome<void> with_source(const CommandContext& context, const UseSource& use) {
  const auto connector = find_connector(context.options);
  if (!connector) return tl::unexpected(connector.error());
  const auto spec = connector->spec();
  if (!spec) return fail(spec.error());
  auto config = read_config(context.options.config, connector->name(), *spec, context.log);
  if (!config) return tl::unexpected(config.error());
  const auto credentials = Credentials::open(context, connector->name(), *spec, *config);
  if (!credentials) return tl::unexpected(credentials.error());

  const auto started = StopSignals::start();  // before the connector can start a thread
  if (!started) return tl::unexpected(started.error());
  auto& signals = **started;
  HostServices services(context.clock, context.log, context.options.connector);
  services.on_store(
      [&](std::string_view name, std::string_view value) { return (*credentials)->store(name, value); });
  services.limit_requests(request_interval(context.options));
  if (context.options.command != Command::check && context.options.command != Command::info)
    services.set_quiet_opening();
  auto source = Source::open(*connector, *config, services);
  if (!source) {
    return fail(with_context(config_names(context.options.config), source.error()).value());
  }
  signals.on_stop([&] {
    const int number = signals.received();
    context.log.info(fmt::format("{}: stopping{}", ::strsignal(number),
                                 number == SIGHUP ? "" : "; a second signal ends the run at once"));
    source->cancel();
  });
  auto result = use(*source, services);
  signals.on_stop(nullptr);
  if (result || signals.received() == 0 || result.error().exit == Exit::output) return result;
  return fail(static_cast<Exit>(signal_exit + signals.received()),
              fmt::format("stopped by a signal: {}", ::strsignal(signals.received())));
}

}  // namespace tapster::host
