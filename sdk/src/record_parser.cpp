// Whole responses. If a parse fails and the body has surrogate escapes without a pair, they are replaced, and
// the body is parsed once more. If it fails because a record cannot be read, it is parsed once more too,
// leniently.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tapster/json.hpp>
#include <tapster/record_parser.hpp>

#include "csv_records.hpp"
#include "declaration.hpp"
#include "json_pointer.hpp"
#include "record_handler.hpp"
#include "surrogates.hpp"

namespace tapster {

namespace {

constexpr std::string_view blank = " \t\r\n";

std::string_view with_article(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return with_article(Type::boolean);
    case json::kind::string:
      return with_article(Type::string);
    case json::kind::array:
      return with_article(Type::array);
    case json::kind::object:
      return value.get_object().empty() ? "an empty object" : with_article(Type::object);
    default:
      return with_article(Type::number);
  }
}

// The pointers to the members of an object, for a message. A name that may be a value is left out.
std::string members_of(std::string_view path, const json::object& object) {
  constexpr size_t longest_name = 100;
  constexpr size_t longest_list = 500;
  std::string members;
  for (const auto& [key, value] : object) {
    const std::string_view name = key;
    if (name.size() > longest_name || name.find('@') != std::string_view::npos) continue;
    if (members.size() > longest_list) return members + ", ...";
    members += fmt::format("{}{}/{}", members.empty() ? "" : ", ", path, name);
  }
  return members;
}

// The error for a response that has no records at this pointer. It names what is there.
Failed no_records(const RecordSelector& selector, std::string_view text) {
  const std::string_view pointer = selector.records;
  const auto root = parse_json(text, "the response");
  if (!root) return source_error(fmt::format("the response has no records at {}", pointer));
  const auto* value = &*root;
  auto rest = pointer;
  for (auto below = rest; !below.empty() && value->is_object(); rest = below) {
    const auto* member = value->get_object().if_contains(take_token(below));
    if (!member) break;
    value = member;
  }
  if (pointer.empty())
    return source_error(fmt::format("the response is {}, not records", with_article(*value)));
  const auto path = pointer.substr(0, pointer.size() - rest.size());
  const auto members = value->is_object() ? members_of(path, value->get_object()) : std::string();
  const auto there = !members.empty() ? "has " + members
                     : path.empty()   ? fmt::format("is {}", with_article(*value))
                                      : fmt::format("has {} at {}", with_article(*value), path);
  auto error = source_error(fmt::format("the response has no records at {}; it {}", pointer, there)).value();
  constexpr int not_found = 404;
  if (selector.null_is_missing && value->is_null()) error.http_status = not_found;
  return Failed(std::move(error));
}

}  // namespace
RecordParser::RecordParser(const Projection& projection, RecordSelector selector)
    : handler_(std::make_unique<RecordHandler>(projection, std::move(selector))) {}
RecordParser::~RecordParser() = default;
RecordParser::RecordParser(RecordParser&&) noexcept = default;

// Parses a response, or each line of one that is not blank. Returns an error if it is not JSON or CSV, has no
// records, or the handler ended it.
Result<void> RecordParser::parse_once(std::string_view body) {
  if (handler_->selector().format == RecordSelector::Format::csv) {
    CsvRecords rows(*handler_, handler_->selector(), body.size());
    auto fed = rows.feed(body);
    return fed ? rows.finish() : fed;
  }
  json::parse_options options;
  options.max_depth = 64;
  json::basic_parser<RecordHandler> parser(options, std::move(*handler_));
  const auto selector = parser.handler().selector();
  const auto parse_document = [&](std::string_view text, size_t begin) -> Result<void> {
    json::error_code error;
    parser.reset();
    parser.handler().start_document();
    const auto used = parser.write_some(false, text.data(), text.size(), error);
    if (!error && text.find_first_not_of(blank, used) != std::string_view::npos)
      error = json::error::extra_data;
    if (error && text.find_first_not_of(blank) == std::string_view::npos)
      return transient_error("the response is not JSON: it is empty");
    if (error)
      return transient_error(fmt::format("the response is not JSON: {} at byte {} of {}", error.message(),
                                         begin + used, body.size()));
    if (!parser.handler().found()) return no_records(selector, text);
    return {};
  };
  Result<void> parsed;
  const bool has_lines = selector.format == RecordSelector::Format::json_lines;
  if (!has_lines) parsed = parse_document(body, 0);
  for (size_t at = 0; has_lines && parsed && at < body.size();) {
    const auto line = body.substr(at, body.find('\n', at) - at);
    if (line.find_first_not_of(blank) != std::string_view::npos) parsed = parse_document(line, at);
    at += line.size() + 1;
  }
  *handler_ = std::move(parser.handler());
  return parsed;
}

Result<Page> RecordParser::parse(std::string& body, Block& block, const RowVisitor& visit,
                                 const std::vector<Projection::Value>& constants) {
  for (const auto& constant : constants) {
    const auto known = check_column_name(handler_->stream(), constant.column);
    if (!known) return Failed(known.error());
  }
  const auto& map_key = handler_->selector().map_key;
  if (!map_key.empty() && !find_column(handler_->stream(), map_key))
    return internal_error(
        fmt::format("{} has no column \"{}\" for the names of the map", handler_->stream().name, map_key));
  const auto size = block.lines.size();
  const auto count = block.count;
  bool is_lenient = false;
  bool is_repaired = false;
  while (true) {
    handler_->start(block, visit, constants, is_lenient);
    auto parsed = parse_once(body);
    if (parsed) {
      auto& rejects = handler_->rejects();
      std::move(rejects.begin(), rejects.end(), std::back_inserter(block.rejects));
      return handler_->page();
    }
    block.lines.resize(size);
    block.count = count;
    if (handler_->is_flawed() && !is_lenient) {
      is_lenient = true;
      continue;
    }
    if (handler_->failure()) return Failed(*std::move(handler_->failure()));
    const bool is_csv = handler_->selector().format == RecordSelector::Format::csv;
    if (is_csv || is_repaired || repair_surrogates(body) == 0) return Failed(std::move(parsed).error());
    is_repaired = true;
  }
}

}  // namespace tapster