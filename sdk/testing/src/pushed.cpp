#include <tapster/testing/pushed.hpp>

#include <algorithm>

namespace tapster {

std::vector<json::object> objects_of(std::string_view lines) {
  std::vector<json::object> objects;
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find('\n'));
    objects.push_back(json::parse(std::string(line)).as_object());
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
  }
  return objects;
}

std::vector<json::object> Pushed::objects() const {
  return objects_of(lines_);
}

std::vector<std::string> Pushed::texts(std::string_view member) const {
  std::vector<std::string> texts;
  for (const auto& object : objects()) texts.emplace_back(view(object.at(member).as_string()));
  return texts;
}

void Pushed::take_rejects() {
  sink_.reject = &Pushed::reject;
}

void Pushed::refuse_after(std::size_t batches, tapster_status status) {
  most_batches_ = batches;
  refusal_ = status;
}

void Pushed::clear() {
  lines_.clear();
  progress_.clear();
  course_.clear();
  rejects_.clear();
  batches_ = 0;
}

tapster_status Pushed::push(void* self, const tapster_batch* batch) {
  auto& pushed = *static_cast<Pushed*>(self);
  if (pushed.answer() != TAPSTER_OK) return pushed.answer();
  const std::string_view lines(batch->data, batch->size);
  const auto count = static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n'));
  if (count != batch->count || (!lines.empty() && !lines.ends_with('\n'))) return TAPSTER_INTERNAL;
  ++pushed.batches_;
  pushed.lines_.append(lines);
  pushed.course_.append(lines);
  return TAPSTER_OK;
}

tapster_status Pushed::reject(void* self, tapster_text record, tapster_text reason) {
  auto& pushed = *static_cast<Pushed*>(self);
  if (pushed.answer() != TAPSTER_OK) return pushed.answer();
  pushed.rejects_.push_back({std::string(to_view(record)), std::string(to_view(reason))});
  return TAPSTER_OK;
}

tapster_status Pushed::turn(void* self, tapster_text slice) {
  auto& pushed = *static_cast<Pushed*>(self);
  if (pushed.answer() != TAPSTER_OK) return pushed.answer();
  pushed.progress_ = to_view(slice);
  pushed.course_.append("progress ").append(to_view(slice)).append("\n");
  return TAPSTER_OK;
}

tapster_status Pushed::answer() const {
  return batches_ < most_batches_ ? tapster_status{TAPSTER_OK} : refusal_;
}

}  // namespace tapster
