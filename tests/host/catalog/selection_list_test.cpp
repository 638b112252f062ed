#include "catalog/selection_list.hpp"

#include <gtest/gtest.h>

namespace tapster::host {
namespace {

class SelectionListTest : public testing::Test {
 protected:
  std::vector<std::string> rows() {
    std::vector<std::string> rows;
    for (size_t i = 0; i < list_.size(); ++i)
      rows.push_back((i == list_.current() ? ">" : " ") + list_.text(i));
    return rows;
  }

  json::object catalog_ = json::parse(R"({"streams":[
    {"tap_stream_id":"mails","key_properties":["id"],"schema":{"properties":{"id":{},"raw":{},
       "to":{"items":{"properties":{"Email":{},"Name":{}}}}}},"metadata":[{"breadcrumb":[],"metadata":{"selected":true}},
       {"breadcrumb":["properties","raw"],"metadata":{"inclusion":"unsupported"}}]},
    {"tap_stream_id":"stats","schema":{"properties":{"n":{}}}}]})")
                              .as_object();
  std::vector<CatalogEntry> streams_ = *read_entries(catalog_, &catalog_, "catalog");
  SelectionList list_{streams_};
};

using Rows = std::vector<std::string>;

TEST_F(SelectionListTest, ShowsStreamsFirstAndColumnsWhenOpened) {
  const std::string pad(27, ' ');
  EXPECT_EQ(rows(), (Rows{">[x] mails" + pad + " 2 of 3 columns", " [ ] stats" + pad + " 1 of 1 columns"}));
  list_.open();
  EXPECT_EQ(rows(),
            (Rows{">[x] mails" + pad + " 2 of 3 columns", "     [*] id", "     [-] raw", "     [x] to",
                  "         [x] Email", "         [x] Name", " [ ] stats" + pad + " 1 of 1 columns"}));
  list_.move(4);
  list_.close();
  EXPECT_EQ(list_.current(), 0U);
  EXPECT_EQ(list_.size(), 2U);
}

TEST_F(SelectionListTest, SelectingAColumnSelectsItsParents) {
  list_.toggle();  // mails off
  list_.open();
  list_.move(3);
  EXPECT_EQ(rows()[3], ">    [ ] to");
  list_.move(1);
  list_.toggle();  // Email on
  EXPECT_EQ(rows()[0].substr(0, 4), " [x]");
  EXPECT_EQ(rows()[3], "     [x] to");
  list_.move(-1);
  list_.toggle();  // to off, and with it what is inside
  EXPECT_EQ(rows()[4], "         [ ] Email");
}

TEST_F(SelectionListTest, KeysAndUnsupportedColumnsCannotBeChanged) {
  list_.open();
  for (int i = 0; i < 2; ++i) {
    list_.move(1);
    list_.toggle();
  }
  EXPECT_EQ(rows()[1], "     [*] id");
  EXPECT_EQ(rows()[2], ">    [-] raw");
}

TEST_F(SelectionListTest, TheCursorStaysInTheList) {
  list_.move(-5);
  EXPECT_EQ(list_.current(), 0U);
  list_.move(100);
  EXPECT_EQ(list_.current(), 1U);
}

}  // namespace
}  // namespace tapster::host
