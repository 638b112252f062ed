// What a soak does, as a pure function of its seed: the account, and for each round the time, the sync to
// run, and its faults.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "draw.hpp"
#include "server.hpp"

namespace tapster::soak {

// A sync that a scheduler repeats, with its own state.
enum class Way {
  files,         // --output and --state-file
  files_once,    // the same without lookback: each row is written once
  pipe,          // standard output and --state-file
  orchestrator,  // standard output and --state, of the last STATE message
};
inline constexpr Way all_ways[] = {Way::files, Way::files_once, Way::pipe, Way::orchestrator};
std::string_view name_of(Way way);
// Days that are read again.
int lookback_of(Way way);
int stats_lookback_of(Way way);

// What happens at the n-th request.
struct Event {
  enum class What {
    kill,       // SIGKILL
    terminate,  // SIGTERM
    revoke,     // the token is refused
    outage,     // each connection is reset from now on
    move_on,    // the account's clock advances
  } what;
  int request;
};

// A fault and its name in the figures.
struct NamedFault {
  std::string_view name;
  sandbox::Fault fault;
};

struct Round {
  int number = 0;
  sandbox::Time now;  // the sandbox's clock; the program's is `lateness` ahead
  Way way{};
  int jobs = 1;
  int commit_interval = 0;  // milliseconds
  bool is_jsonl = false;

  std::string_view trouble;  // of this round; others may come by chance
  std::vector<NamedFault> faults;
  std::optional<Event> event;
  int kill_at_record = 0;   // when this record is on the pipe; 0 for never
  int leave_at_record = 0;  // the reader closes the pipe
  int64_t file_limit = 0;   // bytes that a file may have; 0 for any number
  bool has_full_pipe = false, has_full_state = false, has_no_host = false;

  // Whether a record or a write is the last.
  [[nodiscard]] bool is_cut_off() const;
  // Whether the program may wait before a retry, which moves its clock.
  [[nodiscard]] bool has_faults() const;
  // Whether the data change while they are read. The clock advances by this much.
  [[nodiscard]] bool moves() const { return event && event->what == Event::What::move_on; }
  static constexpr std::chrono::minutes pace{3};
};

// One line.
std::string to_text(const Round& round);

class Plan {
 public:
  explicit Plan(uint64_t seed);

  [[nodiscard]] const sandbox::AccountOptions& account() const { return account_; }
  [[nodiscard]] const sandbox::ApiOptions& api() const { return api_; }
  [[nodiscard]] const std::string& first_day() const { return first_day_; }
  // How much later than their time rows appear in the lists.
  [[nodiscard]] std::chrono::seconds lateness() const { return lateness_; }
  // One line.
  [[nodiscard]] std::string to_text() const;

  // The next round. Each trouble comes in turn, others by chance.
  Round next();
  // One without trouble.
  Round calm(Way way);

 private:
  void move_clock(const Round& round);
  void add_trouble(Round& round);
  void add_chance(Round& round);

  uint64_t seed_;
  Draw draw_;
  sandbox::AccountOptions account_;
  sandbox::ApiOptions api_;
  std::string first_day_;
  std::chrono::seconds lateness_{};
  std::optional<sandbox::Time> change_;  // of the zone's clock
  sandbox::Time now_;
  int rounds_ = 0;
};

// The troubles that rounds have in turn.
const std::vector<std::string_view>& all_troubles();

}  // namespace tapster::soak
