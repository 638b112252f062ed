#include <fmt/format.h>

#include "output.hpp"
#include "pipe.hpp"

namespace tapster::host {

namespace {

class SingerOutput : public Output {
 public:
  SingerOutput(int descriptor, const Clock& clock) : pipe_(descriptor), clock_(clock) {}

  Outcome<void> start(const std::vector<SelectedStream>& streams, State&) override {
    std::string schemas;
    for (const auto& stream : streams) {
      std::string name;
      append_json_string(name, stream.alias);
      prefixes_.push_back(fmt::format(R"({{"type":"RECORD","stream":{},"record":)", name));
      schemas += schema_message(stream, name) + "\n";
    }
    return pipe_.write(schemas);
  }

  Outcome<void> write(SliceId slice, const tapster_batch& batch) override {
    std::string suffix = R"(,"time_extracted":")";
    append_time(suffix, batch.extracted_at == 0 ? clock_.now() : from_unix_micros(batch.extracted_at));
    suffix += "\"}";
    return pipe_.write_wrapped(batch, prefixes_[slice.stream], suffix);
  }

  // What was written is gone down the pipe; the reader's keys make the second time harmless.
  Outcome<void> restart(SliceId) override { return {}; }
  Outcome<void> finish(SliceId) override { return {}; }
  Outcome<void> end(size_t, bool) override { return {}; }

  Outcome<void> commit(State& state) override {
    return pipe_.write(fmt::format(R"({{"type":"STATE","value":{}}})"
                                   "\n",
                                   state.to_singer()));
  }

 private:
  static std::string schema_message(const SelectedStream& stream, std::string_view name) {
    json::array keys;
    for (const auto& key : stream.key_properties) keys.emplace_back(key);
    auto message = fmt::format(R"({{"type":"SCHEMA","stream":{},"schema":{},"key_properties":{})", name,
                               json::serialize(stream.schema), json::serialize(keys));
    if (!stream.replication_key.empty()) {
      message +=
          fmt::format(R"(,"bookmark_properties":{})", json::serialize(json::array{stream.replication_key}));
    }
    return message + "}";
  }

  Pipe pipe_;
  const Clock& clock_;
  std::vector<std::string> prefixes_;  // of a RECORD message, by stream
};

}  // namespace

std::unique_ptr<Output> singer_output(int descriptor, const Clock& clock) {
  return std::make_unique<SingerOutput>(descriptor, clock);
}

}  // namespace tapster::host
