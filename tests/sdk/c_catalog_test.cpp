// The catalog that catalog.h writes for a connector in C is the one that the SDK makes of the same streams.
#include <gtest/gtest.h>
#include <tapster/catalog.h>

#include <string>
#include <tapster/json.hpp>
#include <tapster/stream.hpp>
#include <vector>

namespace tapster {
namespace {

constexpr const char* text = "A \"text\" with \\, a tab \t and é.";
const tapster_column c_columns[] = {{"id", TAPSTER_INTEGER, text, TAPSTER_KEY, nullptr},
                                    {"name", TAPSTER_STRING, "", 0, nullptr},
                                    {"price", TAPSTER_NUMBER, nullptr, TAPSTER_NOT_BY_DEFAULT, nullptr},
                                    {"open", TAPSTER_BOOLEAN, "", 0, nullptr},
                                    {"day", TAPSTER_DATE, "", TAPSTER_KEY, nullptr},
                                    {"place", TAPSTER_OBJECT, "", 0, "\"additionalProperties\":true"},
                                    {"labels", TAPSTER_ARRAY, "", 0, "\"items\":{\"type\":\"string\"}"},
                                    {"changed_at", TAPSTER_TIMESTAMP, "", 0, nullptr}};
const tapster_column one_column[] = {{"n", TAPSTER_INTEGER, "", 0, nullptr}};
const tapster_stream c_streams[] = {{"orders", text, "changed_at", c_columns, std::size(c_columns), 0},
                                    {"numbers", nullptr, nullptr, one_column, 1, TAPSTER_NOT_BY_DEFAULT}};

const Stream orders{
    .name = "orders",
    .description = text,
    .key = {"id", "day"},
    .replication_key = "changed_at",
    .columns = {{.name = "id", .type = Type::integer, .description = text},
                {.name = "name"},
                {.name = "price", .type = Type::number, .selected_by_default = false},
                {.name = "open", .type = Type::boolean},
                {.name = "day", .type = Type::date},
                {.name = "place", .type = Type::object, .inside = R"("additionalProperties":true)"},
                {.name = "labels", .type = Type::array, .inside = R"("items":{"type":"string"})"},
                {.name = "changed_at", .type = Type::timestamp}}};
const Stream numbers{
    .name = "numbers", .columns = {{.name = "n", .type = Type::integer}}, .selected_by_default = false};

// What a connector has pushed, and what the sink returns.
struct PushedCatalog {
  std::string lines = {};
  size_t count = 0;
  tapster_status status = TAPSTER_OK;
};

tapster_status push_catalog(PushedCatalog& pushed, tapster_error& error) {
  const tapster_sink sink{.struct_size = sizeof sink,
                          .context = &pushed,
                          .push =
                              [](void* context, const tapster_batch* batch) {
                                auto& to = *static_cast<PushedCatalog*>(context);
                                to.lines.append(batch->data, batch->size);
                                to.count += batch->count;
                                return to.status;
                              },
                          .reject = nullptr,
                          .progress = nullptr};
  return tapster_push_catalog(c_streams, std::size(c_streams), &sink, &error);
}

TEST(CCatalog, IsThatOfTheSdk) {
  PushedCatalog pushed;
  tapster_error error{};
  EXPECT_EQ(push_catalog(pushed, error), TAPSTER_OK);
  EXPECT_EQ(pushed.count, 1U);
  EXPECT_EQ(pushed.lines.find('\n'), pushed.lines.size() - 1);
  EXPECT_EQ(json::parse(pushed.lines), json::value(catalog({&orders, &numbers})));
}

TEST(CCatalog, WhatTheSinkReturnsIsReturned) {
  PushedCatalog pushed{.status = TAPSTER_CANCELLED};
  tapster_error error{};
  EXPECT_EQ(push_catalog(pushed, error), TAPSTER_CANCELLED);
  EXPECT_EQ(error.status, TAPSTER_CANCELLED);
  EXPECT_EQ(std::string(error.message, error.message_size), "the host rejected the catalog");
}

TEST(CCatalog, WritesNoMoreThanItsCapacity) {
  const auto size = tapster_write_catalog(c_streams, 2, nullptr, 0);
  std::string expected(size, '.');
  EXPECT_EQ(tapster_write_catalog(c_streams, 2, expected.data(), size), size);
  for (const size_t capacity : {size_t{0}, size_t{1}, size / 2, size - 1}) {
    std::string found(size, '.');
    EXPECT_EQ(tapster_write_catalog(c_streams, 2, found.data(), capacity), size);
    EXPECT_EQ(found, expected.substr(0, capacity) + std::string(size - capacity, '.')) << capacity;
  }
}

TEST(CCatalog, AStreamMayHaveNoColumns) {
  const tapster_stream empty{"empty", "", nullptr, nullptr, 0, 0};
  std::string line(1'000, ' ');
  line.resize(tapster_write_catalog(&empty, 1, line.data(), line.size()));
  const Stream same{.name = "empty"};
  EXPECT_EQ(line, json::serialize(catalog({&same})) + "\n");
}

}  // namespace
}  // namespace tapster
