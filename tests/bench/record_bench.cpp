#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/basic_parser_impl.hpp>
#include <chrono>
#include <tapster/record_parser.hpp>

#include "account.hpp"
#include "bench.hpp"
#include "output/output.hpp"
#include "streams.hpp"

namespace tapster::bench {

namespace {

using Seconds = std::chrono::duration<double>;

// Takes every event and does nothing.
struct NullHandler {
  static constexpr size_t max_object_size = ~size_t{0};
  static constexpr size_t max_array_size = ~size_t{0};
  static constexpr size_t max_key_size = ~size_t{0};
  static constexpr size_t max_string_size = ~size_t{0};
  using E = json::error_code;
  using S = json::string_view;
  bool on_document_begin(E&) { return true; }
  bool on_document_end(E&) { return true; }
  bool on_object_begin(E&) { return true; }
  bool on_object_end(size_t, E&) { return true; }
  bool on_array_begin(E&) { return true; }
  bool on_array_end(size_t, E&) { return true; }
  bool on_key_part(S, size_t, E&) { return true; }
  bool on_key(S, size_t, E&) { return true; }
  bool on_string_part(S, size_t, E&) { return true; }
  bool on_string(S, size_t, E&) { return true; }
  bool on_number_part(S, E&) { return true; }
  bool on_int64(int64_t, S, E&) { return true; }
  bool on_uint64(uint64_t, S, E&) { return true; }
  bool on_double(double, S, E&) { return true; }
  bool on_bool(bool, E&) { return true; }
  bool on_null(E&) { return true; }
  bool on_comment_part(S, E&) { return true; }
  bool on_comment(S, E&) { return true; }
};

std::string page_of_messages() {
  const sandbox::Account account(
      {.messages = 4'000, .days = 10, .now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20)});
  const auto rows = account.messages(0, sandbox::Time::min(), sandbox::Time::max());
  std::string page = R"({"TotalCount":500,"Messages":[)";
  for (size_t i = 0; i < 500; ++i) {
    if (i > 0) page.push_back(',');
    account.append_message(page, rows.first[i]);
  }
  return page + "]}";
}

template <class Run>
double records_a_second(int64_t pages, const Run& run) {
  run();  // warm
  const auto began = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < pages; ++i) run();
  return static_cast<double>(pages * 500) / Seconds(std::chrono::steady_clock::now() - began).count();
}

}  // namespace

void bench_records(int64_t pages) {
  auto page = page_of_messages();
  const auto& stream = postmark::activities().front().stream;
  const auto projection = *Projection::create(stream, {});
  RecordParser parser(projection, {.records = "/Messages", .total = "/TotalCount"});
  Block block;
  const int sink = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  const auto clock = host::system_clock();
  const auto output = host::singer_output(sink, *clock);
  host::State state;
  (void)output->start({{.name = stream.name,
                        .alias = stream.name,
                        .schema = {},
                        .key_properties = {},
                        .replication_key = {},
                        .columns = {}}},
                      state);

  const double floor = records_a_second(pages, [&] {
    json::basic_parser<NullHandler> null_parser(json::parse_options{});
    json::error_code error;
    null_parser.write_some(false, page.data(), page.size(), error);
  });
  const double whole = records_a_second(pages, [&] {
    block.clear();
    (void)parser.parse(page, block, [](const Row&, std::string&) { return Keep::yes; });
    const tapster_batch batch{sizeof batch, block.lines.data(), block.lines.size(), block.count, 1};
    (void)output->write({0, 0}, batch);
  });
  ::close(sink);
  print_line("records a second, one core", whole, "/s", fmt::format("{:.0f}/s parsed and thrown away", floor),
             "500000/s");
}

}  // namespace tapster::bench
