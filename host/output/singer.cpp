#include <fmt/format.h>

#include <atomic>
#include <deque>
#include <mutex>

#include "output/line_writer.hpp"
#include "output/output.hpp"
#include "output/schema_message.hpp"

namespace tapster::host {

namespace {

class SingerOutput : public Output {
 public:
  SingerOutput(int descriptor, const Clock& clock) : pipe_(descriptor), clock_(clock) {}

  Outcome<void> start(const std::vector<SelectedStream>& streams, State&) override {
    for (const auto& stream : streams) streams_.emplace_back(stream);
    return {};
  }

  Outcome<void> write(SliceId slice, const tapster_batch& batch) override {
    auto& stream = streams_[slice.stream];
    auto written = write_schema(stream);
    if (!written) return written;
    std::string suffix = R"(,"time_extracted":")";
    append_time(suffix, batch.extracted_at == 0 ? clock_.now() : from_unix_micros(batch.extracted_at));
    suffix += '"';
    suffix += stream.version_member;
    suffix += '}';
    written = pipe_.write_wrapped(batch, stream.record_prefix, suffix);
    has_rows_ = true;
    return written;
  }

  // Records cannot be taken back from the pipe. The reader gets them twice, which keys make harmless.
  Outcome<void> restart(SliceId) override { return {}; }
  Outcome<void> finish(SliceId) override { return {}; }

  // A complete stream without records emits its schema too. An incomplete full read does not replace rows.
  Outcome<void> end(size_t index, bool complete) override {
    if (!complete) return {};
    auto& stream = streams_[index];
    auto written = write_schema(stream);
    if (!written || stream.activation.empty()) return written;
    return pipe_.write(stream.activation);
  }

  Outcome<void> commit(State& state) override {
    auto value = state.to_singer();
    // At least one STATE per run, and one after the last record, even if its value has not changed.
    const bool has_rows = has_rows_.exchange(false);
    if (!state.has_bookmarks() || (value == emitted_ && !has_rows)) return {};
    emitted_ = std::move(value);
    return pipe_.write(fmt::format(R"({{"type":"STATE","value":{}}})"
                                   "\n",
                                   emitted_));
  }

 private:
  struct Stream {
    explicit Stream(const SelectedStream& selected) {
      std::string name;
      append_json_string(name, selected.alias);
      schema = schema_message(selected) + "\n";
      record_prefix = fmt::format(R"({{"type":"RECORD","stream":{},"record":)", name);
      if (!selected.version) return;
      version_member = fmt::format(R"(,"version":{})", *selected.version);
      activation = fmt::format(R"({{"type":"ACTIVATE_VERSION","stream":{}{}}})", name, version_member) + "\n";
      // Makes the rows of a first read visible as they arrive. In later reads the old rows stay visible to
      // the end.
      if (selected.is_first_read) schema += activation;
    }
    std::string schema, record_prefix;
    std::string version_member, activation;  // of a full-table stream; empty otherwise
    std::once_flag has_schema;
  };

  // Called before the stream's first record, on the thread that writes it.
  Outcome<void> write_schema(Stream& stream) {
    Outcome<void> written;
    std::call_once(stream.has_schema, [&] { written = pipe_.write(stream.schema); });
    return written;
  }

  LineWriter pipe_;
  const Clock& clock_;
  std::deque<Stream> streams_;
  std::string emitted_;                 // the last state
  std::atomic<bool> has_rows_ = false;  // since then
};

}  // namespace

std::unique_ptr<Output> singer_output(int descriptor, const Clock& clock) {
  return std::make_unique<SingerOutput>(descriptor, clock);
}

}  // namespace tapster::host
