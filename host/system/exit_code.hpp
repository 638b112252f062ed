// How a run of the host ends: its exit codes, and the failure that carries one.
#pragma once

#include <string>
#include <tapster/error.hpp>
#include <tl/expected.hpp>
#include <utility>

namespace tapster::host {

// Documented in host/README.md and in --help. Scripts depend on them, so a code never changes its meaning.
enum class Exit : int {
  done = 0,     // everything that was requested was done
  failed = 1,   // the source or the machine failed: no answer, a full disk, a bug
  usage = 2,    // the command line, config, catalog or state is invalid
  auth = 3,     // the source rejected the credentials
  plugin = 4,   // the connector was not found or cannot be loaded
  partial = 5,  // some streams of a sync failed; what was read is written, and the state matches it
  output = 6,   // the records cannot be written: the reader went away, the target failed, the disk is full
  broken = 7,   // the connector breaks a rule of the contract, as `tapster validate` found
};
// A run that was stopped by a signal has this plus the signal's number, and ends by the signal; see die_of.
inline constexpr int signal_exit = 128;

// What would help after a failure: another config or other credentials, another attempt, or neither is known
// to.
enum class FailureType { config, transient, system };
constexpr FailureType failure_type(Exit exit) {
  return exit == Exit::usage || exit == Exit::auth ? FailureType::config : FailureType::system;
}

struct Failure {
  Exit exit = Exit::failed;
  std::string message;  // one line for a person: what, where, why, what to do
  FailureType type = failure_type(exit);
};

template <class T>
using Outcome = tl::expected<T, Failure>;

inline tl::unexpected<Failure> fail(Exit exit, std::string message) {
  return tl::unexpected<Failure>(Failure{exit, std::move(message)});
}

// Turns an error into a failure: config and state errors become usage, auth becomes auth, the others become
// failed.
Failure to_failure(Error error);
inline tl::unexpected<Failure> fail(Error error) {
  return tl::unexpected<Failure>(to_failure(std::move(error)));
}

}  // namespace tapster::host
