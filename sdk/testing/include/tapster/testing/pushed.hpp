// A sink that records what is pushed: records or slices, rejects, and the progress of a read.
#pragma once

#include <tapster/connector.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <tapster/records.hpp>
#include <vector>

namespace tapster {

// One thread at a time.
class Pushed {
 public:
  Pushed() = default;
  Pushed(const Pushed&) = delete;
  Pushed& operator=(const Pushed&) = delete;

  [[nodiscard]] const tapster_sink& sink() const { return sink_; }
  // The JSON lines, as they were pushed.
  [[nodiscard]] const std::string& lines() const { return lines_; }
  [[nodiscard]] std::vector<json::object> objects() const;
  // The values of one member, line by line.
  [[nodiscard]] std::vector<std::string> texts(std::string_view member) const;
  // The records that were set aside. Without `take_rejects` a connector cannot do that.
  void take_rejects();
  [[nodiscard]] const std::vector<Reject>& rejects() const { return rejects_; }
  // The slice that the last call of `progress` gave; empty without one.
  [[nodiscard]] const std::string& progress() const { return progress_; }
  // The lines and, where it was reported, the progress: "progress {...}".
  [[nodiscard]] const std::string& course() const { return course_; }
  // Refuses everything with this status after so many batches, as a host does that stops a read:
  // TAPSTER_CANCELLED, for instance.
  void refuse_after(std::size_t batches, tapster_status status);
  void clear();

 private:
  // Refuses a batch that breaks the rules of tapster_batch with TAPSTER_INTERNAL.
  static tapster_status push(void* self, const tapster_batch* batch);
  static tapster_status reject(void* self, tapster_text record, tapster_text reason);
  static tapster_status turn(void* self, tapster_text slice);
  [[nodiscard]] tapster_status answer() const;

  std::string lines_, progress_, course_;
  std::vector<Reject> rejects_;
  std::size_t batches_ = 0, most_batches_ = SIZE_MAX;
  tapster_status refusal_ = TAPSTER_OK;
  tapster_sink sink_{sizeof(tapster_sink), this, &Pushed::push, nullptr, &Pushed::turn};
};

// The objects of JSON lines.
std::vector<json::object> objects_of(std::string_view lines);

}  // namespace tapster
