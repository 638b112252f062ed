#include <fmt/format.h>

#include <chrono>
#include <string>

#include "account.hpp"
#include "parts.hpp"
#include "record_path.hpp"
#include "report.hpp"
#include "singer_loop.hpp"
#include "support/temporary_directory.hpp"
#include "thread_cpu.hpp"

namespace tapster::bench {

namespace {

constexpr int64_t page_size = 500;

std::string page_of_messages() {
  const sandbox::Account account(
      {.messages = 4'000, .days = 10, .now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20)});
  const auto rows = account.messages(0, sandbox::Time::min(), sandbox::Time::max());
  std::string page = R"({"TotalCount":500,"Messages":[)";
  for (int64_t i = 0; i < page_size; ++i) {
    if (i > 0) page.push_back(',');
    account.append_message(page, rows.first[i]);
  }
  return page + "]}";
}

template <class Run>
double records_a_second(int64_t pages, const Run& run) {
  const auto seconds = thread_cpu([&] {
    for (int64_t i = 0; i < pages; ++i) run();
  });
  return static_cast<double>(pages * page_size) / seconds;
}

}  // namespace

// One page again and again, so that it is in the cache, as it is after it has been received.
void bench_records(const Options& options) {
  const TemporaryDirectory directory;
  auto page = page_of_messages();
  const auto file = directory.write("page.json", page);
  RecordPath path;
  const auto whole = [&] {
    path.serialize(page);
    path.write();
  };
  const int64_t pages = options.is_smoke ? 2 : 200;
  whole();  // warms up
  Rounds over_parse;
  Rounds over_python;
  for (int i = 0; i < options.rounds(7); ++i) {
    const auto parsed = records_a_second(pages, [&] { RecordPath::parse(page); });
    const auto ours = records_a_second(pages, whole);
    // The ratio is that of the times.
    over_parse.add(1 / ours, 1 / parsed);
    const auto python =
        run_singer_loop("messages_outbound", "Messages", {static_cast<size_t>(pages) / 10 + 1, file});
    over_python.add(1 / ours, python.all() / python.records);
  }
  print_line("records a second, one core", 1 / over_parse.ours(), "/s", over_parse.ratio(),
             "the time of parsing and throwing away", 1 / over_parse.floor(), "500000/s");
  print_line("records a second, one core", 1 / over_python.ours(), "/s", over_python.ratio(),
             "the time of a loop in Python", 1 / over_python.floor());
}

}  // namespace tapster::bench
