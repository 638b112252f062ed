#include "pipeline.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <stdexcept>

#include "paths.hpp"
#include "support/file_limit.hpp"
#include "support/files.hpp"
#include "support/process.hpp"

namespace tapster::soak {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

// A named pipe. Its reader is open before its writer.
class Fifo {
 public:
  explicit Fifo(fs::path path) : path_(std::move(path)) {
    if (::mkfifo(path_.c_str(), 0600) != 0) throw std::runtime_error("cannot make a pipe");
    reader_ = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ::fcntl(reader_, F_SETFL, 0);
  }
  Fifo(const Fifo&) = delete;
  Fifo& operator=(const Fifo&) = delete;
  ~Fifo() {
    close();
    ::unlink(path_.c_str());
  }
  void close() {
    if (reader_ >= 0) ::close(reader_);
    reader_ = -1;
  }
  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] int reader() const { return reader_; }

 private:
  fs::path path_;
  int reader_ = -1;
};

}  // namespace

Pipeline::Pipeline(Way way, fs::path directory) : way_(way), directory_(std::move(directory)) {
  fs::create_directories(directory_);
}

void Pipeline::configure(std::string_view first_day, std::string_view base_url) const {
  write_file(
      directory_ / "config.json",
      fmt::format(
          R"({{"postmark_server_token":"sandbox-token","start_date":"{}","base_url":"{}","lookback_days":{},"stats_lookback_days":{}}})",
          first_day, base_url, lookback_of(way_), stats_lookback_of(way_)));
}

bool Pipeline::reads(std::string_view stream) const {
  if (e2e::is_list(stream)) return !has_files();  // each run would write them again
  return way_ != Way::files_once || !e2e::is_by_day(stream);
}

std::vector<std::string> Pipeline::arguments(const fs::path& directory) const {
  std::vector<std::string> words{"read", "postmark", "--config", directory_ / "config.json"};
  const auto add = [&](std::initializer_list<std::string> more) {
    words.insert(words.end(), more.begin(), more.end());
  };
  if (has_files()) add({"--output", directory / "out"});
  if (way_ == Way::files)
    add({"--select", "messages_*", "--exclude", "*_details", "--select", "bounces", "--select", "stats_*",
         "--exclude", "stats_outbound_read_times"});
  if (way_ == Way::files_once)
    add({"--select", "messages_*", "--exclude", "*_details", "--exclude", "messages_inbound", "--select",
         "bounces"});
  if (way_ != Way::orchestrator) {
    add({"--state-file", directory / "state.json"});
  } else if (fs::exists(directory / "state.json")) {
    add({"--state", directory / "state.json"});
  }
  return words;
}

Pipeline::Run Pipeline::run(const Round& round, std::string_view now, std::string_view until,
                            const std::function<void(pid_t)>& started) {
  auto words = arguments(directory_);
  const auto add = [&](std::string word, std::string value) {
    words.insert(words.end(), {std::move(word), std::move(value)});
  };
  add("--jobs", std::to_string(round.jobs));
  add("--commit-interval", std::to_string(round.commit_interval));
  if (round.is_jsonl) add("--format", "jsonl");
  if (!until.empty()) add("--until", std::string(until));

  const auto aside = directory_ / "state.json.new";
  if (round.has_full_state) {
    fs::remove(aside);
    fs::create_symlink("/dev/full", aside);
  }
  std::optional<Fifo> fifo;
  if (!has_files() && !round.has_full_pipe) fifo.emplace(directory_ / "fifo");
  const fs::path output = has_files() ? fs::path() : fifo ? fifo->path() : fs::path("/dev/full");
  std::optional<Process> process;
  {
    std::optional<FileLimit> limit;
    if (round.file_limit > 0) limit.emplace(round.file_limit);
    process.emplace(
        e2e::paths::tapster, words,
        ProcessOptions{.environment = {{"TAPSTER_NOW", std::string(now)}}, .output_file = output});
  }
  started(process->id());
  Run run;
  if (fifo) {
    drain(fifo->reader(), round, process->id(), run);
    fifo->close();
  }
  const auto finished = process->wait();
  run.exit = finished.exit;
  run.err = finished.err;
  if (round.has_full_state) fs::remove(aside);

  if (way_ != Way::orchestrator) return run;
  for (const auto& line : lines_of(run.text)) {
    if (!line.starts_with(R"({"type":"STATE")")) continue;
    write_file(directory_ / "state.json", json::serialize(json::parse(line).at("value")));
  }
  return run;
}

// Reads what the program writes, up to the record at which the round kills it or closes the pipe. Drops an
// incomplete line at the end.
void Pipeline::drain(int pipe, const Round& round, pid_t program, Run& run) {
  auto& text = run.text;
  size_t begin = 0;
  int records = 0;
  std::array<char, 65536> buffer{};
  while (true) {
    const auto count = ::read(pipe, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(buffer.data(), static_cast<size_t>(count));
    for (auto end = text.find('\n', begin); end != std::string::npos; end = text.find('\n', begin)) {
      const auto line = std::string_view(text).substr(begin, end - begin);
      begin = end + 1;
      if (!line.starts_with(R"({"type":"RECORD")") && !line.starts_with(R"({"stream")")) continue;
      ++records;
      if (records == round.kill_at_record) run.was_killed = ::kill(program, SIGKILL) == 0;
      if (records == round.leave_at_record) {
        run.has_left = true;
        text.resize(begin);
        return;
      }
    }
  }
  text.resize(begin);
}

json::object Pipeline::state() const {
  const auto path = directory_ / "state.json";
  return fs::exists(path) ? json::parse(content(path)).as_object() : json::object();
}

e2e::Tables Pipeline::files(bool was_interrupted, size_t& doubled) const {
  if (!was_interrupted) return e2e::tables_of_files(directory_ / "out", doubled);
  const auto copy = directory_ / "copy";
  fs::remove_all(copy);
  fs::create_directories(copy);
  for (const auto* name : {"out", "state.json"}) {
    if (fs::exists(directory_ / name)) fs::copy(directory_ / name, copy / name, fs::copy_options::recursive);
  }
  configure("2026-01-01", "http://no..such.host");
  const auto finished = run_program(e2e::paths::tapster, arguments(copy),
                                    {.environment = {{"TAPSTER_NOW", "2027-12-31T12:00:00Z"}}});
  if (finished.exit != 1 && finished.exit != 5)
    throw std::runtime_error("a run that reaches nobody, after one that was interrupted, ends so:\n" +
                             finished.err);
  return e2e::tables_of_files(copy / "out", doubled);
}

}  // namespace tapster::soak
