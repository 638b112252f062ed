// The rules about read.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "catalog/selected_schema.hpp"
#include "validate/families.hpp"
#include "validate/no_network.hpp"
#include "validate/sample.hpp"
#include "validate/streams.hpp"

namespace tapster::host {

namespace {

constexpr size_t fewest_slices = 3;
constexpr size_t most_read_slices = 12;

// Why the lines are not records; empty if they are.
std::string flaw_of(const std::string& lines) {
  const auto count = static_cast<size_t>(std::count(lines.begin(), lines.end(), '\n'));
  if (records_of(lines).size() == count) return {};
  return "it pushed a record that is not a JSON object in UTF-8";
}

// Reads a slice into the sample; null if that fails, and the rule fails.
std::optional<SampledSlice> sample_slice(Trial& trial, Source& source, const std::string& stream,
                                         const std::string& slice) {
  trial.doing(fmt::format("read of the stream {}, slice {}", stream, slice));
  auto read = read_sample(source, stream, slice);
  auto flaw = read ? flaw_of(read->lines) : words(read.error());
  if (flaw.empty()) return *std::move(read);
  trial.fail(fmt::format("slice {}: {}", slice, flaw),
             "Read each slice from what is in it: another process may have planned it.", stream);
  return std::nullopt;
}

std::set<std::string> keys_in(const ValidatedStream& stream, std::string_view lines) {
  std::vector<std::string> keys;
  add_keys(keys, stream, lines);
  return {keys.begin(), keys.end()};
}

std::vector<std::string> columns_of(const ValidatedStream& stream) {
  std::vector<std::string> names;
  for (const auto& [name, property] : stream.schema.at("properties").as_object()) names.emplace_back(name);
  return names;
}

// The keys, the replication key and every second one of the other columns.
std::set<std::string> some_columns(const ValidatedStream& stream) {
  std::set<std::string> some(stream.keys.begin(), stream.keys.end());
  if (stream.is_incremental()) some.insert(stream.replication_key);
  bool is_chosen = false;
  for (const auto& column : columns_of(stream)) {
    if (some.contains(column)) continue;
    if (is_chosen) some.insert(column);
    is_chosen = !is_chosen;
  }
  return some;
}

void check_columns_of(Trial& trial, Source& source, const ValidatedStream& stream,
                      const SampledSlice& whole) {
  const auto some = some_columns(stream);
  json::array pointers;
  for (const auto& column : some) pointers.emplace_back("/" + pointer_step(column));
  trial.doing(fmt::format("read of the stream {}, slice {}, some columns", stream.name, whole.slice));
  const auto read = read_sample(source, stream.name, whole.slice, json::serialize(pointers));
  if (!read) {
    trial.fail("a read of some columns failed: " + words(read.error()),
               "Read the columns that are requested: a JSON array of JSON Pointers.", stream.name);
    return;
  }
  for (const auto& record : records_of(read->lines)) {
    for (const auto& [name, value] : record) {
      if (some.contains(name)) continue;
      trial.fail(fmt::format("a read of the columns {} gives the column {}", fmt::join(some, ", "),
                             std::string_view(name)),
                 "Leave out columns that are not requested: a user may have excluded them for a reason.",
                 stream.name);
      return;
    }
  }
  if (!stream.keys.empty() && keys_in(stream, read->lines) != keys_in(stream, whole.lines))
    trial.fail("a read of some columns gives other records than a read of all columns",
               "Let `columns` decide about columns alone.", stream.name);
}

// Reads a slice again, and says whether its records are there.
bool check_again(Trial& trial, Source& source, const ValidatedStream& stream, const SampledSlice& first) {
  trial.doing(fmt::format("a second read of the stream {}, slice {}", stream.name, first.slice));
  const char* const fix = "Let a slice say what it contains, so that a retry reads the same records.";
  const auto second = read_sample(source, stream.name, first.slice);
  if (!second) {
    trial.fail(fmt::format("slice {}: a second read failed: {}", first.slice, words(second.error())), fix,
               stream.name);
    return false;
  }
  const auto before = keys_in(stream, first.lines);
  const auto after = keys_in(stream, second->lines);
  std::vector<std::string> missing;
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(missing));
  if (missing.empty()) return true;
  trial.fail(fmt::format("slice {}: {} of {} keys are missing in a second read", first.slice, missing.size(),
                         before.size()),
             fix, stream.name);
  return false;
}

}  // namespace

void check_read(Trial& trial) {
  json::array samples;
  for (const auto& stream : trial.subject().streams) {
    StreamSample sample{stream.name, {}, {}, {}};
    {
      // The plan is made by one source and read by another, as if it were in another process.
      auto planner = trial.open(true);
      if (!planner) return;
      trial.doing("plan of the stream " + stream.name);
      auto plan = plan_all(*planner->source, stream.name, {});
      if (!plan) continue;
      sample.plan = *std::move(plan);
    }
    auto opened = trial.open(true);
    if (!opened) return;
    size_t with_records = 0;
    for (size_t i = 0; i < std::min(sample.plan.size(), most_read_slices); ++i) {
      if (i >= fewest_slices && with_records >= 2) break;
      auto read = sample_slice(trial, *opened->source, stream.name, sample.plan[i]);
      if (!read) break;
      if (!read->lines.empty()) ++with_records;
      sample.oldest.push_back(*std::move(read));
      if (!sample.oldest.back().is_complete) break;
    }
    if (!trial.has_failed() && sample.plan.size() > sample.oldest.size())
      sample.newest = sample_slice(trial, *opened->source, stream.name, sample.plan.back());
    samples.push_back(to_json(sample));
  }
  trial.keep("samples", std::move(samples));
  trial.keep("sample_log", json::string(trial.logged()));
}

void check_repeat(Trial& trial) {
  auto opened = trial.open(true);
  if (!opened) return;
  for (const auto& stream : trial.subject().streams) {
    const auto* sample = find_sample(trial.subject(), stream.name);
    if (sample == nullptr || stream.keys.empty()) continue;
    for (const auto& first : sample->oldest) {
      if (!first.is_complete) continue;
      for (int time = 0; time < 2; ++time) {
        if (!check_again(trial, *opened->source, stream, first)) break;
      }
    }
  }
}

void check_columns(Trial& trial) {
  auto opened = trial.open(true);
  if (!opened) return;
  for (const auto& stream : trial.subject().streams) {
    const auto* whole = first_with_records(trial.subject(), stream.name);
    if (whole != nullptr) check_columns_of(trial, *opened->source, stream, *whole);
  }
}

void check_unreachable(Trial& trial) {
  if (!refuse_connections()) return trial.skip("this system cannot refuse connections");
  auto opened = trial.open(false);
  if (!opened) return;
  for (const auto& stream : trial.subject().streams) {
    const auto* whole = first_with_records(trial.subject(), stream.name);
    if (whole == nullptr) continue;
    trial.doing(fmt::format("read of the stream {}, slice {}, without a network", stream.name, whole->slice));
    const auto read = read_sample(*opened->source, stream.name, whole->slice);
    if (!read && !read.error().is_transient())
      trial.fail("read fails without a network, with " + words(read.error()),
                 "Return TAPSTER_TRANSIENT when the source cannot be reached, so that the host tries again.",
                 stream.name);
    // A source that is not behind a network is read as before.
    if (read && records_of(read->lines).size() != records_of(whole->lines).size())
      trial.fail(fmt::format("slice {}: without a network, read succeeds with other records", whole->slice),
                 "Never return TAPSTER_OK if a record could not be read.", stream.name);
  }
}

}  // namespace tapster::host
