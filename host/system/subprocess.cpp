#include "system/subprocess.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <utility>

#include "system/signals.hpp"
#include "system/thread.hpp"

namespace tapster::host {

namespace {

// Longer than any state or message; a longer line is passed on in pieces.
constexpr size_t longest_line = size_t{16} << 20U;

struct PipeEnds {
  int read = -1, write = -1;
};

// Both ends are closed in the child unless it is given one.
PipeEnds make_pipe() {
  std::array<int, 2> ends{-1, -1};
  (void)!::pipe2(ends.data(), O_CLOEXEC);
  return {ends[0], ends[1]};
}

void close_all(std::initializer_list<int> descriptors) {
  for (const int descriptor : descriptors) {
    if (descriptor >= 0) ::close(descriptor);
  }
}

// Starts the command with these standard descriptors, in its own process group, and with default signals
// (ours are blocked or ignored). Returns an errno value.
int spawn(const std::string& command, int input, int output, int error, pid_t& id) {
  posix_spawn_file_actions_t actions;
  int failed = ::posix_spawn_file_actions_init(&actions);
  if (failed != 0) return failed;
  const std::array<int, 3> standard{input, output, error};
  for (int number = 0; number < 3 && failed == 0; ++number)
    failed = ::posix_spawn_file_actions_adddup2(&actions, standard[static_cast<size_t>(number)], number);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);  // cannot fail here, nor can those that set it
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::string shell = "sh";
  std::string option = "-c";
  std::string text = command;
  std::array<char*, 4> arguments{shell.data(), option.data(), text.data(), nullptr};
  if (failed == 0) failed = ::posix_spawn(&id, "/bin/sh", &actions, &attributes, arguments.data(), ::environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return failed;
}

// The same for a fork, which keeps our standard descriptors and writes to `output`.
int spawn(const std::function<void(int output)>& work, int output, pid_t& id) {
  id = ::fork();
  if (id < 0) return errno;
  // Both sides set the group, as either may run first.
  ::setpgid(id, id);
  if (id > 0) return 0;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // Ctrl-C does not reach its group
  // An exception must not unwind the copy of our caller's stack, which would run on as a second program.
  try {
    work(output);
  } catch (const std::exception& e) {
    fmt::print(stderr, "tapster: a bug: {}\n", e.what());
    ::_exit(Subprocess::thrown);
  } catch (...) {
    ::_exit(Subprocess::thrown);
  }
  ::_exit(0);
}

}  // namespace

Outcome<std::unique_ptr<Subprocess>> Subprocess::start(const std::string& command, Listener listener) {
  return start_with(
      [&](int input, int output, int error, pid_t& id) { return spawn(command, input, output, error, id); },
      std::move(listener));
}

Outcome<std::unique_ptr<Subprocess>> Subprocess::fork(const std::function<void(int output)>& work,
                                                      Listener listener) {
  return start_with([&](int, int output, int, pid_t& id) { return spawn(work, output, id); },
                    std::move(listener));
}

Outcome<std::unique_ptr<Subprocess>> Subprocess::start_with(const Start& start, Listener listener) {
  const auto input = make_pipe();
  const auto output = make_pipe();
  const auto error = make_pipe();
  pid_t id = -1;
  const auto alive = hold_off_death();
  const bool has_pipes = input.write >= 0 && output.write >= 0 && error.write >= 0 &&
                         ::fcntl(output.read, F_SETFL, O_NONBLOCK) == 0 &&
                         ::fcntl(error.read, F_SETFL, O_NONBLOCK) == 0;
  const int failed = has_pipes ? start(input.read, output.write, error.write, id) : errno;
  close_all({input.read, output.write, error.write});
  const int life = failed == 0 ? static_cast<int>(::syscall(SYS_pidfd_open, id, 0)) : -1;
  if (life < 0) {
    const int why = failed != 0 ? failed : errno;
    close_all({input.write, output.read, error.read});
    if (failed == 0) {
      ::kill(-id, SIGKILL);
      ::waitpid(id, nullptr, 0);
    }
    return fail(Exit::output, fmt::format("cannot start a process: {}", std::strerror(why)));
  }
  std::unique_ptr<Subprocess> child(
      new Subprocess(id, life, input.write, output.read, error.read, std::move(listener)));
  auto thread = start_thread([listening = child.get()] { listening->listen(); });
  if (!thread) {
    child->kill();
    return fail(Exit::output, std::move(thread).error().message);
  }
  child->thread_ = *std::move(thread);
  return child;
}

Subprocess::Subprocess(pid_t id, int life, int input, int output, int error, Listener listener)
    : id_(id),
      life_(life),
      input_(input),
      channels_{Channel{output, {}, std::move(listener.on_output)},
                Channel{error, {}, std::move(listener.on_error)}},
      on_early_end_(std::move(listener.on_early_end)) {
  kill_with_us(id);
}

// Kills a process that no thread listens to.
void Subprocess::kill() {
  kill_with_us(0);
  ::kill(-id_, SIGKILL);
  ::close(input_.exchange(-1));
  ::waitpid(id_, nullptr, 0);
}

Subprocess::~Subprocess() {
  if (thread_.joinable()) {
    ::kill(-id_, SIGKILL);
    finish();
  }
  close_all({life_, channels_[0].descriptor, channels_[1].descriptor});
}

void Subprocess::listen() {
  for (;;) {
    std::array<pollfd, 3> files{
        {{channels_[0].descriptor, POLLIN, 0}, {channels_[1].descriptor, POLLIN, 0}, {life_, POLLIN, 0}}};
    if (::poll(files.data(), files.size(), -1) < 0) continue;
    if (files[0].revents != 0) hear(channels_[0]);
    if (files[1].revents != 0) hear(channels_[1]);
    if (files[2].revents != 0) break;
  }
  // A process that it left behind may keep its outputs open. Read what is there, but do not wait for more.
  for (auto& channel : channels_) {
    while (hear(channel)) {
    }
    if (!channel.line.empty()) channel.on_line(std::exchange(channel.line, {}));
  }
  const bool is_early = input_ >= 0;
  kill_with_us(0);  // before its process id can be reused
  ::waitpid(id_, &status_, 0);
  if (is_early) on_early_end_();
}

bool Subprocess::hear(Channel& channel) {
  std::array<char, 65536> block{};
  const auto count = channel.descriptor < 0 ? 0 : ::read(channel.descriptor, block.data(), block.size());
  if (count < 0 && errno == EINTR) return true;
  if (count <= 0) {
    if (count == 0 && channel.descriptor >= 0) ::close(std::exchange(channel.descriptor, -1));
    return false;
  }
  std::string_view text(block.data(), static_cast<size_t>(count));
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    channel.line.append(text.substr(0, end));
    channel.on_line(channel.line);
    channel.line.clear();
    text.remove_prefix(end + 1);
  }
  channel.line.append(text);
  if (channel.line.size() > longest_line) channel.on_line(std::exchange(channel.line, {}));
  return true;
}

Subprocess::End Subprocess::finish() {
  // A second reader, to see what the child left in the pipe. Opened only now, because with it a write would
  // not notice that the child has gone.
  const int pipe =
      ::open(fmt::format("/proc/self/fd/{}", input_.load()).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ::close(input_.exchange(-1));
  thread_.join();
  int unread = 0;
  if (pipe >= 0) {
    (void)::ioctl(pipe, FIONREAD, &unread);
    ::close(pipe);
  }
  const int signal = WIFSIGNALED(status_) ? WTERMSIG(status_) : 0;
  return {signal != 0 ? 128 + signal : WEXITSTATUS(status_), signal, static_cast<size_t>(unread)};
}

std::optional<Subprocess::End> Subprocess::finish_within(std::chrono::milliseconds time) {
  const auto deadline = std::chrono::steady_clock::now() + time;
  pollfd life{life_, POLLIN, 0};
  int ready = -1;
  while (ready < 0) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    ready = ::poll(&life, 1, std::max(0, static_cast<int>(left.count())));
  }
  if (ready == 0) ::kill(-id_, SIGKILL);
  const auto end = finish();
  return ready == 0 ? std::nullopt : std::optional(end);
}

}  // namespace tapster::host
