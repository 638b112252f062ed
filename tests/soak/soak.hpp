// One account, synced repeatedly while its clock and data advance, with faults and kills.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "pipeline.hpp"
#include "plan.hpp"
#include "support/temporary_directory.hpp"
#include "truth.hpp"

namespace tapster::soak {

struct Figures {
  int rounds = 0;
  int complete = 0;  // runs that ended well
  std::map<int, int> exits;
  std::map<std::string, int, std::less<>> troubles;  // that happened, by name
  size_t rows_compared = 0;  // of runs that ended well, each with each of the account's
};

class Soak {
 public:
  // Adds to `figures`.
  Soak(uint64_t seed, Figures& figures);

  // Runs a round. What is wrong afterwards, or nothing.
  std::string run(const Round& round);

  Plan plan;
  std::string last_log;  // of the last run

 private:
  std::string check(const Round& round, Pipeline& pipeline, const Pipeline::Run& run, const State& before);
  std::string check_exit(const Round& round, const Pipeline::Run& run) const;
  void count_troubles(const Round& round, const Pipeline::Run& run, const sandbox::Server& server,
                      bool has_event);

  Figures& figures_;
  TemporaryDirectory directory_;
  sandbox::Account account_;
  sandbox::Api api_;
  std::map<Way, Pipeline> pipelines_;
};

}  // namespace tapster::soak
