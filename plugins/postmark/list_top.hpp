// What a list says of itself on its first page.
#pragma once

#include <string>
#include <tapster/time.hpp>
#include <vector>

#include "api.hpp"
#include "streams.hpp"

namespace postmark {

struct Top {
  int64_t total = 0;
  std::vector<tapster::FineTime> times;  // of its first rows
};

// Of a list that is given without count and offset, with so many rows. One request.
tapster::Result<Top> top_of(Api& api, const Activity& activity, const tapster::Target& list,
                            int64_t rows_wanted);

}  // namespace postmark
