#include "sync/sync_script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tapster/error.hpp>
#include <tapster/json.hpp>

namespace tapster::host {

namespace {

tapster_source* script = nullptr;  // what the next open gives

tapster_status fill(tapster_error* error, tapster_status status) {
  return status == TAPSTER_OK
             ? status
             : to_abi(Error{static_cast<Status>(status), "as the test says", 0, script->retry_after}, error);
}

tapster_status push(const tapster_sink* out, const std::string& line) {
  const tapster_batch batch{sizeof batch, line.data(), line.size(), 1, 1};
  return out->push(out->context, &batch);
}

int64_t number_of(tapster_text slice) {
  return json::parse(std::string(to_view(slice))).at("n").as_int64();
}

std::string slice_of(tapster_source* source, int64_t n, const std::string& more = {}) {
  const auto partition =
      source->partition ? fmt::format(R"(,"partition":"{}")", source->partition(n)) : std::string();
  return fmt::format(R"({{"n":{}{}{}}})", n, more, partition);
}

int attempt_of(tapster_source* source, const std::string& what) {
  const std::lock_guard lock(source->mutex);
  return ++source->attempts[what];
}

tapster_status plan(tapster_source* source, const tapster_plan_request* request, const tapster_sink* out,
                    tapster_error* error) {
  if (out->progress != nullptr) return fill(error, TAPSTER_INTERNAL);
  const std::string stream(to_view(request->stream));
  const auto status =
      source->on_plan ? source->on_plan(stream, attempt_of(source, "plan " + stream)) : TAPSTER_OK;
  if (status != TAPSTER_OK) return fill(error, status);
  for (int n = 0; n <= source->slices; ++n) {
    auto pushed = source->on_slice ? source->on_slice(n) : TAPSTER_OK;
    const auto last = (n + 1) * source->length - 1;
    if (pushed == TAPSTER_OK && n < source->slices) pushed = push(out, slice_of(source, last) + "\n");
    if (pushed != TAPSTER_OK) return fill(error, pushed);
  }
  return TAPSTER_OK;
}

// Reads a long slice from its beginning, or from where its progress was.
tapster_status read_rows(tapster_source* source, tapster_text slice, const tapster_sink* out, int attempt) {
  const auto n = number_of(slice);
  const auto parsed = json::parse(std::string(to_view(slice)));
  const auto* to = parsed.as_object().if_contains("to");
  const auto last = to ? to->as_int64() : n;
  auto status = static_cast<tapster_status>(TAPSTER_OK);
  for (auto id = to ? n + 1 : n - source->length + 1; status == TAPSTER_OK && id <= last; ++id) {
    if (source->before_row) status = source->before_row(out, id, attempt);
    if (status == TAPSTER_OK) status = push(out, fmt::format("{{\"id\":{}}}\n", id));
    if (status == TAPSTER_OK)
      status = out->progress(out->context, to_text(slice_of(source, id, fmt::format(R"(,"to":{})", last))));
    if (status == TAPSTER_OK && source->after_progress) status = source->after_progress(out, id, attempt);
  }
  return status;
}

tapster_status read(tapster_source* source, const tapster_read_request* request, const tapster_sink* out,
                    tapster_error* error) {
  const std::string stream(to_view(request->stream));
  const auto n = number_of(request->slice);
  const auto attempt = attempt_of(source, stream + std::string(to_view(request->slice)));
  auto status = source->length > 1 ? read_rows(source, request->slice, out, attempt)
                                   : push(out, fmt::format("{{\"id\":{}}}\n", n));
  if (source->progress) {
    for (const auto& slice : source->progress(n, attempt)) {
      if (status == TAPSTER_OK) status = out->progress(out->context, to_text(slice));
    }
  }
  if (status == TAPSTER_OK && source->on_read) status = source->on_read(stream, n, attempt);
  return fill(error, status);
}

tapster_status state(tapster_source* source, const tapster_state_request* request, const tapster_sink* out,
                     tapster_error* error) {
  const auto n = number_of(request->slice);
  const auto status = source->on_state ? source->on_state(n) : TAPSTER_OK;
  if (status != TAPSTER_OK) return fill(error, status);
  json::object next;
  if (request->state.size > 0) next = json::parse(std::string(to_view(request->state))).as_object();
  auto& done = next[part_of(*source, n)];
  done = done.is_int64() ? std::max(done.get_int64(), n) : n;
  return fill(error, push(out, json::serialize(next) + "\n"));
}

}  // namespace

std::string part_of(const tapster_source& source, int64_t n) {
  return source.partition ? source.partition(n) : "done";
}

tapster_connector script_connector(tapster_source& next) {
  script = &next;
  tapster_connector table{};
  table.struct_size = sizeof table;
  table.abi_version = TAPSTER_ABI_VERSION;
  table.name = to_text("script");
  table.version = to_text("1");
  table.description = to_text("A test's");
  table.spec = [](const tapster_sink*, tapster_error* error) { return fill(error, TAPSTER_UNSUPPORTED); };
  table.open = [](const tapster_host*, tapster_text, tapster_source** source,
                  tapster_error*) -> tapster_status {
    *source = script;
    return TAPSTER_OK;
  };
  table.check = [](tapster_source*, tapster_error*) -> tapster_status { return TAPSTER_OK; };
  table.discover = [](tapster_source*, const tapster_sink*, tapster_error* error) {
    return fill(error, TAPSTER_UNSUPPORTED);
  };
  table.plan = plan;
  table.read = read;
  table.state = state;
  table.cancel = [](tapster_source* source) {
    if (source->on_cancel) source->on_cancel();
  };
  table.close = [](tapster_source*) {};
  return table;
}

}  // namespace tapster::host
