#include "details.hpp"

#include <fmt/format.h>

namespace postmark {

using namespace tapster;

namespace {

constexpr Details dump{"dump of bounce", "/bounces/{id}/dump"};

Target target_of(const Details& details, std::string_view id) {
  return Target(details.path, {{"id", id}});
}

void log_gone(Api& api, const Details& details, std::string_view id) {
  api.host().warning(fmt::format("{} {} skipped: it is listed, but no longer has details", details.what, id));
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

// Requests the details; nothing if they no longer exist, which is logged.
Result<std::optional<json::object>> request(Api& api, const Details& details, std::string_view id) {
  auto answer = api.get_object(target_of(details, id));
  if (answer) return std::optional(*std::move(answer));
  if (!is_gone(answer.error())) return Failed(std::move(answer).error());
  log_gone(api, details, id);
  return std::optional<json::object>();
}

}  // namespace

Result<std::string> event_types(Api& api, std::string_view message_id) {
  const auto answer = request(api, message_details, message_id);
  if (!answer) return Failed(answer.error());
  if (!*answer) return std::string("null");
  std::string types;
  if (const auto* events = find_array(**answer, "MessageEvents")) {
    for (const auto& event : *events) {
      const auto* object = event.if_object();
      const auto* type = object ? find_string(*object, "Type") : nullptr;
      if (!type) continue;
      if (!types.empty()) types.push_back(',');
      types.append(view(*type));
    }
  }
  return json_string(types);
}

Result<std::string> bounce_dump(Api& api, std::string_view bounce_id) {
  const auto answer = request(api, dump, bounce_id);
  if (!answer) return Failed(answer.error());
  const auto* body = *answer ? find_string(**answer, "Body") : nullptr;
  return body ? json_string(view(*body)) : std::string("null");
}

DetailsReader::DetailsReader(Api& api, const Details& details, const Projection& projection)
    : api_(api), details_(details), parser_(projection, {details.rows, {}}) {}

Result<void> DetailsReader::append(std::string_view id, Block& block,
                                   std::initializer_list<Projection::Value> values) {
  auto got = api_.get(target_of(details_, id), [&](HttpResponse& response) -> Result<void> {
    auto parsed = parser_.parse(
        response.body, block,
        [&](const Row& row, std::string& line) -> Result<Keep> {
          if (row.index == 0) twins_.clear();
          // The rows of a message are always read together, so a count distinguishes
          // equal rows.
          if (!details_.rows.empty()) line += fmt::format(",\"twin\":{}", twins_[std::string(row.key)]++);
          return Keep::yes;
        },
        values);
    if (!parsed) return Failed(std::move(parsed).error());
    return {};
  });
  if (got || !is_gone(got.error())) return got;
  log_gone(api_, details_, id);
  return {};
}

}  // namespace postmark
