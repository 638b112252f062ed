// Streams that a scripted API lists.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <tapster/found_streams.hpp>
#include <tapster/testing/fake_host.hpp>
#include <tapster/testing/pushed.hpp>
#include <vector>

namespace tapster {
namespace {

class Found : public testing::Test {
 protected:
  Found() {
    found_.list = {.stream = {.name = "objects",
                              .columns = {{"name", Type::string, "/name"},
                                          {"label", Type::string, "/label"},
                                          {"fields", Type::array, "/fields"}}},
                   .request = {.path = "/objects"}};
    found_.each = {.stream = {.key = {"id"}, .columns = {{"id", Type::integer, "/id"}}},
                   .request = {.path = "/objects/{object}/rows"}};
    found_.path = "/values";
    found_.types = {{"number", {.type = Type::number}}};
  }

  Result<std::vector<SourceStream>> find(const std::string& objects) {
    answers_["/objects"] = objects;
    return find_streams(fake_.host(), client_, found_);
  }

  std::string error_of(const std::string& objects) {
    const auto streams = find(objects);
    return streams ? "no error" : streams.error().message;
  }

  FakeHost fake_;
  FoundStreams found_;
  std::map<std::string, std::string> answers_;  // by target
  std::shared_ptr<HttpClient> client_ = std::make_shared<HttpClient>(
      fake_.host(),
      [] {
        HttpOptions options;
        options.base_url = "https://api.example.com";
        return options;
      }(),
      [this](const HttpRequest&, const std::string& url) -> Result<HttpResponse> {
        const auto answer = answers_.find(url.substr(std::string_view("https://api.example.com").size()));
        if (answer == answers_.end()) return internal_error("the script has no response");
        return HttpResponse{.status = 200, .body = answer->second, .headers = {}};
      });
};

TEST_F(Found, AreReadWithTheColumnsOfTheirFields) {
  const auto streams = find(R"([{"name":"cars/new","label":"Cars","fields":[
    {"name":"doors","type":"number","label":"Doors"},{"name":"a/b~c","type":"other"},{"name":"id","type":"x"}]},
    {"name":"boats","fields":[]}])");
  ASSERT_TRUE(streams) << streams.error().message;
  ASSERT_EQ(streams->size(), 2U);
  const auto& cars = streams->front();
  ASSERT_FALSE(cars.failure) << cars.failure->message;
  EXPECT_EQ(cars.stream.name, "cars/new");
  EXPECT_EQ(cars.stream.description, "Cars");
  ASSERT_EQ(cars.stream.columns.size(), 4U);
  EXPECT_EQ(cars.stream.columns[1].description, "Doors");
  EXPECT_EQ(cars.stream.columns[1].type, Type::number);
  EXPECT_EQ(cars.stream.columns[3].name, "field_id") << "the key has that name";
  answers_["/objects/cars%2Fnew/rows"] =
      R"([{"id":1,"values":{"doors":4.50,"a/b~c":"x","id":"y"}},{"id":2}])";
  Pushed pushed;
  const auto projection = *Projection::create(cars.stream, {});
  Records records(pushed.sink());
  const auto read = cars.read({projection, {}}, records);
  EXPECT_TRUE(read) << read.error().message;
  EXPECT_EQ(pushed.lines(),
            "{\"id\":1,\"doors\":4.50,\"a/b~c\":\"x\",\"field_id\":\"y\"}\n"
            "{\"id\":2,\"doors\":null,\"a/b~c\":null,\"field_id\":null}\n");
}

TEST_F(Found, AFieldIsRenamedUntilItsNameIsFree) {
  const auto streams = find(R"([{"name":"cars","fields":[{"name":"field_id"},{"name":"id"}]}])");
  ASSERT_TRUE(streams) << streams.error().message;
  const auto& cars = streams->front();
  ASSERT_FALSE(cars.failure) << cars.failure->message;
  ASSERT_EQ(cars.stream.columns.size(), 3U);
  EXPECT_EQ(cars.stream.columns[1].name, "field_id");
  EXPECT_EQ(cars.stream.columns[2].name, "field_field_id");
  EXPECT_EQ(cars.stream.columns[2].path, "/values/id");
}

TEST_F(Found, ANameThatWouldLeadToAnotherPathFailsItsStreamAlone) {
  const auto streams = find(R"([{"name":"..","fields":[]},{"name":"boats","fields":[]}])");
  ASSERT_TRUE(streams) << streams.error().message;
  EXPECT_TRUE(streams->front().failure);
  EXPECT_FALSE(streams->back().failure);
}

TEST_F(Found, OfALaterRequestAreIndependentOfTheFirst) {
  const auto first = find(R"([{"name":"cars","fields":[{"name":"doors","type":"number"}]}])");
  const auto second = find(R"([{"name":"cars","fields":[{"name":"seats","type":"number"}]}])");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->front().stream.columns.back().name, "doors");
  EXPECT_EQ(second->front().stream.columns.size(), 2U);
}

TEST_F(Found, WithoutANameOrFieldsAreAnError) {
  EXPECT_EQ(error_of(R"([{"name":"cars"}])"), "objects: cars has no fields");
  EXPECT_EQ(error_of(R"([{"name":"cars","fields":[{}]}])"), "objects: cars has a field without a name");
  EXPECT_EQ(error_of(R"([{"fields":[]}])"), "objects: an object has no name");
  EXPECT_NE(error_of("cut"), "no error");
}

}  // namespace
}  // namespace tapster
