// Reads the first page of a list: its count, and the times of its newest rows.
#pragma once

#include <string>
#include <tapster/time.hpp>
#include <vector>

#include "api.hpp"
#include "streams.hpp"

namespace postmark {

struct Top {
  int64_t total = 0;
  std::vector<tapster::FineTime> times;  // the times of its first rows
};

// Requests the first page, of `rows_wanted` rows. `list` has no count and offset. Errors: source, for a
// response of another shape; those of Api::get.
tapster::Result<Top> top_of(Api& api, const Activity& activity, const tapster::Target& list,
                            int64_t rows_wanted);

}  // namespace postmark
