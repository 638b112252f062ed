// The rules about a read that ends early: because the sink refuses a batch, or because the source is
// cancelled.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "validate/families.hpp"
#include "validate/raw_source.hpp"
#include "validate/sample.hpp"

namespace tapster::host {

namespace {

// A sink that refuses every batch.
struct Refusal {
  size_t pushes = 0;
  static tapster_status push(void* context, const tapster_batch*) {
    ++static_cast<Refusal*>(context)->pushes;
    return TAPSTER_SOURCE;
  }
};

// The longest time between a cancel and the end of the call. The contract says one second; a busy machine
// gets half of one more.
constexpr std::chrono::milliseconds longest_stop(1500);

// When a read is cancelled.
enum class Moment { at_once, first_batch };

void check_cancel_at(Trial& trial, const std::string& stream, const std::string& slice, Moment moment) {
  auto opened = trial.open(true);
  if (!opened) return;
  auto& source = *opened->source;
  const auto what = fmt::format("read of the stream {}, slice {}", stream, slice);
  trial.doing("a cancel of the " + what);
  std::promise<void> pushed;
  std::promise<void> cancelled;
  std::atomic<bool> has_pushed = false;
  auto started = pushed.get_future();
  auto may_go_on = cancelled.get_future().share();
  auto ended = std::async(std::launch::async, [&] {
    auto result = source.read(stream, slice, {}, [&](const tapster_batch&) -> Result<void> {
      if (moment == Moment::at_once) return {};
      if (!has_pushed.exchange(true)) pushed.set_value();
      may_go_on.wait();
      return {};
    });
    if (!has_pushed.exchange(true)) pushed.set_value();
    return result;
  });
  if (moment == Moment::first_batch) started.wait();
  const auto start = std::chrono::steady_clock::now();
  source.cancel();
  cancelled.set_value();
  if (ended.wait_for(longest_stop) != std::future_status::ready) {
    ended.wait();
    const auto time = std::chrono::round<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
    trial.fail(fmt::format("the {} returned {} ms after the cancel", what, time.count()),
               "Wait with tapster_host.sleep alone, and look at tapster_host.cancelled between two steps.",
               stream);
    return;
  }
  const auto result = ended.get();
  if (result || result.error().status == Status::cancelled) return;
  trial.fail(fmt::format("the {} was cancelled and ended with {}", what, words(result.error())),
             "Return TAPSTER_CANCELLED after a cancel.", stream);
}

}  // namespace

void check_refusal(Trial& trial) {
  auto opened = RawSource::open(trial, true);
  if (!opened) return;
  for (const auto& stream : trial.subject().streams) {
    const auto* whole = first_with_records(trial.subject(), stream.name);
    if (whole == nullptr) continue;
    trial.doing(
        fmt::format("read of the stream {}, slice {}, into a sink that refuses", stream.name, whole->slice));
    Refusal refusal;
    tapster_sink sink{};
    sink.struct_size = sizeof sink;
    sink.context = &refusal;
    sink.push = Refusal::push;
    tapster_read_request request{};
    request.struct_size = sizeof request;
    request.stream = to_text(stream.name);
    request.slice = to_text(whole->slice);
    auto error = empty_error();
    const auto status = opened->table().read(opened->get(), &request, &sink, &error);
    const char* const fix = "Return the status of push at once if it is not TAPSTER_OK.";
    if (refusal.pushes > 1)
      trial.fail(fmt::format("read pushed {} more batches after one was refused", refusal.pushes - 1), fix,
                 stream.name);
    else if (status != TAPSTER_SOURCE)
      trial.fail(fmt::format("push returned the status {}, and read {}", TAPSTER_SOURCE, status), fix,
                 stream.name);
  }
}

void check_cancel(Trial& trial) {
  for (const auto& stream : trial.subject().streams) {
    const auto* whole = first_with_records(trial.subject(), stream.name);
    if (whole == nullptr) continue;
    for (const auto moment : {Moment::first_batch, Moment::at_once}) {
      check_cancel_at(trial, stream.name, whole->slice, moment);
      if (trial.has_failed()) return;
    }
  }
}

}  // namespace tapster::host
