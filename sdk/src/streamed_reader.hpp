// Reads the responses of a list while they arrive. If the rows come in order, the progress is reported with
// each block: see OrderedProgress.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tapster/paginator.hpp>
#include <tapster/record_stream.hpp>
#include <tapster/records.hpp>

#include "ordered_progress.hpp"
#include "prepared_stream.hpp"

namespace tapster {

// One read of a slice. The arguments must outlive it.
class StreamedReader {
 public:
  // Rows outside of the window are left out.
  StreamedReader(const PreparedStream& prepared, const Projection& projection, Records& records,
                 std::optional<Window> window)
      : prepared_(prepared), projection_(projection), records_(records), window_(window), progress_(window) {}

  // From now on the rows must come in the order of the replication key, and this reports the progress. It
  // gets the slice's "reached".
  using Report = std::function<Result<void>(json::value reached)>;
  void report_with(Report report) { report_ = std::move(report); }

  // Returns the request of a page; its arguments and URL are empty for the first one.
  using MakeRequest = std::function<HttpRequest(const NextPage& page)>;

  // Reads all pages and pushes their records. After an error it may be called again, with a request that
  // gives the same records: it continues with the page that failed. Errors: those of HttpClient::stream and
  // of the parser; transient, if a response that was requested again has other rows than before; source, if
  // the rows are not in order.
  Result<void> read(const MakeRequest& request);

  // Whether records have been pushed or discarded, so that other ones may follow only after a restart.
  [[nodiscard]] bool has_pushed() const { return is_after_first_ || (rows_ && rows_->rows_sent() > 0); }
  // Whether a request has succeeded.
  [[nodiscard]] bool is_started() const { return is_started_; }
  // The new bookmark of integers or tokens.
  [[nodiscard]] const std::optional<json::value>& reached() const { return reached_; }

 private:
  Result<void> read_page(const HttpRequest& request);
  Keep take(const Row& row);
  Result<void> push(Block& block);
  Result<void> push_and_report(Block& block);

  const PreparedStream& prepared_;
  const Projection& projection_;
  Records& records_;
  std::optional<Window> window_;
  NextPage at_;
  bool is_after_first_ = false;
  bool is_started_ = false;
  std::unique_ptr<RecordStream> rows_;  // of the current page
  std::optional<NextPage> next_;
  std::set<std::string> visited_;  // cursors and URLs
  std::optional<json::value> reached_;

  // If the rows come in order:
  Report report_;
  OrderedProgress progress_;
  Positions positions_;          // of the rows of the block
  std::optional<int64_t> last_;  // the greatest position of the rows before
};

}  // namespace tapster
