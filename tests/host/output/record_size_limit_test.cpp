#include "output/record_size_limit.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tapster::host {
namespace {

// A record of this many bytes, most of them in the column "text".
std::string record(size_t size) {
  const std::string start = R"({"id":1,"text":")";
  const std::string end = R"(","note":"short"})";
  return start + std::string(size - start.size() - end.size(), 'x') + end;
}

std::string why_not(const std::string& lines, size_t count) {
  const auto fits = check_length({sizeof(tapster_batch), lines.data(), lines.size(), count, 0});
  return fits ? "" : fits.error().message;
}

TEST(LineLimit, TheLongestRecordPassesAndOneByteMoreDoesNot) {
  ASSERT_EQ(record(longest_record).size(), longest_record);
  EXPECT_EQ(why_not(record(longest_record) + "\n", 1), "");
  EXPECT_EQ(why_not(record(longest_record + 1) + "\n", 1),
            "a record has 10485761 bytes, more than the limit of 10 MiB: leave out the column \"text\"");
}

TEST(LineLimit, ABatchMayBeLongerThanALine) {
  const auto half = record(longest_record / 2 + 1) + "\n";
  EXPECT_EQ(why_not(half + half + half, 3), "");
  EXPECT_NE(why_not(half + record(longest_record + 1) + "\n" + half, 3), "");
}

}  // namespace
}  // namespace tapster::host
