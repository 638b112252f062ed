#include "declaration.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace tapster {
namespace {

Stream right() {
  return {.name = "opens",
          .description = "Opens.",
          .key = {"id"},
          .replication_key = "at",
          .columns = {
              {"id", Type::integer, "/ID"},
              {"at", Type::timestamp, "/At"},
              {"day", Type::date, "/At"},
              {"city", Type::string, "/Geo/City"},
              {"geography", Type::string, "/Geography"},
              {.name = "to", .type = Type::array, .path = "/To", .inside = R"("items":{"type":"string"})"},
              {"everything", Type::object, whole_record},
              {"others", Type::object, other_members},
              {.name = "count", .type = Type::integer, .missing = "0"}}};
}

TEST(Declaration, AValidStreamIsAccepted) {
  const auto stream = right();
  EXPECT_TRUE(check_streams({&stream}));
}

struct Mistake {
  std::string name;
  std::function<void(Stream&)> make;
  std::string message;
};

void PrintTo(const Mistake& mistake, std::ostream* out) {
  *out << mistake.name;
}

class StreamMistake : public testing::TestWithParam<Mistake> {};

TEST_P(StreamMistake, IsReportedWithItsPlace) {
  auto stream = right();
  GetParam().make(stream);
  const auto checked = check_streams({&stream});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().status, Status::internal);
  EXPECT_TRUE(checked.error().message.starts_with(GetParam().message)) << checked.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    All, StreamMistake,
    testing::Values(
        Mistake{"NoName", [](Stream& s) { s.name = ""; }, "stream : the name is empty"},
        Mistake{"NoColumnName", [](Stream& s) { s.columns[2].name = ""; },
                "stream opens: column : the name is empty"},
        Mistake{"PathWithoutSlash", [](Stream& s) { s.columns[3].path = "Geo/City"; },
                "stream opens: column city: the path \"Geo/City\" does not begin with a slash"},
        Mistake{"SpecialPathOfAString", [](Stream& s) { s.columns[3].path = whole_record; },
                "stream opens: column city: the path \".\" is only for a column of type object"},
        Mistake{"SpecialPathTwice", [](Stream& s) { s.columns[6].path = other_members; },
                "stream opens: column everything: its path ... is also column others's; only scalar columns"},
        Mistake{"ColumnTwice", [](Stream& s) { s.columns[2].name = "at"; },
                "stream opens: column at: declared twice"},
        Mistake{"PathInsideAnother", [](Stream& s) { s.columns[5].path = "/Geo"; },
                "stream opens: column to: its path /Geo contains column city, at /Geo/City; drop one"},
        Mistake{"ArrayAtAScalarsPath", [](Stream& s) { s.columns[5].path = "/At"; },
                "stream opens: column at: its path /At is also column to's; only scalar columns"},
        Mistake{"InsideIsNotJson", [](Stream& s) { s.columns[5].inside = "items:1"; },
                "stream opens: column to: inside `{items:1}` is not JSON: "},
        Mistake{"MissingIsNotJson", [](Stream& s) { s.columns[8].missing = "none"; },
                "stream opens: column count: missing `none` is not JSON: "},
        Mistake{"KeyIsNotAColumn",
                [](Stream& s) {
                  s.key = {"id", "day_of"};
                },
                "stream opens: the key \"day_of\" is not a column"},
        Mistake{"KeyTwice",
                [](Stream& s) {
                  s.key = {"id", "id"};
                },
                "stream opens: the key lists id twice"},
        Mistake{"ReplicationKeyIsNotAColumn", [](Stream& s) { s.replication_key = "when"; },
                "stream opens: the replication key \"when\" is not a column"}),
    [](const auto& mistake) { return mistake.param.name; });

TEST(Declaration, ARepeatedStreamIsAnError) {
  const auto stream = right();
  EXPECT_EQ(check_streams({&stream, &stream}).error().message, "stream opens: declared twice");
}

std::string mistake_of(const Setting& setting) {
  const Connector connector{
      .name = "c", .version = "1", .description = "C", .settings = {{.name = "a"}, setting}};
  const auto checked = check_settings(connector);
  return checked ? "" : checked.error().message;
}

TEST(Declaration, SettingsAreChecked) {
  EXPECT_EQ(mistake_of({.name = "b", .default_value = "3", .rules = R"("minimum":0)"}), "");
  EXPECT_EQ(mistake_of({.name = "a"}), "setting a: declared twice");
  EXPECT_TRUE(mistake_of({.name = "b", .default_value = "all"})
                  .starts_with("setting b: default_value `all` is not JSON: "));
  EXPECT_TRUE(mistake_of({.name = "b", .rules = R"("minimum")"})
                  .starts_with("setting b: rules `{\"minimum\"}` is not JSON: "));
}

}  // namespace
}  // namespace tapster
