#include "keyset_paging.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <variant>

#include "bounds.hpp"

namespace tapster {

const KeysetPages& KeysetPaging::pages() const {
  return std::get<KeysetPages>(prepared_.stream.paginator);
}

NextPage KeysetPaging::page() const {
  const auto& planner = *prepared_.planner;
  const auto& incremental = planner.incremental();
  NextPage page;
  if (pages().limit) page.arguments.push_back({*pages().limit, pages().size});
  page.arguments.push_back({*incremental.from, written(incremental, planner.zone(),
                                                       rounded_down(from_, incremental.granularity))});
  if (number_ > 1) page.arguments.push_back({pages().page, number_});
  return page;
}

// Whether the page has fewer rows than an earlier one.
bool KeysetPaging::is_shorter(const Page& page) {
  const bool is_shorter = page.rows < longest_page_;
  longest_page_ = std::max(longest_page_, page.rows);
  return is_shorter;
}

Result<std::optional<NextPage>> KeysetPaging::next(const Page& page, const PageRows& rows) {
  if (!rows.is_sorted())
    return source_error(fmt::format("the rows are not sorted by {}, oldest first: request that order",
                                    prepared_.stream.stream.replication_key));
  const auto granularity = prepared_.planner->incremental().granularity;
  const auto start = rounded_down(from_, granularity);
  const auto newest =
      rows.newest() ? rounded_down(std::chrono::floor<std::chrono::microseconds>(*rows.newest()), granularity)
                    : start;
  const bool is_short = is_shorter(page);
  const bool is_end = page.rows == 0 || (is_short && rows.fresh() == 0 && !is_again_) ||
                      (rows.newest() && *rows.newest() >= window_.to);
  for (const auto& [key, time] : rows.times()) known_.insert_or_assign(key, time);
  if (number_ > 1 || is_again_) found_by_number_ += rows.fresh();
  if (!is_end && newest <= start) {
    if (rows.fresh() == 0 && number_ > 1 && !is_again_)
      return source_error(
          "the page has only rows of earlier pages: the API or a cache ignores the parameter of the page");
    ++number_;
    return this->page();
  }
  is_again_ = found_by_number_ > 0;
  found_by_number_ = 0;
  number_ = 1;
  if (is_again_) return this->page();
  if (is_end) return std::optional<NextPage>();
  from_ = newest;
  std::erase_if(known_, [&](const auto& row) { return row.second < newest; });
  return this->page();
}

}  // namespace tapster
