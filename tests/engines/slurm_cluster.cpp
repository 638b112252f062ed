#include "slurm_cluster.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "paths.hpp"
#include "support/free_port.hpp"

namespace tapster::e2e {

namespace {

using namespace std::chrono_literals;

// Without accounts, cgroups and keys: every process of this machine may submit jobs to the cluster.
constexpr std::string_view configuration = R"(ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_interval=1
SlurmdParameters=config_overrides
KillWait=2
NodeName=localhost NodeAddr=127.0.0.1 CPUs=4 CoresPerSocket=4 RealMemory=4096
PartitionName=test Nodes=ALL Default=YES MaxTime=10
)";

bool wait_until(std::chrono::seconds longest, const std::function<bool()>& is_true) {
  const auto deadline = std::chrono::steady_clock::now() + longest;
  while (!is_true()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(100ms);
  }
  return true;
}

}  // namespace

SlurmCluster::SlurmCluster() {
  const auto* user = ::getpwuid(::geteuid());
  if (user == nullptr) throw std::runtime_error("the user of the test has no name");
  for (const auto* name : {"state", "spool"}) std::filesystem::create_directory(directory_ / name);
  directory_.write(
      "slurm.conf",
      fmt::format(configuration, fmt::arg("controller_port", free_port()), fmt::arg("node_port", free_port()),
                  fmt::arg("user", user->pw_name), fmt::arg("directory", directory_.path().string())));
  const ProcessOptions options{.environment = environment()};
  const auto start = [&](Arguments command) {
    command.insert(command.begin(), {"--pdeathsig", "TERM"});
    return std::make_unique<Process>(paths::setpriv, command, options);
  };
  controller_ = start({"slurmctld", "-D"});
  node_ = start({"slurmd", "-D", "-N", "localhost"});
  const auto is_idle = [&] { return output_of("sinfo", {"--noheader", "--format=%T"}) == "idle\n"; };
  if (!wait_until(30s, is_idle))
    throw std::runtime_error("Slurm does not start: " + controller_->err() + node_->err());
}

// Jobs do not end with slurmd.
SlurmCluster::~SlurmCluster() {
  (void)output_of("scancel", {"--partition=test"});
  wait_until(10s, [&] { return output_of("squeue", {"--noheader"}) == ""; });
  for (auto* each : {node_.get(), controller_.get()}) {
    if (each == nullptr) continue;
    each->signal(SIGTERM);
    each->wait();
  }
}

Environment SlurmCluster::environment() const {
  return {{"SLURM_CONF", directory_ / "slurm.conf"}};
}

bool SlurmCluster::finish_jobs() const {
  return wait_until(60s, [&] {
    const auto jobs = output_of("squeue", {"--noheader", "--array", "--format=%i %r"});
    if (!jobs) return false;
    std::istringstream lines(*jobs);
    for (std::string id, reason; lines >> id && std::getline(lines >> std::ws, reason);) {
      if (reason == "BeginTime") (void)output_of("scontrol", {"update", "JobId=" + id, "StartTime=now"});
    }
    return jobs->empty();
  });
}

std::optional<std::string> SlurmCluster::output_of(const std::string& command,
                                                   const Arguments& arguments) const {
  const auto ended = run_program(command, arguments, {.environment = environment()});
  return ended.exit == 0 ? std::optional(ended.out) : std::nullopt;
}

}  // namespace tapster::e2e
