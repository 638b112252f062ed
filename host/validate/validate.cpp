#include "validate/validate.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstring>

#include "report/print.hpp"
#include "system/subprocess.hpp"
#include "validate/no_network.hpp"
#include "validate/placeholder_config.hpp"
#include "validate/rules.hpp"
#include "validate/sample.hpp"
#include "validate/streams.hpp"

namespace tapster::host {

namespace {

constexpr std::chrono::seconds longest_rule(60);
constexpr std::chrono::seconds longest_rule_with_config(900);

bool needs_given_config(Needs needs) {
  return needs == Needs::config || needs == Needs::sample;
}

class UnnamedFile {
 public:
  explicit UnnamedFile(const char* name) : descriptor_(::memfd_create(name, MFD_CLOEXEC)) {}
  UnnamedFile(const UnnamedFile&) = delete;
  UnnamedFile& operator=(const UnnamedFile&) = delete;
  ~UnnamedFile() { ::close(descriptor_); }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] std::string content() const {
    std::string text(4096, '\0');
    const auto size = ::pread(descriptor_, text.data(), text.size(), 0);
    text.resize(size < 0 ? 0 : static_cast<size_t>(size));
    return text;
  }

 private:
  int descriptor_;
};

// Why a rule is not checked; empty if it is.
std::string obstacle(const Rule& rule, const Subject& subject) {
  if (rule.needs != Needs::file && !subject.config)
    return "no config can be made from the spec, so this rule needs --config";
  if (needs_given_config(rule.needs) && !subject.is_config_given) return "needs --config";
  if (rule.needs >= Needs::streams && !subject.is_catalog_known)
    return "the catalog is not known: the streams are found by request, so this rule needs --config";
  return {};
}

// Checks the rules one after the other.
class Suite {
 public:
  explicit Suite(const Validation& validation) : validation_(validation) {
    subject_.file = validation.file;
    subject_.name = validation.name;
    subject_.now = validation.clock.now();
    subject_.is_time_set = validation.is_time_set;
  }

  Outcome<std::vector<RuleResult>> run() {
    std::vector<RuleResult> results;
    std::string why_skipped;  // of all rules that follow
    for (const auto& rule : rules()) {
      validation_.log.debug(fmt::format("rule {}: {}", rule.name, rule.promise));
      RuleResult result{std::string(rule.name), Verdict::skipped, why_skipped, {}, 0};
      if (why_skipped.empty()) result.why_skipped = obstacle(rule, subject_);
      if (result.why_skipped.empty()) {
        result = check(rule);
        for (int attempt = 1; attempt < rule.attempts && result.verdict == Verdict::fails; ++attempt)
          result = check(rule);
        auto learned = learn();
        if (!learned) return tl::unexpected(learned.error());
      }
      if (rule.is_gate && result.verdict == Verdict::fails) why_skipped = fmt::format("{} failed", rule.name);
      results.push_back(std::move(result));
    }
    return results;
  }

 private:
  // Runs the rule in a child.
  RuleResult check(const Rule& rule) {
    kept_ = {};
    const UnnamedFile output("output");
    const UnnamedFile log("log");
    const UnnamedFile doing("doing");
    const auto start = std::chrono::steady_clock::now();
    std::string text;
    const auto child = Subprocess::fork(
        [&](int answer) {
          const bool has_network =
              needs_given_config(rule.needs) || (rule.needs == Needs::discovery && subject_.is_config_given);
          if (!has_network) refuse_connections();
          Trial trial(subject_, {output.descriptor(), log.descriptor(), doing.descriptor()});
          rule.check(trial);
          (void)print(answer, json::serialize(trial.answer()));
        },
        {[&](std::string_view line) { text += line; }, [](std::string_view) {}, [] {}});
    RuleResult result{std::string(rule.name), Verdict::holds, {}, {}, 0};
    if (!child) {
      add(result, {false, {}, child.error().message, "Run it again."});
      return result;
    }
    const auto limit = needs_given_config(rule.needs) ? longest_rule_with_config : longest_rule;
    const auto end = (*child)->finish_within(limit);
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    auto answer = end && end->signal == 0 ? parse_json_object(text, "the answer") : Failed(Error{});
    if (answer) {
      read_answer(result, *answer);
      return result;
    }
    const auto what = doing.content();
    const auto how = !end               ? fmt::format("did not return within {} s", limit.count())
                     : end->signal != 0 ? fmt::format("crashed: {}", ::strsignal(end->signal))
                                        : std::string("ended the process");
    add(result, {false,
                 {},
                 fmt::format("{} {}", what.empty() ? "the connector" : what, how),
                 "Return an error: a call must not end the process, crash or hang."});
    return result;
  }

  void add(RuleResult& result, Finding finding) const {
    // Findings quote the connector, and no secret may appear.
    finding.seen = validation_.log.redact(std::move(finding.seen));
    if (result.verdict != Verdict::fails)
      result.verdict = finding.is_warning ? Verdict::warns : Verdict::fails;
    result.findings.push_back(std::move(finding));
  }

  void read_answer(RuleResult& result, const json::object& answer) {
    for (const auto& each : *find_array(answer, "findings")) {
      const auto& finding = each.get_object();
      add(result, {finding.at("warning").as_bool(), text_of(finding, "stream"), text_of(finding, "seen"),
                   text_of(finding, "fix")});
    }
    result.why_skipped = text_of(answer, "skipped");
    if (!result.why_skipped.empty()) result.verdict = Verdict::skipped;
    kept_ = answer.at("kept").as_object();
  }

  // Takes what the rule has learned.
  Outcome<void> learn() {
    if (const auto* spec = find_object(kept_, "spec")) {
      subject_.spec = *spec;
      subject_.is_config_given = static_cast<bool>(validation_.read_config);
      if (subject_.is_config_given) {
        auto config = validation_.read_config(*spec);
        if (!config) return tl::unexpected(config.error());
        subject_.config = *std::move(config);
      } else {
        subject_.config = placeholder_config(*spec);
      }
    }
    if (const auto* catalog = find_object(kept_, "catalog")) {
      auto streams = selected_for_validation(*catalog, validation_.streams);
      if (!streams) return fail(streams.error());
      subject_.streams = *std::move(streams);
      subject_.is_catalog_known = true;
    }
    if (const auto* samples = find_array(kept_, "samples")) {
      for (const auto& sample : *samples) subject_.samples.push_back(sample_of(sample.get_object()));
      subject_.sample_log = text_of(kept_, "sample_log");
    }
    return {};
  }

  const Validation& validation_;
  Subject subject_{};
  json::object kept_;  // of the last rule
};

}  // namespace

Outcome<std::vector<RuleResult>> validate(const Validation& validation) {
  return Suite(validation).run();
}

}  // namespace tapster::host
