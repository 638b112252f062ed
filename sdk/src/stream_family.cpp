#include "stream_family.hpp"

#include <chrono>
#include <optional>

namespace tapster {

// While it lives, other threads wait for the entry.
class StreamFamily::Reading {
 public:
  Reading(StreamFamily& family, std::shared_ptr<Entry> entry) : family_(family), entry_(std::move(entry)) {
    entry_->is_reading = true;
  }
  ~Reading() {
    const std::lock_guard lock(family_.mutex_);
    entry_->is_reading = false;
    family_.changed_.notify_all();
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

 private:
  StreamFamily& family_;
  std::shared_ptr<Entry> entry_;
};

Time StreamFamily::begin_plan(const std::string& stream) {
  const std::lock_guard lock(mutex_);
  if (planned_.contains(stream)) {
    planned_.clear();
    entries_.clear();
    with_records_.clear();
    with_values_.clear();
    size_ = 0;
  }
  if (planned_.empty()) now_ = host_.now();
  planned_.insert(stream);
  return now_;
}

void StreamFamily::plan_failed(const std::string& stream) {
  const std::lock_guard lock(mutex_);
  planned_.erase(stream);
}

Result<ParentRows> StreamFamily::rows(const std::string& parent, const json::object& slice,
                                      const std::function<bool(const ParentRows&)>& suffice,
                                      const std::function<Result<ParentRows>()>& read) {
  Key key{parent, json::serialize(slice)};
  std::unique_lock lock(mutex_);
  auto& known = entries_[key];
  if (!known) known = std::make_shared<Entry>(Entry{.key = std::move(key)});
  const auto entry = known;
  auto waited = wait(lock, *entry);
  if (!waited) return Failed(std::move(waited).error());
  if (suffice(entry->rows)) return entry->rows;
  const Reading reading(*this, entry);
  lock.unlock();
  auto found = read();
  if (found) {
    const std::lock_guard again(mutex_);
    keep(entry, *found);
  }
  return found;
}

Result<void> StreamFamily::wait(std::unique_lock<std::mutex>& lock, const Entry& entry) {
  // A cancel does not notify.
  constexpr std::chrono::milliseconds between_looks(100);
  while (entry.is_reading) {
    if (host_.is_cancelled()) return cancelled();
    changed_.wait_for(lock, between_looks);
  }
  return {};
}

void StreamFamily::keep(const std::shared_ptr<Entry>& entry, const ParentRows& rows) {
  const auto known = entries_.find(entry->key);
  if (known == entries_.end() || known->second != entry) return;  // of an earlier round, or dropped
  drop_records(*entry);
  if (entry->rows.values) size_ -= size_of(*entry->rows.values);
  entry->rows = rows;
  size_ += size_of(*rows.values) + (rows.records ? size_of(*rows.records) : 0);
  with_values_.push_back(entry);
  if (rows.records) with_records_.push_back(entry);
  for (; size_ > most_kept_ && !with_records_.empty(); with_records_.pop_front())
    drop_records(*with_records_.front());
  for (; size_ > most_kept_ && !with_values_.empty(); with_values_.pop_front())
    drop_values(*with_values_.front());
}

void StreamFamily::drop_records(Entry& entry) {
  if (entry.rows.records) size_ -= size_of(*entry.rows.records);
  entry.rows.records = nullptr;
}

void StreamFamily::drop_values(Entry& entry) {
  if (!entry.rows.values) return;
  size_ -= size_of(*entry.rows.values);
  entry.rows.values = nullptr;
  const auto known = entries_.find(entry.key);
  if (known != entries_.end() && known->second.get() == &entry) entries_.erase(known);
}

void StreamFamily::drop_records(const std::string& parent, const json::object& slice) {
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find({parent, json::serialize(slice)});
  if (known != entries_.end()) drop_records(*known->second);
}

}  // namespace tapster
