// The ABI does not change: its layout in C and C++, the symbols that a plugin exports, and its released
// dumps.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "layout.h"
#include "paths.hpp"
#include "support/files.hpp"
#include "support/process.hpp"

namespace {

using namespace tapster;

// Returns the exported symbols, without those that the runtime of a sanitizer adds to every library.
std::vector<std::string> exported_symbols(const std::string& library) {
  const auto ended = run_program("nm", {"-D", "--defined-only", "--format=posix", library});
  EXPECT_EQ(ended.exit, 0) << ended.err;
  std::vector<std::string> symbols;
  for (const auto& line : lines_of(ended.out)) symbols.push_back(line.substr(0, line.find_first_of(" @")));
  return symbols;
}

Finished compare_with(const std::string& dump, const std::string& probe = paths::probe) {
  return run_program(paths::abidiff, {"--no-default-suppression", "--no-show-locs", dump, probe},
                     {.joins_outputs = true});
}

TEST(Abi, IsTheSameAsItsReleasedDump) {
  const auto ended = compare_with(paths::baseline);
  EXPECT_EQ(ended.exit, 0) << ended.out;
  EXPECT_EQ(ended.out, "");
}

// The tests build a connector and a host of ABI 1.0 with it.
TEST(Abi, TheHeaderOfVersion10IsTheReleasedOne) {
  const auto ended = compare_with(paths::baseline_1_0, paths::probe_1_0);
  EXPECT_EQ(ended.exit, 0) << ended.out;
  EXPECT_EQ(ended.out, "");
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Abi, Version11AppendsMembersAndChangesNothingElse) {
  const auto ended = compare_with(paths::baseline_1_0);
  const auto& text = ended.out;
  EXPECT_EQ(count(text, "type size changed"), 3U) << text;
  EXPECT_EQ(count(text, "type size changed from 576 to 768 (in bits)"), 1U) << text;
  EXPECT_EQ(count(text, "type size changed from 192 to 320 (in bits)"), 1U) << text;
  EXPECT_EQ(count(text, "data member insertion"), 3U) << text;
  EXPECT_EQ(count(text, "'void (void*, typedef tapster_text)* secret', at offset 576 (in bits)"), 1U) << text;
  EXPECT_EQ(count(text, " store', at offset 640 (in bits)"), 1U) << text;
  EXPECT_EQ(count(text, " start_request', at offset 704 (in bits)"), 1U) << text;
  EXPECT_EQ(count(text, "type size changed from 8448 to 8512 (in bits)"), 1U) << text;
  EXPECT_EQ(count(text, "'int32_t http_status', at offset 8448 (in bits)"), 1U) << text;
  EXPECT_EQ(count(text, " reject', at offset 192 (in bits)"), 1U) << text;
  EXPECT_EQ(count(text, " progress', at offset 256 (in bits)"), 1U) << text;
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
