// A child process, a shell command or a fork: we write to its standard input and read its output.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "system/exit_code.hpp"

namespace tapster::host {

// A child process and a thread that reads its output, so that neither side can block the other. The child has
// its own process group: Ctrl-C in a terminal reaches only us, and the child ends when its input does. A
// second stop signal kills the child with us; see kill_with_us.
class Subprocess {
 public:
  // Called on the child's thread.
  struct Listener {
    std::function<void(std::string_view line)>
        on_output;  // a line of its standard output, without the line break
    std::function<void(std::string_view line)> on_error;  // ... of its standard error
    std::function<void()> on_early_end;                   // it ended while its input was still open
  };

  // Runs `command` with /bin/sh -c. One at a time per process. An output failure says why it could not be
  // started.
  static Outcome<std::unique_ptr<Subprocess>> start(const std::string& command, Listener listener);
  // Runs `work` in a fork of this process, which then exits: with the code `thrown` if `work` throws. The
  // listener gets what `work` writes to `output`; the standard descriptors are ours.
  static Outcome<std::unique_ptr<Subprocess>> fork(const std::function<void(int output)>& work,
                                                   Listener listener);
  static constexpr int thrown = 70;  // EX_SOFTWARE of sysexits.h
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;
  // Kills the child if it has not been waited for.
  ~Subprocess();

  // The descriptor to write to; open until `finish`.
  [[nodiscard]] int input() const { return input_; }

  struct End {
    int code = 0;       // the exit code, or 128 + `signal`
    int signal = 0;     // the number of the signal that ended it, or 0
    size_t unread = 0;  // bytes of its input that it left unread
  };
  // Closes the child's input and waits until it exits, however long that takes. Then the listener has got all
  // of its output.
  End finish();
  // The same, but kills it after this time. Null if it was killed.
  std::optional<End> finish_within(std::chrono::milliseconds time);

 private:
  // One of its two outputs, cut into lines.
  struct Channel {
    int descriptor = -1;
    std::string line;
    std::function<void(std::string_view line)> on_line;
  };
  // Starts the process on these descriptors. Returns an errno value.
  using Start = std::function<int(int input, int output, int error, pid_t& id)>;
  static Outcome<std::unique_ptr<Subprocess>> start_with(const Start& start, Listener listener);
  Subprocess(pid_t id, int life, int input, int output, int error, Listener listener);
  void kill();
  void listen();
  // Reads one block of output; false if there is nothing to read now, or the output has ended.
  static bool hear(Channel& channel);

  pid_t id_;
  int life_;  // a pidfd
  std::atomic<int> input_;
  std::array<Channel, 2> channels_;
  std::function<void()> on_early_end_;
  int status_ = 0;  // from waitpid; only the thread uses it until the thread has ended
  std::thread thread_;
};

}  // namespace tapster::host
