// The ABI does not change: its layout in C and C++, the symbols that a plugin exports, and its released
// dumps.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "layout.h"
#include "paths.hpp"

namespace {

struct Ended {
  int status;
  std::string output;
};

Ended run(const std::string& command) {
  Ended ended{-1, ""};
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return ended;
  std::array<char, 4096> block{};
  for (size_t count = 0; (count = std::fread(block.data(), 1, block.size(), pipe)) > 0;) {
    ended.output.append(block.data(), count);
  }
  ended.status = ::pclose(pipe);
  return ended;
}

// Returns the exported symbols, without those that the runtime of a sanitizer adds to every library.
std::vector<std::string> exported_symbols(const std::string& library) {
  const auto ended = run("nm -D --defined-only --format=posix '" + library + "'");
  EXPECT_EQ(ended.status, 0) << ended.output;
  std::vector<std::string> symbols;
  for (size_t at = 0; at < ended.output.size();) {
    const auto end = ended.output.find('\n', at);
    const auto line = ended.output.substr(at, end - at);
    symbols.push_back(line.substr(0, line.find_first_of(" @")));
    at = end + 1;
  }
  return symbols;
}

Ended compare_with(const std::string& dump) {
  return run(std::string(paths::abidiff) + " --no-default-suppression --no-show-locs '" + dump + "' '" +
             paths::probe + "'");
}

TEST(Abi, IsTheSameAsItsReleasedDump) {
  const auto ended = compare_with(paths::baseline);
  EXPECT_EQ(ended.status, 0) << ended.output;
  EXPECT_EQ(ended.output, "");
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Abi, Version11AppendsOneFunctionToTheHostAndChangesNothingElse) {
  const auto ended = compare_with(paths::baseline_1_0);
  const auto& text = ended.output;
  EXPECT_EQ(count(text, "type size changed"), 1U) << text;
  EXPECT_EQ(count(text, "type size changed from 576 to 640 (in bits)"), 1U) << text;
  EXPECT_EQ(count(text, "data member insertion"), 1U) << text;
  EXPECT_EQ(count(text, "'void (void*, typedef tapster_text)* secret', at offset 576 (in bits)"), 1U) << text;
  // The change is found through tapster_connector.open, which takes a host.
  EXPECT_EQ(count(text, "data member change"), 1U) << text;
  EXPECT_EQ(count(text, "deletion") + count(text, "enum"), 0U) << text;
}

TEST(Abi, EveryPluginExportsItsEntryPointAndNothingElse) {
  for (const std::string plugin : paths::plugins()) {
    EXPECT_EQ(exported_symbols(plugin), std::vector<std::string>{"tapster_connector_v1"}) << plugin;
  }
}

TEST(Abi, AShorterStructDoesNotHaveTheMember) {
  tapster_batch batch{};
  batch.struct_size = sizeof batch;
  EXPECT_TRUE(TAPSTER_HAS(tapster_batch, &batch, extracted_at));
  batch.struct_size = offsetof(tapster_batch, extracted_at);
  EXPECT_FALSE(TAPSTER_HAS(tapster_batch, &batch, extracted_at));
  EXPECT_TRUE(TAPSTER_HAS(tapster_batch, &batch, count));
}

}  // namespace
