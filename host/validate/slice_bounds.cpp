#include "validate/slice_bounds.hpp"

#include <array>
#include <optional>
#include <tapster/time.hpp>

namespace tapster::host {

namespace {

using namespace std::chrono_literals;

// A value as the earliest and the latest that it can mean: of times in nanoseconds, of numbers the number.
struct Extent {
  bool is_time;
  double first, last;
};

double nanoseconds(FineTime time) {
  return static_cast<double>(time.time_since_epoch().count());
}

std::optional<Extent> extent_of(const json::value& value) {
  if (value.is_number()) return Extent{false, value.to_number<double>(), value.to_number<double>()};
  if (!value.is_string()) return std::nullopt;
  const auto text = view(value.get_string());
  if (const auto time = parse_time(text)) return Extent{true, nanoseconds(*time), nanoseconds(*time)};
  if (!parse_day(text)) return std::nullopt;
  const auto utc = parse_time(std::string(text) + "T00:00:00Z");
  if (!utc) return std::nullopt;
  return Extent{true, nanoseconds(*utc - 14h), nanoseconds(*utc + 24h + 12h)};
}

using Names = std::array<const char*, 4>;
constexpr Names lower{"from", "since", "start", "after"};
constexpr Names upper{"to", "until", "end", "before"};

std::optional<Extent> bound_of(const json::object& slice, const Names& names) {
  for (const auto* name : names) {
    const auto* value = slice.if_contains(name);
    if (value != nullptr) return extent_of(*value);
  }
  return std::nullopt;
}

std::optional<Extent> bound_of(std::string_view slice, const Names& names) {
  const auto object = parse_json_object(slice, "the slice");
  return object ? bound_of(*object, names) : std::nullopt;
}

}  // namespace

bool is_later(std::string_view earlier, std::string_view later) {
  const auto first = bound_of(earlier, lower);
  const auto second = bound_of(later, lower);
  return first && second && first->is_time == second->is_time && first->first > second->first;
}

bool is_outside(std::string_view slice, const json::value& value) {
  const auto extent = extent_of(value);
  if (!extent) return false;
  const auto from = bound_of(slice, lower);
  const auto to = bound_of(slice, upper);
  return (from && from->is_time == extent->is_time && extent->last < from->first) ||
         (to && to->is_time == extent->is_time && extent->first > to->last);
}

}  // namespace tapster::host
