// Pseudo-random numbers from a seed, from which the sandbox generates its data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tapster::sandbox {

// Maps each number to a pseudo-random one: https://prng.di.unimi.it/splitmix64.c
constexpr uint64_t mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}
constexpr uint64_t mix(uint64_t a, uint64_t b) {
  return mix(mix(a) ^ b);
}

// Returns a pseudo-random attribute of a message. Each attribute has its own salt.
constexpr uint64_t attribute(uint32_t message, uint64_t salt) {
  return mix(message, salt);
}

template <size_t size>
constexpr std::string_view pick(const std::array<std::string_view, size>& texts, uint64_t number) {
  return texts[number % size];
}

}  // namespace tapster::sandbox
