#include "validate/trial.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/call_guard.hpp"
#include "plugin/loader.hpp"

namespace tapster::host {

namespace {

// A clock whose time of day stands still, so that two plans can be compared, and whose waits take time.
class WaitingClock : public Clock {
 public:
  explicit WaitingClock(Time now) : now_(now) {}
  [[nodiscard]] Time now() const override { return now_; }
  [[nodiscard]] std::chrono::microseconds monotonic() const override { return machine_->monotonic(); }
  void sleep(std::chrono::microseconds time, const std::function<bool()>& stop) override {
    machine_->sleep(time, stop);
  }

 private:
  const Time now_;
  const std::unique_ptr<Clock> machine_ = system_clock();
};

std::unique_ptr<Clock> make_waiting_clock(const Subject& subject) {
  if (subject.is_time_set) return fixed_clock(subject.now);
  return std::make_unique<WaitingClock>(subject.now);
}

std::string content_of(int file) {
  struct stat status {};
  std::string text;
  if (::fstat(file, &status) != 0) return text;
  text.resize(static_cast<size_t>(status.st_size));
  const auto size = ::pread(file, text.data(), text.size(), 0);
  text.resize(size < 0 ? 0 : static_cast<size_t>(size));
  return text;
}

}  // namespace

Trial::Trial(const Subject& subject, const TrialFiles& files)
    : subject_(subject),
      files_(files),
      still_clock_(fixed_clock(subject.now)),
      waiting_clock_(make_waiting_clock(subject)),
      log_(*still_clock_, LogFormat::text, Level::debug, files.log) {
  (void)::dup2(files.output, 1);
  (void)::dup2(files.output, 2);
  CallGuard::report_to(log_);
}

void Trial::fail(std::string_view seen, std::string_view fix, std::string_view stream) {
  has_failed_ = true;
  findings_.push_back({{"warning", false}, {"stream", stream}, {"seen", seen}, {"fix", fix}});
}

void Trial::warn(std::string_view seen, std::string_view fix, std::string_view stream) {
  findings_.push_back({{"warning", true}, {"stream", stream}, {"seen", seen}, {"fix", fix}});
}

void Trial::doing(std::string_view what) const {
  (void)!::pwrite(files_.doing, what.data(), what.size(), 0);
  (void)!::ftruncate(files_.doing, static_cast<off_t>(what.size()));
}

std::optional<Connector> Trial::load() {
  if (connector_) return connector_;
  auto loaded = load_connector(subject_.file, subject_.name);
  if (!loaded) {
    fail(loaded.error().message, "Load the same table each time.");
    return std::nullopt;
  }
  connector_ = *loaded;
  return connector_;
}

Clock& Trial::clock(bool is_waiting) {
  return is_waiting ? *waiting_clock_ : *still_clock_;
}

std::unique_ptr<OpenedSource> Trial::open(bool is_waiting) {
  const auto connector = load();
  if (!connector) return nullptr;
  doing("open");
  auto opened = std::make_unique<OpenedSource>(clock(is_waiting), log_, subject_.name);
  // A credential that rotates must not be used up by a validation.
  opened->services.on_store([](std::string_view name, std::string_view) -> Result<void> {
    return config_error(fmt::format("cannot keep the new value of \"{}\": validate keeps none", name));
  });
  auto source = Source::open(*connector, *subject_.config, opened->services);
  if (!source) {
    fail("open failed: " + words(source.error()), "Let open succeed each time with the same config.");
    return nullptr;
  }
  opened->source.emplace(*std::move(source));
  return opened;
}

std::string Trial::logged() const {
  return content_of(files_.log);
}

std::string Trial::printed() const {
  return content_of(files_.output);
}

json::object Trial::answer() const {
  return {{"findings", findings_}, {"skipped", skipped_}, {"kept", kept_}};
}

std::string words(const Error& error) {
  return fmt::format("{}: {}", to_string(error.status), error.message);
}

}  // namespace tapster::host
