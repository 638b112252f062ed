// Numbers that look random and are the same for the same seed on every machine.
#pragma once

#include <cstdint>

namespace tapster::soak {

// https://prng.di.unimi.it/splitmix64.c
class Draw {
 public:
  explicit Draw(uint64_t seed) : state_(seed) {}

  // From `low` to `high`, both included.
  int64_t between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(next() % static_cast<uint64_t>(high - low + 1));
  }
  bool chance(int percent) { return between(1, 100) <= percent; }
  template <class Choices>
  auto one_of(const Choices& choices) {
    return choices[static_cast<size_t>(between(0, static_cast<int64_t>(choices.size()) - 1))];
  }

 private:
  uint64_t next() {
    uint64_t x = state_ += 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31U);
  }

  uint64_t state_;
};

}  // namespace tapster::soak
