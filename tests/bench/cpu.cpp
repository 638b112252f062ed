// Where the CPU goes, per million records of messages_outbound. The stages run in this process, one after
// another on one thread, over the pages of a recorded sync; then the program itself reads the same pages from
// nginx.
#include <fmt/format.h>

#include <cstring>
#include <map>
#include <string>
#include <tapster/json.hpp>
#include <vector>

#include "counted.hpp"
#include "nginx.hpp"
#include "parts.hpp"
#include "program.hpp"
#include "receive.hpp"
#include "record_path.hpp"
#include "recording.hpp"
#include "report.hpp"
#include "singer_loop.hpp"
#include "support/files.hpp"
#include "thread_cpu.hpp"

namespace tapster::bench {

namespace {

using namespace std::chrono_literals;

// The CPU seconds of one round over all pages.
struct Stages {
  double parse = 0, project = 0, serialize = 0, write = 0, copy = 0;
  double records = 0;
};

// Each page is copied before it is measured, so that it is in the cache, as it is after it has been received.
Stages run_stages(RecordPath& path, const std::vector<std::string>& pages) {
  Stages stages;
  std::string page;
  std::string copy;
  for (const auto& text : pages) {
    page = text;
    stages.parse += thread_cpu([&] { RecordPath::parse(page); });
    stages.project += thread_cpu([&] { path.project(page); });
    stages.serialize += thread_cpu([&] { stages.records += static_cast<double>(path.serialize(page)); });
    stages.write += thread_cpu([&] { path.write(); });
    copy.resize(path.lines().size());
    stages.copy += thread_cpu([&] { std::memcpy(copy.data(), path.lines().data(), copy.size()); });
  }
  return stages;
}

// The rows of a query if these are all of its pages, or else 0. Of a list that was then cut into slices, only
// the first page was read.
double rows_of(const PagesOfQuery& pages) {
  size_t rows = 0;
  int64_t total = 0;
  for (const auto& page : pages) {
    const auto response = json::parse(page);
    rows += response.at("Messages").as_array().size();
    total = response.at("TotalCount").as_int64();
  }
  return static_cast<int64_t>(rows) == total ? static_cast<double>(rows) : 0;
}

// The full pages of a sync's lists.
struct Pages {
  Targets targets;
  std::vector<std::filesystem::path> files;
  std::vector<std::string> texts;
  std::vector<PagesOfQuery> queries;  // those with all of their pages
  double rows_of_queries = 0;
};

// The requests of one query follow each other for one job, and not for several.
Pages pages_of(const Recording& recording, const Targets& all) {
  Pages pages;
  std::map<std::string, PagesOfQuery> queries;
  for (const auto& target : all) {
    const bool is_page =
        target.starts_with("/messages/outbound?") && target.find("&count=500&") != std::string::npos;
    if (!is_page) continue;
    pages.targets.push_back(target);
    pages.files.push_back(recording.files() / file_of(target));
    pages.texts.push_back(content(pages.files.back()));
    queries[target.substr(0, target.find("&offset="))].push_back(pages.texts.back());
  }
  for (auto& [target, query] : queries) {
    const auto rows = rows_of(query);
    if (rows == 0) continue;
    pages.rows_of_queries += rows;
    pages.queries.push_back(std::move(query));
  }
  return pages;
}

// Seconds per million records.
struct Figures {
  Rounds received, parsed, projected, serialized, counted, written;
  Rounds user, system, over_curl, over_python, over_stages;

  void print() const {
    constexpr auto thrown_away = "parsing and throwing away";
    constexpr auto curl = "curl, 4 in parallel";
    print_line("receive: the SDK's client", received, "s", "curl");
    print_line("parse: Boost.JSON, thrown away", parsed, "s", "json.loads in Python");
    print_line("parse and project: key columns", projected, "s", thrown_away);
    print_line("parse, project and serialize", serialized, "s", thrown_away);
    print_line("the same, and count the rows", counted, "s", thrown_away);
    print_line("write: Singer messages to /dev/null", written, "s", "copying the records");
    print_line("the program: user", user, "s", curl);
    print_line("the program: system", system, "s", curl);
    print_line("the program: all", over_curl, "s", curl);
    print_line("the program: all", over_python, "s", "a loop in Python, without requests");
    print_line("the program: all", over_stages, "s", "receive, count and write");
  }
};

}  // namespace

void bench_cpu(const Options& options) {
  // Even to see that it runs, enough that lists are cut into slices.
  Recording recording(options.is_smoke ? 10'000 : 100'000, 30);
  const auto all = recording.record(one_stream);
  const Nginx nginx(recording.files(), {0ms});
  const auto& base_url = nginx.base_url(0ms);
  const auto pages = pages_of(recording, all);
  RecordPath path;
  Figures figures;
  for (int i = 0; i < options.rounds(5); ++i) {
    const auto stages = run_stages(path, pages.texts);
    const auto million = [&](double seconds) { return seconds / stages.records * 1e6; };
    const auto parse = million(stages.parse);
    const auto counted = read_counted(pages.queries) / pages.rows_of_queries * 1e6;
    const auto received = million(receive(base_url, pages.targets));
    const auto curl = run(recording.curl(base_url, pages.targets, 1), "/dev/null");
    figures.received.add(received, million(curl.cpu()));
    figures.projected.add(million(stages.project), parse);
    figures.serialized.add(million(stages.serialize), parse);
    figures.counted.add(counted, parse);
    figures.written.add(million(stages.write), million(stages.copy));
    const auto python = run_singer_loop("messages_outbound", "Messages", pages.files);
    const auto ours = run(recording.read(base_url, one_stream), "/dev/null");
    const auto parallel = run(recording.curl(base_url, all, 4), "/dev/null");
    figures.parsed.add(parse, million(python.parsing));
    figures.user.add(million(ours.user), million(parallel.user));
    figures.system.add(million(ours.system), million(parallel.system));
    figures.over_curl.add(million(ours.cpu()), million(parallel.cpu()));
    figures.over_python.add(million(ours.cpu()), million(python.all()));
    figures.over_stages.add(million(ours.cpu()), received + counted + million(stages.write));
  }
  figures.print();
}

}  // namespace tapster::bench
