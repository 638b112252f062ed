// The smallest connector: greets everyone in its config, once per sync.
#include <tapster/source.hpp>

using namespace tapster;

const Stream greetings{.name = "greetings",
                       .description = "One row per person.",
                       .key = {"name"},  // no replication key: each sync reads all rows
                       .columns = {{"name", Type::string, "", "The person's name."},
                                   {"greeting", Type::string, "", "The greeting."}}};

class Hello : public Source {
 public:
  explicit Hello(json::array names) : names_(std::move(names)) {}

  Result<void> check() override { return {}; }

  Result<std::vector<const Stream*>> discover() override { return std::vector{&greetings}; }

  // One slice per person, so that they are greeted in parallel.
  Result<void> plan(const PlanRequest&, Slices& slices) override {
    for (const auto& name : names_) {
      auto pushed = slices.push({{"name", name}});
      if (!pushed) return pushed;
    }
    return {};
  }

  Result<void> read(const Projection& projection, const json::object& slice, Records& records) override {
    std::string name;
    append_json_string(name, view(slice.at("name").as_string()));
    Block block;
    projection.write_row(block, {{"name", name}, {"greeting", "\"hello\""}});
    return records.push(block);
  }

  // There is nothing to remember.
  Result<json::object> state(const Stream&, json::object state, const json::object&) override {
    return state;
  }

 private:
  json::array names_;
};

const Connector& hello() {
  static const Connector connector{
      .name = "hello",
      .version = "1.0.0",
      .description = "Greets people",
      .settings =
          {{.name = "names", .type = Type::array, .description = "The names to greet.", .required = true}},
      .open = [](const json::object& config, Host) -> Result<std::unique_ptr<Source>> {
        return std::make_unique<Hello>(config.at("names").as_array());
      }};
  return connector;
}

TAPSTER_CONNECTOR(hello)
