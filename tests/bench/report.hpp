// How the benchmark prints: one line a figure, with its ratio to a floor that the same run measured.
#pragma once

#include <string_view>
#include <vector>

namespace tapster::bench {

// The figures of some rounds, each measured right before or after its floor, because the machine may be
// shared: both then meet the same conditions.
class Rounds {
 public:
  void add(double ours, double floor);
  // The medians. The median of the ratios is not the ratio of the medians.
  [[nodiscard]] double ours() const;
  [[nodiscard]] double floor() const;
  [[nodiscard]] double ratio() const;  // ours over the floor

 private:
  std::vector<double> ours_, floors_;
};

double median(std::vector<double> figures);

// A figure and its ratio, which is below 1 if ours is cheaper than the floor. `floor` says what the floor is;
// `floor_figure` is in the same unit. `aim` may be empty.
void print_line(std::string_view what, double figure, std::string_view unit, double ratio,
                std::string_view floor, double floor_figure, std::string_view aim = {});
// The medians of the rounds.
void print_line(std::string_view what, const Rounds& rounds, std::string_view unit, std::string_view floor,
                std::string_view aim = {});
// A line without figures.
void print_note(std::string_view text);

}  // namespace tapster::bench
