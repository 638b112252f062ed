// The rules about the process that the connector shares with its host.
#include <dirent.h>
#include <fmt/format.h>
#include <malloc.h>

#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "validate/families.hpp"
#include "validate/raw_source.hpp"
#include "validate/streams.hpp"

namespace tapster::host {

namespace {

// Calls every function once. How the calls end does not matter: without a network they may fail.
void call_everything(Trial& trial) {
  auto opened = trial.open(false);
  if (!opened) return;
  auto& source = *opened->source;
  trial.doing("check");
  (void)source.check();
  trial.doing("discover");
  const auto catalog = source.discover();
  const auto streams =
      catalog ? selected_for_validation(*catalog, {}) : Result<std::vector<ValidatedStream>>();
  if (streams) {
    for (const auto& stream : *streams) {
      trial.doing("plan of the stream " + stream.name);
      const auto plan = plan_all(source, stream.name, {});
      const auto slice = plan && !plan->empty() ? plan->front() : std::string("{}");
      trial.doing(fmt::format("read of the stream {}, slice {}", stream.name, slice));
      (void)source.read(stream.name, slice, {}, [](const tapster_batch&) { return Result<void>(); });
      if (!stream.is_incremental()) continue;
      trial.doing(fmt::format("state of the stream {}, slice {}", stream.name, slice));
      (void)source.state(stream.name, {}, slice);
    }
  }
  trial.doing("cancel");
  source.cancel();
  trial.doing("close");
  opened.reset();
}

size_t count_entries(const char* directory) {
  size_t count = 0;
  auto* const open = ::opendir(directory);
  if (open == nullptr) return 0;
  while (::readdir(open) != nullptr) ++count;
  ::closedir(open);
  return count;
}

struct Resources {
  size_t descriptors, threads, bytes;
};

Resources resources() {
  const auto memory = ::mallinfo2();
  return {count_entries("/proc/self/fd"), count_entries("/proc/self/task"), memory.uordblks + memory.hblkhd};
}

}  // namespace

void check_process(Trial& trial) {
  call_everything(trial);
}

void check_output(Trial& trial) {
  const auto before = trial.printed().size();
  call_everything(trial);
  (void)std::fflush(nullptr);
  const auto printed = trial.printed().substr(before);
  if (printed.empty()) return;
  const auto line = printed.substr(0, std::min<size_t>(printed.find('\n'), 80));
  trial.fail(fmt::format("it printed {} bytes, beginning with \"{}\"", printed.size(), line),
             "Print nothing: use tapster_host.log.");
}

void check_old_host(Trial& trial) {
  const auto connector = trial.load();
  if (!connector) return;
  const HostServices services(trial.clock(false), trial.log(), trial.subject().name);
  auto old = services.table();
  old.struct_size = offsetof(tapster_host, secret);
  old.abi_version = TAPSTER_ABI_MAJOR << 16U;
  old.secret = nullptr;
  old.store = nullptr;
  const auto& table = connector->table();
  const auto config = json::serialize(*trial.subject().config);
  tapster_source* source = nullptr;
  auto error = empty_error();
  error.struct_size = offsetof(tapster_error, http_status);
  trial.doing("open in a host of ABI 1.0, which does not offer secret and store");
  const auto status = table.open(&old, to_text(config), &source, &error);
  if (status != TAPSTER_OK) {
    trial.fail(fmt::format("open fails in a host of ABI 1.0, with the status {}", status),
               "Work without what ABI 1.1 offers.");
    return;
  }
  trial.doing("check in a host of ABI 1.0, which does not offer secret and store");
  (void)table.check(source, &error);
  table.close(source);
}

void check_several_sources(Trial& trial) {
  std::vector<std::unique_ptr<OpenedSource>> sources;
  for (int i = 0; i < 3; ++i) {
    sources.push_back(trial.open(false));
    if (!sources.back()) return;
  }
  std::vector<std::string> catalogs(sources.size());
  std::vector<std::thread> threads;
  trial.doing("discover of three sources at once");
  for (size_t i = 0; i < sources.size(); ++i) {
    threads.emplace_back([&, i] {
      const auto catalog = (*sources[i])->discover();
      catalogs[i] = catalog ? json::serialize(*catalog) : std::string(to_string(catalog.error().status));
    });
  }
  for (auto& thread : threads) thread.join();
  trial.doing("close of one source while another one is used");
  sources.erase(sources.begin());
  const auto after = (*sources.back())->discover();
  catalogs.push_back(after ? json::serialize(*after) : std::string(to_string(after.error().status)));
  for (const auto& catalog : catalogs) {
    if (catalog == catalogs.front()) continue;
    trial.fail("several sources with the same config give different catalogs",
               "Keep everything in the source: a connector has no globals that change.");
    return;
  }
}

void check_leaks(Trial& trial) {
  constexpr int times = 50;
  constexpr size_t most_bytes = 64UL * 1024;
  const auto use = [&] {
    auto opened = trial.open(false);
    if (opened) (void)(*opened)->discover();
    return opened != nullptr;
  };
  // What is made once and kept is not a leak.
  for (int i = 0; i < 10; ++i)
    if (!use()) return;
  const auto before = resources();
  for (int i = 0; i < times; ++i)
    if (!use()) return;
  auto after = resources();
  // A thread that has been joined may still be listed for a moment.
  for (int i = 0; i < 100 && after.threads > before.threads; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    after.threads = resources().threads;
  }
  const char* const fix = "Release in close everything that the source has.";
  const auto check = [&](std::string_view what, size_t first, size_t last, size_t most) {
    if (last > first + most)
      trial.fail(fmt::format("after {} times open, discover and close there are {} {} more", times,
                             last - first, what),
                 fix);
  };
  check("open descriptors", before.descriptors, after.descriptors, 0);
  check("threads", before.threads, after.threads, 0);
  check("bytes of memory", before.bytes, after.bytes, most_bytes);
}

}  // namespace tapster::host
