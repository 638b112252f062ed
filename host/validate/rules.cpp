#include "validate/rules.hpp"

#include <array>

#include "validate/families.hpp"

namespace tapster::host {

namespace {

constexpr bool gate = true;

constexpr std::array all{
    Rule{
        "file", Needs::file,
        "The file is a complete library for this machine, with a trusted owner, and not writable by everyone",
        check_file, gate},
    Rule{"symbols", Needs::file, "The library exports tapster_connector_v1 and nothing else", check_symbols},
    Rule{"load-time", Needs::file, "It loads within half a second", check_load_time, false, 3},
    Rule{"load", Needs::file, "It loads, and its entry point returns the same table each time", check_load,
         gate},
    Rule{"abi", Needs::file, "It is built for the host's major version of the ABI", check_abi, gate},
    Rule{"struct-size", Needs::file, "The table has the size of its version", check_struct_size, gate},
    Rule{"functions", Needs::file, "The table has every function, and no text of it is null", check_functions,
         gate},
    Rule{"name", Needs::file, "The connector's name is that of its file", check_name, gate},
    Rule{"version", Needs::file, "It has a semantic version and a description of one line", check_version},
    Rule{"spec", Needs::file,
         "The spec is a JSON Schema whose settings have descriptions and fitting defaults", check_spec, gate},
    Rule{"garbage-config", Needs::file, "A config that makes no sense is a config error",
         check_garbage_config},
    Rule{"process", Needs::source, "No call ends or crashes the process", check_process, gate},
    Rule{"output", Needs::source, "The connector prints nothing", check_output},
    Rule{"old-host", Needs::source, "It works in a host of ABI 1.0", check_old_host},
    Rule{"catalog", Needs::discovery, "The catalog is well formed; keys are in the schema and never null",
         check_catalog, gate},
    Rule{"several-sources", Needs::source, "Several sources can be open at once", check_several_sources},
    Rule{"leaks", Needs::source, "Opening and closing sources leaks no descriptor, thread or memory",
         check_leaks},
    Rule{"unknown-stream", Needs::source, "A stream that does not exist is unsupported",
         check_unknown_stream},
    Rule{"garbage-state", Needs::streams, "A state that makes no sense is an error", check_garbage_state},
    Rule{"garbage-slice", Needs::streams, "A slice that makes no sense is an error", check_garbage_slice},
    Rule{"garbage-columns", Needs::streams, "Columns that make no sense are ignored, or an error",
         check_garbage_columns},
    Rule{"errors", Needs::streams, "A failed call fills the error, and no more of it than the host has",
         check_errors},
    Rule{"check", Needs::config, "The config works", check_check, gate},
    Rule{"plan", Needs::config, "Two plans are equal, and their slices are small and in order", check_plan},
    Rule{"read", Needs::config, "Each slice can be read, from what is in it alone", check_read, gate},
    Rule{"repeat", Needs::sample, "A second read of a slice gives the same records", check_repeat},
    Rule{"records", Needs::sample, "Records fit the schema of their stream", check_records},
    Rule{"keys", Needs::sample, "Each record has a key, which is unique in its slice", check_keys},
    Rule{"columns", Needs::sample, "A read gives the requested columns and no others", check_columns},
    Rule{"bounds", Needs::sample, "Records lie inside their slice, where its bounds are known", check_bounds},
    Rule{"nulls", Needs::sample, "No column is always null", check_nulls},
    Rule{"state", Needs::sample, "The state moves forward, is accepted again, and shortens the next plan",
         check_state},
    Rule{"resume", Needs::sample, "A run that is stopped at any checkpoint and resumed reads every record",
         check_resume},
    Rule{"refusal", Needs::sample, "A read ends when the host refuses a batch", check_refusal},
    Rule{"cancel", Needs::sample, "A cancel ends a read within a second", check_cancel},
    Rule{"unreachable", Needs::sample, "A source that cannot be reached is a transient error",
         check_unreachable},
    Rule{"secrets", Needs::streams, "No secret of the config leaves the connector", check_secrets},
};

}  // namespace

std::span<const Rule> rules() {
  return all;
}

}  // namespace tapster::host
