#include "report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

namespace tapster::bench {

namespace {

// Three digits or more.
std::string digits(double figure) {
  const double size = std::abs(figure);
  return fmt::format("{:.{}f}", figure, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

}  // namespace

double median(std::vector<double> figures) {
  std::sort(figures.begin(), figures.end());
  return figures[figures.size() / 2];
}

void Rounds::add(double ours, double floor) {
  ours_.push_back(ours);
  floors_.push_back(floor);
}

double Rounds::ours() const {
  return median(ours_);
}

double Rounds::floor() const {
  return median(floors_);
}

double Rounds::ratio() const {
  std::vector<double> ratios;
  for (size_t i = 0; i < ours_.size(); ++i) ratios.push_back(ours_[i] / floors_[i]);
  return median(std::move(ratios));
}

void print_line(std::string_view what, double figure, std::string_view unit, double ratio,
                std::string_view floor, double floor_figure, std::string_view aim) {
  fmt::print("  {:<38} {:>8} {:<9} {:>6} x  {} ({} {}){}{}\n", what, digits(figure), unit, digits(ratio),
             floor, digits(floor_figure), unit, aim.empty() ? "" : "; aim ", aim);
  std::fflush(stdout);
}

void print_line(std::string_view what, const Rounds& rounds, std::string_view unit, std::string_view floor,
                std::string_view aim) {
  print_line(what, rounds.ours(), unit, rounds.ratio(), floor, rounds.floor(), aim);
}

void print_note(std::string_view text) {
  fmt::print("  {}\n", text);
  std::fflush(stdout);
}

}  // namespace tapster::bench
