// What a person chooses in a list of streams and columns: its rows and what keys do to them, without a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "catalog/selection_marks.hpp"

namespace tapster::host {

// Refers to the marks, which have to outlive it, and changes them.
class Choice {
 public:
  explicit Choice(std::vector<StreamMarks>& marks) : marks_(marks), is_open_(marks.size()) { update(); }

  // "[x] messages_outbound" and the like: [*] is always read, [-] never.
  [[nodiscard]] std::string text(size_t row) const;
  [[nodiscard]] size_t size() const { return rows_.size(); }
  [[nodiscard]] size_t current() const { return current_; }

  // Goes so many rows down, or up where it is negative, but not beyond the list.
  void move(std::ptrdiff_t rows);
  // Selects the current row or deselects it. What is selected takes along what it is in.
  void toggle();
  // Shows the columns of the current row's stream, or hides them and goes to the stream.
  void open();
  void close();

 private:
  // A stream, or a property in it: a place in the marks.
  struct Row {
    size_t stream;
    std::vector<Property*> path;  // from the column down to the property; empty for the stream
  };

  void update();
  void add(size_t stream, std::vector<Property>& properties, const std::vector<Property*>& path);
  [[nodiscard]] bool is_selected(const Row& row) const;

  std::vector<StreamMarks>& marks_;
  std::vector<bool> is_open_;
  std::vector<Row> rows_;
  size_t current_ = 0;
};

}  // namespace tapster::host
