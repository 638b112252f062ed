// Reads a list completely whose responses count the rows of the query and show them in pages by offset. Rows
// may appear, vanish and move between two requests.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <tapster/host.hpp>
#include <tapster/http.hpp>
#include <tapster/record_parser.hpp>
#include <tapster/records.hpp>
#include <tapster/time.hpp>
#include <vector>

namespace tapster {

// How a list is paged and what is done with its rows.
struct CountedPagesOptions {
  int64_t page_size = 100;
  int64_t reachable = 0;  // the API shows only so many rows of a query; 0 for all
  int attempts = 4;       // how often a query is read until its rows add up to its count
  // Whether different rows may have the same key. False if the key is an id: a second row is the same one
  // again, and is left out.
  bool has_twins = false;
  // What is kept of a row: its line, and its id (the text of its key, which is one column) for a request of
  // its own.
  bool keeps_lines = true, keeps_ids = false;
  bool takes_rejects = false;  // see Block
};

// One query of the list.
struct CountedQuery {
  // Requests the page that begins after this many rows.
  std::function<Result<void>(int64_t offset, const HttpClient::Handler& handler)> get;
  std::string where = {};  // in messages, such as "/templates: "
  // Whether to emit a row with this time; without it, all are. A row that cannot be read has the time of its
  // neighbour; without one, `default_time`.
  std::function<bool(FineTime time)> is_wanted = {};
  FineTime default_time = {};
  // Checks the times of a page before its rows count. An error discards the page and ends the read.
  std::function<Result<void>(const std::vector<FineTime>& times)> check = {};
  // Called after each page; true if the other pages of the query are not needed.
  std::function<bool(const Page& page)> is_enough = {};
  std::vector<Projection::Value> values = {};  // of columns that the response does not contain
};

// Reads queries of one list. A query is complete if the rows seen add up to its count, and the count did not
// change while its pages were read; otherwise it is read again. Emits each row when a page first shows it and
// it is wanted, and not again. Holds the keys of the rows that it has seen. One thread at a time.
class CountedPages {
 public:
  // Gets the new rows of a page, outside of the request's handler: lines in `block`, and ids if they are
  // kept.
  using Emit = std::function<Result<void>(Block& block, const std::vector<std::string>& ids)>;

  // `projection` has the columns that are read from the list, and must outlive this, as must what the
  // functions capture. `selector` must have a total.
  CountedPages(Host host, const Projection& projection, RecordSelector selector, CountedPagesOptions options,
               Emit emit);
  ~CountedPages();
  CountedPages(const CountedPages&) = delete;
  CountedPages& operator=(const CountedPages&) = delete;

  // Reads the query until it is complete, or until all that the API shows has been seen. Returns its count:
  // a count of at least `reachable` means that there are more rows. Errors: source, if the rows do not add up
  // in any attempt, or a page repeats the one before; those of the request, of `check` and of `emit`.
  Result<int64_t> read(const CountedQuery& query);

  // Reads only the next pass over the pages of a query, until `is_enough` or the end. Returns the last count
  // and the first.
  struct Pass {
    int64_t first_total = 0, total = 0;
    bool is_enough = false;
  };
  Result<Pass> read_once(const CountedQuery& query);
  [[nodiscard]] int attempts() const { return options_.attempts; }

  // The error of a query whose rows do not add up.
  [[nodiscard]] Failed shortfall(const CountedQuery& query) const;

  // What the last pass has shown:
  [[nodiscard]] FineTime newest() const;
  [[nodiscard]] FineTime oldest() const;
  [[nodiscard]] bool is_sorted() const;        // newest first, row by row
  [[nodiscard]] bool is_newest_first() const;  // the same within each page, but for a minute
  [[nodiscard]] bool is_stuck() const;         // a page had only rows of the page before
  [[nodiscard]] int64_t rows() const;          // different rows
  [[nodiscard]] int64_t rows_since(FineTime time) const;
  // Rows with the same key as an earlier row of their page, and rows with the key of a row on an earlier page
  // and the time of its last row.
  [[nodiscard]] int64_t twins() const;
  [[nodiscard]] int64_t repeats() const;

  // Forgets the rows from this time on, of any pass: no later query shows them.
  void forget_since(FineTime time);
  // Forgets all rows.
  void forget();

 private:
  struct Shown;
  struct Seen;
  struct Rows;
  Result<Page> read_page(const CountedQuery& query, int64_t offset);
  Result<Page> parse_page(HttpResponse& response, const CountedQuery& query, int64_t offset);
  void start_pass();
  void note_page();
  void note_order();
  void note_progress();
  void drop(const std::vector<size_t>& places);
  [[nodiscard]] int64_t rows_since_page(size_t page) const;

  Host host_;
  CountedPagesOptions options_;
  Emit emit_;
  std::string total_name_;  // the count's, in messages
  RecordParser parser_;
  Block block_;
  std::vector<std::string> ids_;  // of the wanted rows of the current page
  std::unique_ptr<Rows> rows_;
};

// Returns a transient error if a page shows more rows than the count of its query, or the count is negative.
// The source may read the two at slightly different times, so another attempt may help. `name` is that of the
// count in the message, such as "total".
Result<void> check_count(std::string_view name, int64_t total, int64_t offset, size_t rows);

}  // namespace tapster
