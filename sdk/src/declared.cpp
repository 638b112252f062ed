#include <tapster/declared.hpp>
#include <utility>

#include "prepared_stream.hpp"
#include "slice_reader.hpp"

namespace tapster {

namespace {

// A stream without bookmarks: one slice, or one for each partition.
Result<void> plan_all(const PreparedStream& prepared, const Slices& slices) {
  const auto& partitions = prepared.stream.partitions;
  if (!partitions) return slices.push({});
  const auto found = find_partitions(*partitions);
  if (!found) return Failed(found.error());
  for (const auto& [name, members] : *found) {
    auto slice = members;
    slice[partitions->member] = name;
    auto pushed = slices.in_partition(name).push(slice);
    if (!pushed) return pushed;
  }
  return {};
}

}  // namespace

SourceStream declare(Host host, std::shared_ptr<HttpClient> client, DeclaredStream declared) {
  SourceStream stream{.stream = declared.stream};
  const auto prepared = prepare(host, std::move(client), std::move(declared));
  if (!prepared) {
    stream.failure = prepared.error();
    return stream;
  }
  const auto made = *prepared;
  stream.plan = [made](const PlanRequest& request, Slices& slices) {
    return made->planner ? made->planner->plan(request, slices) : plan_all(*made, slices);
  };
  stream.read = [made](const ReadRequest& request, Records& records) {
    return read_slice(*made, request, records);
  };
  if (made->planner)
    stream.advance = [made](json::object state, const json::object& slice) {
      return made->planner->advance(std::move(state), slice);
    };
  return stream;
}

std::vector<SourceStream> declare(Host host, const std::shared_ptr<HttpClient>& client,
                                  std::vector<DeclaredStream> declared) {
  std::vector<SourceStream> streams;
  for (auto& each : declared) streams.push_back(declare(host, client, std::move(each)));
  return streams;
}

}  // namespace tapster
