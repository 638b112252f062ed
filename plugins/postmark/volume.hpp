// Cuts a long time into windows with about the same number of rows.
#pragma once

#include <map>
#include <string>
#include <tapster/bookmark.hpp>
#include <vector>

#include "api.hpp"
#include "streams.hpp"

namespace postmark {

// The approximate number of rows by Eastern day. Days without rows may be left out.
using Volume = std::map<tapster::Day, int64_t>;

// Requests the statistics that belong to a list, once for any number of days. They are only a hint: a window
// of any size can be read, so a wrong number costs requests, but never rows. Errors: those of Api::get.
tapster::Result<Volume> ask_volume(Api& api, const Activity& activity, std::string_view message_stream,
                                   tapster::Window window);

// Returns the same number of rows for each day of the window. For use without statistics.
Volume same_each_day(tapster::Window window, int64_t rows);

// Cuts a window into smaller ones of about `rows` rows, oldest first: at the ends of days, and inside days
// with more rows.
std::vector<tapster::Window> cut_by_volume(tapster::Window window, const Volume& volume, int64_t rows);

}  // namespace postmark
