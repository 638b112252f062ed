#include "details.hpp"

#include <fmt/format.h>

namespace postmark {

using namespace tapster;

namespace {

Target details_of(std::string_view message_id) {
  return Target("/messages/outbound/{message id}/details", {{"message id", message_id}});
}

void log_gone(Api& api, std::string_view message_id) {
  api.host().warning(fmt::format("message {} skipped: it is listed, but no longer has details", message_id));
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

}  // namespace

Result<std::string> event_types(Api& api, std::string_view message_id) {
  const auto details = api.get_object(details_of(message_id));
  if (!details) {
    if (!is_gone(details.error())) return Failed(details.error());
    log_gone(api, message_id);
    return std::string("null");
  }
  std::string types;
  if (const auto* events = find_array(*details, "MessageEvents")) {
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

DetailsReader::DetailsReader(Api& api, const Activity& activity, const Projection& projection,
                             std::string_view message_stream)
    : api_(api),
      activity_(activity),
      parser_(projection, {activity.detail_rows, {}}),
      message_stream_(json_string(message_stream)) {}

Result<void> DetailsReader::append(const std::string& message_id, Block& block) {
  const auto id = json_string(message_id);
  auto got = api_.get(details_of(message_id), [&](HttpResponse& response) -> Result<void> {
    auto parsed = parser_.parse(response.body, block,
                                [&](const Row& row, std::string& line) -> Result<Keep> {
                                  if (row.index == 0) twins_.clear();
                                  // The rows of a message are always read together, so a count distinguishes
                                  // equal rows.
                                  if (!activity_.detail_rows.empty())
                                    line += fmt::format(",\"twin\":{}", twins_[std::string(row.key)]++);
                                  return Keep::yes;
                                },
                                {{"message_id", id}, {"message_stream", message_stream_}});
    if (!parsed) return Failed(std::move(parsed).error());
    return {};
  });
  if (got || !is_gone(got.error())) return got;
  log_gone(api_, message_id);
  return {};
}

}  // namespace postmark
