#include "lies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace tapster::sandbox {

namespace {

namespace json = boost::json;
using Kind = Lie::Kind;

int64_t offset_of(const std::string& target) {
  const auto query = parse_query(target);
  const auto found = query.find("offset");
  return found == query.end() ? 0 : std::atoll(found->second.c_str());
}

std::string with_offset(const std::string& target, int64_t offset) {
  const auto begin = target.find("offset=");
  if (begin == std::string::npos) return target;
  const auto end = std::min(target.find('&', begin), target.size());
  return target.substr(0, begin) + fmt::format("offset={}", offset) + target.substr(end);
}

// Replaces text, because a JSON library might not keep the new value. The old value is a number.
void replace_member(const std::string& text, std::string& body) {
  const auto equals = text.find('=');
  const auto name = fmt::format("\"{}\":", text.substr(0, equals));
  const auto begin = body.find(name);
  if (begin == std::string::npos) return;
  const auto value = begin + name.size();
  body.replace(value, body.find_first_of(",}", value) - value, text.substr(equals + 1));
}

}  // namespace

std::string instead_of(const Lie& lie, const std::string& target) {
  if (lie.kind == Kind::same_page) return with_offset(target, 0);
  const auto offset = offset_of(target);
  const bool begins_late = (lie.kind == Kind::skips || lie.kind == Kind::leaves) && offset > 0;
  return begins_late ? with_offset(target, offset + 1) : target;
}

void distort(const Lie& lie, const std::string& target, Answer& answer) {
  if (lie.kind == Kind::member) return replace_member(lie.text, answer.body);
  auto body = json::parse(answer.body).as_object();
  const auto list =
      std::find_if(body.begin(), body.end(), [](const auto& member) { return member.value().is_array(); });
  if (answer.status != 200 || list == body.end()) return;
  auto& rows = list->value().as_array();
  int64_t added = 0;
  if (lie.kind == Kind::more) added = lie.number;
  if (lie.kind == Kind::leaves && offset_of(target) > 0) added = -1;
  if (lie.kind == Kind::hides && !rows.empty()) {
    rows.pop_back();
    added = -1;
  }
  if (lie.kind == Kind::twice && !rows.empty()) {
    rows.insert(rows.begin(), json::value(rows.front()));
    added = 1;
  }
  if (lie.kind == Kind::nothing) rows.clear();
  if (auto* total = body.if_contains("TotalCount")) {
    *total = total->as_int64() + added;
    if (lie.kind == Kind::total) *total = lie.number;
    if (lie.kind == Kind::nothing) *total = 0;
  }
  answer.body = json::serialize(body);
}

}  // namespace tapster::sandbox
