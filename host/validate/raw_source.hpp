// A source behind the functions of the table, for rules that look at what Source hides: the error's struct,
// and what is pushed after a refusal.
#pragma once

#include <memory>
#include <string_view>

#include "validate/trial.hpp"

namespace tapster::host {

class RawSource {
 public:
  // Null if it cannot be loaded or opened; then the rule fails.
  static std::unique_ptr<RawSource> open(Trial& trial, bool is_waiting);
  RawSource(const RawSource&) = delete;
  RawSource& operator=(const RawSource&) = delete;
  ~RawSource();

  [[nodiscard]] const tapster_connector& table() const { return *table_; }
  [[nodiscard]] tapster_source* get() const { return source_; }
  HostServices& services() { return services_; }

 private:
  RawSource(const tapster_connector& table, Trial& trial, bool is_waiting);

  const tapster_connector* table_;
  HostServices services_;
  tapster_source* source_ = nullptr;
};

// An error for one call, as the host makes it.
tapster_error empty_error();

}  // namespace tapster::host
