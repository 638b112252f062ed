#include "next_page.hpp"

#include <fmt/format.h>

#include <tapster/json.hpp>
#include <utility>
#include <variant>

#include "argument_value.hpp"
#include "link_header.hpp"

namespace tapster {

namespace {

using Next = Result<std::optional<NextPage>>;

Next by_function(const PageFunction& function, const HttpResponse& response, const Page& page) {
  auto next = function(response, page);
  if (next && *next && (*next)->url.empty() && (*next)->arguments.empty())
    return internal_error("the paginator's function returned a next page without a place");
  return next;
}

Next by_link(const HttpResponse& response) {
  for (const auto& [name, value] : response.headers) {
    auto url = name == "link" ? next_link(value) : std::string();
    if (!url.empty()) return NextPage{{}, std::move(url)};
  }
  return std::nullopt;
}

Next by_cursor(const PreparedStream& prepared, const CursorPages& pages, const HttpResponse& response,
               const Page& page) {
  std::optional<std::string> cursor;
  if (!pages.from.empty()) cursor = value_at(page, prepared.cursor);
  if (const auto* header = pages.from_header.empty() ? nullptr : response.header(pages.from_header))
    cursor = *header;
  const auto more = pages.has_more.empty() ? std::nullopt : value_at(page, prepared.has_more);
  if (more == "false") return std::nullopt;
  if (cursor && !cursor->empty()) {
    const bool is_number = !pages.from.empty() && page.is_number.at(prepared.cursor);
    return NextPage{{{pages.to, is_number ? number_argument(pages.to, *cursor) : json::string(*cursor)}}, {}};
  }
  if (more == "true")
    return source_error(
        fmt::format("{} says that there are more records, but the response has no cursor", pages.has_more));
  return std::nullopt;
}

}  // namespace

Arguments counted_page(const PreparedStream& prepared, int64_t rows) {
  Arguments page;
  if (const auto* offsets = prepared.offset_pages()) {
    if (offsets->limit) page.push_back({*offsets->limit, offsets->size});
    page.push_back({offsets->offset, rows});
    return page;
  }
  const auto& numbers = *prepared.numbered_pages();
  if (numbers.limit) page.push_back({*numbers.limit, numbers.size});
  page.push_back({numbers.page, numbers.first + rows / numbers.size});
  return page;
}

Result<std::optional<NextPage>> named_page(const PreparedStream& prepared, const HttpResponse& response,
                                           const Page& page) {
  const auto& paginator = prepared.stream.paginator;
  if (const auto* function = std::get_if<PageFunction>(&paginator))
    return by_function(*function, response, page);
  if (std::holds_alternative<LinkPages>(paginator)) return by_link(response);
  if (const auto* pages = std::get_if<CursorPages>(&paginator))
    return by_cursor(prepared, *pages, response, page);
  if (!std::holds_alternative<NextUrlPages>(paginator)) return std::nullopt;
  auto url = value_at(page, prepared.cursor);
  if (!url || url->empty()) return std::nullopt;
  return NextPage{{}, *std::move(url)};
}

std::optional<std::string> value_at(const Page& page, size_t place) {
  return place < page.values.size() ? page.values[place] : std::nullopt;
}

std::string mark_of(const NextPage& page) {
  if (!page.url.empty()) return page.url;
  std::string mark;
  for (const auto& argument : page.arguments) mark += json::serialize(argument.value) + " ";
  return mark;
}

}  // namespace tapster
