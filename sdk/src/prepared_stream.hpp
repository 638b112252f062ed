// A declared stream that has been checked, with what follows from its declaration.
#pragma once

#include <memory>
#include <optional>
#include <tapster/declared.hpp>
#include <tapster/host.hpp>
#include <tapster/http.hpp>
#include <tapster/incremental.hpp>
#include <tapster/source.hpp>
#include <vector>

namespace tapster {

// The declaration and what follows from it. Constant, shared by the functions of the stream.
struct PreparedStream {
  Host host;
  std::shared_ptr<HttpClient> client;
  DeclaredStream stream;
  std::optional<Planner> planner = {};
  std::optional<Stream> listed = {};  // with details: the key column of the list, as a stream of its own
  std::vector<Stream> beside = {};    // each column beside the records, as a stream of its own
  RecordSelector selector = {};       // of the list, with the values that the paginator needs
  // Places in Page::values:
  size_t cursor = 0, has_more = 0, token = 0;

  [[nodiscard]] const OffsetPages* offset_pages() const {
    return std::get_if<OffsetPages>(&stream.paginator);
  }
  [[nodiscard]] const NumberedPages* numbered_pages() const {
    return std::get_if<NumberedPages>(&stream.paginator);
  }
  // Whether the bookmark is a value of the rows or of the pages, which is known at the end of a slice.
  [[nodiscard]] bool finds_bookmark() const {
    const auto& incremental = stream.incremental;
    return incremental &&
           (incremental->unit == Incremental::Unit::integer || incremental->unit == Incremental::Unit::token);
  }
  // Whether each page's cursor is also a token from which a later sync can start.
  [[nodiscard]] bool has_token_on_each_page() const {
    const auto* pages = std::get_if<CursorPages>(&stream.paginator);
    const auto& incremental = stream.incremental;
    return pages != nullptr && incremental && incremental->unit == Incremental::Unit::token &&
           pages->from == incremental->token;
  }
  // Whether the rows come in the order of the replication key.
  [[nodiscard]] bool is_ordered() const { return stream.incremental && stream.incremental->oldest_first; }
  [[nodiscard]] bool is_counted() const {
    return (offset_pages() || numbered_pages()) && !selector.total.empty() && !finds_bookmark();
  }
};

// Errors: internal, for a mistake in the declaration.
Result<std::shared_ptr<const PreparedStream>> prepare(Host host, std::shared_ptr<HttpClient> client,
                                                      DeclaredStream stream);

// As SourceStream::plan. Without bookmarks: one slice, or one for each partition.
Result<void> plan_declared(const PreparedStream& prepared, const PlanRequest& request, Slices& slices);
// As SourceStream::advance, for a stream with bookmarks.
Result<json::object> advance_declared(const PreparedStream& prepared, json::object state,
                                      const json::object& slice);

}  // namespace tapster
