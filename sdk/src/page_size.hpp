// The size of a paginator's pages.
#pragma once

#include <cstdint>
#include <tapster/paginator.hpp>
#include <variant>

namespace tapster {

// The rows of a page; 1 if the API decides.
inline int64_t page_size(const Paginator& paginator) {
  if (const auto* pages = std::get_if<OffsetPages>(&paginator)) return pages->size;
  if (const auto* pages = std::get_if<NumberedPages>(&paginator)) return pages->size;
  const auto* pages = std::get_if<KeysetPages>(&paginator);
  return pages ? pages->size : 1;
}

}  // namespace tapster
