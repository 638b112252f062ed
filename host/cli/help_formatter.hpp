// How CLI11 lays out --help: two columns, wrapped at a width.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>

namespace tapster::host {

class HelpFormatter : public CLI::Formatter {
 public:
  // `width`: columns of a line, at least 40.
  explicit HelpFormatter(size_t width);

  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_subcommand(const CLI::App* command) const override;
  std::string make_description(const CLI::App* app) const override;

 private:
  [[nodiscard]] std::string two_columns(const std::string& name, const std::string& text) const;

  size_t width_;
};

}  // namespace tapster::host
