#include "system/uuid.hpp"

#include <gtest/gtest.h>

#include <regex>

namespace tapster::host {
namespace {

TEST(RandomUuid, IsOfVersion4) {
  EXPECT_TRUE(std::regex_match(
      random_uuid(), std::regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")));
  EXPECT_NE(random_uuid(), random_uuid());
}

}  // namespace
}  // namespace tapster::host
