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
// the ones after it are kept aside, in memory or in files, and appended when they become the head. So what is
// kept (the finished slices, and the head up to its last checkpoint) is always a prefix: everything up to a
// size in one of the parts. A part that may still change is called .STREAM-RUN-000001.part, which readers
// ignore.
//
// `write` and `restart` may be called from several threads at once, but never twice at once for one slice;
// the others by one thread at a time, also while those run.
class StreamFolder {
 public:
  // `folder` must exist, without unfinished files of an earlier run. New parts are numbered from `last` + 1.
  StreamFolder(std::filesystem::path folder, std::string stream, uint64_t last, const PartOptions& options);

  Outcome<void> write(size_t slice, const tapster_batch& batch);
  // Removes the slice's records; those of the head, up to its last checkpoint, stay.
  Outcome<void> restart(size_t slice);
  // Keeps the records of the head so far.
  Outcome<void> checkpoint(size_t head);
  // Called in the order of the plan.
  Outcome<void> finish(size_t slice);

  // Syncs what is kept to disk, and returns the parts that contain it and do not have their final names.
  Outcome<StreamFiles> commit();
  // Called once the last commit has been stored. Parts that it covers completely get their final names.
  Outcome<void> keep();
  // Cuts off what is not kept, discards what is aside, and closes the last part.
  Outcome<void> end();

 private:
  // The open file of a part that still grows.
  struct Growth {
    DataFile file;
    std::unique_ptr<Compressor> compressor;
  };
  struct Part {
    std::string stem;  // STREAM-RUN-000001
    uint64_t number = 0;
    std::shared_ptr<Growth> growth;  // null once the part is closed and synced
    uint64_t size = 0;               // in the file
    uint64_t bytes = 0, rows = 0;    // before compression
    uint64_t committed = 0;          // the size in the last commit
    bool is_synced = false;
  };
  // A position in the parts. Null means before the oldest part in parts_.
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
  // Records of slices after the head: in memory or, once that is full, in one file per slice.
  struct Aside {
    std::string text;
    bool has_file = false;
  };
  std::map<size_t, Aside> aside_;
  size_t held_ = 0;  // bytes of text in aside_

  std::mutex parts_mutex_;  // may be taken when mutex_ is held, never the other way round
  std::deque<std::shared_ptr<Part>> parts_;
  Mark kept_;
  uint64_t last_;      // the number of the newest part
  std::string block_;  // output of the compressor
};

}  // namespace tapster::host
