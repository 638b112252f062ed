// A JSON object as members whose values stay text, so that what is not ours keeps its bytes: a number such as
// 18446744073709551616123 or 1e999 does not fit any type.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tapster::host {

class JsonMembers {
 public:
  using Member = std::pair<std::string, std::string>;  // name, and value as JSON text

  JsonMembers() = default;
  // Splits an object that a parser has accepted. Of members with the same name the last one counts. White
  // space between tokens is dropped.
  explicit JsonMembers(std::string_view object);

  // The value of a member, or null where there is none. Valid until the next change.
  [[nodiscard]] const std::string* find(std::string_view name) const;
  // Replaces the value where it stands, or adds the member at the end.
  void set(std::string_view name, std::string json);
  void erase(std::string_view name);

  [[nodiscard]] bool empty() const { return members_.empty(); }
  [[nodiscard]] size_t size() const { return members_.size(); }
  [[nodiscard]] auto begin() const { return members_.begin(); }
  [[nodiscard]] auto end() const { return members_.end(); }

  // The object on one line.
  [[nodiscard]] std::string to_json() const;

 private:
  std::vector<Member> members_;
};

}  // namespace tapster::host
