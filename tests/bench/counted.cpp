#include "counted.hpp"

#include <stdexcept>
#include <tapster/counted_pages.hpp>
#include <tapster/testing/fake_host.hpp>

#include "streams.hpp"
#include "thread_cpu.hpp"

namespace tapster::bench {

double read_counted(const std::vector<PagesOfQuery>& queries) {
  constexpr int64_t page_size = 500;
  const auto& activity = postmark::activities().front();
  const auto projection = *Projection::create(activity.stream, {});
  FakeHost host;
  double seconds = 0;
  double copying = 0;
  for (const auto& pages : queries) {
    CountedQuery query;
    query.get = [&](int64_t offset, const HttpClient::Handler& handler) {
      HttpResponse response{.status = 200};
      copying += thread_cpu([&] { response.body = pages.at(static_cast<size_t>(offset / page_size)); });
      return handler(response);
    };
    seconds += thread_cpu([&] {
      CountedPages reader(host.host(), projection, {.records = activity.records, .total = "/TotalCount"},
                          {.page_size = page_size, .has_twins = activity.has_twins},
                          [](Block& block, const std::vector<std::string>&) -> Result<void> {
                            block.clear();
                            return {};
                          });
      const auto read = reader.read(query);
      if (!read) throw std::runtime_error(read.error().message);
    });
  }
  return seconds - copying;
}

}  // namespace tapster::bench
