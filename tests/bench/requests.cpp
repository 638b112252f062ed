#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "parts.hpp"
#include "recording.hpp"
#include "report.hpp"

namespace tapster::bench {

namespace {

// The streams with rows that can be requested by time.
const Arguments dated{"--select",        "messages_outbound", "--select", "messages_opens", "--select",
                      "messages_clicks", "--select",          "bounces",  "--select",       "stats_*"};

// The fewest requests for those streams: the server's name, its message streams, full pages of the rows of
// each message stream, each day of the overview, and the eleven other statistics.
double fewest_requests(const sandbox::Account& account, int days) {
  constexpr double others = 11;
  constexpr double page_size = 500;
  double fewest = 1 + 1 + (days + 2) + others;
  const auto add_pages = [&](size_t rows) {
    fewest += std::max(1.0, std::ceil(static_cast<double>(rows) / page_size));
  };
  for (size_t stream = 0; stream < 3; ++stream) {
    constexpr auto from = sandbox::Time::min();
    constexpr auto to = sandbox::Time::max();
    add_pages(account.messages(stream, from, to).size());
    add_pages(account.opens(stream, from, to).size());
    add_pages(account.clicks(stream, from, to).size());
    add_pages(account.bounces(stream, from, to).size());
  }
  return fewest + 1;  // bounces of the inbound message stream
}

}  // namespace

void bench_requests(const Options& options) {
  const int days = options.is_smoke ? 3 : 60;
  Recording recording(options.is_smoke ? 500 : 100'000, days);
  const auto requests = static_cast<double>(recording.record(dated).size());
  const auto fewest = fewest_requests(recording.account(), days);
  print_line("requests, dated streams", requests, "requests", requests / fewest, "the fewest", fewest,
             "1.05");
}

}  // namespace tapster::bench
