#include "sync/shard.hpp"

#include <fmt/format.h>

#include <charconv>
#include <tapster/json.hpp>
#include <utility>

#include "plugin/source.hpp"

namespace tapster::host {

namespace {

std::optional<size_t> to_number(const json::value& value) {
  if (!value.is_int64() || value.get_int64() < 0) return std::nullopt;
  return static_cast<size_t>(value.get_int64());
}

Failed damaged() {
  return state_error("the bookmark is not one of a shard");
}

}  // namespace

ShardDealer::Place ShardDealer::deal(const PlanFile::PlannedSlice& planned) {
  // A partition begins at a shard of its own, so that many small partitions do not all begin at the first.
  const auto [next, is_new] = next_.try_emplace({planned.stream, partition_of(planned.slice)}, next_.size());
  const auto shard = next->second++ % count_ + 1;
  return {shard, slices_[{planned.stream, shard}]++};
}

Outcome<void> deal(
    PlanFile& plan, size_t shards,
    const std::function<Outcome<void>(PlanFile::PlannedSlice& planned, ShardDealer::Place place)>& take) {
  ShardDealer dealer(shards);
  while (true) {
    auto planned = plan.next();
    if (!planned) return tl::unexpected(std::move(planned).error());
    if (!*planned) return {};
    auto taken = take(**planned, dealer.deal(**planned));
    if (!taken) return taken;
  }
}

Result<ShardBookmark> ShardBookmark::parse(std::string_view bookmark) {
  ShardBookmark parsed;
  if (bookmark.empty()) return parsed;
  const auto object = parse_json_object(bookmark, "the bookmark");
  if (!object) return damaged();
  const auto* finished = find_array(*object, "finished");
  const auto* became = find_object(*object, "became");
  if (finished == nullptr || became == nullptr) return damaged();
  for (const auto& range : *finished) {
    const auto* ends = range.if_array();
    if (ends == nullptr || ends->size() != 2) return damaged();
    const auto first = to_number(ends->front());
    const auto last = to_number(ends->back());
    if (!first || !last || *first > *last) return damaged();
    parsed.finished_[*first] = *last + 1;
  }
  for (const auto& [name, slice] : *became) {
    size_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc() || end != name.data() + name.size() || !slice.is_string()) return damaged();
    parsed.became_[number] = view(slice.get_string());
  }
  return parsed;
}

bool ShardBookmark::is_finished(size_t number) const {
  const auto after = finished_.upper_bound(number);
  return after != finished_.begin() && number < std::prev(after)->second;
}

std::string_view ShardBookmark::slice(size_t number, std::string_view planned) const {
  const auto found = became_.find(number);
  return found == became_.end() ? planned : found->second;
}

void ShardBookmark::add(size_t number, std::string_view planned, std::string_view slice, bool is_finished) {
  if (slice == planned)
    became_.erase(number);
  else
    became_[number] = slice;
  if (!is_finished || this->is_finished(number)) return;
  auto range = finished_.emplace(number, number + 1).first;
  if (const auto next = finished_.find(number + 1); next != finished_.end()) {
    range->second = next->second;
    finished_.erase(next);
  }
  if (range == finished_.begin()) return;
  if (const auto before = std::prev(range); before->second == number) {
    before->second = range->second;
    finished_.erase(range);
  }
}

std::string ShardBookmark::to_json() const {
  json::array finished;
  for (const auto& [first, end] : finished_) finished.push_back(json::array{first, end - 1});
  json::object became;
  for (const auto& [number, slice] : became_) became[std::to_string(number)] = slice;
  return json::serialize(json::object{{"finished", std::move(finished)}, {"became", std::move(became)}});
}

Outcome<Shard> Shard::create(PlanFile plan, const ShardId& id) {
  Shard shard(plan.header());
  auto dealt =
      deal(plan, id.count, [&](PlanFile::PlannedSlice& planned, ShardDealer::Place place) -> Outcome<void> {
        if (place.shard == id.index) shard.slices_[planned.stream].push_back(std::move(planned.slice));
        return {};
      });
  if (!dealt) return tl::unexpected(std::move(dealt).error());
  return shard;
}

Result<void> Shard::slices(std::string_view stream, std::string_view bookmark, const Sink& sink) const {
  const auto known = ShardBookmark::parse(bookmark);
  if (!known) return Failed(known.error());
  const auto found = slices_.find(stream);
  if (found == slices_.end()) return {};
  const auto& planned = found->second;
  for (size_t number = 0; number < planned.size(); ++number) {
    if (known->is_finished(number)) continue;
    auto taken = sink(number, known->slice(number, planned[number]));
    if (!taken) return taken;
  }
  return {};
}

Result<std::string> Shard::bookmark(std::string_view stream, std::string_view old_bookmark, size_t number,
                                    std::string_view slice, bool is_finished) const {
  auto known = ShardBookmark::parse(old_bookmark);
  if (!known) return Failed(std::move(known).error());
  known->add(number, slices_.find(stream)->second[number], slice, is_finished);
  return known->to_json();
}

}  // namespace tapster::host
