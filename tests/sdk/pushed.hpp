// A sink that records what is pushed: records or slices, and the progress of a read.
#pragma once

#include <tapster/connector.h>

#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <vector>

namespace tapster {

// One thread at a time.
class Pushed {
 public:
  Pushed() = default;
  Pushed(const Pushed&) = delete;
  Pushed& operator=(const Pushed&) = delete;

  [[nodiscard]] const tapster_sink& sink() const { return sink_; }
  [[nodiscard]] const std::string& lines() const { return lines_; }
  [[nodiscard]] std::vector<json::object> objects() const {
    std::vector<json::object> objects;
    for (std::string_view rest = lines_; !rest.empty();) {
      const auto end = rest.find('\n');
      objects.push_back(json::parse(std::string(rest.substr(0, end))).as_object());
      rest.remove_prefix(end + 1);
    }
    return objects;
  }
  // The values of one member, line by line.
  [[nodiscard]] std::vector<std::string> texts(std::string_view member) const {
    std::vector<std::string> texts;
    for (const auto& object : objects()) texts.emplace_back(view(object.at(member).as_string()));
    return texts;
  }
  // The slice that the last call of `progress` gave; empty without one.
  [[nodiscard]] const std::string& progress() const { return progress_; }
  // The lines and, where it was reported, the progress: "progress {...}".
  [[nodiscard]] const std::string& course() const { return course_; }
  void clear() {
    lines_.clear();
    progress_.clear();
    course_.clear();
  }

 private:
  static tapster_status push(void* self, const tapster_batch* batch) {
    static_cast<Pushed*>(self)->lines_.append(batch->data, batch->size);
    static_cast<Pushed*>(self)->course_.append(batch->data, batch->size);
    return TAPSTER_OK;
  }
  static tapster_status turn(void* self, tapster_text slice) {
    static_cast<Pushed*>(self)->progress_ = to_view(slice);
    static_cast<Pushed*>(self)->course_.append("progress ").append(to_view(slice)).append("\n");
    return TAPSTER_OK;
  }

  std::string lines_, progress_, course_;
  tapster_sink sink_{sizeof(tapster_sink), this, &Pushed::push, nullptr, &Pushed::turn};
};

}  // namespace tapster
