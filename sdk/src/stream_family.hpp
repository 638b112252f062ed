// What streams that are parents and children of each other share: the time of their plans, and the rows of
// the parents' slices.
//
// Time. Parents and children must get equal slices, though the host plans them one after the other. So all
// plans of a round use the time of its first plan. A round ends when one of its streams is planned again:
// that is another sync. Nothing of a round is used in the next one.
//
// Rows. Whoever needs a slice of a parent first reads it: the parent itself, or a child. An entry is
//   absent   and becomes reading when a thread needs it;
//   reading  by one thread; others wait;
//   known    if the read succeeded. An error makes it absent again, goes to that thread only, and one of the
//            others reads.
// A parent that finds an entry without its records, because a child's copy was not kept, reads the slice
// again and replaces it. A wait always leads to a thread that reads: a read of a parent waits only for its
// own parent, never for a child. So nothing deadlocks, with any number of threads. A wait ends if the source
// is cancelled.
//
// Memory. Known rows of up to `most_kept` bytes are kept. Above that, first the oldest records are dropped,
// then the oldest values; they are read again if they are needed. Those who use rows keep them alive.
//
// Any thread. mutex_ protects all members and entries; it is not held while a slice is read.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <tapster/host.hpp>
#include <tapster/json.hpp>
#include <tapster/time.hpp>
#include <utility>

#include "parent_rows.hpp"

namespace tapster {

class StreamFamily {
 public:
  static constexpr size_t default_most_kept = size_t{32} << 20U;

  explicit StreamFamily(Host host, size_t most_kept = default_most_kept)
      : host_(host), most_kept_(most_kept) {}

  // Begins a plan of this stream and returns the time to plan with.
  Time begin_plan(const std::string& stream);
  // The plan has failed, and may be tried again in the same round.
  void plan_failed(const std::string& stream);

  // Returns the rows of a parent's slice, from `read` if they are not known or do not suffice. Errors: those
  // of `read`; cancelled.
  Result<ParentRows> rows(const std::string& parent, const json::object& slice,
                          const std::function<bool(const ParentRows&)>& suffice,
                          const std::function<Result<ParentRows>()>& read);

  // The parent itself has read the slice, so its records are not needed any more.
  void drop_records(const std::string& parent, const json::object& slice);

  [[nodiscard]] size_t most_kept() const { return most_kept_; }

 private:
  using Key = std::pair<std::string, std::string>;  // the parent and the slice
  struct Entry {
    Key key;
    bool is_reading = false;
    ParentRows rows = {};
  };
  class Reading;
  Result<void> wait(std::unique_lock<std::mutex>& lock, const Entry& entry);
  void keep(const std::shared_ptr<Entry>& entry, const ParentRows& rows);
  void drop_records(Entry& entry);
  void drop_values(Entry& entry);

  Host host_;
  size_t most_kept_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> planned_;  // in this round
  Time now_{};                     // of this round
  std::map<Key, std::shared_ptr<Entry>> entries_;
  // Entries that had records or values when they were added, oldest first.
  std::deque<std::shared_ptr<Entry>> with_records_, with_values_;
  size_t size_ = 0;  // of what is kept, in bytes
};

}  // namespace tapster
