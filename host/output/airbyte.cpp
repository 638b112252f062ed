// Airbyte's messages: records, a state for each stream, and traces that say how each stream goes.
#include <fmt/format.h>

#include <deque>
#include <mutex>

#include "output/line_writer.hpp"
#include "output/output.hpp"
#include "protocol/airbyte.hpp"

namespace tapster::host {

namespace {

using airbyte::Status;

class AirbyteOutput : public Output {
 public:
  AirbyteOutput(LineWriter& pipe, const Clock& clock, const Progress& progress)
      : pipe_(pipe), clock_(clock), progress_(progress) {}

  Outcome<void> start(const std::vector<SelectedStream>& streams, State& state) override {
    std::string started;
    for (const auto& stream : streams) {
      // A full refresh does not use the stream's bookmark, so it is not its state.
      streams_.emplace_back(stream, stream.is_full_table() ? std::string() : state.bookmark(stream.name));
      started += airbyte::stream_status_message(stream.name, Status::started, clock_.now()) + "\n";
    }
    return pipe_.write(started);
  }

  Outcome<void> write(SliceId slice, const tapster_batch& batch) override {
    if (batch.count == 0) return {};
    auto& stream = streams_[slice.stream];
    const std::lock_guard lock(stream.mutex);
    if (!stream.is_running) {
      auto written = emit(airbyte::stream_status_message(stream.name, Status::running, clock_.now()));
      if (!written) return written;
      stream.is_running = true;
    }
    const auto at = batch.extracted_at == 0 ? clock_.now() : from_unix_micros(batch.extracted_at);
    stream.records += batch.count;
    return pipe_.write_wrapped(batch, stream.prefix,
                               fmt::format(",\"emitted_at\":{}}}}}", to_unix_micros(at) / 1000));
  }

  Outcome<void> restart(SliceId) override { return {}; }
  Outcome<void> finish(SliceId) override { return {}; }

  Outcome<void> commit(State& state) override {
    for (size_t i = 0; i < streams_.size(); ++i) {
      if (streams_[i].is_full_table) continue;
      auto written = emit_new_state(i, state.bookmark(streams_[i].name));
      if (!written) return written;
    }
    return {};
  }

  // The platform expects a state of every complete stream, also of one without a bookmark and of one with
  // nothing new, and counts the records by the states. After the status it takes no state of the stream. Of
  // the errors it shows the first one.
  Outcome<void> end(size_t index, bool complete) override {
    auto& stream = streams_[index];
    const std::lock_guard lock(stream.mutex);
    if (complete && (!stream.has_state || stream.records > 0)) {
      auto written = emit_state(stream);
      if (!written) return written;
    }
    const auto& progress = progress_[index];
    if (!complete && !progress.error.empty()) {
      auto written =
          emit(airbyte::stream_error_message(stream.name, progress.error, progress.error_type, clock_.now()));
      if (!written) return written;
    }
    return emit(airbyte::stream_status_message(stream.name, complete ? Status::complete : Status::incomplete,
                                               clock_.now()));
  }

 private:
  struct Stream {
    Stream(const SelectedStream& selected, std::string old_state)
        : name(selected.name), is_full_table(selected.is_full_table()), state(std::move(old_state)) {
      prefix = R"({"type":"RECORD","record":{"stream":)";
      append_json_string(prefix, name);
      prefix += ",\"data\":";
    }
    std::string name, prefix;
    bool is_full_table;
    // Under mutex, so that the records counted are those written before the state.
    std::mutex mutex;
    std::string state;       // the last that was emitted, or that the run began with
    bool has_state = false;  // this run has emitted one
    uint64_t records = 0;    // since the last state
    uint64_t estimated = 0;  // the last estimate of all rows
    bool is_running = false;
  };

  Outcome<void> emit(const std::string& message) { return pipe_.write(message + "\n"); }

  Outcome<void> emit_new_state(size_t index, std::string state) {
    auto& stream = streams_[index];
    const std::lock_guard lock(stream.mutex);
    if (state.empty() || state == stream.state) return {};
    auto written = emit_estimate(stream, progress_[index]);
    if (!written) return written;
    stream.state = std::move(state);
    return emit_state(stream);
  }

  Outcome<void> emit_state(Stream& stream) {
    stream.has_state = true;
    return emit(airbyte::state_message(stream.name, stream.state, std::exchange(stream.records, 0)));
  }

  // Assumes that the remaining slices are like those that have been read.
  Outcome<void> emit_estimate(Stream& stream, const StreamProgress& progress) {
    const uint64_t done = progress.slices_done;
    const uint64_t planned = progress.slices_planned;
    if (done == 0) return {};
    const auto rows = progress.rows * planned / done;
    if (rows == stream.estimated) return {};
    stream.estimated = rows;
    return emit(airbyte::estimate_message(stream.name, rows, progress.bytes * planned / done, clock_.now()));
  }

  LineWriter& pipe_;
  const Clock& clock_;
  const Progress& progress_;
  std::deque<Stream> streams_;
};

}  // namespace

std::unique_ptr<Output> airbyte_output(LineWriter& pipe, const Clock& clock, const Progress& progress) {
  return std::make_unique<AirbyteOutput>(pipe, clock, progress);
}

}  // namespace tapster::host
