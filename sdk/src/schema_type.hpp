// The types of columns and settings in JSON Schema.
#pragma once

#include <string_view>
#include <tapster/stream.hpp>

namespace tapster {

struct SchemaType {
  std::string_view type;
  std::string_view format;  // empty if there is none
};

inline SchemaType schema_type(Type type) {
  switch (type) {
    case Type::string:
      return {"string", {}};
    case Type::integer:
      return {"integer", {}};
    case Type::number:
      return {"number", {}};
    case Type::boolean:
      return {"boolean", {}};
    case Type::timestamp:
      return {"string", "date-time"};
    case Type::date:
      return {"string", "date"};
    case Type::object:
      return {"object", {}};
    case Type::array:
      break;
  }
  return {"array", {}};
}

}  // namespace tapster
