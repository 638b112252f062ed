// Streams that an API lists: one for each object of an account, with a column for each field of the object.
// For custom objects and custom fields, and for tables.
//
//     const FoundStreams objects{.list = {…a stream with the columns name, label and fields…},
//                                .each = {….request = {.path = "/objects/{object}"}…},
//                                .path = "/properties",
//                                .types = {{"number", {.type = Type::number}}}};
//     return Source{.discover = [=] { return find_streams(host, client, objects); }};
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tapster/declared.hpp>
#include <vector>

namespace tapster {

// A plain value.
struct FoundStreams {
  // Lists the objects. Read completely at each discovery. Its columns: the name of the object, which becomes
  // the stream's; its description; and an array of its fields, which are objects.
  DeclaredStream list = {};
  std::string name = "name", label = "label", fields = "fields";

  // What all streams have in common. {object} in the path of the request is the object's name. A column is
  // added for each field; one whose name another column has gets the prefix "field_".
  DeclaredStream each = {};

  // The members of a field: its name, its type and its description.
  std::string field_name = "name", field_type = "type", field_label = "label";
  // Where a record has the values of its fields: a JSON Pointer to an object.
  std::string path = {};
  // The columns of the types; only their type, converter and schema are used. Other types are texts.
  std::map<std::string, Column> types = {};
};

// Requests the list and returns a stream for each object. For Source::discover. Any thread. Errors: those of
// the list; source, for an object that has no name or no fields.
Result<std::vector<SourceStream>> find_streams(Host host, const std::shared_ptr<HttpClient>& client,
                                               const FoundStreams& found);

}  // namespace tapster
