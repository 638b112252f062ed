// How a sync works; README.md beside this file says more.
//
// Workers take tasks under `mutex_`: to plan a stream, to read a slice, or to skip one whose partition has
// failed. At most `jobs` of them run at once. A plan that is far ahead of the readers waits in its sink, and
// another worker runs in its place, so that plans may be endless and memory stays flat. One job of several is
// never used to plan, so that the first slices are read while the plans continue.
//
// A slice is ready (planned), then being read, then settled (read or skipped), then folded. Slices settle in
// any order and are folded in the order of their plan, under `commit_mutex_`: `settled` has those that wait
// for an earlier one. Folding gets the next bookmark from the connector and finishes the slice in the output.
// A failed slice leaves a gap in its partition, and no later slice of that partition is folded.
//
// A connector may report progress inside a slice: what the slice has turned into. If a commit is due, and the
// slice is the next one to fold, that is a checkpoint: its progress is folded, and the output keeps the
// records so far. A slice that fails after that is read again from the checkpoint.
//
// So the invariant is: a bookmark covers, for each partition, exactly the slices before its first gap and the
// slice at that gap, or at next_fold, up to its last checkpoint; the output has all of their records.
//
// A commit makes what is folded permanent in the output first, and stores the state that covers it second.
#include "sync/sync.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "catalog/json_schema.hpp"
#include "output/record_size_limit.hpp"
#include "sync/bookmark_check.hpp"
#include "sync/record_sample.hpp"
#include "sync/verdict.hpp"
#include "system/line_ends.hpp"
#include "system/thread.hpp"

namespace tapster::host {

namespace {

using namespace std::chrono_literals;

// A plan waits when this many of its slices are ready, and continues when half of them have been taken.
constexpr size_t most_waiting = 1024;

// Bytes of records of a slice that are set aside: with so many the connector does not fit the source.
constexpr size_t most_rejected = 64UL << 20U;

struct Slice {
  SliceId id;
  std::string text;
  std::string partition;       // empty for the unnamed one
  size_t number_in_shard = 0;  // see Shard
};

// JSON lines with these members at the end of each.
std::string with_members(std::string_view lines, std::string_view members) {
  std::string out;
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    const auto record = lines.substr(0, end - 1);  // without the closing brace
    out.append(record);
    if (record.find_first_not_of(" \t", 1) != std::string_view::npos) out += ',';
    out.append(members).append("}\n");
    lines.remove_prefix(end + 1);
  }
  return out;
}

// One stream of a run.
struct StreamRun {
  StreamRun(const SelectedStream& selected, StreamProgress& numbers, bool validate, std::string old_bookmark)
      : stream(selected),
        progress(numbers),
        sample(selected.key_properties, validate),
        bookmark(std::move(old_bookmark)) {}

  const SelectedStream& stream;
  StreamProgress& progress;
  RecordSample sample;
  std::optional<RecordCheck> check;  // with --validate

  // Under mutex_:
  bool is_taken = false;     // a worker has taken its plan
  bool is_planned = false;   // its plan has ended
  std::string cause;         // its first error, without what was attempted
  size_t planned = 0;        // slices planned
  size_t at_work = 0;        // workers that are planning or reading it
  std::deque<Slice> ready;   // planned and not taken, oldest first
  std::optional<Exit> exit;  // how it failed, if it did
  bool is_ended = false;
  std::map<std::string, bool> partitions;  // whether they have been given up

  // Under commit_mutex_, which also orders the calls to the output:
  struct Settled {
    Slice slice;
    bool is_read;
  };
  std::string bookmark;               // after the slices that have been folded
  std::map<size_t, Settled> settled;  // slices read or given up that wait for an earlier one
  std::set<std::string> gaps;         // partitions with an unread slice before next_fold
  size_t next_fold = 0;
};

class Sync {
 public:
  Sync(const SyncContext& context, const std::vector<SelectedStream>& selected, const SyncOptions& options,
       State state)
      : context_(context), options_(options), state_(std::move(state)) {
    for (size_t i = 0; i < selected.size(); ++i) {
      streams_.emplace_back(selected[i], context.progress[i], options.validate,
                            state_.bookmark(selected[i].name));
      // Start with the stream at which the last run was interrupted, so that no stream is always last.
      if (selected[i].name == state_.currently_syncing()) turn_ = i;
    }
  }

  Outcome<void> run(const std::vector<SelectedStream>& selected) {
    if (options_.validate) {
      for (auto& stream : streams_) {
        auto check = RecordCheck::create(stream.stream.schema);
        if (!check) return fail(with_context(stream.stream.name, std::move(check).error()).value());
        stream.check = *std::move(check);
      }
    }
    auto started = context_.output.start(selected, state_);
    if (!started) return started;
    auto stored = store();
    if (!stored) return stored;
    start_workers();
    if (threads_ == 0) {
      threads_ = 1;
      work();
    }
    join_workers();
    return finish();
  }

 private:
  // ---- workers

  // As many as there are jobs, or as the system allows.
  void start_workers() {
    const std::lock_guard lock(mutex_);
    while (threads_ < jobs()) {
      auto started = start_worker();
      if (started) continue;
      context_.log.warning(fmt::format("{}; reading {} at a time instead of {}", started.error().message,
                                       std::max<size_t>(1, threads_), jobs()));
      return;
    }
  }

  // Under mutex_.
  Outcome<void> start_worker() {
    auto worker = start_thread([this] { work(); });
    if (!worker) return tl::unexpected(std::move(worker).error());
    workers_.push_back(*std::move(worker));
    ++threads_;
    return {};
  }

  // A worker may start others while it runs.
  void join_workers() {
    std::unique_lock lock(mutex_);
    while (!workers_.empty()) {
      auto worker = std::move(workers_.back());
      workers_.pop_back();
      lock.unlock();
      worker.join();
      lock.lock();
    }
  }

  [[nodiscard]] size_t jobs() const { return static_cast<size_t>(options_.jobs); }

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      if (is_stopping()) return;
      auto task = next_task();
      if (!task) {
        const bool is_over =
            std::all_of(streams_.begin(), streams_.end(), [](const StreamRun& s) { return s.at_work == 0; });
        if (is_over) return;
        changed_.wait(lock);
        continue;
      }
      auto& stream = streams_[task->stream];
      ++stream.at_work;
      ++active_;
      if (!task->slice) ++planning_;
      lock.unlock();
      auto done = !task->slice       ? plan(stream, task->stream)
                  : task->is_skipped ? settle(stream, *std::move(task->slice), false)
                                     : read(stream, *std::move(task->slice));
      lock.lock();
      --stream.at_work;
      --active_;
      if (!task->slice) {
        --planning_;
        stream.is_planned = stream.progress.is_planned = true;
      }
      if (!done) fail_stream(stream, done.error(), task->slice ? "" : "planning");
      if (is_over(stream)) {
        stream.is_ended = true;
        lock.unlock();
        end(stream, task->stream);
        lock.lock();
      }
      changed_.notify_all();
    }
  }

  struct Task {
    size_t stream;
    std::optional<Slice> slice;  // none: to plan
    bool is_skipped = false;     // a slice before it in its partition has failed
  };

  // The streams take turns, so that a short one does not wait for a long one.
  std::optional<Task> next_task() {
    if (active_ >= jobs()) return std::nullopt;
    for (size_t i = 0; i < streams_.size(); ++i) {
      const auto index = turn_++ % streams_.size();
      auto& stream = streams_[index];
      if (!stream.is_taken) {
        if (planning_ >= most_planning()) continue;
        stream.is_taken = true;
        return Task{index, std::nullopt};
      }
      if (!stream.ready.empty()) {
        Task task{index, std::move(stream.ready.front())};
        task.is_skipped = stream.partitions.at(task.slice->partition);
        stream.ready.pop_front();
        return task;
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] size_t most_planning() const { return std::max<size_t>(1, jobs() - 1); }

  bool is_stopping() const { return output_failure_.has_value() || context_.services.is_cancelled(); }

  // Slices that were planned are still read, unless this is a cancel. Under mutex_.
  // `what` was attempted, or empty if the error says so; `slice` is that of the error, or empty.
  void fail_stream(StreamRun& stream, const Error& error, std::string_view what = {},
                   std::string_view slice = {}) {
    const auto failure = to_failure(error);
    stream.exit = one_for(stream.exit, failure.exit, Exit::partial);
    if (error.status == Status::cancelled) return stream.ready.clear();
    const auto message = what.empty() ? error.message : fmt::format("{}: {}", what, error.message);
    log(Level::error, stream, error, message, {.slice = slice, .error = &error});
    if (stream.progress.error.empty()) {
      stream.progress.error = context_.log.redact(message);
      stream.progress.error_type = failure.type;
      stream.cause = context_.log.redact(error.message);
    }
    stream.progress.status = StreamStatus::failed;
  }

  // A cause that streams share, such as a refused token or no connection, is logged once; after that as
  // debug. Under mutex_.
  void log(Level level, const StreamRun& stream, const Error& error, std::string_view message,
           const LogFields& fields) {
    const bool is_new = logged_.insert({level, error.message}).second;
    context_.log.write(is_new ? level : Level::debug, "tapster", stream.stream.name, message, fields);
  }

  // A slice of the partition has failed: those after it are skipped. Only the first failure is logged.
  void give_up(StreamRun& stream, const Slice& slice, const Error& error) {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stream.partitions[slice.partition], true)) return;
    const auto what = fmt::format("slice {}", slice.text);
    fail_stream(stream, error,
                slice.partition.empty() ? what : fmt::format("partition {}: {}", slice.partition, what),
                slice.text);
  }

  // Under mutex_.
  bool is_over(const StreamRun& stream) const {
    return stream.is_planned && stream.at_work == 0 && stream.ready.empty() && !stream.is_ended &&
           !is_stopping();
  }

  // No worker is at the stream any more.
  void end(StreamRun& stream, size_t index) {
    const bool complete = stream.is_planned && !stream.exit && stream.progress.slices_done == stream.planned;
    stream.progress.ended_at = context_.services.clock().monotonic().count();
    if (stream.progress.status == StreamStatus::waiting)
      stream.progress.started_at = stream.progress.ended_at.load();
    if (complete)
      stream.progress.status = StreamStatus::complete;
    else if (stream.progress.status != StreamStatus::failed)
      stream.progress.status = StreamStatus::stopped;
    else if (is_failed_in_part(stream) && !context_.services.is_cancelled())
      stream.progress.status = StreamStatus::partial;
    const std::lock_guard lock(commit_mutex_);
    // The stream's last state must be emitted before the message that it has ended.
    if (is_ahead_ && !has_output_failed()) (void)written(commit());
    const auto ended = written(context_.output.end(index, complete));
    if (ended && complete && stream.stream.version)
      state_.set_version(stream.stream.name, *stream.stream.version);
  }

  bool has_output_failed() {
    const std::lock_guard lock(mutex_);
    return output_failure_.has_value();
  }

  // ---- planning

  Result<void> plan(StreamRun& stream, size_t index) {
    stream.progress.started_at = context_.services.clock().monotonic().count();
    stream.progress.status = StreamStatus::running;
    const std::string bookmark = stream.stream.is_full_table() ? std::string() : bookmark_of(stream);
    const Source::PlanRequest request{stream.stream.name, bookmark, options_.since, options_.until};
    bool is_skipped = false;
    const Shard::Sink take = [&](size_t number_in_shard, std::string_view slice) -> Result<void> {
      auto partition = partition_of(slice);
      std::unique_lock lock(mutex_);
      // Without partitions, no slice is read after one that failed.
      is_skipped = stream.partitions[partition] && partition.empty();
      if (is_skipped) return cancelled();
      stream.ready.push_back(
          {{index, stream.planned++}, std::string(slice), std::move(partition), number_in_shard});
      ++stream.progress.slices_planned;
      // One reader is enough, but notify_one could wake a waiting plan instead.
      waiting_plans_ == 0 ? changed_.notify_one() : changed_.notify_all();
      return stream.ready.size() < most_waiting ? Result<void>() : wait_for_readers(stream, lock);
    };
    for (int attempt = 1;; ++attempt) {
      auto planned = context_.shard ? context_.shard->slices(stream.stream.name, bookmark, take)
                                    : context_.source.plan(request, std::bind_front(take, 0));
      if (is_skipped) return {};
      // Slices that were planned are being read, so a second plan would read them twice.
      if (planned || stream.progress.slices_planned > 0) return planned;
      auto again = wait_to_retry(stream, planned.error(), attempt, {});
      if (!again) return again;
    }
  }

  // Waits because the plan is far ahead; meanwhile another worker has its job. `lock` is on mutex_.
  Result<void> wait_for_readers(const StreamRun& stream, std::unique_lock<std::mutex>& lock) {
    ++waiting_plans_;
    if (threads_ - waiting_plans_ < jobs() && !start_worker() && threads_ == waiting_plans_) {
      --waiting_plans_;
      return {};  // no other worker can read: a long queue is better than a hang
    }
    --active_;
    --planning_;
    changed_.notify_all();
    changed_.wait(
        lock, [&] { return is_stopping() || (stream.ready.size() <= most_waiting / 2 && active_ < jobs()); });
    ++active_;
    ++planning_;
    --waiting_plans_;
    return is_stopping() ? cancelled() : Result<void>();
  }

  std::string bookmark_of(const StreamRun& stream) {
    const std::lock_guard lock(commit_mutex_);
    return stream.bookmark;
  }

  // ---- reading

  // One attempt to read a slice.
  struct Attempt {
    // Since the attempt began, or since its last checkpoint:
    uint64_t rows = 0, bytes = 0, removed_nul = 0, rejected_rows = 0;
    std::string rejected;  // lines for --rejects
    std::string progress;  // what the slice has turned into; empty if the connector has not said so
    std::string rest;      // the slice to read in the next attempt
    bool has_checkpoint = false;
  };

  // The only error is cancelled; any other error gives up the slice's partition.
  Result<void> read(StreamRun& stream, Slice slice) {
    for (int number = 1;; ++number) {
      Attempt attempt;
      attempt.rest = slice.text;
      auto read = read_once(stream, slice, attempt);
      if (read) read = cover_rejects(stream, attempt);
      if (read) {
        stream.progress.removed_nul += attempt.removed_nul;
        if (!attempt.progress.empty()) slice.text = std::move(attempt.progress);
        return settle(stream, std::move(slice), true);
      }
      // Failures of a long slice that gets on are counted anew.
      if (attempt.has_checkpoint) number = 1;
      auto again = wait_to_retry(stream, read.error(), number, slice.text);
      if (!again) {
        if (again.error().status == Status::cancelled) return again;
        give_up(stream, slice, again.error());
        return settle(stream, std::move(slice), false);
      }
      stream.progress.rows -= attempt.rows;
      stream.progress.bytes -= attempt.bytes;
      slice.text = std::move(attempt.rest);
      auto restarted = written(context_.output.restart(slice.id));
      if (!restarted) return restarted;
    }
  }

  Result<void> read_once(StreamRun& stream, const Slice& slice, Attempt& attempt) {
    std::string without_nul;
    std::string with_nulls;
    const RejectSink reject = [&](std::string_view record, std::string_view reason) -> Result<void> {
      attempt.rejected += context_.log.redact(reject_line(stream.stream.name, slice.text, reason, record));
      ++attempt.rejected_rows;
      if (attempt.rejected.size() <= most_rejected) return {};
      return source_error(fmt::format("{} of its records cannot be read, the last because: {}",
                                      attempt.rejected_rows, reason));
    };
    return context_.source.read(
        stream.stream.name, slice.text, stream.stream.columns,
        [&](const tapster_batch& pushed) -> Result<void> {
          auto batch = pushed;
          if (!options_.keep_nul && has_nul({batch.data, batch.size})) {
            without_nul.assign(batch.data, batch.size);
            attempt.removed_nul += remove_nul(without_nul);
            batch.data = without_nul.data();
            batch.size = without_nul.size();
          }
          if (const auto& nulls = stream.stream.null_members; !nulls.empty()) {
            with_nulls = with_members({batch.data, batch.size}, nulls);
            batch.data = with_nulls.data();
            batch.size = with_nulls.size();
          }
          auto fits = check(stream, batch);
          if (!fits) return fits;
          attempt.rows += batch.count;
          attempt.bytes += batch.size;
          stream.progress.rows += batch.count;
          stream.progress.bytes += batch.size;
          return written(context_.output.write(slice.id, batch));
        },
        context_.rejects ? reject : RejectSink(),
        [&](std::string_view next) { return take_progress(stream, slice, next, attempt); });
  }

  // Writes the rejects of an attempt before a state can cover the slice.
  Result<void> cover_rejects(StreamRun& stream, Attempt& attempt) {
    if (attempt.rejected_rows == 0) return {};
    auto rejected = written(context_.rejects->write(attempt.rejected));
    if (!rejected) return rejected;
    stream.progress.rejected += std::exchange(attempt.rejected_rows, 0);
    attempt.rejected.clear();
    return {};
  }

  // Takes what the slice that is being read has turned into. Makes a checkpoint if a commit is due and the
  // slice is the next one to fold: folds `next`, and commits.
  Result<void> take_progress(StreamRun& stream, const Slice& slice, std::string_view next, Attempt& attempt) {
    attempt.progress = next;
    // Without records since the last checkpoint, the next attempt can begin here, whatever the output has.
    if (attempt.rows == 0 && attempt.rejected_rows == 0) attempt.rest = next;
    if (stream.stream.is_full_table()) return {};
    const std::lock_guard lock(commit_mutex_);
    if (slice.id.number != stream.next_fold || stream.gaps.contains(slice.partition)) return {};
    const auto now = std::chrono::steady_clock::now();
    if (now - last_commit_ < options_.commit_interval) return {};
    auto bookmark = next_bookmark(stream, slice, next, false);
    if (!bookmark) return Failed(std::move(bookmark).error());
    auto kept = cover_rejects(stream, attempt);
    if (kept) kept = written(context_.output.checkpoint(slice.id));
    if (!kept) return kept;
    stream.progress.removed_nul += std::exchange(attempt.removed_nul, 0);
    attempt.rows = attempt.bytes = 0;
    attempt.rest = next;
    attempt.has_checkpoint = true;
    set_bookmark(stream, *std::move(bookmark));
    last_commit_ = now;
    return written(commit());
  }

  // Checks the length of the records, the contract's rules for them and, with --validate, their schema.
  Result<void> check(StreamRun& stream, const tapster_batch& batch) const {
    auto fits = check_length(batch);
    if (!fits) return fits;
    const auto flaw = stream.sample.flaw({batch.data, batch.size}, batch.count);
    if (!flaw.empty())
      return breach(context_.source.connector_name(),
                    fmt::format("read of the stream {} pushed a bad record: {}", stream.stream.name, flaw));
    return fits && stream.check ? stream.check->check({batch.data, batch.size}) : fits;
  }

  // Waits before a slice, or the plan if `slice` is empty, is tried again; returns the error if that would
  // not help.
  Result<void> wait_to_retry(StreamRun& stream, const Error& error, int attempt, std::string_view slice) {
    if (!error.is_transient() || attempt >= options_.attempts) return Failed(error);
    const auto wait = error.retry_after.value_or(1s * (1 << std::min(attempt - 1, 6)));
    const auto what = slice.empty() ? std::string("planning") : fmt::format("slice {}", slice);
    {
      const std::lock_guard lock(mutex_);
      log(Level::warning, stream, error,
          fmt::format("{}: {}; attempt {} of {}, the next in {:.1f} s", what, error.message, attempt,
                      options_.attempts, std::chrono::duration<double>(wait).count()),
          {.slice = slice, .error = &error, .attempt = attempt});
    }
    ++stream.progress.retries;
    if (!context_.services.sleep(wait)) return cancelled();
    return {};
  }

  // A failure of the output ends the run; the connector gets the error cancelled.
  Result<void> written(Outcome<void> outcome) {
    if (outcome) return {};
    {
      const std::lock_guard lock(mutex_);
      if (!output_failure_) output_failure_ = std::move(outcome).error();
    }
    // Without mutex_: a call that is pushing may be waiting for it.
    context_.source.cancel();
    changed_.notify_all();
    return cancelled();
  }

  // ---- state

  // Settles a slice that was read or given up, and folds it and those that waited for it. The only error is
  // cancelled.
  Result<void> settle(StreamRun& stream, Slice slice, bool is_read) {
    const std::lock_guard lock(commit_mutex_);
    const auto number = slice.id.number;
    stream.settled.emplace(number, StreamRun::Settled{std::move(slice), is_read});
    const auto done = stream.progress.slices_done.load();
    for (auto next = stream.settled.begin(); next != stream.settled.end() && next->first == stream.next_fold;
         next = stream.settled.erase(next)) {
      auto taken = fold(stream, next->second);
      if (!taken) return taken;
      ++stream.next_fold;
    }
    if (stream.progress.slices_done == done) return {};
    const auto now = std::chrono::steady_clock::now();
    if (now - last_commit_ < options_.commit_interval) return {};
    last_commit_ = now;
    return written(commit());
  }

  // Adds the slice to the bookmark, unless it or an earlier one of its partition was not read. Called under
  // commit_mutex_, for each slice in the order of the plan.
  Result<void> fold(StreamRun& stream, const StreamRun::Settled& settled) {
    const auto& slice = settled.slice;
    if (settled.is_read && !stream.gaps.contains(slice.partition)) {
      auto bookmark = next_bookmark(stream, slice, slice.text, true);
      if (bookmark) {
        auto finished = written(context_.output.finish(slice.id));
        if (!finished) return finished;
        if (!stream.stream.is_full_table()) set_bookmark(stream, *std::move(bookmark));
        ++stream.progress.slices_done;
        return {};
      }
      give_up(stream, slice, bookmark.error());
    }
    stream.gaps.insert(slice.partition);
    // A later run will read the slice, or its rest after the last checkpoint, so the output drops those
    // records.
    auto emptied = written(context_.output.restart(slice.id));
    if (!emptied) return emptied;
    return written(context_.output.finish(slice.id));
  }

  void set_bookmark(StreamRun& stream, std::string bookmark) {
    stream.bookmark = std::move(bookmark);
    state_.set_bookmark(stream.stream.name, stream.bookmark);
    is_ahead_ = true;
  }

  // The bookmark after the slice, which has turned into `text`, has been read to its end or to a checkpoint.
  // A full read keeps the bookmark of earlier incremental reads, so that a later incremental run can
  // continue.
  Result<std::string> next_bookmark(const StreamRun& stream, const Slice& slice, std::string_view text,
                                    bool is_finished) {
    const auto& name = stream.stream.name;
    if (stream.stream.is_full_table()) return stream.bookmark;
    if (context_.shard)
      return context_.shard->bookmark(name, stream.bookmark, slice.number_in_shard, text, is_finished);
    return host::next_bookmark(context_.source, name, stream.bookmark, text, context_.services.clock().now());
  }

  // Under commit_mutex_, or when the workers have ended.
  Outcome<void> commit() {
    is_ahead_ = false;
    state_.set_currently_syncing(currently_syncing());
    auto committed = context_.output.commit(state_);
    if (!committed) return committed;
    auto stored = store();
    return stored ? context_.output.stored() : stored;
  }

  Outcome<void> store() {
    if (!context_.state_file) return {};
    auto text = state_.to_json();
    if (text == stored_) return {};
    stored_ = std::move(text);
    return context_.state_file->replace(state_);
  }

  // Several streams are read at once; this is the first one that has not ended.
  std::string currently_syncing() {
    const std::lock_guard lock(mutex_);
    const auto first = std::find_if(streams_.begin(), streams_.end(),
                                    [](const StreamRun& stream) { return !stream.is_ended; });
    return first == streams_.end() ? std::string() : first->stream.name;
  }

  // ---- the end

  // The workers have ended.
  Outcome<void> finish() {
    for (size_t i = 0; i < streams_.size(); ++i) {
      if (!streams_[i].is_ended) end(streams_[i], i);
    }
    if (output_failure_) return tl::unexpected(*output_failure_);
    auto committed = commit();
    if (!committed) return committed;
    // A cancel that came after everything was read did not stop anything.
    const bool is_complete =
        std::all_of(context_.progress.begin(), context_.progress.end(),
                    [](const StreamProgress& stream) { return stream.status == StreamStatus::complete; });
    if (context_.services.is_cancelled() && !is_complete)
      return fail(Exit::failed, "stopped before the end; the state covers what was written");
    return verdict(failed_streams(), streams_.size());
  }

  [[nodiscard]] std::vector<FailedStream> failed_streams() const {
    std::vector<FailedStream> failed;
    for (const auto& stream : streams_) {
      if (!stream.exit) continue;
      failed.push_back({.name = stream.stream.name,
                        .exit = is_failed_in_part(stream) ? Exit::partial : *stream.exit,
                        .type = stream.progress.error_type,
                        .error = stream.progress.error,
                        .cause = stream.cause});
    }
    return failed;
  }

  // Whether a failed stream has a partition that did not fail.
  static bool is_failed_in_part(const StreamRun& stream) {
    return std::any_of(stream.partitions.begin(), stream.partitions.end(),
                       [](const auto& partition) { return !partition.first.empty() && !partition.second; });
  }

  SyncContext context_;
  const SyncOptions& options_;
  std::deque<StreamRun> streams_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::thread> workers_;
  size_t threads_ = 0;        // threads that run work(): those of workers_, or the caller's
  size_t active_ = 0;         // threads with a task, except waiting plans
  size_t planning_ = 0;       // those of them that plan
  size_t waiting_plans_ = 0;  // see wait_for_readers
  size_t turn_ = 0;
  std::optional<Failure> output_failure_;
  std::set<std::pair<Level, std::string>> logged_;  // the errors, and how

  std::mutex commit_mutex_;  // may be held when mutex_ is taken, never the other way round
  State state_;
  bool is_ahead_ = false;  // folded since the last commit
  std::string stored_;     // the state in the file, as text
  std::chrono::steady_clock::time_point last_commit_ = std::chrono::steady_clock::now();
};

}  // namespace

Outcome<void> sync(const SyncContext& context, const std::vector<SelectedStream>& streams,
                   const SyncOptions& options, State state) {
  return Sync(context, streams, options, std::move(state)).run(streams);
}

}  // namespace tapster::host
