// The files that a run of tapster read writes.
#pragma once

#include "cli/options.hpp"
#include "system/exit_code.hpp"

namespace tapster::host {

// Checks them before anything is requested: a usage failure for a file that the run also reads, or also
// writes as something else, and for one of --metrics that cannot be replaced; an output failure for one of
// --summary or --metrics that cannot be written. Changes nothing.
Outcome<void> check_run_files(const Options& options);

}  // namespace tapster::host
