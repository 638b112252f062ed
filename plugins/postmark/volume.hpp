// How many rows lie where: cuts a long time into windows of about the same number of rows.
#pragma once

#include <map>
#include <string>
#include <tapster/bookmark.hpp>
#include <vector>

#include "api.hpp"
#include "streams.hpp"

namespace postmark {

// Rows by Eastern day, roughly. Days without rows may be left out.
using Volume = std::map<tapster::Day, int64_t>;

// Asks the statistics that belong to a list, once for any number of days. They are a hint and no more:
// reading copes with a window of any size, so a wrong one costs requests and never rows.
tapster::Result<Volume> ask_volume(Api& api, const Activity& activity, std::string_view message_stream,
                                   tapster::Window window);

// So many rows on each day of the window, where nothing is known.
Volume same_each_day(tapster::Window window, int64_t rows);

// Cuts a window into ones of about `rows` rows, oldest first: at the ends of days, and inside a day that has
// more.
std::vector<tapster::Window> cut_by_volume(tapster::Window window, const Volume& volume, int64_t rows);

}  // namespace postmark
