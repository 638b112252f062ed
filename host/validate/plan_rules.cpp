// The rules about check and plan, with a config that works.
#include <fmt/format.h>

#include <map>

#include "validate/families.hpp"
#include "validate/slice_bounds.hpp"
#include "validate/streams.hpp"

namespace tapster::host {

namespace {

// The partition of a slice; nothing if it has none.
std::optional<std::string> partition_in(std::string_view slice) {
  const auto object = parse_json_object(slice, "the slice");
  const auto* name = object ? find_string(*object, "partition") : nullptr;
  if (name == nullptr) return std::nullopt;
  return std::string(view(*name));
}

void check_order(Trial& trial, const std::string& stream, const std::vector<std::string>& plan) {
  std::map<std::string, std::string> before;  // by partition
  for (const auto& slice : plan) {
    auto& earlier = before[partition_in(slice).value_or("")];
    if (!earlier.empty() && is_later(earlier, slice)) {
      trial.fail(fmt::format("the slice {} comes after {}", slice, earlier),
                 "Push the oldest slice first: the bookmark follows the order of the slices.", stream);
      return;
    }
    earlier = slice;
  }
}

void check_partitions(Trial& trial, const std::string& stream, const std::vector<std::string>& plan) {
  for (const auto& slice : plan) {
    if (partition_in(slice).has_value() == partition_in(plan.front()).has_value()) continue;
    trial.fail(fmt::format("the slices {} and {}: one of them has a partition", plan.front(), slice),
               "Give every slice of the stream a \"partition\", or none.", stream);
    return;
  }
}

}  // namespace

void check_check(Trial& trial) {
  auto opened = trial.open(true);
  if (!opened) return;
  trial.doing("check");
  const auto checked = (*opened)->check();
  if (!checked)
    trial.fail("check failed: " + words(checked.error()), "Give a config that works, or correct check.");
}

void check_plan(Trial& trial) {
  auto opened = trial.open(true);
  if (!opened) return;
  for (const auto& stream : trial.subject().streams) {
    const auto plan_it = [&]() {
      trial.doing("plan of the stream " + stream.name);
      auto plan = plan_all(*opened->source, stream.name, {});
      if (!plan)
        trial.fail("plan failed: " + words(plan.error()), "Plan a stream that has no state.", stream.name);
      return plan;
    };
    const auto plan = plan_it();
    if (!plan || plan->empty()) continue;
    const auto again = plan_it();
    if (!again) continue;
    if (*again != *plan)
      trial.fail(
          fmt::format(
              "a second plan at the same time differs: {} and then {} slices, the first ones {} and {}",
              plan->size(), again->size(), plan->front(), again->empty() ? "none" : again->front()),
          "Plan from the config, the state and tapster_host.now alone.", stream.name);
    check_partitions(trial, stream.name, *plan);
    check_order(trial, stream.name, *plan);
  }
}

}  // namespace tapster::host
