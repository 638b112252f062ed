// Runs a program and measures it.
#pragma once

#include <filesystem>
#include <string>

#include "support/process.hpp"

namespace tapster::bench {

struct Ran {
  double seconds = 0;
  double user = 0, system = 0;  // seconds of CPU of all its threads
  double first_record = 0;      // the seconds until the first RECORD message
  double peak_mebibytes = 0;
  std::string err = {};  // what it wrote to standard error
  [[nodiscard]] double cpu() const { return user + system; }
};

// What is measured besides time and CPU, at the cost of some.
enum class Measure { nothing, first_record, memory };

// Runs a program to its end, its standard output to `output`. For the first record the output is read here
// instead, and then the program is killed. Throws if the program fails. One thread at a time.
Ran run(const Arguments& words, const std::filesystem::path& output, Measure measure = Measure::nothing);

}  // namespace tapster::bench
