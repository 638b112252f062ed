// One line of the benchmark: a figure, the floor of the same run, and the aim.
#pragma once

#include <cstdint>
#include <string_view>

namespace tapster::bench {

void print_line(std::string_view what, double figure, std::string_view unit, std::string_view floor,
                std::string_view aim);

// Records a second on one core through parse, project, serialize and write, over `pages` pages of 500
// messages; beside it what Boost.JSON's parser alone takes for the same bytes.
void bench_records(int64_t pages);

}  // namespace tapster::bench
