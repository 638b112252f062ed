// The list in which a person selects streams and columns: its rows, and what keys do to them. Needs no
// terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "catalog/catalog_entry.hpp"

namespace tapster::host {

// Changes the entries, which must outlive it.
class SelectionList {
 public:
  explicit SelectionList(std::vector<CatalogEntry>& streams) : streams_(streams), is_open_(streams.size()) {
    update();
  }

  // "[x] messages_outbound" and the like: [*] is always read, [-] never.
  [[nodiscard]] std::string text(size_t row) const;
  [[nodiscard]] size_t size() const { return rows_.size(); }
  [[nodiscard]] size_t current() const { return current_; }

  // Moves down by `rows`, or up if negative, within the list.
  void move(std::ptrdiff_t rows);
  // Selects or deselects the current row. Selecting a column selects the stream and the columns that it is
  // in.
  void toggle();
  // Shows the columns of the current row's stream; hides them, and moves to the stream.
  void open();
  void close();

 private:
  // A stream, or a column in it.
  struct Row {
    size_t stream;
    std::vector<Column*> path;  // from the outermost one down; empty for the stream
  };

  void update();
  void add(size_t stream, std::vector<Column>& columns, const std::vector<Column*>& path);
  [[nodiscard]] bool is_selected(const Row& row) const;

  std::vector<CatalogEntry>& streams_;
  std::vector<bool> is_open_;
  std::vector<Row> rows_;
  size_t current_ = 0;
};

}  // namespace tapster::host
