#include "validate/raw_source.hpp"

#include <fmt/format.h>

namespace tapster::host {

RawSource::RawSource(const tapster_connector& table, Trial& trial, bool is_waiting)
    : table_(&table), services_(trial.clock(is_waiting), trial.log(), trial.subject().name) {}

RawSource::~RawSource() {
  if (source_ != nullptr) table_->close(source_);
}

std::unique_ptr<RawSource> RawSource::open(Trial& trial, bool is_waiting) {
  const auto connector = trial.load();
  if (!connector) return nullptr;
  trial.doing("open");
  std::unique_ptr<RawSource> opened(new RawSource(connector->table(), trial, is_waiting));
  auto error = empty_error();
  const auto config = json::serialize(*trial.subject().config);
  const auto status =
      opened->table_->open(&opened->services_.table(), to_text(config), &opened->source_, &error);
  if (status == TAPSTER_OK && opened->source_ != nullptr) return opened;
  trial.fail(fmt::format("open failed with the status {}", status),
             "Let open succeed each time with the same config.");
  return nullptr;
}

tapster_error empty_error() {
  tapster_error error{};
  error.struct_size = sizeof error;
  error.retry_after_ms = -1;
  return error;
}

}  // namespace tapster::host
