// A Slurm cluster for one test.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace tapster::e2e {

// One node with four slots: slurmctld and slurmd, which listen on loopback alone and run jobs as the user of
// the test. They end with the test, even if it is killed. Nothing outside the temporary directory is used or
// written. Throws if they do not start.
class SlurmCluster {
 public:
  SlurmCluster();
  ~SlurmCluster();
  SlurmCluster(const SlurmCluster&) = delete;
  SlurmCluster& operator=(const SlurmCluster&) = delete;

  // For Slurm's commands.
  [[nodiscard]] Environment environment() const;
  // Waits until no job is left. Jobs that were queued again start at once, instead of after Slurm's two
  // minutes. False if some are left after a minute.
  [[nodiscard]] bool finish_jobs() const;

 private:
  // What a command prints; nothing if it fails, as it does while the controller is busy.
  [[nodiscard]] std::optional<std::string> output_of(const std::string& command,
                                                     const Arguments& arguments) const;

  TemporaryDirectory directory_;
  std::unique_ptr<Process> controller_, node_;
};

}  // namespace tapster::e2e
