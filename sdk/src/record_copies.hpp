// Copies of the record that is parsed, made event by event: of all of it, and of its members that no column
// reads. They are columns, or the record may have to be set aside.
#pragma once

#include <string>
#include <string_view>
#include <tapster/json.hpp>

#include "json_text.hpp"

namespace tapster {

class RecordCopies {
 public:
  // Starts a record, and chooses the copies to make.
  void begin(bool copies_whole, bool has_others) {
    copies_whole_ = copies_whole;
    if (copies_whole) whole_ = "{";
    if (has_others) others_ = "{";
  }
  // No copies until the next record; those that were made stay.
  void stop() { copies_whole_ = copies_other_ = false; }
  // The value that follows belongs to the members that no column reads, with this name.
  void begin_other(std::string_view name) {
    append_comma(others_);
    append_json_string(others_, name);
    others_.push_back(':');
    copies_other_ = true;
    depth_ = 0;
  }

  // Whether the next event is copied. The functions below copy it.
  [[nodiscard]] bool are_active() const { return copies_whole_ || copies_other_; }
  void open(char bracket) {
    copy([&](std::string& out) { append_comma(out), out.push_back(bracket); });
    ++depth_;
  }
  void close(char bracket) {
    copy([&](std::string& out) { out.push_back(bracket); });
    if (--depth_ == 0) copies_other_ = false;
  }
  void key(std::string_view name) {
    copy([&](std::string& out) { append_comma(out), append_json_string(out, name), out.push_back(':'); });
  }
  void string(std::string_view text) {
    copy([&](std::string& out) { append_comma(out), append_json_string(out, text); });
    if (depth_ == 0) copies_other_ = false;
  }
  void scalar(std::string_view json) {
    copy([&](std::string& out) { append_comma(out), out.append(json); });
    if (depth_ == 0) copies_other_ = false;
  }

  // The bytes of a record that is not complete yet.
  [[nodiscard]] size_t open_bytes() const {
    return (copies_whole_ ? whole_.size() : 0) + (copies_other_ ? others_.size() : 0);
  }
  // Of a complete record, as JSON. The others have no closing brace.
  [[nodiscard]] std::string& whole() { return whole_; }
  [[nodiscard]] std::string& others() { return others_; }

 private:
  template <class Append>
  void copy(const Append& append) {
    if (copies_whole_) append(whole_);
    if (copies_other_) append(others_);
  }

  std::string whole_, others_;
  bool copies_whole_ = false;
  bool copies_other_ = false;
  size_t depth_ = 0;  // open brackets of the member that is copied to others_
};

}  // namespace tapster
