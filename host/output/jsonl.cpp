#include "output/line_writer.hpp"
#include "output/output.hpp"

namespace tapster::host {

namespace {

class JsonlOutput : public Output {
 public:
  explicit JsonlOutput(int descriptor) : pipe_(descriptor) {}

  Outcome<void> start(const std::vector<SelectedStream>& streams, State&) override {
    for (const auto& stream : streams) {
      prefixes_.emplace_back("{\"stream\":");
      append_json_string(prefixes_.back(), stream.alias);
      prefixes_.back() += ",\"record\":";
    }
    return {};
  }

  Outcome<void> write(SliceId slice, const tapster_batch& batch) override {
    return pipe_.write_wrapped(batch, prefixes_[slice.stream], "}");
  }

  Outcome<void> restart(SliceId) override { return {}; }
  Outcome<void> finish(SliceId) override { return {}; }
  Outcome<void> commit(State&) override { return {}; }
  Outcome<void> end(size_t, bool) override { return {}; }

 private:
  LineWriter pipe_;
  std::vector<std::string> prefixes_;  // of a line, by stream
};

}  // namespace

std::unique_ptr<Output> jsonl_output(int descriptor) {
  return std::make_unique<JsonlOutput>(descriptor);
}

}  // namespace tapster::host
