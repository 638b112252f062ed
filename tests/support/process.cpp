#include "support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string_view>

namespace tapster {

namespace {

namespace fs = std::filesystem;

int checked(int descriptor, const std::string& what) {
  if (descriptor < 0) throw std::runtime_error("cannot open " + what + ": " + std::strerror(errno));
  return descriptor;
}

int open_file(const fs::path& path, int flags) {
  return checked(::open(path.c_str(), flags | O_CLOEXEC, 0644), path.string());
}

int unnamed_file() {
  auto name = (fs::temp_directory_path() / "tapster-test-XXXXXX").string();
  const int file = checked(::mkostemp(name.data(), O_CLOEXEC), name);
  ::unlink(name.c_str());
  return file;
}

int file_with(std::string_view text) {
  const int file = unnamed_file();
  if (::pwrite(file, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("cannot write the input of a program");
  return file;
}

// Everything in a file, wherever its writer is.
std::string all_of(int file) {
  struct stat about {};
  if (file < 0 || ::fstat(file, &about) != 0) return "";
  std::string text(static_cast<size_t>(about.st_size), '\0');
  size_t size = 0;
  while (size < text.size()) {
    const auto count = ::pread(file, text.data() + size, text.size() - size, static_cast<off_t>(size));
    if (count <= 0) break;
    size += static_cast<size_t>(count);
  }
  text.resize(size);
  return text;
}

std::vector<std::string> variables_of(const Environment& more) {
  std::vector<std::string> variables;
  for (char** variable = ::environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (!more.contains(text.substr(0, text.find('=')))) variables.push_back(text);
  }
  for (const auto& [name, value] : more) variables.push_back(name + "=" + value);
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Starts a program on these standard descriptors.
pid_t spawn(const std::string& program, const Arguments& arguments, const ProcessOptions& options,
            const std::array<int, 3>& standard) {
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  auto variables = variables_of(options.environment);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (int number = 0; number < 3; ++number)
    ::posix_spawn_file_actions_adddup2(&actions, standard[static_cast<size_t>(number)], number);
  if (!options.directory.empty()) ::posix_spawn_file_actions_addchdir_np(&actions, options.directory.c_str());
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  // A program inherits that signals are ignored, as under nohup.
  sigset_t all;
  sigfillset(&all);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t id = -1;
  const int failed = ::posix_spawnp(&id, program.c_str(), &actions, &attributes, pointers_to(words).data(),
                                    pointers_to(variables).data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " + program + ": " + std::strerror(failed));
  return id;
}

int wait_for(pid_t id) {
  int status = 0;
  while (::waitpid(id, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

Process::Process(const std::string& program, const Arguments& arguments, const ProcessOptions& options) {
  const int input = options.input.empty() ? open_file("/dev/null", O_RDONLY) : file_with(options.input);
  int output = -1;  // what the program gets
  if (options.has_pipe) {
    std::array<int, 2> ends{-1, -1};
    checked(::pipe2(ends.data(), O_CLOEXEC), "a pipe");
    pipe_ = ::fdopen(ends[0], "r");
    output = ends[1];
  } else if (!options.output_file.empty()) {
    output = open_file(options.output_file, O_WRONLY | O_CREAT | O_TRUNC);
  } else {
    output = out_ = unnamed_file();
  }
  if (!options.joins_outputs) err_ = unnamed_file();
  id_ = spawn(program, arguments, options, {input, output, options.joins_outputs ? output : err_});
  ::close(input);
  if (output != out_) ::close(output);
}

Process::~Process() {
  if (id_ > 0) {
    signal(SIGKILL);
    wait_for(id_);
  }
  close_pipe();
  if (out_ >= 0) ::close(out_);
  if (err_ >= 0) ::close(err_);
}

void Process::signal(int number) const {
  ::kill(id_, number);
}

std::string Process::line() {
  std::string text;
  for (int c = 0; (c = std::fgetc(pipe_)) != EOF && c != '\n';) text.push_back(static_cast<char>(c));
  return text;
}

void Process::close_pipe() {
  if (pipe_ != nullptr) std::fclose(pipe_);
  pipe_ = nullptr;
}

std::string Process::err() const {
  return all_of(err_);
}

bool Process::ends_within(std::chrono::milliseconds time) const {
  const int life = static_cast<int>(::syscall(SYS_pidfd_open, id_, 0));
  pollfd file{checked(life, "a process"), POLLIN, 0};
  const bool is_over = ::poll(&file, 1, static_cast<int>(time.count())) == 1;
  ::close(life);
  return is_over;
}

Finished Process::wait() {
  Finished finished;
  std::array<char, 65536> block{};
  for (size_t count = 0; pipe_ && (count = std::fread(block.data(), 1, block.size(), pipe_)) > 0;)
    finished.out.append(block.data(), count);
  const int status = wait_for(id_);
  id_ = -1;
  finished.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  finished.exit = WIFSIGNALED(status) ? 128 + finished.signal : WEXITSTATUS(status);
  if (out_ >= 0) finished.out = all_of(out_);
  finished.err = err();
  return finished;
}

double peak_memory(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1'024;
  }
  return 0;
}

Finished run_program(const std::string& program, const Arguments& arguments, const ProcessOptions& options) {
  return Process(program, arguments, options).wait();
}

Finished run_shell(const std::string& command, const ProcessOptions& options) {
  return run_program("/bin/sh", {"-c", command}, options);
}

}  // namespace tapster
