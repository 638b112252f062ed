// The files of one stream: file parts with its records in the order of the plan.
#pragma once

#include <tapster/connector.h>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "output/files/compression.hpp"
#include "output/files/data_file.hpp"
#include "state/state.hpp"
#include "system/exit_code.hpp"

namespace tapster::host {

// A folder of parts. The first slice that is not finished, the head, is written straight to the newest part;
// the ones after it are kept aside, in memory or in files, and appended when they become the head. So what
// has been finished is always the front, up to a part and a size in it. While it may still change, a part is
// called .STREAM-RUN-000001.part, which no reader takes for data.
//
// `write` and `restart` may be called from several threads at once, but never twice at once for one slice;
// the others by one thread at a time, which may be beside those.
class StreamFolder {
 public:
  // `folder` exists, and has no file of an earlier run that may still change. Parts are numbered after
  // `last`.
  StreamFolder(std::filesystem::path folder, std::string stream, uint64_t last, const PartOptions& options);

  Outcome<void> write(size_t slice, const tapster_batch& batch);
  Outcome<void> restart(size_t slice);
  // The slices come in order.
  Outcome<void> finish(size_t slice);

  // Syncs what has been finished to disk, and returns the parts that contain it and whose names may still
  // change.
  Outcome<StreamFiles> commit();
  // The last commit has been stored. Parts that it covers completely get their final names.
  Outcome<void> keep();
  // Cuts off what belongs to no finished slice, forgets what was kept aside, and closes the last part.
  Outcome<void> end();

 private:
  // What is open of a part while it grows.
  struct Growth {
    DataFile file;
    std::unique_ptr<Compressor> compressor;
  };
  struct Part {
    std::string stem;  // STREAM-RUN-000001
    uint64_t number = 0;
    std::shared_ptr<Growth> growth;  // null once it is closed: it is on the disk, and nothing will be added
    uint64_t size = 0;               // in the file
    uint64_t bytes = 0, rows = 0;    // before compression
    uint64_t committed = 0;          // the size in the last commit
    bool is_synced = false;
  };
  // A place in the parts. No part: before the oldest that is still here.
  struct Mark {
    std::shared_ptr<Part> part;
    uint64_t size = 0, bytes = 0, rows = 0;
  };

  Outcome<bool> reaches_head(size_t slice);
  Outcome<void> append_aside(const DataFile& aside);
  Outcome<void> write_aside(size_t slice, std::string_view lines);
  [[nodiscard]] std::filesystem::path aside_path(size_t slice) const;

  // Under parts_mutex_:
  Outcome<void> append(std::string_view lines);
  Outcome<void> open_part();
  Outcome<void> end_frame(Part& part);
  Outcome<void> close_part();
  Outcome<void> cut_back();
  [[nodiscard]] std::filesystem::path hidden_path(const Part& part) const;
  [[nodiscard]] std::string last_name(const std::string& stem) const;
  [[nodiscard]] bool has_room(const Part& part, size_t bytes) const;

  const std::filesystem::path folder_;
  const std::string stream_;
  const PartOptions options_;

  std::mutex mutex_;
  size_t head_ = 0;
  // Records of slices after the head: in memory, or once that is full in a file of the slice's own.
  struct Aside {
    std::string text;
    bool has_file = false;
  };
  std::map<size_t, Aside> aside_;
  size_t held_ = 0;  // bytes of text in aside_

  std::mutex parts_mutex_;  // may be taken when mutex_ is held, never the other way round
  std::deque<std::shared_ptr<Part>> parts_;
  Mark finished_;
  uint64_t last_;      // the number of the newest part
  std::string block_;  // what an compressor gave
};

}  // namespace tapster::host
