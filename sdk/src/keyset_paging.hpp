// The pages of a window of times whose rows are sorted by time: see KeysetPages.
//
// Each request is for the page `number_` of the rows from the time `from_` on. After a page, one of these:
//   forward    The page has rows newer than `from_`: the next request is from the newest of them on, page 1.
//              The rows of that moment come again; `known_` has them, so that they are not new.
//   by number  The page has rows of one moment only: the next page by number.
//   again      The pages by number have ended and had new rows. A row that vanished meanwhile has moved
//              others to pages that were read before, so they are read once more from page 1, until they have
//              no new row.
//   end        The page is empty, or shorter than one before it and without a new row, or it reaches the end
//              of the window. A page may have fewer rows than fit, so a short one alone is not the last.
// Invariant: every row from the start of the window to `from_` has been shown to the reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tapster/bookmark.hpp>
#include <tapster/paginator.hpp>
#include <tapster/record_parser.hpp>
#include <tapster/time.hpp>

#include "page_rows.hpp"
#include "prepared_stream.hpp"

namespace tapster {

class KeysetPaging {
 public:
  // `prepared` has KeysetPages, and must outlive this.
  KeysetPaging(const PreparedStream& prepared, Window window)
      : prepared_(prepared), window_(window), from_(window.from) {}

  // The page to request now.
  [[nodiscard]] NextPage page() const;

  // Every row before this time has been shown.
  [[nodiscard]] Time from() const { return from_; }

  // The rows that the page may show again.
  [[nodiscard]] const RowTimes& known() const { return known_; }

  // Returns the page after this one; nothing if it is the last. Errors: source, if the rows are not sorted,
  // or the API ignores the number of the page.
  Result<std::optional<NextPage>> next(const Page& page, const PageRows& rows);

 private:
  [[nodiscard]] const KeysetPages& pages() const;
  bool is_shorter(const Page& page);

  const PreparedStream& prepared_;
  Window window_;
  Time from_;
  int64_t number_ = 1;
  RowTimes known_;
  bool is_again_ = false;       // the pages by number are read again
  size_t found_by_number_ = 0;  // new rows on them
  size_t longest_page_ = 0;
};

}  // namespace tapster
