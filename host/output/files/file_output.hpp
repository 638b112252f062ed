// Records in files: --output.
#pragma once

#include <filesystem>
#include <memory>

#include "output/files/part_options.hpp"
#include "output/output.hpp"

namespace tapster::host {

// Writes bare records in the order of the plan, to parts in one folder per stream:
// `directory`/STREAM/STREAM-20260131T120000Z-000001.jsonl. Creates the directory if it does not exist. A part
// that may still change is called .STREAM-20260131T120000Z-000001.part. A shard's have the shard after the
// time, STREAM-20260131T120000Z-3of8-000001.jsonl. The folder's schema.json is in place
// before the first part is; see schema_file.hpp.
//
// With `appends`, each run adds parts, except to streams that are read in full every time: those are handled
// as without it. The state has the committed size of each part. What an interrupted run wrote after that is
// cut off, so every record is there once. A folder that does not belong to the state is a usage failure.
//
// Without `appends`, each run writes new folders and puts them in place at the end. An incomplete stream
// leaves the old folder as it was, and its records in STREAM.incomplete. The files of another run are
// replaced only with `overwrites`; without it they are a usage failure.
//
// The output locks `directory` before its first check, and until it is destroyed.
std::unique_ptr<Output> file_output(std::filesystem::path directory, bool appends, const PartOptions& options,
                                    bool overwrites = false);

}  // namespace tapster::host
