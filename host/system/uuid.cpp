#include "system/uuid.hpp"

#include <fmt/format.h>

#include <random>
#include <string_view>

namespace tapster::host {

std::string random_uuid() {
  std::random_device random;
  const auto digits = fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
  constexpr std::string_view variants = "89ab";
  return fmt::format("{}-{}-4{}-{}{}-{}", digits.substr(0, 8), digits.substr(8, 4), digits.substr(12, 3),
                     variants[random() % variants.size()], digits.substr(15, 3), digits.substr(18, 12));
}

}  // namespace tapster::host
