#include "validate/sample.hpp"

#include <algorithm>

namespace tapster::host {

namespace {

json::object to_json(const SampledSlice& read) {
  json::array progress;
  for (const auto& each : read.progress) progress.push_back({{"slice", each.slice}, {"size", each.size}});
  return {{"slice", read.slice},
          {"lines", read.lines},
          {"complete", read.is_complete},
          {"progress", std::move(progress)}};
}

SampledSlice slice_of(const json::object& object) {
  SampledSlice read{text_of(object, "slice"), text_of(object, "lines"), object.at("complete").as_bool(), {}};
  for (const auto& each : object.at("progress").as_array())
    read.progress.push_back({text_of(each.as_object(), "slice"), each.at("size").to_number<size_t>()});
  return read;
}

}  // namespace

Result<SampledSlice> read_sample(Source& source, std::string_view stream, std::string_view slice,
                                 std::string_view columns) {
  SampledSlice read;
  read.slice = slice;
  const auto done = source.read(
      stream, slice, columns,
      [&](const tapster_batch& batch) -> Result<void> {
        if (read.lines.size() + batch.size > most_sampled_bytes) {
          read.is_complete = false;
          return cancelled();
        }
        read.lines.append(batch.data, batch.size);
        return {};
      },
      {},
      [&](std::string_view next) -> Result<void> {
        read.progress.push_back({std::string(next), read.lines.size()});
        return {};
      });
  if (!done && read.is_complete) return Failed(done.error());
  return read;
}

json::object to_json(const StreamSample& sample) {
  json::array plan(sample.plan.begin(), sample.plan.end());
  json::array oldest;
  for (const auto& read : sample.oldest) oldest.push_back(to_json(read));
  json::object object{{"stream", sample.stream}, {"plan", std::move(plan)}, {"oldest", std::move(oldest)}};
  if (sample.newest) object["newest"] = to_json(*sample.newest);
  return object;
}

StreamSample sample_of(const json::object& object) {
  StreamSample sample;
  sample.stream = text_of(object, "stream");
  for (const auto& slice : object.at("plan").as_array()) sample.plan.emplace_back(view(slice.as_string()));
  for (const auto& read : object.at("oldest").as_array()) sample.oldest.push_back(slice_of(read.as_object()));
  if (const auto* newest = find_object(object, "newest")) sample.newest = slice_of(*newest);
  return sample;
}

const StreamSample* find_sample(const Subject& subject, std::string_view stream) {
  const auto found = std::find_if(subject.samples.begin(), subject.samples.end(),
                                  [&](const StreamSample& sample) { return sample.stream == stream; });
  return found == subject.samples.end() ? nullptr : &*found;
}

const SampledSlice* first_with_records(const Subject& subject, std::string_view stream) {
  const auto* sample = find_sample(subject, stream);
  if (sample == nullptr) return nullptr;
  const auto has_all = [](const SampledSlice& read) { return read.is_complete && !read.lines.empty(); };
  for (const auto& read : sample->oldest)
    if (has_all(read)) return &read;
  return sample->newest && has_all(*sample->newest) ? &*sample->newest : nullptr;
}

}  // namespace tapster::host
