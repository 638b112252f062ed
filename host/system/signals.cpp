#include "system/signals.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <csignal>

#include <array>
#include <cerrno>
#include <cstring>

#include "system/thread.hpp"

namespace tapster::host {

namespace {

bool is_ignored(int signal) {
  struct sigaction action {};
  ::sigaction(signal, nullptr, &action);
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_IGN;
}

// Leaves out SIGHUP if it is ignored, as under nohup: a signalfd also receives ignored signals once they are
// blocked.
sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  if (!is_ignored(SIGHUP)) sigaddset(&set, SIGHUP);
  return set;
}

std::mutex death;  // held while the process must not end; the thread that ends it keeps it
std::atomic<pid_t> dies_with_us = 0;
std::atomic<int> last_signal = 0;

}  // namespace

void die_of(int signal) {
  death.lock();
  if (const auto group = dies_with_us.load(); group != 0) ::kill(-group, SIGKILL);
  std::signal(signal, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  ::raise(signal);
  ::_exit(128 + signal);
}

int stop_signal() {
  return last_signal.load();
}

std::unique_lock<std::mutex> hold_off_death() {
  return std::unique_lock(death);
}

void kill_with_us(pid_t group) {
  dies_with_us = group;
}

Outcome<std::unique_ptr<StopSignals>> StopSignals::start() {
  std::unique_ptr<StopSignals> made(new StopSignals);
  if (made->signals_ < 0 || made->end_ < 0)
    return fail(Exit::failed,
                fmt::format("cannot wait for signals: {} (check `ulimit -n`)", std::strerror(errno)));
  auto thread = start_thread([signals = made.get()] { signals->wait(); });
  if (!thread) return tl::unexpected(std::move(thread).error());
  made->thread_ = *std::move(thread);
  return made;
}

StopSignals::StopSignals() {
  const auto set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC);
  end_ = signals_ < 0 ? -1 : ::eventfd(0, EFD_CLOEXEC);
}

StopSignals::~StopSignals() {
  const uint64_t one = 1;
  if (thread_.joinable()) {
    (void)!::write(end_, &one, sizeof one);
    thread_.join();
  }
  for (const int descriptor : {signals_, end_}) {
    if (descriptor >= 0) ::close(descriptor);
  }
  const auto set = stop_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void StopSignals::on_stop(std::function<void()> stop) {
  const std::lock_guard lock(mutex_);
  stop_ = std::move(stop);
  if (stop_ && received_.load() != 0) stop_();
}

void StopSignals::wait() {
  std::array<pollfd, 2> files{{{signals_, POLLIN, 0}, {end_, POLLIN, 0}}};
  for (;;) {
    if (::poll(files.data(), files.size(), -1) < 0) continue;
    if (files[1].revents != 0) return;
    signalfd_siginfo info{};
    if (::read(signals_, &info, sizeof info) != sizeof info) continue;
    const auto number = static_cast<int>(info.ssi_signo);
    if (received_.load() != 0) {
      // When a session closes, the shell sends a SIGHUP and the kernel another: the second does not mean "end
      // at once".
      if (number == SIGHUP) continue;
      die_of(number);
    }
    const std::lock_guard lock(mutex_);
    if (!stop_) die_of(number);
    received_.store(number);
    last_signal.store(number);
    stop_();
  }
}

}  // namespace tapster::host
