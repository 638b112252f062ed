// The smallest connector: greets everyone in its config, once per sync.
#include <tapster/source.hpp>

using namespace tapster;

const Stream greetings{.name = "greetings",
                       .description = "One row per person.",
                       .key = {"name"},  // no replication key: each sync reads all rows
                       .columns = {{.name = "name", .description = "The person's name."},
                                   {.name = "greeting", .description = "The greeting."}}};

// Reads one slice: greets its person.
Result<void> greet(const ReadRequest& request, Records& records) {
  std::string name;
  append_json_string(name, view(request.slice.at("name").as_string()));
  Block block;
  request.projection.write_row(block, {{"name", name}, {"greeting", R"("hello")"}});
  return records.push(block);
}

Result<Source> open_config(const json::object& config, Host) {
  SourceStream stream{.stream = greetings, .read = greet};
  // One slice per person, so that they are greeted in parallel.
  stream.plan = [names = config.at("names").as_array()](const PlanRequest&, Slices& slices) -> Result<void> {
    for (const auto& name : names) {
      auto pushed = slices.push({{"name", name}});
      if (!pushed) return pushed;
    }
    return {};
  };
  return Source{.streams = {stream}};
}

const Connector& hello() {
  static const Connector connector{.name = "hello",
                                   .version = "1.0.0",
                                   .description = "Greets people",
                                   .settings = {{.name = "names",
                                                 .type = Type::array,
                                                 .description = "The names to greet.",
                                                 .required = true}},
                                   .open = open_config};
  return connector;
}

TAPSTER_CONNECTOR(hello)
