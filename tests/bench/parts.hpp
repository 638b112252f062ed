// The parts of the benchmark. Each prints its lines, and throws if what it runs fails.
#pragma once

namespace tapster::bench {

struct Options {
  bool is_smoke = false;  // next to nothing, to see that it runs
  bool is_long = false;   // also what takes minutes
  // How often a figure is measured.
  [[nodiscard]] int rounds(int usual) const { return is_smoke ? 1 : usual; }
};

// Records a second on one core through parse, project, serialize and write.
void bench_records(const Options& options);
// CPU seconds per million records, by stage, and of the whole process.
void bench_cpu(const Options& options);
// The time of a backfill.
void bench_sync(const Options& options);
// The number of requests of a backfill.
void bench_requests(const Options& options);
// The most memory, by the number of records.
void bench_memory(const Options& options);
// The time until the program has started.
void bench_start(const Options& options);
// The time until the first record.
void bench_first(const Options& options);
// The time of a sync by latency and jobs.
void bench_latency(const Options& options);
// An hourly run in which nothing is new.
void bench_hourly(const Options& options);

// Serves recorded responses until standard input ends, and prints commands to read them, for a profiler.
void serve(const Options& options);

}  // namespace tapster::bench
