#include "prepared_stream.hpp"

#include <utility>

#include "declared_checks.hpp"
#include "division_by_count.hpp"
#include "pending_exports.hpp"

namespace tapster {

namespace {

// The listed key of a stream with details.
Result<Stream> listed_key(const DeclaredStream& stream) {
  for (const auto& column : stream.stream.columns) {
    if (column.path.empty() || !is_automatic(stream.stream, column)) continue;
    if (column.name == stream.stream.replication_key) continue;
    Stream listed{
        .name = stream.stream.name, .key = std::vector{column.name}, .columns = {column}, .is_partial = true};
    const auto* time = find_column(stream.stream, stream.stream.replication_key);
    if (time != nullptr) {
      listed.replication_key = time->name;
      listed.columns.push_back(*time);
    }
    return listed;
  }
  return internal_error("a stream with details needs a key column with a path in the list");
}

// Appends a pointer to the values of a page and returns its place.
size_t add_value(RecordSelector& selector, const std::string& pointer) {
  selector.values.push_back(pointer);
  return selector.values.size() - 1;
}

}  // namespace

Result<std::shared_ptr<const PreparedStream>> prepare(Host host, std::shared_ptr<HttpClient> client,
                                                      DeclaredStream stream) {
  auto checked = check_declared(stream);
  if (!checked) return Failed(std::move(checked).error());
  if (stream.streaming && stream.records.format == RecordSelector::Format::json &&
      client->finds_body_errors())
    return internal_error("a JSON response that is streamed cannot be searched for `body_errors`");
  auto made = std::make_shared<PreparedStream>(
      PreparedStream{.host = host, .client = std::move(client), .stream = std::move(stream)});
  made->selector = made->stream.records;
  auto& selector = made->selector;
  if (const auto* pages = std::get_if<CursorPages>(&made->stream.paginator)) {
    if (!pages->from.empty()) made->cursor = add_value(selector, pages->from);
    if (!pages->has_more.empty()) made->has_more = add_value(selector, pages->has_more);
  }
  if (const auto* pages = std::get_if<NextUrlPages>(&made->stream.paginator))
    made->cursor = add_value(selector, pages->from);
  if (made->stream.details) {
    auto listed = listed_key(made->stream);
    if (!listed) return Failed(std::move(listed).error());
    made->listed = *std::move(listed);
  }
  for (const auto& [from, name] : made->stream.beside) {
    auto column = *find_column(made->stream.stream, name);
    column.path = from;
    made->beside.push_back(
        {.name = made->stream.stream.name, .columns = {std::move(column)}, .is_partial = true});
  }
  if (!made->stream.incremental) return made;
  auto incremental = *made->stream.incremental;
  if (!incremental.token.empty()) made->token = add_value(selector, incremental.token);
  const bool is_divided_by_count = incremental.rows_of_a_slice > 0 && !incremental.volume &&
                                   !incremental.divide && incremental.to && made->is_counted();
  if (is_divided_by_count)
    incremental.divide = [prepared = made.get()](Window window, const Partition& partition, Slices& slices) {
      return divide_by_count(*prepared, window, partition, slices);
    };
  auto planner = Planner::create(host, made->stream.stream, std::move(incremental), made->stream.partitions);
  if (!planner) return Failed(std::move(planner).error());
  made->planner = *std::move(planner);
  return made;
}

Result<void> plan_declared(const PreparedStream& prepared, const PlanRequest& request, Slices& slices) {
  if (prepared.planner)
    return prepared.stream.asynchronous ? plan_with_exports(*prepared.planner, request, slices)
                                        : prepared.planner->plan(request, slices);
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

Result<json::object> advance_declared(const PreparedStream& prepared, json::object state,
                                      const json::object& slice) {
  return prepared.stream.asynchronous ? advance_with_exports(*prepared.planner, std::move(state), slice)
                                      : prepared.planner->advance(std::move(state), slice);
}

}  // namespace tapster
