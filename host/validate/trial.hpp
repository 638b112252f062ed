// One run of a rule, in a process of its own: what it has found, and how it reaches the connector. The
// process is a fork, so it cannot start a Subprocess.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/json.hpp>

#include "plugin/connector.hpp"
#include "plugin/host_services.hpp"
#include "plugin/source.hpp"
#include "report/log.hpp"
#include "system/clock.hpp"
#include "validate/finding.hpp"
#include "validate/subject.hpp"

namespace tapster::host {

// The unnamed files between a trial's process and ours. They outlive the trial, however it ends.
struct TrialFiles {
  int output = -1;  // what the connector prints: descriptors 1 and 2 of the trial
  int log = -1;     // what it logs
  int doing = -1;   // what the trial is doing
};

// A source that a trial has opened.
struct OpenedSource {
  HostServices services;
  std::optional<Source> source;
  OpenedSource(Clock& clock, Log& log, const std::string& name) : services(clock, log, name) {}
  Source* operator->() { return &*source; }
};

class Trial {
 public:
  // Redirects descriptors 1 and 2 of this process. `subject` must outlive the trial.
  Trial(const Subject& subject, const TrialFiles& files);
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  [[nodiscard]] const Subject& subject() const { return subject_; }

  // Adds a finding. A rule that has found a failure fails.
  void fail(std::string_view seen, std::string_view fix, std::string_view stream = {});
  void warn(std::string_view seen, std::string_view fix, std::string_view stream = {});
  // The rule cannot be checked.
  void skip(std::string why) { skipped_ = std::move(why); }
  [[nodiscard]] bool has_failed() const { return has_failed_; }

  // Notes what is tried now, for the finding if the process dies.
  void doing(std::string_view what) const;

  // Keeps something that the rule has learned, for later rules: see Subject.
  void keep(std::string_view name, json::value value) { kept_[name] = std::move(value); }

  // Loads the connector. It has been loaded before, so this rarely fails: null, and the rule fails.
  std::optional<Connector> load();
  // Loads the connector and opens a source with the subject's config. Null if that fails, and the rule fails.
  // `is_waiting`: whether waits take time; otherwise the attempts of a retried request follow at once.
  std::unique_ptr<OpenedSource> open(bool is_waiting);
  // The clock and the log of these sources.
  Clock& clock(bool is_waiting);
  Log& log() { return log_; }
  // What the connector has logged, and printed, so far in this trial.
  [[nodiscard]] std::string logged() const;
  [[nodiscard]] std::string printed() const;

  // Everything, for the parent.
  [[nodiscard]] json::object answer() const;

 private:
  const Subject& subject_;
  const TrialFiles files_;
  std::unique_ptr<Clock> still_clock_, waiting_clock_;
  Log log_;
  json::array findings_;
  bool has_failed_ = false;
  std::string skipped_;
  json::object kept_;
  std::optional<Connector> connector_;
};

// "source: the message", of an error in a finding.
std::string words(const Error& error);

}  // namespace tapster::host
