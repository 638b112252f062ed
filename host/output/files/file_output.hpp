// Records in files: --output.
#pragma once

#include <filesystem>
#include <memory>

#include "output/files/part_options.hpp"
#include "output/output.hpp"

namespace tapster::host {

// Bare records in the order of the plan, in parts in a folder for each stream:
// `directory`/STREAM/STREAM-20260131T120000Z-000001.jsonl. The directory is made if it is not there. While a
// part may still change, it is called .STREAM-20260131T120000Z-000001.part.
//
// With `appends`, parts are added from run to run, but for streams that are read in full each time: those are
// as without. The state says how many bytes of which have been committed; what an interrupted run wrote after
// that is cut off, so every record is there once. A folder that does not belong to the state is a failure of
// usage.
//
// Without, each run writes new folders and puts them in place at the end. A stream that did not come to
// its end leaves the old folder alone and what was read in STREAM.incomplete. Files that another run wrote
// are replaced only with `overwrites`; otherwise they are a failure of usage.
//
// The output holds one lock on `directory` from before its first check until it is destroyed.
std::unique_ptr<Output> file_output(std::filesystem::path directory, bool appends, const PartOptions& options,
                                    bool overwrites = false);

}  // namespace tapster::host
