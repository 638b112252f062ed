#include "streamed_reader.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "next_page.hpp"
#include "numbers.hpp"

namespace tapster {

Result<void> StreamedReader::read(const MakeRequest& request) {
  while (true) {
    const auto made = request(at_);
    auto got = read_page(made);
    if (!got) return got;
    rows_.reset();
    is_after_first_ = true;
    if (!next_) return {};
    if (!visited_.insert(mark_of(*next_)).second)
      return source_error(
          fmt::format("{}: the next page was read before: its cursor or URL repeats", made.target.text()));
    at_ = *std::exchange(next_, {});
  }
}

Result<void> StreamedReader::read_page(const HttpRequest& request) {
  if (!rows_)
    rows_ = std::make_unique<RecordStream>(
        projection_, prepared_.selector, records_.takes_rejects(),
        [this](const Row& row, std::string&) { return take(row); },
        [this](Block& block) { return push(block); });
  auto got = prepared_.client->stream(
      request, {.begin =
                    [this] {
                      rows_->begin();
                      positions_.clear();
                    },
                .take = [this](std::string_view piece) { return rows_->feed(piece); },
                .end = [this](HttpResponse& response) -> Result<void> {
                  const auto page = rows_->finish();
                  if (!page) return Failed(page.error());
                  auto next = named_page(prepared_, response, *page);
                  if (!next) return Failed(std::move(next).error());
                  next_ = *std::move(next);
                  if (const auto token = value_at(*page, prepared_.token);
                      prepared_.finds_bookmark() && token && !token->empty() &&
                      prepared_.planner->incremental().unit == Incremental::Unit::token)
                    reached_ = json::string(*token);
                  return {};
                }});
  if (got) is_started_ = true;
  if (got || !rows_->differs()) return got;
  // The host takes back the records of the slice and reads it again.
  return transient_error(got.error().message + ", so the rows before cannot be completed");
}

Keep StreamedReader::take(const Row& row) {
  const bool has_integers =
      prepared_.finds_bookmark() && prepared_.planner->incremental().unit == Incremental::Unit::integer;
  const auto integer = has_integers ? parse_integer(row.cursor_json) : std::nullopt;
  if (integer && (!reached_ || reached_->as_int64() < *integer)) reached_ = *integer;
  const bool is_outside =
      window_ && row.cursor && (*row.cursor < window_->from || *row.cursor >= window_->to);
  if (is_outside) return Keep::no;
  if (report_ && !row.is_rejected)
    positions_.push_back(row.cursor ? std::optional(position_of(*row.cursor)) : integer);
  return Keep::yes;
}

Result<void> StreamedReader::push(Block& block) {
  block.extracted_at = prepared_.host.now();
  if (!report_) return records_.push(block);
  auto pushed = push_and_report(block);
  positions_.clear();
  return pushed;
}

Result<void> StreamedReader::push_and_report(Block& block) {
  for (const auto& position : positions_) {
    if (!position) continue;
    if (last_ && *position < *last_) return not_sorted(prepared_.stream.stream);
    last_ = position;
  }
  const auto position = records_.takes_progress() ? progress_.next(last_, positions_) : std::nullopt;
  if (position) {
    auto front = take_front(block, rows_before(*position, positions_));
    auto pushed = records_.push(front);
    if (pushed) pushed = report_(progress_.reached_at(*position));
    if (!pushed) return pushed;
  }
  return records_.push(block);
}

}  // namespace tapster
