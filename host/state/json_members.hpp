// A JSON object whose values stay text, so that members we do not know keep their exact bytes: a number such
// as 18446744073709551616123 or 1e999 does not fit any type.
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
  // `object` must be valid JSON. If two members have the same name, the last one wins. White space between
  // tokens is dropped.
  explicit JsonMembers(std::string_view object);

  // The value of a member, or null if there is none. Valid until the next change.
  [[nodiscard]] const std::string* find(std::string_view name) const;
  // Replaces the member's value, or appends the member.
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
