// The pieces go through three steps:
//   repair  JSON only: surrogate escapes without a pair are replaced. An escape that the end of a piece cuts
//           waits for the next one.
//   divide  JSON Lines and CSV: lines and rows that the end of a piece cuts wait for their end.
//   parse   The same handler as for whole responses, leniently from the start, because a part cannot be
//   parsed again.
// The handler sends the block to the sink between two records; see Flow.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <tapster/record_stream.hpp>
#include <utility>

#include "csv_records.hpp"
#include "record_handler.hpp"
#include "surrogates.hpp"

namespace tapster {

namespace {

constexpr std::string_view white = " \t\r\n";

json::parse_options stream_options() {
  json::parse_options options;
  options.max_depth = 64;
  return options;
}

}  // namespace

struct RecordStream::State {
  State(const Projection& projection, RecordSelector records, bool takes_rejects, RowVisitor visitor,
        BlockSink sink)
      : selector(std::move(records)),
        visit(std::move(visitor)),
        parser(stream_options(), projection, selector),
        flow{.sink = std::move(sink)} {
    block.takes_rejects = takes_rejects;
  }

  RecordSelector selector;
  RowVisitor visit;
  Block block;
  json::basic_parser<RecordHandler> parser;
  Flow flow;
  std::optional<CsvRecords> rows;  // for CSV
  SurrogateRepair surrogates;
  std::string line;  // for JSON Lines: what has come of one
  size_t bytes = 0;  // of the pieces before
  std::vector<Projection::Value> constants;

  RecordHandler& handler() { return parser.handler(); }

  Result<void> feed(std::string_view text) {
    if (rows) return rows->feed(text);
    const auto repaired = surrogates.repair(text);
    auto fed =
        selector.format == RecordSelector::Format::json_lines ? feed_lines(repaired) : feed_json(repaired);
    bytes += text.size();
    return fed;
  }

  // One document.
  Result<void> feed_json(std::string_view text) {
    size_t used = 0;
    if (!parser.done()) {
      json::error_code error;
      used = parser.write_some(true, text.data(), text.size(), error);
      if (error) return failure(error, used);
    }
    if (parser.done() && text.find_first_not_of(white, used) != std::string_view::npos)
      return failure(json::error::extra_data, used);
    return handler().open_bytes() > largest_streamed_record ? too_large() : Result<void>();
  }

  Result<void> feed_lines(std::string_view text) {
    while (!text.empty()) {
      const auto end = text.find('\n');
      if (end == std::string_view::npos) {
        line += text;
        return line.size() > largest_streamed_record ? too_large() : Result<void>();
      }
      auto parsed = line.empty() ? parse_line(text.substr(0, end)) : parse_line(line.append(text, 0, end));
      if (!parsed) return parsed;
      line.clear();
      text.remove_prefix(end + 1);
    }
    return {};
  }

  Result<void> parse_line(std::string_view text) {
    if (text.find_first_not_of(white) == std::string_view::npos) return {};
    if (text.size() > largest_streamed_record) return too_large();
    parser.reset();
    handler().start_document();
    json::error_code error;
    const auto used = parser.write_some(false, text.data(), text.size(), error);
    if (!error && text.find_first_not_of(white, used) != std::string_view::npos)
      error = json::error::extra_data;
    return error ? failure(error, used) : found();
  }

  Result<void> finish() {
    if (rows) return rows->finish();
    const auto rest = surrogates.rest();
    if (selector.format == RecordSelector::Format::json_lines) {
      auto fed = feed_lines(rest);
      return fed ? parse_line(line) : fed;
    }
    auto fed = feed_json(rest);
    if (!fed || parser.done()) return fed ? found() : fed;
    json::error_code error;
    parser.write_some(false, "", 0, error);
    return error ? failure(error, 0) : found();
  }

  [[nodiscard]] Result<void> found() {
    if (handler().found()) return {};
    return source_error(selector.records.empty()
                            ? std::string("the response is not records")
                            : fmt::format("the response has no records at {}", selector.records));
  }
  Failed failure(json::error_code error, size_t used) {
    if (handler().failure()) return Failed(*std::move(handler().failure()));
    if (error == json::error::incomplete && bytes + used == 0)
      return transient_error("the response is not JSON: it is empty");
    return transient_error(
        fmt::format("the response is not JSON: {} after byte {}", error.message(), bytes + used));
  }
  static Failed too_large() {
    return source_error(
        fmt::format("a record of the response is larger than {} bytes", largest_streamed_record));
  }
};

RecordStream::RecordStream(const Projection& projection, RecordSelector selector, bool takes_rejects,
                           RowVisitor visit, BlockSink sink)
    : state_(std::make_unique<State>(projection, std::move(selector), takes_rejects, std::move(visit),
                                     std::move(sink))) {}
RecordStream::~RecordStream() = default;

void RecordStream::begin() {
  auto& state = *state_;
  state.block.lines.clear();
  state.block.count = 0;
  state.block.rejects.clear();
  state.parser.reset();
  state.handler().start(state.block, state.visit, state.constants, true);
  state.handler().send_to(state.flow);
  state.flow.differs = false;
  state.surrogates = {};
  state.line.clear();
  state.bytes = 0;
  if (state.selector.format == RecordSelector::Format::csv)
    state.rows.emplace(state.handler(), state.selector, largest_streamed_record);
}

Result<void> RecordStream::feed(std::string_view piece) {
  return state_->feed(piece);
}

Result<Page> RecordStream::finish() {
  auto& state = *state_;
  auto finished = state.finish();
  if (!finished) return Failed(std::move(finished).error());
  auto page = state.handler().page();
  if (page.rows < state.flow.rows) {
    state.flow.differs = true;
    return source_error("the response has fewer rows than the one before");
  }
  auto sent = state.handler().send();
  if (!sent) return Failed(std::move(sent).error());
  return page;
}

bool RecordStream::differs() const {
  return state_->flow.differs;
}

size_t RecordStream::rows_sent() const {
  return state_->flow.rows;
}

}  // namespace tapster
