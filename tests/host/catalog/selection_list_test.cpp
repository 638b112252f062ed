#include "catalog/selection_list.hpp"

#include <gtest/gtest.h>

namespace tapster::host {
namespace {

class ChoiceTest : public testing::Test {
 protected:
  std::vector<std::string> rows() {
    std::vector<std::string> rows;
    for (size_t i = 0; i < choice_.size(); ++i)
      rows.push_back((i == choice_.current() ? ">" : " ") + choice_.text(i));
    return rows;
  }

  json::object catalog_ = json::parse(R"({"streams":[
    {"tap_stream_id":"mails","key_properties":["id"],"schema":{"properties":{"id":{},"raw":{},
       "to":{"items":{"properties":{"Email":{},"Name":{}}}}}},"metadata":[{"breadcrumb":[],"metadata":{"selected":true}},
       {"breadcrumb":["properties","raw"],"metadata":{"inclusion":"unsupported"}}]},
    {"tap_stream_id":"stats","schema":{"properties":{"n":{}}}}]})")
                              .as_object();
  std::vector<StreamMarks> marks_ = marks_of(catalog_, &catalog_);
  Choice choice_{marks_};
};

using Rows = std::vector<std::string>;

TEST_F(ChoiceTest, ShowsStreamsFirstAndColumnsWhenOpened) {
  const std::string pad(27, ' ');
  EXPECT_EQ(rows(), (Rows{">[x] mails" + pad + " 2 of 3 columns", " [ ] stats" + pad + " 1 of 1 columns"}));
  choice_.open();
  EXPECT_EQ(rows(),
            (Rows{">[x] mails" + pad + " 2 of 3 columns", "     [*] id", "     [-] raw", "     [x] to",
                  "         [x] Email", "         [x] Name", " [ ] stats" + pad + " 1 of 1 columns"}));
  choice_.move(4);
  choice_.close();
  EXPECT_EQ(choice_.current(), 0U);
  EXPECT_EQ(choice_.size(), 2U);
}

TEST_F(ChoiceTest, SelectingTakesAlongWhatItIsIn) {
  choice_.toggle();  // mails off
  choice_.open();
  choice_.move(3);
  EXPECT_EQ(rows()[3], ">    [ ] to");
  choice_.move(1);
  choice_.toggle();  // Email on
  EXPECT_EQ(rows()[0].substr(0, 4), " [x]");
  EXPECT_EQ(rows()[3], "     [x] to");
  choice_.move(-1);
  choice_.toggle();  // to off, and with it what is inside
  EXPECT_EQ(rows()[4], "         [ ] Email");
}

TEST_F(ChoiceTest, KeysAndUnsupportedColumnsStayAsTheyAre) {
  choice_.open();
  for (int i = 0; i < 2; ++i) {
    choice_.move(1);
    choice_.toggle();
  }
  EXPECT_EQ(rows()[1], "     [*] id");
  EXPECT_EQ(rows()[2], ">    [-] raw");
}

TEST_F(ChoiceTest, StaysInTheList) {
  choice_.move(-5);
  EXPECT_EQ(choice_.current(), 0U);
  choice_.move(100);
  EXPECT_EQ(choice_.current(), 1U);
}

}  // namespace
}  // namespace tapster::host
