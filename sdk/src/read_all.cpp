#include <string>
#include <string_view>
#include <tapster/declared.hpp>
#include <utility>

namespace tapster {

Result<std::vector<json::object>> read_all(const SourceStream& stream) {
  if (stream.failure) return Failed(*stream.failure);
  std::string lines;
  tapster_sink sink{};
  sink.struct_size = sizeof sink;
  sink.context = &lines;
  sink.push = [](void* context, const tapster_batch* batch) noexcept -> tapster_status {
    static_cast<std::string*>(context)->append(batch->data, batch->size);
    return TAPSTER_OK;
  };
  const auto take = [&]() -> Result<std::vector<json::object>> {
    std::vector<json::object> objects;
    for (std::string_view rest = lines; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
      auto object = parse_json_object(rest.substr(0, rest.find('\n')), "a record");
      if (!object) return Failed(std::move(object).error());
      objects.push_back(*std::move(object));
    }
    lines.clear();
    return objects;
  };
  Slices to(sink);
  auto planned = stream.plan ? stream.plan({}, to) : to.push({});
  if (!planned) return Failed(std::move(planned).error());
  auto slices = take();
  if (!slices) return slices;
  const auto projection = Projection::create(stream.stream, {});
  if (!projection) return Failed(projection.error());
  for (const auto& slice : *slices) {
    Records records(sink, &*projection);
    auto read = stream.read({*projection, slice}, records);
    if (!read) return Failed(std::move(read).error());
  }
  return take();
}

}  // namespace tapster
