// A shard of a plan: the slices that one of several runs reads, and how far it has come.
//
// The runs share no memory and no file but the plan, so a shard cannot have a bookmark of the connector's:
// that covers everything before it, which other shards read. Its bookmark is a list of slices instead. When
// all shards have been read, merging folds all slices of the plan, in its order, into one state.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <utility>
#include <vector>

#include "state/state.hpp"
#include "sync/plan_file.hpp"

namespace tapster::host {

// Gives the slices of a plan to the shards in turn, separately for each partition of each stream. So each
// shard gets about as many slices of a partition as the others, from all of its time range. Each run goes
// through the complete plan, with the same result.
class ShardDealer {
 public:
  explicit ShardDealer(size_t count) : count_(count) {}

  struct Place {
    size_t shard;   // from 1
    size_t number;  // of the slice among those of its stream in the shard, from 0
  };
  // Where the next slice of the plan belongs.
  Place deal(const PlanFile::PlannedSlice& planned);

 private:
  size_t count_;
  std::map<std::pair<std::string, std::string>, size_t> next_;  // by stream and partition
  std::map<std::pair<std::string, size_t>, size_t> slices_;     // by stream and shard: given so far
};

// Gives the rest of a plan to so many shards: passes each slice to `take` with the place where it belongs,
// until `take` fails. Failures: that one, and those of PlanFile::next.
Outcome<void> deal(
    PlanFile& plan, size_t shards,
    const std::function<Outcome<void>(PlanFile::PlannedSlice& planned, ShardDealer::Place place)>& take);

// How far a shard has come in a stream. As JSON: {"finished":[[0,41]],"became":{"17":"SLICE"}}.
class ShardBookmark {
 public:
  // `bookmark`: JSON, or empty for a stream of which nothing has been read. Errors: state.
  static Result<ShardBookmark> parse(std::string_view bookmark);

  // Whether the slice with this number has been read to its end.
  [[nodiscard]] bool is_finished(size_t number) const;

  // What the slice has turned into, by the last progress that was reported; `planned` if it has not.
  [[nodiscard]] std::string_view slice(size_t number, std::string_view planned) const;

  // The planned slice has been read to its end, or to a checkpoint; `slice` is what it has turned into.
  void add(size_t number, std::string_view planned, std::string_view slice, bool is_finished);

  [[nodiscard]] std::string to_json() const;

 private:
  std::map<size_t, size_t> finished_;  // ranges of numbers: the first, and the one after the last
  std::map<size_t, std::string> became_;
};

// The slices of one shard, in the order of the plan. Any thread.
class Shard {
 public:
  // Reads the plan to its end, and keeps the slices of the shard. Failures as those of PlanFile::next.
  static Outcome<Shard> create(PlanFile plan, const ShardId& id);

  [[nodiscard]] const PlanHeader& plan() const { return plan_; }

  // Passes the slices that are left to read, or to read on, to `sink`, with their numbers, until it returns
  // an error. Errors: that one, and state for a bookmark that cannot be read.
  using Sink = std::function<Result<void>(size_t number, std::string_view slice)>;
  Result<void> slices(std::string_view stream, std::string_view bookmark, const Sink& sink) const;

  // The bookmark after the slice has been read to its end, or to a checkpoint; `slice` is what it has turned
  // into. Errors: state.
  Result<std::string> bookmark(std::string_view stream, std::string_view old_bookmark, size_t number,
                               std::string_view slice, bool is_finished) const;

 private:
  explicit Shard(PlanHeader plan) : plan_(std::move(plan)) {}
  PlanHeader plan_;
  std::map<std::string, std::vector<std::string>, std::less<>> slices_;  // by stream
};

}  // namespace tapster::host
