// The rules about input that makes no sense: it is an error, and never a crash.
#include <fmt/format.h>

#include <array>
#include <set>
#include <tapster/secrets.hpp>

#include "validate/families.hpp"
#include "validate/raw_source.hpp"
#include "validate/streams.hpp"

namespace tapster::host {

namespace {

// No JSON objects.
const std::vector<std::string>& garbage() {
  static const std::vector<std::string> texts{
      "",
      "{",
      "[1]",
      "null",
      "{\"a\":",
      "not JSON",
      "\xFF\xFE\x01",
      std::string("{\"a\":1}\0{", 9),
      std::string(60'000, '['),
      "{\"a\":" + std::string(5'000, '{'),
  };
  return texts;
}

// "{"a":", for a finding.
std::string in_quotes(std::string_view text) {
  std::string out;
  append_json_string(out, shortened(text, 30));
  return out;
}

// The object with each member in turn replaced by values of other types.
std::vector<std::string> distorted(const json::object& object) {
  static const std::array<json::value, 6> values{json::value(),
                                                 json::value(true),
                                                 json::value(-1),
                                                 json::value(json::array{json::object{}}),
                                                 json::value(json::object{{"a", nullptr}}),
                                                 json::value("\xF0\x9F\x98\x80 garbage")};
  std::vector<std::string> texts;
  for (const auto& [name, value] : object) {
    for (const auto& other : values) {
      auto changed = object;
      changed[name] = other;
      texts.push_back(json::serialize(changed));
    }
    auto shorter = object;
    shorter.erase(name);
    texts.push_back(json::serialize(shorter));
  }
  return texts;
}

json::object every_setting(const Subject& subject) {
  auto config = subject.config.value_or(json::object());
  for (const auto& [name, setting] : subject.spec.at("properties").as_object()) {
    if (!config.contains(name)) config[name] = nullptr;
  }
  return config;
}

// Opens with this text, and closes what it opened.
tapster_status open_with(Trial& trial, const Connector& connector, std::string_view config) {
  trial.doing("open with the config " + in_quotes(config));
  const HostServices services(trial.clock(false), trial.log(), trial.subject().name);
  tapster_source* source = nullptr;
  auto error = empty_error();
  const auto status = connector.table().open(&services.table(), to_text(config), &source, &error);
  if (status == TAPSTER_OK && source != nullptr) connector.table().close(source);
  if (status != TAPSTER_OK && source != nullptr)
    trial.fail(fmt::format("open failed with the config {}, and has set *source", in_quotes(config)),
               "Leave *source as it is when open fails.");
  return status;
}

// A slice and a state of the stream; they are empty if it cannot be planned without a network.
struct Example {
  std::string slice, state;
};

Example example_of(Trial& trial, Source& source, const ValidatedStream& stream) {
  trial.doing("plan of the stream " + stream.name);
  const auto plan = plan_all(source, stream.name, {});
  if (!plan || plan->empty()) return {};
  Example example{plan->front(), {}};
  if (!stream.is_incremental()) return example;
  trial.doing(fmt::format("state of the stream {}, slice {}", stream.name, example.slice));
  auto state = source.state(stream.name, {}, example.slice);
  if (state) example.state = *std::move(state);
  return example;
}

std::vector<std::string> distorted_text(const std::string& text) {
  const auto object = parse_json_object(text, "the example");
  return object ? distorted(*object) : std::vector<std::string>();
}

Result<void> read_all(Source& source, std::string_view stream, std::string_view slice,
                      std::string_view columns) {
  return source.read(stream, slice, columns, [](const tapster_batch&) { return Result<void>(); });
}

// Whether a read with this slice made a bug of the connector visible: no error, or a breach of the contract.
bool is_breach(const Result<void>& result) {
  return !result && result.error().message.find("broke a rule of the interface") != std::string::npos;
}

}  // namespace

void check_garbage_config(Trial& trial) {
  const auto connector = trial.load();
  if (!connector) return;
  for (const auto& text : garbage()) {
    const auto status = open_with(trial, *connector, text);
    if (status == TAPSTER_OK)
      trial.fail(
          fmt::format("open succeeded with the config {}, which is not a JSON object", in_quotes(text)),
          "Parse the config to its end, and return TAPSTER_CONFIG if that fails.");
    else if (status != TAPSTER_CONFIG && status != TAPSTER_INTERNAL)
      trial.fail(fmt::format("open returned the status {} for the config {}", status, in_quotes(text)),
                 "Return TAPSTER_CONFIG.");
    if (trial.has_failed()) return;
  }
  for (const auto& text : distorted(every_setting(trial.subject()))) {
    const auto status = open_with(trial, *connector, text);
    if (status == TAPSTER_OK || status == TAPSTER_CONFIG || status == TAPSTER_INTERNAL) continue;
    trial.fail(fmt::format("open returned the status {} for the config {}", status, in_quotes(text)),
               "Return TAPSTER_CONFIG for a setting that has another type.");
    return;
  }
}

void check_garbage_state(Trial& trial) {
  auto opened = trial.open(false);
  if (!opened) return;
  auto& source = *opened->source;
  for (const auto& stream : trial.subject().streams) {
    if (!stream.is_incremental()) continue;
    const auto example = example_of(trial, source, stream);
    const auto refuse = [&](std::string_view call, const auto& result, const std::string& text) {
      if (result)
        trial.fail(
            fmt::format("{} succeeded with the state {}, which is not a JSON object", call, in_quotes(text)),
            "Return TAPSTER_STATE for a state that cannot be read: to ignore it would read everything "
            "again, or leave a gap.",
            stream.name);
      return bool(result);
    };
    for (const auto& text : garbage()) {
      if (text.empty()) continue;  // no state
      trial.doing(fmt::format("plan of the stream {} with the state {}", stream.name, in_quotes(text)));
      if (refuse("plan", plan_all(source, stream.name, text), text)) return;
      if (example.slice.empty()) continue;
      trial.doing(fmt::format("state of the stream {} with the state {}", stream.name, in_quotes(text)));
      if (refuse("state", source.state(stream.name, text, example.slice), text)) return;
    }
    for (const auto& text : distorted_text(example.state)) {
      trial.doing(fmt::format("plan of the stream {} with the state {}", stream.name, in_quotes(text)));
      (void)plan_all(source, stream.name, text);
      trial.doing(fmt::format("state of the stream {} with the state {}", stream.name, in_quotes(text)));
      (void)source.state(stream.name, text, example.slice);
    }
  }
}

void check_garbage_slice(Trial& trial) {
  auto opened = trial.open(false);
  if (!opened) return;
  auto& source = *opened->source;
  for (const auto& stream : trial.subject().streams) {
    const auto example = example_of(trial, source, stream);
    const auto fail = [&](std::string_view call, std::string_view slice) {
      trial.fail(
          fmt::format("{} succeeded with the slice {}, which is not a JSON object", call, in_quotes(slice)),
          "Return TAPSTER_INTERNAL for a slice that plan cannot have given.", stream.name);
    };
    for (const auto& text : garbage()) {
      trial.doing(fmt::format("read of the stream {}, slice {}", stream.name, in_quotes(text)));
      if (read_all(source, stream.name, text, {})) return fail("read", text);
      if (!stream.is_incremental()) continue;
      trial.doing(fmt::format("state of the stream {}, slice {}", stream.name, in_quotes(text)));
      if (source.state(stream.name, {}, text)) return fail("state", text);
    }
    for (const auto& text : distorted_text(example.slice)) {
      trial.doing(fmt::format("read of the stream {}, slice {}", stream.name, in_quotes(text)));
      const auto read = read_all(source, stream.name, text, {});
      if (is_breach(read))
        return trial.fail(read.error().message, "Check a slice before it is read.", stream.name);
      if (!stream.is_incremental()) continue;
      trial.doing(fmt::format("state of the stream {}, slice {}", stream.name, in_quotes(text)));
      (void)source.state(stream.name, {}, text);
    }
  }
}

void check_garbage_columns(Trial& trial) {
  auto opened = trial.open(false);
  if (!opened) return;
  auto& source = *opened->source;
  for (const auto& stream : trial.subject().streams) {
    const auto example = example_of(trial, source, stream);
    if (example.slice.empty()) continue;
    auto texts = garbage();
    texts.insert(texts.end(), {R"(["/no_such_column"])", R"(["no pointer","/~2","/a//b",""])",
                               R"([1,null,{}])", R"({"a":1})", "[]"});
    for (const auto& text : texts) {
      trial.doing(fmt::format("read of the stream {} with the columns {}", stream.name, in_quotes(text)));
      const auto read = read_all(source, stream.name, example.slice, text);
      if (is_breach(read))
        return trial.fail(read.error().message,
                          "Ignore columns that the stream does not have, or return an error.", stream.name);
    }
  }
}

void check_unknown_stream(Trial& trial) {
  auto opened = trial.open(false);
  if (!opened) return;
  auto& source = *opened->source;
  for (const auto* name : {"no_such_stream", "", "../etc", "\xFF"}) {
    trial.doing(fmt::format("plan of the stream {}", in_quotes(name)));
    const auto plan = plan_all(source, name, {});
    trial.doing(fmt::format("read of the stream {}", in_quotes(name)));
    (void)read_all(source, name, "{}", {});
    trial.doing(fmt::format("state of the stream {}", in_quotes(name)));
    (void)source.state(name, {}, "{}");
    if (!plan && (plan.error().status == Status::unsupported || plan.error().is_transient())) continue;
    trial.fail(fmt::format("plan of the stream {} {}", in_quotes(name),
                           plan ? "succeeded" : "failed with " + words(plan.error())),
               "Return TAPSTER_UNSUPPORTED for a stream that is not in the catalog.");
    return;
  }
}

// Looks at the struct that a failed call has filled.
void check_errors(Trial& trial) {
  auto opened = RawSource::open(trial, false);
  if (!opened) return;
  const auto& table = opened->table();
  tapster_sink sink{};
  sink.struct_size = sizeof sink;
  sink.push = [](void*, const tapster_batch*) -> tapster_status { return TAPSTER_OK; };
  const auto check = [&](std::string_view call, const auto& body) {
    // The struct of ABI 1.0 ends before http_status.
    constexpr int32_t untouched = 0x5A5A5A5A;
    auto error = empty_error();
    error.struct_size = offsetof(tapster_error, http_status);
    error.http_status = untouched;
    error.status = TAPSTER_OK;
    trial.doing(call);
    const tapster_status status = body(&error);
    if (status == TAPSTER_OK) return;
    const auto fail = [&](std::string_view seen, std::string_view fix) {
      trial.fail(fmt::format("{}: {}", call, seen), fix);
    };
    const char* const fix =
        "Fill the caller's tapster_error before a status other than TAPSTER_OK is returned.";
    if (error.status != status)
      return fail(fmt::format("returned the status {}, and the error has {}", status, error.status), fix);
    if (error.message_size == 0 || error.message_size > sizeof error.message)
      return fail(fmt::format("its message has {} bytes", error.message_size), fix);
    if (error.http_status != untouched)
      return fail("wrote http_status, which the caller's struct of ABI 1.0 does not have",
                  "Check members of ABI 1.1 with TAPSTER_HAS.");
    const std::string_view message(error.message, error.message_size);
    std::string line = "\"";
    line.append(message).append("\"");
    if (message.find('\n') != std::string_view::npos)
      return fail("its message has several lines", "Write one line.");
    for (auto& c : line)
      if (c == '\\' || (c == '"' && &c != &line.front() && &c != &line.back())) c = ' ';
    if (!parse_json(line, "the message"))
      return fail("its message is not text in UTF-8, or has control characters", "Cut between characters.");
  };
  check("open with the config \"{\"", [&](tapster_error* error) {
    tapster_source* source = nullptr;
    const auto status = table.open(&opened->services().table(), to_text("{"), &source, error);
    if (status == TAPSTER_OK && source != nullptr) table.close(source);
    return status;
  });
  tapster_plan_request plan{};
  plan.struct_size = sizeof plan;
  plan.stream = to_text("no_such_stream");
  check("plan of an unknown stream",
        [&](tapster_error* error) { return table.plan(opened->get(), &plan, &sink, error); });
  tapster_read_request read{};
  read.struct_size = sizeof read;
  tapster_state_request state{};
  state.struct_size = sizeof state;
  for (const auto& stream : trial.subject().streams) {
    plan.stream = read.stream = state.stream = to_text(stream.name);
    plan.state = state.state = to_text("[1]");
    read.slice = state.slice = to_text("[1]");
    check(fmt::format("read of the stream {}, slice [1]", stream.name),
          [&](tapster_error* error) { return table.read(opened->get(), &read, &sink, error); });
    if (!stream.is_incremental()) continue;
    check(fmt::format("plan of the stream {} with the state [1]", stream.name),
          [&](tapster_error* error) { return table.plan(opened->get(), &plan, &sink, error); });
    check(fmt::format("state of the stream {} with the state [1]", stream.name),
          [&](tapster_error* error) { return table.state(opened->get(), &state, &sink, error); });
    if (trial.has_failed()) return;
  }
}

}  // namespace tapster::host
