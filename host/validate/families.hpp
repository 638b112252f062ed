// The functions of the rules, by the file that has them. rules.cpp says what each checks.
#pragma once

#include "validate/trial.hpp"

namespace tapster::host {

// file_rules.cpp
void check_file(Trial& trial);
void check_symbols(Trial& trial);
// table_rules.cpp
void check_load(Trial& trial);
void check_load_time(Trial& trial);
void check_struct_size(Trial& trial);
void check_functions(Trial& trial);
void check_abi(Trial& trial);
void check_version(Trial& trial);
void check_name(Trial& trial);
// spec_rules.cpp
void check_spec(Trial& trial);
// process_rules.cpp
void check_process(Trial& trial);
void check_output(Trial& trial);
void check_old_host(Trial& trial);
void check_several_sources(Trial& trial);
void check_leaks(Trial& trial);
// catalog_rules.cpp
void check_catalog(Trial& trial);
// garbage_rules.cpp
void check_garbage_config(Trial& trial);
void check_garbage_state(Trial& trial);
void check_garbage_slice(Trial& trial);
void check_garbage_columns(Trial& trial);
void check_unknown_stream(Trial& trial);
void check_errors(Trial& trial);
// secrets_rules.cpp
void check_secrets(Trial& trial);
// plan_rules.cpp
void check_check(Trial& trial);
void check_plan(Trial& trial);
// read_rules.cpp
void check_read(Trial& trial);
void check_repeat(Trial& trial);
void check_columns(Trial& trial);
void check_unreachable(Trial& trial);
// record_rules.cpp
void check_records(Trial& trial);
void check_keys(Trial& trial);
void check_bounds(Trial& trial);
void check_nulls(Trial& trial);
// state_rules.cpp
void check_state(Trial& trial);
void check_resume(Trial& trial);
// stop_rules.cpp
void check_refusal(Trial& trial);
void check_cancel(Trial& trial);

}  // namespace tapster::host
