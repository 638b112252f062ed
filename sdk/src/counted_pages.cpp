// A pass reads the pages of a query once. rows_->seen has the rows that any pass has shown, by key, with the
// last page that showed them; pages are numbered over all passes. rows_->fresh has the rows of the current
// page. Invariant: a row is emitted when a page first shows it and it is wanted, and not again.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <tapster/counted_pages.hpp>
#include <unordered_map>
#include <utility>

#include "row_id.hpp"

namespace tapster {

using namespace std::chrono_literals;

namespace {

// Neighbouring rows may be out of order by this much: a list may be sorted by a time other than the one it
// shows.
constexpr auto slack = 1min;

struct Hash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

}  // namespace

Result<void> check_count(std::string_view name, int64_t total, int64_t offset, size_t rows) {
  const auto shown = rows == 0 ? 0 : offset + static_cast<int64_t>(rows);
  if (total >= shown) return {};
  return transient_error(
      fmt::format("{} is {}, but the page shows {} rows from row {} on", name, total, rows, offset + 1));
}

// A row of the current page.
struct CountedPages::Shown {
  std::string key;
  FineTime time;
  bool is_inside;  // it is wanted, emitted before or not
  bool is_wanted;  // it is to be emitted
};

struct CountedPages::Seen {
  FineTime time;
  size_t page;      // the last page that showed it
  bool is_emitted;  // false if it was not wanted
};

struct CountedPages::Rows {
  std::unordered_map<std::string, Seen, Hash, std::equal_to<>> seen;
  size_t pages = 0;
  std::vector<Shown> fresh;  // the rows of the current page

  // This pass:
  size_t pass_began = 1;  // its first page
  int64_t twins = 0;
  int64_t repeats = 0;
  FineTime newest = FineTime::min();
  FineTime oldest = FineTime::max();
  bool is_sorted = true;
  bool is_newest_first = true;
  bool is_stuck = false;
  FineTime border_time{};  // the time of the last row of the previous page
  std::string border_key;  // and its key
};

CountedPages::CountedPages(Host host, const Projection& projection, RecordSelector selector,
                           CountedPagesOptions options, Emit emit)
    : host_(host),
      options_(options),
      emit_(std::move(emit)),
      total_name_(selector.total.substr(selector.total.rfind('/') + 1)),
      parser_(projection, std::move(selector)),
      rows_(std::make_unique<Rows>()) {
  block_.takes_rejects = options.takes_rejects;
}

CountedPages::~CountedPages() = default;

Result<int64_t> CountedPages::read(const CountedQuery& query) {
  const auto first_page = rows_->pages + 1;
  for (int attempt = 1; attempt <= options_.attempts; ++attempt) {
    const auto pass = read_once(query);
    if (!pass) return Failed(pass.error());
    if (pass->is_enough) return pass->total;
    if (rows_->is_stuck) continue;
    if (options_.reachable > 0 && pass->total >= options_.reachable) return pass->total;
    const bool is_stable = pass->total == pass->first_total;
    const bool is_last = attempt == options_.attempts;
    const auto found = rows_since_page(first_page);
    if (found >= pass->total && (is_stable || is_last)) return pass->total;
    // If the count is stable in every pass, equal rows on two pages are different rows.
    if (is_stable && is_last && rows() + rows_->repeats >= pass->total) return pass->total;
    host_.info(fmt::format("{}saw {} of {} rows, or the count changed: reading again", query.where, found,
                           pass->total));
  }
  return shortfall(query);
}

Result<CountedPages::Pass> CountedPages::read_once(const CountedQuery& query) {
  start_pass();
  Pass pass;
  bool is_stable = true;
  int64_t offset = 0;
  const auto end = [&] {
    return options_.reachable > 0 ? std::min(pass.total, options_.reachable) : pass.total;
  };
  do {
    const auto page = read_page(query, offset);
    if (!page) return Failed(page.error());
    if (offset == 0) pass.first_total = *page->total;
    is_stable = is_stable && (offset == 0 || *page->total == pass.total);
    pass.total = *page->total;
    pass.is_enough = query.is_enough && query.is_enough(*page);
    if (pass.is_enough || page->rows == 0 || rows_->is_stuck) break;
    offset += options_.page_size;
  } while (offset < end());
  // A count that changed and changed back did change.
  if (!is_stable && pass.first_total == pass.total) pass.first_total = pass.total - 1;
  return pass;
}

Failed CountedPages::shortfall(const CountedQuery& query) const {
  if (rows_->is_stuck)
    return source_error(
        query.where +
        "in every attempt a page has only rows of the page before it; check whether a cache or "
        "proxy ignores the offset");
  return source_error(
      query.where +
      fmt::format("the rows did not add up to {} in {} attempts: the API counts more rows than it "
                  "shows, or the list changes while it is read; run again later, and contact the "
                  "API's support if it persists",
                  total_name_, options_.attempts));
}

// Reads one page and emits its new rows.
Result<Page> CountedPages::read_page(const CountedQuery& query, int64_t offset) {
  Page page;
  auto got = query.get(offset, [&](HttpResponse& response) -> Result<void> {
    auto parsed = parse_page(response, query, offset);
    if (!parsed) return Failed(std::move(parsed).error());
    page = *std::move(parsed);
    return {};
  });
  if (!got) return Failed(std::move(got).error());
  note_page();
  block_.extracted_at = host_.now();
  auto emitted = emit_(block_, ids_);
  if (!emitted) return Failed(std::move(emitted).error());
  return page;
}

// May be called again for the same page. It changes only rows_->fresh, ids_ and block_.
Result<Page> CountedPages::parse_page(HttpResponse& response, const CountedQuery& query, int64_t offset) {
  auto& fresh = rows_->fresh;
  const auto restart = [&] {
    fresh.clear();
    ids_.clear();
  };
  restart();
  block_.clear();
  auto parsed = parser_.parse(
      response.body, block_,
      [&](const Row& row, std::string&) {
        if (row.index == 0) restart();
        const auto seen = rows_->seen.find(row.key);
        const bool is_emitted = seen != rows_->seen.end() && seen->second.is_emitted;
        // The time of a row that cannot be read may be missing. Its neighbour in the list has a time near it.
        const auto neighbour = fresh.empty() ? query.default_time : fresh.back().time;
        const auto time = row.cursor.value_or(neighbour);
        const bool is_inside = !query.is_wanted || query.is_wanted(time);
        const bool is_wanted = is_inside && !is_emitted;
        fresh.push_back({std::string(row.key), time, is_inside, is_wanted && !row.is_rejected});
        if (row.is_rejected) return is_wanted ? Keep::yes : Keep::no;
        if (!is_wanted) return Keep::no;
        if (options_.keeps_ids) ids_.emplace_back(id_of(row));
        return options_.keeps_lines ? Keep::yes : Keep::no;
      },
      query.values);
  if (!parsed) return parsed;
  if (!parsed->total)
    return source_error(fmt::format("the response has no {} that is an integer", total_name_));
  auto checked = check_count(total_name_, *parsed->total, offset, parsed->rows);
  if (checked && query.check) {
    std::vector<FineTime> times;
    times.reserve(fresh.size());
    for (const auto& row : fresh) times.push_back(row.time);
    checked = query.check(times);
  }
  if (checked) return parsed;
  block_.clear();
  return Failed(std::move(checked).error());
}

void CountedPages::start_pass() {
  auto& pass = *rows_;
  pass.pass_began = pass.pages + 1;
  pass.twins = pass.repeats = 0;
  pass.newest = FineTime::min();
  pass.oldest = FineTime::max();
  pass.is_sorted = pass.is_newest_first = true;
  pass.is_stuck = false;
}

// Records the rows of the page, and removes rows that the page shows twice.
void CountedPages::note_page() {
  auto& rows = *rows_;
  note_order();
  note_progress();
  auto border_key = rows.fresh.empty() ? std::string() : rows.fresh.back().key;
  ++rows.pages;
  std::vector<size_t> doubled;  // places among the wanted rows
  size_t wanted = 0;
  for (auto& [key, time, is_inside, is_wanted] : rows.fresh) {
    rows.newest = std::max(rows.newest, time);
    rows.oldest = std::min(rows.oldest, time);
    const auto [row, is_new] = rows.seen.try_emplace(std::move(key), Seen{time, rows.pages, false});
    row->second.is_emitted = row->second.is_emitted || is_inside;
    // The same key twice on one page means two rows. On two pages it means one row that new rows moved to the
    // next page; only if the count is stable in every pass, it also means two rows.
    const bool is_twin = !is_new && row->second.page == rows.pages;
    if (is_twin) ++rows.twins;
    if (is_twin && is_wanted && !options_.has_twins) doubled.push_back(wanted);
    if (is_wanted) ++wanted;
    // Equal rows are neighbours, so the second one is at the start of its page.
    if (!is_new && row->second.page >= rows.pass_began && row->second.page < rows.pages &&
        time == rows.border_time)
      ++rows.repeats;
    row->second.page = rows.pages;
  }
  if (!doubled.empty()) drop(doubled);
  rows.border_key = std::move(border_key);
  if (!rows.fresh.empty()) rows.border_time = rows.fresh.back().time;
}

// Checks whether the list is sorted newest first. Only rows of the same page are compared with certainty: new
// rows move others to the next page.
void CountedPages::note_order() {
  auto& rows = *rows_;
  auto last = rows.oldest;
  for (size_t i = 0; i < rows.fresh.size(); ++i) {
    const auto time = rows.fresh[i].time;
    rows.is_sorted = rows.is_sorted && time <= last;
    rows.is_newest_first = rows.is_newest_first && (i == 0 || time - slack <= last);
    last = time;
  }
}

// A page is not progress if all its rows were on the page before, for instance because a cache ignores the
// offset. An exception: rows that all equal the last one of that page may be different rows.
void CountedPages::note_progress() {
  auto& rows = *rows_;
  if (rows.pages + 1 == rows.pass_began || rows.fresh.empty()) return;
  bool are_border = true;
  for (const auto& row : rows.fresh) {
    const auto seen = rows.seen.find(row.key);
    if (seen == rows.seen.end() || seen->second.page != rows.pages) return;
    are_border = are_border && row.key == rows.border_key;
  }
  rows.is_stuck = !are_border;
}

// Removes these of the wanted rows from the page.
void CountedPages::drop(const std::vector<size_t>& places) {
  std::string lines;
  std::vector<std::string> ids;
  auto next = places.begin();
  size_t begin = 0;
  for (size_t i = 0; i < std::max(block_.count, ids_.size()); ++i) {
    const auto end = std::min(block_.lines.find('\n', begin), block_.lines.size() - 1) + 1;
    if (next != places.end() && *next == i) {
      ++next;
    } else {
      lines.append(block_.lines, begin, end - begin);
      if (!ids_.empty()) ids.push_back(std::move(ids_[i]));
    }
    begin = end;
  }
  if (block_.count > 0) block_.count -= places.size();
  block_.lines = std::move(lines);
  ids_ = std::move(ids);
}

FineTime CountedPages::newest() const {
  return rows_->newest;
}
FineTime CountedPages::oldest() const {
  return rows_->oldest;
}
bool CountedPages::is_sorted() const {
  return rows_->is_sorted;
}
bool CountedPages::is_newest_first() const {
  return rows_->is_newest_first;
}
bool CountedPages::is_stuck() const {
  return rows_->is_stuck;
}
int64_t CountedPages::twins() const {
  return rows_->twins;
}
int64_t CountedPages::repeats() const {
  return rows_->repeats;
}
int64_t CountedPages::rows() const {
  return rows_since_page(rows_->pass_began);
}

// The number of different rows on the pages from this one on.
int64_t CountedPages::rows_since_page(size_t page) const {
  return rows_->twins + std::count_if(rows_->seen.begin(), rows_->seen.end(),
                                      [&](const auto& row) { return row.second.page >= page; });
}

int64_t CountedPages::rows_since(FineTime time) const {
  return std::count_if(rows_->seen.begin(), rows_->seen.end(), [&](const auto& row) {
    return row.second.time >= time && row.second.page >= rows_->pass_began;
  });
}

void CountedPages::forget_since(FineTime time) {
  std::erase_if(rows_->seen, [&](const auto& row) { return row.second.time >= time; });
}

void CountedPages::forget() {
  rows_->seen.clear();
}

}  // namespace tapster
