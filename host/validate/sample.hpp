// Reading slices, for the rules that look at records.
#pragma once

#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/json.hpp>
#include <vector>

#include "plugin/source.hpp"
#include "validate/subject.hpp"

namespace tapster::host {

// The most bytes that are kept of one slice.
inline constexpr size_t most_sampled_bytes = 16UL << 20U;

// Reads a slice, or its first `most_sampled_bytes`.
Result<SampledSlice> read_sample(Source& source, std::string_view stream, std::string_view slice,
                                 std::string_view columns = {});

// A sample on its way between two processes.
json::object to_json(const StreamSample& sample);
StreamSample sample_of(const json::object& object);

// The stream's sample; null if it has none.
const StreamSample* find_sample(const Subject& subject, std::string_view stream);

// The first slice of the stream's sample that was read to its end and has records; null if none has.
const SampledSlice* first_with_records(const Subject& subject, std::string_view stream);

}  // namespace tapster::host
