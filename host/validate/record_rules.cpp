// The rules about records: they look at the sample, and call nothing.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "catalog/json_schema.hpp"
#include "validate/families.hpp"
#include "validate/sample.hpp"
#include "validate/slice_bounds.hpp"
#include "validate/streams.hpp"

namespace tapster::host {

namespace {

using UseRead = std::function<void(const ValidatedStream& stream, const SampledSlice& read)>;

// Calls `use` with every slice that was read.
void for_each_read(const Subject& subject, const UseRead& use) {
  for (const auto& stream : subject.streams) {
    const auto* sample = find_sample(subject, stream.name);
    if (sample == nullptr) continue;
    for (const auto& read : sample->oldest) use(stream, read);
    if (sample->newest) use(stream, *sample->newest);
  }
}

}  // namespace

void check_records(Trial& trial) {
  std::set<std::string> failed;
  for_each_read(trial.subject(), [&](const ValidatedStream& stream, const SampledSlice& read) {
    if (failed.contains(stream.name)) return;
    const auto check = RecordCheck::create(stream.schema);
    const auto fits = check ? check->check(read.lines) : Result<void>(Failed(check.error()));
    if (fits) return;
    failed.insert(stream.name);
    trial.fail(fmt::format("slice {}: {}", read.slice, fits.error().message),
               "Correct the schema, or convert the value.", stream.name);
  });
}

void check_keys(Trial& trial) {
  for_each_read(trial.subject(), [&](const ValidatedStream& stream, const SampledSlice& read) {
    if (stream.keys.empty()) return;
    std::set<std::string> seen;
    size_t twice = 0;
    size_t none = 0;
    for (const auto& record : records_of(read.lines)) {
      const auto key = key_of(stream, record);
      if (key.empty())
        ++none;
      else if (!seen.insert(key).second)
        ++twice;
    }
    if (none > 0)
      trial.fail(fmt::format("slice {}: {} records have no value in a column of the key {}", read.slice, none,
                             fmt::join(stream.keys, ", ")),
                 "Choose columns that every record has.", stream.name);
    if (twice > 0)
      trial.fail(fmt::format("slice {}: {} records have the key of another one", read.slice, twice),
                 "Choose a key that is unique, or push each record once.", stream.name);
  });
}

void check_bounds(Trial& trial) {
  for_each_read(trial.subject(), [&](const ValidatedStream& stream, const SampledSlice& read) {
    if (!stream.is_incremental()) return;
    size_t outside = 0;
    for (const auto& record : records_of(read.lines)) {
      const auto* value = record.if_contains(stream.replication_key);
      if (value != nullptr && is_outside(read.slice, *value)) ++outside;
    }
    if (outside > 0)
      trial.fail(
          fmt::format("slice {}: {} records have a {} outside it", read.slice, outside,
                      stream.replication_key),
          "Leave out the records of other slices: the bookmark would pass them, or they would come twice.",
          stream.name);
  });
}

void check_nulls(Trial& trial) {
  for (const auto& stream : trial.subject().streams) {
    const auto* sample = find_sample(trial.subject(), stream.name);
    if (sample == nullptr) continue;
    std::set<std::string> null_columns;
    for (const auto& [name, property] : stream.schema.at("properties").as_object())
      null_columns.emplace(name);
    size_t count = 0;
    const auto look_at = [&](const SampledSlice& read) {
      for (const auto& record : records_of(read.lines)) {
        ++count;
        for (const auto& [name, value] : record)
          if (!value.is_null()) null_columns.erase(std::string(std::string_view(name)));
      }
    };
    for (const auto& read : sample->oldest) look_at(read);
    if (sample->newest) look_at(*sample->newest);
    if (count == 0 || null_columns.empty()) continue;
    trial.warn(fmt::format("null in all {} records: {}", count, fmt::join(null_columns, ", ")),
               "Look whether the path of the column is right.", stream.name);
  }
}

}  // namespace tapster::host
