// The next page of a list, by the paginator. KeysetPages have their own class: see keyset_paging.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tapster/paginator.hpp>
#include <tapster/record_parser.hpp>
#include <tapster/request.hpp>

#include "prepared_stream.hpp"

namespace tapster {

// With OffsetPages and NumberedPages: the arguments of the page after `rows` rows.
Arguments counted_page(const PreparedStream& prepared, int64_t rows);

// Returns the next page that the response names, with the other paginators; nothing if it names none. Errors:
// those of a PageFunction; source, for a response that says that there is more, but not where.
Result<std::optional<NextPage>> named_page(const PreparedStream& prepared, const HttpResponse& response,
                                           const Page& page);

// The scalar at this place in Page::values.
std::optional<std::string> value_at(const Page& page, size_t place);

// What differs between two pages of a list, as text.
std::string mark_of(const NextPage& page);

}  // namespace tapster
