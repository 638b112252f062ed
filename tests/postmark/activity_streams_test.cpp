#include <gtest/gtest.h>

#include <algorithm>

#include "streams.hpp"

namespace postmark {
namespace {

// The value of a column of message_events for a text.
std::string event_value(std::string_view column, std::string_view text) {
  const auto& all = activities();
  const auto events =
      std::find_if(all.begin(), all.end(), [](const auto& a) { return a.stream.name == "message_events"; });
  for (const auto& candidate : events->stream.columns) {
    std::string out;
    if (candidate.name == column) return candidate.convert(text, out) ? out : "refused";
  }
  return "no such column";
}

TEST(MessageEvents, ANumberInATextBecomesAJsonNumber) {
  EXPECT_EQ(event_value("bounce_id", ""), "null");
  EXPECT_EQ(event_value("bounce_id", "692560173"), "692560173");
  EXPECT_EQ(event_value("bounce_id", "0012"), "12");
  EXPECT_EQ(event_value("bounce_id", "000"), "0");
  for (const auto* text : {"1.5", "1e3", "true", " 1"})
    EXPECT_EQ(event_value("bounce_id", text), "refused") << text;
}

}  // namespace
}  // namespace postmark
