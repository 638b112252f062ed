// The rule about the config's secrets.
#include <fmt/format.h>

#include <tapster/secrets.hpp>

#include "validate/families.hpp"
#include "validate/no_network.hpp"
#include "validate/placeholder_config.hpp"
#include "validate/streams.hpp"

namespace tapster::host {

namespace {

// A place in which a secret must not be.
struct Place {
  std::string name, text;
};

// Makes every call, and returns the errors. Without a network, every request fails, with an error that may
// quote it.
std::string errors_of_calls(Trial& trial) {
  std::string errors;
  const auto keep = [&](const auto& result) {
    if (!result) errors += result.error().message + "\n";
  };
  auto opened = trial.open(false);
  if (!opened) return errors;
  auto& source = *opened->source;
  keep(source.check());
  keep(source.discover());
  for (const auto& stream : trial.subject().streams) {
    trial.doing("plan of the stream " + stream.name);
    const auto plan = plan_all(source, stream.name, {});
    keep(plan);
    if (!plan || plan->empty()) continue;
    trial.doing(fmt::format("read of the stream {}, slice {}", stream.name, plan->front()));
    keep(source.read(stream.name, plan->front(), {}, [](const tapster_batch&) { return Result<void>(); }));
  }
  return errors;
}

std::string errors_of_open(Trial& trial) {
  auto connector = trial.load();
  std::string errors;
  if (!connector) return errors;
  // Each wrong setting may be quoted with its neighbours.
  for (const auto& [name, value] : *trial.subject().config) {
    HostServices services(trial.clock(false), trial.log(), trial.subject().name);
    auto config = *trial.subject().config;
    config[name] = json::object{{"wrong", value}};
    const auto source = Source::open(*connector, config, services);
    if (!source) errors += source.error().message + "\n";
  }
  return errors;
}

std::vector<Place> places_of(Trial& trial) {
  const auto& subject = trial.subject();
  refuse_connections();
  const auto errors = errors_of_calls(trial) + errors_of_open(trial);
  std::vector<Place> places{{"an error", errors},
                            {"the log", trial.logged() + subject.sample_log},
                            {"what it prints", trial.printed()}};
  for (const auto& sample : subject.samples) {
    Place slices{"a slice of the stream " + sample.stream, {}};
    Place records{"a record of the stream " + sample.stream, {}};
    for (const auto& slice : sample.plan) slices.text += slice + "\n";
    for (const auto& read : sample.oldest) {
      slices.text += read.last() + "\n";
      records.text += read.lines;
    }
    places.push_back(std::move(slices));
    places.push_back(std::move(records));
  }
  return places;
}

}  // namespace

void check_secrets(Trial& trial) {
  const auto secrets = secrets_of(*trial.subject().config, trial.subject().spec);
  if (secrets.empty()) return trial.skip("the config has no secret");
  const auto places = places_of(trial);
  for (const auto& secret : secrets) {
    std::vector<std::string> forms;
    add_forms(forms, secret.value);
    for (const auto& place : places) {
      if (redacted(place.text, forms) == place.text) continue;
      trial.fail(fmt::format("the value of the secret setting {} is in {}", secret.name, place.name),
                 "Leave secrets out of every text that leaves the connector.");
    }
  }
}

}  // namespace tapster::host
