#include "plugin/connector_call.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstring>
#include <optional>
#include <tapster/secrets.hpp>

namespace tapster::host {

namespace {

constexpr size_t batch_size = offsetof(tapster_batch, extracted_at) + sizeof(int64_t);  // of ABI 1.0

// Why `batch` breaks the contract; empty if it does not. Records are not parsed here. A batch must have as
// many lines as it says, and each must start and end like an object.
std::string flaw(const tapster_batch* batch) {
  if (batch == nullptr) return "a batch that is null";
  if (batch->struct_size < batch_size) {
    return fmt::format("a batch whose struct_size is {}", batch->struct_size);
  }
  if (batch->size == 0)
    return batch->count == 0 ? "" : fmt::format("an empty batch of {} lines", batch->count);
  if (batch->data == nullptr) return fmt::format("a batch of {} bytes at null", batch->size);
  if (batch->data[batch->size - 1] != '\n') return "a batch that does not end with a line break";
  size_t count = 0;
  const char* line = batch->data;
  const char* const end = line + batch->size;
  while (line != end) {
    const auto* line_end = static_cast<const char*>(std::memchr(line, '\n', static_cast<size_t>(end - line)));
    ++count;
    if (line_end - line < 2 || *line != '{' || line_end[-1] != '}') {
      return fmt::format("a batch whose line {} is not a JSON object", count);
    }
    line = line_end + 1;
  }
  if (count != batch->count) return fmt::format("a batch that says {} lines and has {}", batch->count, count);
  return {};
}

// The host's end of one call's tapster_sink. Checks each batch before `take` sees it, and keeps the first
// error, which is more exact than the one that the connector returns.
class Sink {
 public:
  // `services` is null for calls that nothing can cancel.
  Sink(const Call& call, const HostServices* services, const BatchSink& take, const ReadSinks& sinks)
      : call_(call), services_(services), take_(take), sinks_(sinks) {}

  tapster_status push(const tapster_batch* batch) noexcept {
    return keep_error([&] { return checked_push(batch); });
  }

  tapster_status reject(tapster_text record, tapster_text reason) noexcept {
    return keep_error([&]() -> Result<void> {
      if (services_ != nullptr && services_->is_cancelled()) return cancelled();
      return sinks_.reject(to_view(record), to_view(reason));
    });
  }

  tapster_status progress(tapster_text slice) noexcept {
    return keep_error([&] { return sinks_.progress(to_view(slice)); });
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  template <class Take>
  tapster_status keep_error(const Take& take) noexcept {
    if (!error_) {
      try {
        auto result = take();
        if (!result) error_ = std::move(result).error();
      } catch (const std::exception& e) {
        error_ = Error{Status::internal, e.what(), 0, std::nullopt};
      }
    }
    return error_ ? static_cast<tapster_status>(error_->status) : TAPSTER_OK;
  }

  Result<void> checked_push(const tapster_batch* batch) {
    if (services_ != nullptr && services_->is_cancelled()) return cancelled();
    const auto what = flaw(batch);
    if (!what.empty()) return breach(call_.connector, fmt::format("{} pushed {}", call_.function, what));
    if (batch->size == 0) return {};
    return take_(*batch);
  }

  const Call& call_;
  const HostServices* services_;
  const BatchSink& take_;
  const ReadSinks& sinks_;
  std::optional<Error> error_;
};

extern "C" {
tapster_status host_push(void* context, const tapster_batch* batch) noexcept {
  return static_cast<Sink*>(context)->push(batch);
}
tapster_status host_reject(void* context, tapster_text record, tapster_text reason) noexcept {
  return static_cast<Sink*>(context)->reject(record, reason);
}
tapster_status host_progress(void* context, tapster_text slice) noexcept {
  return static_cast<Sink*>(context)->progress(slice);
}
}

}  // namespace

Failed breach(std::string_view connector, std::string_view what) {
  return internal_error(fmt::format("the connector {} broke a rule of the interface: {}", connector, what));
}

Result<void> make_call(const Call& call, const std::function<tapster_status(tapster_error*)>& body) {
  const CallGuard guard(call);
  tapster_error error{};
  error.struct_size = sizeof error;
  error.retry_after_ms = -1;
  tapster_status status = TAPSTER_OK;
  try {
    status = body(&error);
  } catch (...) {
    return breach(call.connector, fmt::format("{} threw an exception", call.function));
  }
  if (status == TAPSTER_OK) return {};
  auto result = from_abi(status, error);
  // A message that fills the struct may have been cut. Up to three bytes stay free if a character did not
  // fit.
  if (error.message_size + 4 > sizeof error.message) result.message += cut_mark;
  if (error.message_size == 0) {
    result.message = fmt::format("{} of the connector {} failed with the status {} and gave no reason",
                                 call.function, call.connector, status);
    if (result.status != Status::internal || status == TAPSTER_INTERNAL) {
      result.message += fmt::format(" ({})", to_string(result.status));
    }
  }
  return Failed(std::move(result));
}

Result<void> make_call(const Call& call, const HostServices* services, const BatchSink& take,
                       const ReadSinks& sinks, const PushingCall& body) {
  Sink sink(call, services, take, sinks);
  tapster_sink table{};
  table.struct_size = sizeof table;
  table.context = &sink;
  table.push = host_push;
  if (sinks.reject) table.reject = host_reject;
  if (sinks.progress) table.progress = host_progress;
  auto result = make_call(call, [&](tapster_error* error) { return body(&table, error); });
  if (sink.error()) return Failed(*sink.error());
  return result;
}

Result<std::string> call_for_line(const Call& call, const HostServices* services, const PushingCall& body) {
  std::string text;
  size_t count = 0;
  const BatchSink take = [&](const tapster_batch& batch) -> Result<void> {
    text.append(batch.data, batch.size);
    count += batch.count;
    return {};
  };
  auto result = make_call(call, services, take, {}, body);
  if (!result) return Failed(std::move(result).error());
  if (count != 1)
    return breach(call.connector, fmt::format("{} pushed {} lines instead of one", call.function, count));
  text.pop_back();
  return text;
}

Result<json::object> parse_answer(const Call& call, std::string_view line) {
  auto object = parse_json_object(line, fmt::format("what {} pushed", call.function));
  if (!object) return breach(call.connector, object.error().message);
  return object;
}

}  // namespace tapster::host
