// Where the values of a template go.
#include <gtest/gtest.h>

#include <tapster/request_template.hpp>

namespace tapster {
namespace {

TEST(RequestTemplate, EachPlaceGetsItsValueEncoded) {
  struct Case {
    Place place;
    json::value value;
    std::string target, header, body;
  };
  const std::string json = "Content-Type: application/json";
  const std::string form = "Content-Type: application/x-www-form-urlencoded";
  for (const auto& [place, value, target, header, body] :
       std::vector<Case>{{in_path("id"), "a/b c", "/things/a%2Fb%20c", "", ""},
                         {in_path("id"), 7, "/things/7", "", ""},
                         {in_query("n&m"), "a b&c=d", "/things/1?n%26m=a%20b%26c%3Dd", "", ""},
                         {in_query("n"), 7, "/things/1?n=7", "", ""},
                         {in_query("n"), true, "/things/1?n=true", "", ""},
                         {in_header("X-Page"), 7, "/things/1", "X-Page: 7", ""},
                         {in_body("/n"), 7, "/things/1", json, R"({"n":7})"},
                         {in_body("/n"), "7", "/things/1", json, R"({"n":"7"})"},
                         {in_body("/page/a~1b"), "x", "/things/1", json, R"({"page":{"a/b":"x"}})"},
                         {in_form("n"), "a b&c", "/things/1", form, "n=a%20b%26c"}}) {
    const RequestTemplate things{.method = Method::post, .path = "/things/{id}"};
    const auto request = things.build({{in_path("id"), "1"}, {place, value}});
    ASSERT_FALSE(request.target.error()) << request.target.error()->message;
    EXPECT_EQ(request.method, Method::post);
    EXPECT_EQ(request.target.text(), target);
    EXPECT_EQ(request.headers, header.empty() ? std::vector<std::string>() : std::vector{header}) << target;
    EXPECT_EQ(request.body, body);
  }
}

TEST(RequestTemplate, AnArgumentReplacesWhatHasItsPlaceAndKeepsTheOrder) {
  const RequestTemplate search{.method = Method::post,
                               .path = "/search",
                               .query = {{"sort", "id"}, {"page", "1"}},
                               .headers = {"Accept: text/csv"},
                               .body = json::parse(R"({"query":{"a":1,"b":2},"size":10})")};
  const auto request = search.build({{in_query("limit"), 5},
                                     {in_query("page"), 2},
                                     {in_query("page"), 3},
                                     {in_body("/query/a"), 9},
                                     {in_body("/query/c"), "x"},
                                     {in_header("X-B"), "b"}});
  EXPECT_EQ(request.target.text(), "/search?sort=id&page=3&limit=5");
  EXPECT_EQ(request.body, R"({"query":{"a":9,"b":2,"c":"x"},"size":10})");
  EXPECT_EQ(request.headers,
            (std::vector<std::string>{"Accept: text/csv", "X-B: b", "Content-Type: application/json"}));
  EXPECT_EQ(search.build().target.text(), "/search?sort=id&page=1") << "the template stays as it is";
  const RequestTemplate form{.method = Method::post, .path = "/", .form = {{"a", "1"}, {"b", "2"}}};
  EXPECT_EQ(form.build({{in_form("a"), "x"}, {in_form("c"), 3}}).body, "a=x&b=2&c=3");
}

TEST(RequestTemplate, ALaterHeaderReplacesAnEarlierOne) {
  const RequestTemplate page{.path = "/", .headers = {"X-Page: 1", "X-Pages: 9"}};
  EXPECT_EQ(page.build({{in_header("x-page"), 2}, {in_header("X-Page"), 3}}).headers,
            (std::vector<std::string>{"X-Page: 3", "X-Pages: 9"}));
}

TEST(RequestTemplate, TheTargetHasTheMistake) {
  struct Case {
    RequestTemplate request;
    Arguments arguments;
    std::string expected;
  };
  for (const auto& [request, arguments, expected] : std::vector<Case>{
           {{.path = "/things/{id}"}, {}, "the path has no value for id"},
           {{.path = "things"}, {}, "the path \"things\" must start with a slash"},
           {{.path = "/", .body = "text"}, {{in_body("/a"), 1}}, "the body has no place \"/a\""},
           {{.path = "/", .body = json::parse(R"({"a":[1]})")},
            {{in_body("/a/0"), 1}},
            "the body has no place \"/a/0\""}}) {
    const auto error = request.build(arguments).target.error();
    ASSERT_TRUE(error) << expected;
    EXPECT_EQ(error->message, expected);
    EXPECT_EQ(error->status, Status::internal);
  }
}

}  // namespace
}  // namespace tapster
