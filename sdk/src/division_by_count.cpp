#include "division_by_count.hpp"

#include <fmt/format.h>

#include "bounds.hpp"
#include "numbers.hpp"

namespace tapster {

namespace {

// The API's own count of the rows of a window.
Result<int64_t> count_rows(const PreparedStream& prepared, Window window, const Partition& partition) {
  auto arguments = bounds_of(*prepared.planner, window);
  if (prepared.stream.partitions && prepared.stream.partitions->to)
    arguments.push_back({*prepared.stream.partitions->to, json::string(partition.name)});
  if (const auto* pages = prepared.offset_pages(); pages && pages->limit)
    arguments.push_back({*pages->limit, 1});
  if (const auto* pages = prepared.numbered_pages(); pages && pages->limit)
    arguments.push_back({*pages->limit, 1});
  std::optional<int64_t> total;
  auto counted = prepared.client->send(
      prepared.stream.request.build(arguments), [&](HttpResponse& response) -> Result<void> {
        const auto body = parse_json(response.body, "the response");
        if (!body) return transient_error(body.error().message);
        json::error_code error;
        const auto* value = body->find_pointer(prepared.selector.total, error);
        total = value != nullptr ? whole_number(*value) : std::nullopt;
        if (!total)
          return source_error(fmt::format("the response has no integer at {}", prepared.selector.total));
        return {};
      });
  if (counted) return *total;
  return Failed(std::move(counted).error());
}

// `total` is the count of the window.
Result<void> divide(const PreparedStream& prepared, Window window, int64_t total, const Partition& partition,
                    Slices& slices) {
  const auto& incremental = prepared.planner->incremental();
  const auto middle = rounded_down(window.from + (window.to - window.from) / 2, incremental.granularity);
  if (total <= incremental.rows_of_a_slice || middle <= window.from) return slices.push(to_json(window));
  const Window older{window.from, middle};
  const Window newer{middle, window.to};
  const auto older_total = count_rows(prepared, older, partition);
  if (!older_total) return Failed(older_total.error());
  const auto newer_total = count_rows(prepared, newer, partition);
  if (!newer_total) return Failed(newer_total.error());
  if (*older_total == total && *newer_total == total)
    return source_error(
        fmt::format("the API counts {} rows from {} to {}, and as many in each half: it ignores the bounds",
                    total, format_time(window.from), format_time(window.to)));
  auto divided = divide(prepared, older, *older_total, partition, slices);
  return divided ? divide(prepared, newer, *newer_total, partition, slices) : divided;
}

}  // namespace

Result<void> divide_by_count(const PreparedStream& prepared, Window window, const Partition& partition,
                             Slices& slices) {
  const auto total = count_rows(prepared, window, partition);
  return total ? divide(prepared, window, *total, partition, slices) : Failed(total.error());
}

}  // namespace tapster
