#include <fmt/format.h>

#include <tapster/found_streams.hpp>
#include <tapster/json.hpp>
#include <tapster/stream.hpp>
#include <utility>

#include "json_pointer.hpp"

namespace tapster {

namespace {

Column column_of(const FoundStreams& found, const Stream& stream, const json::object& field) {
  const auto known = found.types.find(text_of(field, found.field_type));
  auto column = known == found.types.end() ? Column() : known->second;
  column.name = text_of(field, found.field_name);
  column.path = found.path + pointer_to(column.name);
  column.description = text_of(field, found.field_label);
  while (find_column(stream, column.name) != nullptr) column.name.insert(0, "field_");
  return column;
}

Result<DeclaredStream> stream_of(const FoundStreams& found, const json::object& object) {
  auto made = found.each;
  made.stream.name = text_of(object, found.name);
  made.stream.description = text_of(object, found.label);
  if (made.stream.name.empty()) return source_error("an object has no name");
  made.request.segments.push_back({"object", made.stream.name});
  const auto* fields = find_array(object, found.fields);
  if (fields == nullptr) return source_error(fmt::format("{} has no fields", made.stream.name));
  for (const auto& field : *fields) {
    const auto* members = field.if_object();
    if (members == nullptr || text_of(*members, found.field_name).empty())
      return source_error(fmt::format("{} has a field without a name", made.stream.name));
    made.stream.columns.push_back(column_of(found, made.stream, *members));
  }
  return made;
}

}  // namespace

Result<std::vector<SourceStream>> find_streams(Host host, const std::shared_ptr<HttpClient>& client,
                                               const FoundStreams& found) {
  const auto objects = read_all(declare(host, client, found.list));
  if (!objects) return Failed(objects.error());
  std::vector<SourceStream> streams;
  for (const auto& object : *objects) {
    auto made = stream_of(found, object);
    if (!made) return with_context(found.list.stream.name, std::move(made).error());
    streams.push_back(declare(host, client, *std::move(made)));
  }
  return streams;
}

}  // namespace tapster
