// Validators of options that take a number. Their errors say what is expected.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace tapster::host {

// Only digits, with a value in the range.
CLI::Validator whole_number(uint64_t least, uint64_t most);

// Seconds, whole or with a decimal point, from 0 to `most`.
CLI::Validator seconds_up_to(double most);

// A number above 0, whole or with a decimal point, up to `most`.
CLI::Validator positive_number(double most);

// A time such as 30s, 5m, 1h or 1d, from a second to a year. Turns the value into its number of seconds.
CLI::Validator duration();

// One of several shares, such as 3/8: the first number is from 1 to the second, the second at most 10000.
CLI::Validator share();

// The two numbers of a share that was checked.
std::pair<size_t, size_t> parse_share(std::string_view text);

// A size such as 100MB. Turns the value into its number of bytes.
CLI::Validator file_size();

// The number of bytes in a text such as "512", "100MB" or "1GiB". K, M, G and T are powers of 1000; Ki, Mi,
// Gi and Ti are powers of 1024. The B is optional, and case does not matter. Nothing for 0, other texts, and
// more than 2^63 - 1 bytes.
std::optional<uint64_t> parse_size(std::string_view text);

}  // namespace tapster::host
