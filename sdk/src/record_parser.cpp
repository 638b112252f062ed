// Boost.JSON calls the handler below with one event per bracket, key and value. The handler writes the
// columns of each record straight to the output. Its state:
//   at_       start, root (in the root object), rows (in the array of records), or record. Each record goes
//             from rows to record and back. If the root itself is the record: start, record, rows.
//   target_   What the value after the last key is for: records, total, column (of node_), unknown (a member
//             without a column), or none.
//   path_     The open objects of the current record, as nodes of the column tree.
//   skip_     The open brackets of a value that is not needed.
//   capture_  The open brackets of a value that is copied to a column of type object or array. At most one of
//             skip_ and capture_ is above 0. Then it decides what an event means, not at_ and target_.
//   values_   Where the current record's columns are in the output. The others are added when it ends.
// Keys, strings and numbers may arrive in pieces, which key_ and text_ collect.
// Invariant: between two records the output consists of complete lines. A record that the visitor discards is
// cut off again, and an error cuts the output back to where it was before the parse. If a parse fails and the
// body has surrogate escapes without a pair, they are replaced, and the body is parsed once more. If it fails
// because a record cannot be read, it is parsed once more too, leniently: such a record gets a flaw_, its
// columns that can be read are kept until its end for the key, and the others are skipped.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <tapster/json.hpp>
#include <tapster/record_parser.hpp>

#include "column_tree.hpp"
#include "column_value.hpp"
#include "declaration.hpp"
#include "json_text.hpp"
#include "surrogates.hpp"
#include "time_range.hpp"

namespace tapster {

namespace {

// What .NET writes for no time, before a fraction or an offset.
constexpr std::string_view no_time = "0001-01-01T00:00:00";

std::string_view with_article(Type type) {
  switch (type) {
    case Type::string:
      return "a string";
    case Type::integer:
      return "an integer";
    case Type::number:
      return "a number";
    case Type::boolean:
      return "a boolean";
    case Type::timestamp:
      return "a timestamp";
    case Type::date:
      return "a date";
    case Type::object:
      return "an object";
    case Type::array:
      break;
  }
  return "an array";
}

// Splits a response that has been parsed into its records.
std::vector<std::string_view> records_in(std::string_view body, std::string_view member) {
  constexpr std::string_view between = " \t\r\n,:";
  std::vector<std::string_view> records;
  auto at = body.find_first_not_of(between);
  if (member.empty()) return {body.substr(at, value_end(body, at) - at)};
  for (at = body.find_first_not_of(between, at + 1); body[at] != '}';
       at = body.find_first_not_of(between, at)) {
    const auto key = body.substr(at, string_end(body, at) - at);
    at = body.find_first_not_of(between, at + key.size());
    const auto name = parse_json(key, "");
    if (!name || view(name->as_string()) != member || body[at] != '[') {
      at = value_end(body, at);
      continue;
    }
    for (at = body.find_first_not_of(between, at + 1); body[at] != ']';
         at = body.find_first_not_of(between, at)) {
      const auto end = value_end(body, at);
      records.push_back(body.substr(at, end - at));
      at = end;
    }
    ++at;
  }
  return records;
}

}  // namespace

std::optional<int64_t> parse_total(std::string_view text) {
  int64_t total = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), total);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return total;
}

// The events of one parse. Boost.JSON calls the on_ functions; one that sets an error and returns false ends
// it.
class RecordParser::Handler {
 public:
  static constexpr size_t max_object_size = ~size_t{0};
  static constexpr size_t max_array_size = ~size_t{0};
  static constexpr size_t max_key_size = ~size_t{0};
  static constexpr size_t max_string_size = ~size_t{0};
  using error = json::error_code;

  Handler(const Projection& projection, Shape shape)
      : projection_(&projection), records_name_(shape.records), total_name_(shape.total) {
    const auto& fields = projection.fields_;
    for (size_t i = 0; i < fields.size(); ++i) {
      const auto& column = column_of(i);
      if (!column.path.empty()) tree_.insert(column.path, i);
      may_be_null_.push_back(column.missing == "null" && !is_automatic(*projection.stream_, column));
    }
    for (const auto& column : projection.stream_->columns) {
      if (!column.path.empty() && !projection.has(column.name)) tree_.insert(column.path);
    }
    for (const auto path : projection.stream_->ignored) tree_.insert(path);
    for (const auto name : projection.stream_->key) {
      for (size_t i = 0; i < fields.size(); ++i) {
        if (column_of(i).name == name && fields[i].value.empty()) key_fields_.push_back(i);
      }
    }
    values_.resize(fields.size());
  }

  void start(Block& block, const RowVisitor& visit, std::initializer_list<Projection::Value> constants,
             bool is_lenient) {
    is_lenient_ = is_lenient;
    is_flawed_ = false;
    flaw_.reset();
    rejects_.clear();
    block_ = &block;
    out_ = &block.lines;
    visit_ = &visit;
    constants_ = constants;
    page_ = {};
    failure_.reset();
    path_.clear();
    skip_ = capture_ = 0;
    found_ = false;
    at_ = At::start;
    target_ = Target::none;
    key_.clear();
    text_.clear();
  }

  [[nodiscard]] const Stream& stream() const { return *projection_->stream_; }
  [[nodiscard]] bool found() const { return found_; }
  [[nodiscard]] std::string_view records_name() const { return records_name_; }
  [[nodiscard]] const Page& page() const { return page_; }
  std::optional<Error>& failure() { return failure_; }
  // Whether the failure is a record that cannot be read.
  [[nodiscard]] bool is_flawed() const { return is_flawed_; }
  // The rejected records that the visitor kept: their places in the response, and why.
  struct Place {
    size_t index;
    std::string reason;
  };
  std::vector<Place>& rejects() { return rejects_; }

  bool on_document_begin(error&) { return true; }
  bool on_document_end(error&) { return true; }

  bool on_object_begin(error& e) {
    if (skip_ > 0) return ++skip_, true;
    if (capture_ > 0) return open('{');
    if (at_ == At::start) {
      if (!records_name_.empty()) return at_ = At::root, true;
      found_ = true;
      return begin_record();
    }
    if (at_ == At::rows) return begin_record();
    if (target_ == Target::column) {
      if (!node_->children.empty()) return path_.push_back(node_), true;
      return begin_capture(Type::object, '{', e);
    }
    note_unknown(Type::object);
    skip_ = 1;
    return true;
  }

  bool on_object_end(size_t, error& e) {
    if (skip_ > 0) return end_skip(), true;
    if (capture_ > 0) return close('}');
    if (at_ == At::record) {
      path_.pop_back();
      if (path_.empty()) return end_record(e);
    }
    return true;
  }

  bool on_array_begin(error& e) {
    if (skip_ > 0) return ++skip_, true;
    if (capture_ > 0) return open('[');
    if (at_ == At::rows || at_ == At::start) return fail(e, not_an_object());
    if (target_ == Target::records) {
      at_ = At::rows;
      found_ = true;
      return true;
    }
    if (target_ == Target::column) return begin_capture(Type::array, '[', e);
    note_unknown(Type::array);
    skip_ = 1;
    return true;
  }

  bool on_array_end(size_t, error&) {
    if (skip_ > 0) return end_skip(), true;
    if (capture_ > 0) return close(']');
    at_ = At::root;  // this was the array of records: other arrays are skipped or captured
    target_ = Target::none;
    return true;
  }

  bool on_key_part(json::string_view part, size_t, error&) {
    if (skip_ == 0) key_.append(part.data(), part.size());
    return true;
  }

  bool on_key(json::string_view part, size_t, error&) {
    if (skip_ > 0) return true;
    std::string_view name(part.data(), part.size());
    if (!key_.empty()) name = key_.append(name);
    choose(name);
    key_.clear();
    return true;
  }

  bool on_string_part(json::string_view part, size_t, error&) {
    if (skip_ == 0) text_.append(part.data(), part.size());
    return true;
  }

  bool on_string(json::string_view part, size_t, error& e) {
    if (skip_ > 0) return true;
    std::string_view text(part.data(), part.size());
    if (!text_.empty()) text = text_.append(text);
    const bool going_on = string_value(text, e);
    text_.clear();
    return going_on;
  }

  bool on_number_part(json::string_view part, error&) {
    if (skip_ == 0) text_.append(part.data(), part.size());
    return true;
  }
  bool on_int64(int64_t value, json::string_view part, error& e) { return number(part, true, value, e); }
  bool on_uint64(uint64_t, json::string_view part, error& e) { return number(part, true, std::nullopt, e); }
  bool on_double(double, json::string_view part, error& e) { return number(part, false, std::nullopt, e); }

  bool on_bool(bool value, error& e) {
    const std::string_view text = value ? "true" : "false";
    if (skip_ > 0) return true;
    if (capture_ > 0) return element(text);
    if (at_ == At::rows) return fail(e, not_an_object());
    note_unknown(Type::boolean);
    if (target_ != Target::column) return true;
    return scalar(e, Type::boolean, text,
                  [&](const Column& column) { return append_boolean(column, text, *out_); });
  }

  bool on_null(error& e) {
    if (skip_ > 0) return true;
    if (capture_ > 0) return element("null");
    if (at_ == At::rows) return fail(e, not_an_object());
    return true;  // the same as an absent member
  }

  bool on_comment_part(json::string_view, error&) { return true; }
  bool on_comment(json::string_view, error&) { return true; }

 private:
  enum class At { start, root, rows, record };
  // What the value after the last key is for.
  enum class Target { none, records, total, column, unknown };
  // The place of a field's value in the output; empty until it has been written.
  struct Span {
    size_t begin = 0, end = 0;
  };

  [[nodiscard]] const Column& column_of(size_t field) const {
    return projection_->stream_->columns[projection_->fields_[field].column];
  }

  bool fail(error& e, Failed failure) {
    failure_ = std::move(failure).value();
    e = json::error::exception;
    return false;
  }

  // A record that cannot be read: goes on to its end in a lenient parse.
  bool fail_record(error& e, Failed failure) {
    if (!is_lenient_) return is_flawed_ = true, fail(e, std::move(failure));
    if (!flaw_) flaw_ = std::move(failure).value();
    return true;
  }

  static Failed not_an_object() { return transient_error("a record is not an object"); }

  // Sets the target of the value that follows the key `name`.
  void choose(std::string_view name) {
    target_ = Target::none;
    if (capture_ > 0) {
      comma();
      append_json_string(*out_, name);
      out_->push_back(':');
    } else if (at_ == At::root) {
      if (name == records_name_) target_ = Target::records;
      if (name == total_name_) target_ = Target::total;
    } else if (at_ == At::record) {
      // Members usually have the same order in every record, so the search starts after the last one found.
      const auto& children = path_.back()->children;
      for (size_t i = 0; i < children.size(); ++i, ++next_child_) {
        if (next_child_ >= children.size()) next_child_ = 0;
        if (children[next_child_].name != name) continue;
        node_ = &children[next_child_++];
        if (node_->is_read) target_ = Target::column;
        return;
      }
      if (is_new_unknown(name)) target_ = Target::unknown;
    }
  }

  // ---- Members that no column reads: noted by the first value that is not null

  struct Unknown {
    const ColumnNode* parent;
    std::string name;
  };

  bool is_new_unknown(std::string_view name) {
    if (stream().is_partial) return false;
    for (const auto& one : unknown_) {
      if (one.parent == path_.back() && one.name == name) return false;
    }
    constexpr size_t most = 50;  // an object that is used as a map
    if (unknown_.size() >= most) return false;
    unknown_name_ = name;
    return true;
  }

  void note_unknown(Type type) {
    if (target_ != Target::unknown) return;
    target_ = Target::none;
    std::string path;
    for (size_t i = 1; i < path_.size(); ++i) path += "/" + path_[i]->name;
    block_->unknown.push_back({path + "/" + unknown_name_, with_article(type)});
    unknown_.push_back({path_.back(), unknown_name_});
  }

  void comma() {
    const char last = out_->back();
    if (last != '{' && last != '[' && last != ':') out_->push_back(',');
  }

  void end_skip() { --skip_; }

  // ---- Capture: a nested value, copied event by event

  bool begin_capture(Type type, char bracket, error& e) {
    if (node_->fields.size() != 1 || column_of(node_->fields.front()).type != type) {
      skip_ = 1;
      return mismatch(e, type);
    }
    if (!is_new(node_->fields.front())) return skip_ = 1, true;
    begin_value(node_->fields.front());
    return open(bracket);
  }
  bool open(char bracket) {
    if (capture_++ > 0) comma();
    out_->push_back(bracket);
    return true;
  }
  bool close(char bracket) {
    out_->push_back(bracket);
    if (--capture_ == 0) values_[captured_].end = out_->size();
    return true;
  }
  bool element(std::string_view text) {
    comma();
    out_->append(text);
    return true;
  }

  // ---- One value of a column

  // If a source writes a member twice, the first one counts.
  [[nodiscard]] bool is_new(size_t field) const { return values_[field].end == 0; }

  void begin_value(size_t field) {
    comma();
    out_->append(projection_->fields_[field].label);
    values_[field].begin = out_->size();
    captured_ = field;
  }

  template <class Write>
  bool scalar(error& e, Type type, std::string_view text, const Write& write) {
    if (!node_->children.empty()) return mismatch(e, type, text);
    for (const auto field : node_->fields) {
      if (!is_new(field)) continue;
      begin_value(field);
      if (!write(column_of(field))) return mismatch(e, type, text, field);
      values_[field].end = out_->size();
    }
    return true;
  }

  // The message must not contain the value itself: it may be personal, and errors are logged.
  bool mismatch(error& e, Type type, std::string_view text = {}, std::optional<size_t> field = {}) {
    const auto& column = column_of(field ? *field : first_field(*node_));
    const auto found = type == Type::string ? fmt::format("a string of {} bytes", text.size())
                                            : std::string(with_article(type));
    const auto& stream = projection_->stream_->name;
    if (!node_->children.empty()) {
      return fail_record(
          e, source_error(fmt::format("{}: cannot read {} at {}: expected an object around it, found {}",
                                      stream, column.name, column.path, found)));
    }
    return fail_record(
        e, source_error(fmt::format("{}: cannot read {} at {}: expected {}, found {}", stream, column.name,
                                    column.path, with_article(column.type), found)));
  }
  static size_t first_field(const ColumnNode& node) {
    return node.fields.empty() ? first_field(node.children.front()) : node.fields.front();
  }

  bool string_value(std::string_view text, error& e) {
    if (capture_ > 0) {
      comma();
      append_json_string(*out_, text);
      return true;
    }
    if (at_ == At::rows) return fail(e, not_an_object());
    if (target_ == Target::total) page_.total = parse_total(text);
    note_unknown(Type::string);
    if (target_ != Target::column) return true;
    return scalar(e, Type::string, text, [&](const Column& column) {
      if (column.name == projection_->stream_->replication_key) cursor_ = cursor_of(column, text);
      if (text.starts_with(no_time) && column.type == Type::timestamp && may_be_null_[captured_])
        return out_->append("null"), true;
      return append_string(column, text, *out_);
    });
  }

  static std::optional<FineTime> cursor_of(const Column& column, std::string_view text) {
    if (const auto time = parse_time(text)) return time;
    const auto time = time_of(column, text);
    if (!time) return std::nullopt;
    // FineTime has fewer years; its count would overflow.
    constexpr std::chrono::hours longest(24 * 365 * 290);
    if (time->time_since_epoch() > longest || time->time_since_epoch() < -longest) return std::nullopt;
    return in_range(FineTime(*time));
  }

  bool number(std::string_view part, bool is_integer, std::optional<int64_t> value, error& e) {
    if (skip_ > 0) return true;
    std::string_view text = part;
    if (!text_.empty()) text = text_.append(text);
    const bool going_on = number_value(text, is_integer, value, e);
    text_.clear();
    return going_on;
  }

  bool number_value(std::string_view text, bool is_integer, std::optional<int64_t> value, error& e) {
    if (capture_ > 0) return element(text);
    if (at_ == At::rows) return fail(e, not_an_object());
    if (target_ == Target::total) page_.total = value;
    note_unknown(is_integer ? Type::integer : Type::number);
    if (target_ != Target::column) return true;
    return scalar(e, Type::number, text,
                  [&](const Column& column) { return append_number(column, text, is_integer, *out_); });
  }

  // ---- One record

  bool begin_record() {
    at_ = At::record;
    path_.assign(1, &tree_);
    mark_ = out_->size();
    out_->push_back('{');
    std::fill(values_.begin(), values_.end(), Span{});
    cursor_.reset();
    flaw_.reset();
    for (const auto& constant : constants_) {
      for (size_t i = 0; i < values_.size(); ++i) {
        if (column_of(i).name != constant.column) continue;
        begin_value(i);
        out_->append(constant.json);
        values_[i].end = out_->size();
      }
    }
    return true;
  }

  bool end_record(error& e) {
    at_ = At::rows;
    target_ = Target::none;
    ++page_.rows;
    row_key_.clear();
    for (const auto field : key_fields_) {
      row_key_.append(*out_, values_[field].begin, values_[field].end - values_[field].begin);
      row_key_.push_back('\n');
    }
    for (size_t field = 0; field < values_.size(); ++field) {
      const auto& column = column_of(field);
      const auto& value = projection_->fields_[field].value;
      if (is_new(field) && !value.empty()) {
        begin_value(field);
        out_->append(value);
        continue;
      }
      // A column without a path may be filled in by the visitor.
      if (!is_new(field) || column.path.empty()) continue;
      if (column.missing == "null" && is_automatic(*projection_->stream_, column)) {
        if (!fail_record(e,
                         source_error(fmt::format("{}: a record has no value at {}, which column {} requires",
                                                  projection_->stream_->name, column.path, column.name))))
          return false;
        continue;
      }
      comma();
      out_->append(projection_->fields_[field].label).append(column.missing);
    }
    if (flaw_) return end_rejected(e);
    auto keep = (*visit_)(Row{row_key_, cursor_, page_.rows - 1}, *out_);
    if (!keep) return fail(e, Failed(std::move(keep).error()));
    if (*keep == Keep::no) {
      out_->resize(mark_);
    } else {
      out_->append("}\n");
      ++block_->count;
    }
    return true;
  }

  bool end_rejected(error& e) {
    if (!block_->takes_rejects) return is_flawed_ = true, fail(e, unreadable(*std::move(flaw_)));
    const bool has_key = std::all_of(key_fields_.begin(), key_fields_.end(),
                                     [&](size_t field) { return values_[field].end > 0; });
    // Without its key, its other columns distinguish it from others; without those, nothing does.
    const bool has_column =
        std::any_of(values_.begin(), values_.end(), [](const Span& value) { return value.end > 0; });
    if (!has_key) row_key_ = has_column ? out_->substr(mark_) : std::to_string(++nameless_);
    auto keep = (*visit_)(Row{row_key_, cursor_, page_.rows - 1, true}, *out_);
    out_->resize(mark_);
    if (!keep) return fail(e, Failed(std::move(keep).error()));
    if (*keep == Keep::yes) rejects_.push_back({page_.rows - 1, std::move(flaw_->message)});
    return true;
  }

  // The error for a record that cannot be set aside. A key with an address is personal, so it is not shown.
  [[nodiscard]] Failed unreadable(Error flaw) const {
    auto key = row_key_.substr(0, row_key_.find_last_not_of('\n') + 1);
    std::replace(key.begin(), key.end(), '\n', ' ');
    if (!key.empty() && key.find('@') == std::string::npos)
      flaw.message += fmt::format(", in the row with the key {}", key);
    flaw.message += fmt::format("; row {} of the response (--rejects sets such rows aside)", page_.rows);
    return Failed(std::move(flaw));
  }

  const Projection* projection_;
  std::string records_name_, total_name_;
  ColumnNode tree_;
  std::vector<size_t> key_fields_;
  std::vector<bool> may_be_null_;  // by field
  std::vector<Unknown> unknown_;   // the members that were noted, in any parse

  // One parse:
  Block* block_ = nullptr;
  std::string* out_ = nullptr;
  const RowVisitor* visit_ = nullptr;
  std::initializer_list<Projection::Value> constants_;
  Page page_;
  std::optional<Error> failure_;
  bool found_ = false;
  bool is_lenient_ = false;
  bool is_flawed_ = false;
  std::vector<Place> rejects_;
  At at_ = At::start;
  Target target_ = Target::none;
  const ColumnNode* node_ = nullptr;     // the column that the value after the last key is for
  std::vector<const ColumnNode*> path_;  // the open objects of the record
  size_t next_child_ = 0;                // where to look for the next member
  size_t skip_ = 0;                      // open brackets of a value that is skipped
  size_t capture_ = 0;                   // open brackets of a value that is copied
  size_t captured_ = 0;                  // the field of that value
  std::string key_, text_;               // the pieces of a key, or of a string or number
  std::string unknown_name_;             // the name of the member that is Target::unknown

  // One record:
  size_t mark_ = 0;  // where its line starts
  std::vector<Span> values_;
  std::optional<FineTime> cursor_;
  std::string row_key_;
  std::optional<Error> flaw_;  // why it cannot be read
  size_t nameless_ = 0;        // rejected records without any column, in all parses
};

RecordParser::RecordParser(const Projection& projection, Shape shape)
    : handler_(std::make_unique<Handler>(projection, shape)) {}
RecordParser::~RecordParser() = default;
RecordParser::RecordParser(RecordParser&&) noexcept = default;

Result<Page> RecordParser::parse(std::string& body, Block& block, const RowVisitor& visit,
                                 std::initializer_list<Projection::Value> constants) {
  for (const auto& constant : constants) {
    const auto known = check_column_name(handler_->stream(), constant.column);
    if (!known) return Failed(known.error());
  }
  const auto size = block.lines.size();
  const auto count = block.count;
  bool is_lenient = false;
  bool is_repaired = false;
  while (true) {
    json::parse_options options;
    options.max_depth = 64;
    json::basic_parser<Handler> parser(options, std::move(*handler_));
    parser.handler().start(block, visit, constants, is_lenient);
    json::error_code error;
    const auto used = parser.write_some(false, body.data(), body.size(), error);
    *handler_ = std::move(parser.handler());
    if (!error && body.find_first_not_of(" \t\r\n", used) != std::string::npos)
      error = json::error::extra_data;
    if (!error && handler_->found()) {
      add_rejects(body, block);
      return handler_->page();
    }

    block.lines.resize(size);
    block.count = count;
    if (handler_->is_flawed() && !is_lenient) {
      is_lenient = true;
      continue;
    }
    if (handler_->failure()) return Failed(*std::move(handler_->failure()));
    if (!error) return transient_error(fmt::format("the response has no {}", handler_->records_name()));
    if (is_repaired || mend_surrogates(body) == 0) {
      return transient_error(
          fmt::format("the response is not JSON: {} at byte {} of {}", error.message(), used, body.size()));
    }
    is_repaired = true;
  }
}

void RecordParser::add_rejects(std::string_view body, Block& block) {
  if (handler_->rejects().empty()) return;
  const auto records = records_in(body, handler_->records_name());
  for (auto& [index, reason] : handler_->rejects())
    block.rejects.push_back({std::string(index < records.size() ? records[index] : ""), std::move(reason)});
}

}  // namespace tapster
