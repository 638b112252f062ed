// Boost.JSON calls the handler below with one event per bracket, key and value. The handler writes the
// columns of each record straight to the output. Its state:
//   at_        start; envelope, in an object around the records; rows, in the array of records; map, in the
//              object whose members are the records; record; or done, after the records.
//   target_    What the value after the last key is for: around (a node of the envelope's tree), column (of
//              node_), parent (of columns that are not selected), unknown (a member without a column), or
//              none.
//   envelope_  The open objects around the records, as nodes of the tree of the selector's pointers.
//   path_      The open objects of the current record, as nodes of the column tree.
//   skip_      The open brackets of a value that is not needed.
//   capture_   The open brackets of a value that is copied to a column of type object or array. At most one
//              of skip_ and capture_ is above 0. Then it decides what an event means, not at_ and target_.
//   values_    Where the current record's columns are in the output. The others are added when it ends.
//   copies_    Copies of the record and of its members without a column, if they are columns or the record
//              may have to be set aside. Every event inside goes to them too.
// Keys, strings and numbers may arrive in pieces, which key_ and text_ collect.
// Invariant: between two records the output consists of complete lines. A record that the visitor discards is
// cut off again. In a lenient parse, a record that cannot be read gets a flaw_; its columns that can be read
// are kept until its end for the key, and the others are skipped. Otherwise it ends the parse.
// The rows of CSV come as the same events: see csv_records.hpp.
// Functions that values of JSON do not need are marked noinline: they would keep others from being inlined.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <tapster/record_stream.hpp>
#include <utility>
#include <vector>

#include "around_records.hpp"
#include "column_tree.hpp"
#include "column_value.hpp"
#include "json_text.hpp"
#include "numbers.hpp"
#include "record_copies.hpp"
#include "time_range.hpp"
#include "utf8.hpp"

namespace tapster {

// What .NET writes for no time, before a fraction or an offset.
inline constexpr std::string_view no_time = "0001-01-01T00:00:00";

inline std::string_view with_article(Type type) {
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

// What has come of a response that is read in pieces. Rows that have gone to `sink` must come again, with the
// same hash, when the response is requested again; they are then left out.
struct Flow {
  BlockSink sink;
  size_t rows = 0;         // that have gone to the sink, or were discarded between them
  size_t hash = 0;         // of them
  size_t hash_so_far = 0;  // of all rows since the start of the response
  bool differs = false;    // they came differently
};

// The events of one parse. Boost.JSON calls the on_ functions; one that sets an error and returns false ends
// it.
class RecordHandler {
 public:
  static constexpr size_t max_object_size = ~size_t{0};
  static constexpr size_t max_array_size = ~size_t{0};
  static constexpr size_t max_key_size = ~size_t{0};
  static constexpr size_t max_string_size = ~size_t{0};
  using error = json::error_code;

  RecordHandler(const Projection& projection, RecordSelector selector)
      : projection_(&projection), selector_(std::move(selector)), names_(selector_.values) {
    node_at(around_, selector_.records).is_records = true;
    if (!selector_.total.empty()) names_.push_back(selector_.total);
    for (size_t i = 0; i < names_.size(); ++i) node_at(around_, names_[i]).values.push_back(i);
    const auto& fields = projection.fields_;
    for (size_t i = 0; i < fields.size(); ++i) {
      const auto& column = column_of(i);
      if (column.path == whole_record) {
        whole_field_ = i;
      } else if (column.path == other_members) {
        others_field_ = i;
      } else if (!column.path.empty()) {
        tree_.insert(column.path, i);
      }
      may_be_null_.push_back(column.missing == "null" && !is_automatic(*projection.stream_, column));
      if (column.name == projection.stream_->replication_key) cursor_field_ = i;
      if (column.name == selector_.map_key) map_field_ = i;
    }
    for (const auto& column : projection.stream_->columns) {
      has_others_ = has_others_ || column.path == other_members || column.path == whole_record;
      if (column.path.starts_with('/') && !projection.has(column.name)) tree_.insert(column.path);
    }
    for (const auto& path : projection.stream_->ignored) tree_.insert(path);
    for (const auto& name : projection.stream_->key) {
      for (size_t i = 0; i < fields.size(); ++i) {
        if (column_of(i).name == name && fields[i].value.empty()) key_fields_.push_back(i);
      }
    }
    values_.resize(fields.size());
  }

  void start(Block& block, const RowVisitor& visit, const std::vector<Projection::Value>& constants,
             bool is_lenient) {
    is_lenient_ = is_lenient;
    is_flawed_ = false;
    rejects_.clear();
    flow_ = nullptr;
    block_ = &block;
    out_ = &block.lines;
    visit_ = &visit;
    constants_ = &constants;
    page_ = {};
    page_.values.resize(names_.size());
    page_.is_number.resize(names_.size());
    start_document();
  }

  // Prepares for a response, or for a line of one.
  void start_document() {
    failure_.reset();
    flaw_.reset();
    path_.clear();
    envelope_.clear();
    skip_ = capture_ = 0;
    copies_.stop();
    found_ = false;
    at_ = At::start;
    target_ = Target::none;
    key_.clear();
    text_.clear();
  }

  // Prepares for records that have nothing around them.
  void start_rows() {
    start_document();
    found_ = true;
    at_ = At::rows;
  }

  // Sends the block on whenever it is full, until the next start; `flow` must live as long.
  void send_to(Flow& flow) {
    flow_ = &flow;
    flow.hash_so_far = 0;
  }
  // Sends on what the block has. Between two records.
  Result<void> send() {
    std::move(rejects_.begin(), rejects_.end(), std::back_inserter(block_->rejects));
    rejects_.clear();
    auto sent = flow_->sink(*block_);
    flow_->rows = page_.rows;
    flow_->hash = flow_->hash_so_far;
    return sent;
  }
  // The bytes of the record, key or value that is not complete yet.
  [[nodiscard]] size_t open_bytes() const {
    const auto written = at_ == At::record ? out_->size() - mark_ : 0;
    return key_.size() + text_.size() + written + copies_.open_bytes();
  }

  [[nodiscard]] const Stream& stream() const { return *projection_->stream_; }
  [[nodiscard]] bool found() const { return found_; }
  [[nodiscard]] const RecordSelector& selector() const { return selector_; }
  Page page() {
    auto page = page_;
    if (!selector_.total.empty()) {
      if (page.values.back()) page.total = parse_whole_number(*page.values.back());
      page.values.pop_back();
      page.is_number.pop_back();
    }
    return page;
  }
  std::optional<Error>& failure() { return failure_; }
  // Whether the failure is a record that cannot be read.
  [[nodiscard]] bool is_flawed() const { return is_flawed_; }
  // The rejected records that the visitor kept.
  std::vector<Reject>& rejects() { return rejects_; }

  bool on_document_begin(error&) { return true; }
  bool on_document_end(error&) { return true; }

  bool on_object_begin(error& e) {
    if (copies_.are_active()) copies_.open('{');
    if (skip_ > 0) return ++skip_, true;
    if (capture_ > 0) return open('{');
    // PHP writes an empty map as an array.
    if (at_ == At::rows && !selector_.map_key.empty())
      return fail(e, source_error("the records are an array, where an object used as a map was expected"));
    if (at_ == At::rows || at_ == At::map) return begin_record();
    if (at_ == At::start) return enter(around_);
    if (target_ == Target::around) return enter(*around_node_);
    if (target_ == Target::parent) return enter_object(*node_), true;
    if (target_ == Target::column) {
      if (!node_->children.empty()) return enter_object(*node_), true;
      return begin_capture(Type::object, '{', e);
    }
    note_unknown(Type::object);
    skip_ = 1;
    return true;
  }

  bool on_object_end(size_t, error& e) {
    if (copies_.are_active()) copies_.close('}');
    if (skip_ > 0) return --skip_, true;
    if (capture_ > 0) return close('}');
    if (at_ == At::record) {
      leave_object();
      if (path_.empty()) return end_record(e);
    } else if (at_ == At::map) {
      end_records();
    } else if (at_ == At::envelope) {
      envelope_.pop_back();
    }
    return true;
  }

  bool on_array_begin(error& e) {
    if (copies_.are_active()) copies_.open('[');
    if (skip_ > 0) return ++skip_, true;
    if (capture_ > 0) return open('[');
    if (at_ == At::rows || at_ == At::map) return fail(e, not_an_object());
    const auto* around = at_ == At::start ? &around_ : target_ == Target::around ? around_node_ : nullptr;
    if (around != nullptr && around->is_records) {
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
    if (copies_.are_active()) copies_.close(']');
    if (skip_ > 0) return --skip_, true;
    if (capture_ > 0) return close(']');
    end_records();  // other arrays are skipped or captured
    return true;
  }

  bool on_key_part(json::string_view part, size_t, error&) {
    if (is_needed()) key_.append(part.data(), part.size());
    return true;
  }

  bool on_key(json::string_view part, size_t, error&) {
    if (!is_needed()) return true;
    std::string_view name(part.data(), part.size());
    if (!key_.empty()) name = key_.append(name);
    if (copies_.are_active()) copies_.key(name);
    if (skip_ == 0) choose(name);
    key_.clear();
    return true;
  }

  bool on_string_part(json::string_view part, size_t, error&) {
    if (is_needed()) text_.append(part.data(), part.size());
    return true;
  }

  bool on_string(json::string_view part, size_t, error& e) {
    if (!is_needed()) return true;
    std::string_view text(part.data(), part.size());
    if (!text_.empty()) text = text_.append(text);
    if (copies_.are_active()) copies_.string(text);
    const bool going_on = skip_ > 0 || string_value(text, e);
    text_.clear();
    return going_on;
  }

  bool on_number_part(json::string_view part, error&) {
    if (is_needed()) text_.append(part.data(), part.size());
    return true;
  }
  bool on_int64(int64_t, json::string_view part, error& e) { return number(part, true, e); }
  bool on_uint64(uint64_t, json::string_view part, error& e) { return number(part, true, e); }
  bool on_double(double, json::string_view part, error& e) { return number(part, false, e); }

  bool on_bool(bool value, error& e) {
    const std::string_view text = value ? "true" : "false";
    if (copies_.are_active()) copies_.scalar(text);
    if (skip_ > 0) return true;
    if (capture_ > 0) return element(text);
    if (at_ == At::rows || at_ == At::map) return fail(e, not_an_object());
    note_value(text);
    note_unknown(Type::boolean);
    if (target_ != Target::column) return true;
    return scalar(e, Type::boolean, text,
                  [&](const Column& column) { return append_boolean(column, text, *out_); });
  }

  bool on_null(error& e) {
    if (copies_.are_active()) copies_.scalar("null");
    if (skip_ > 0) return true;
    if (capture_ > 0) return element("null");
    if (at_ == At::rows || at_ == At::map) return fail(e, not_an_object());
    const auto* around = at_ == At::start ? &around_ : target_ == Target::around ? around_node_ : nullptr;
    // No records. Anywhere else, null is the same as an absent member.
    if (around != nullptr && around->is_records) found_ = true;
    return true;
  }

  // A field of CSV: a text that has the type of its column.
  [[gnu::noinline]] bool on_field(std::string_view text, error& e) {
    if (copies_.are_active()) is_utf8(text) ? copies_.string(text) : copies_.string(as_utf8(text));
    return field_value(text, e);
  }
  // A field of CSV beyond the last column, numbered from 1.
  void on_extra_field(size_t number, std::string_view text) {
    if (!copies_.are_active()) return;
    copies_.key(fmt::format("{}", number));
    copies_.string(as_utf8(text));
  }
  bool on_wrong_fields(size_t found, size_t expected, error& e) {
    return fail_record(e, source_error(fmt::format("{}: a row has {} fields, where {} were expected",
                                                   stream().name, found, expected)));
  }

  bool on_comment_part(json::string_view, error&) { return true; }
  bool on_comment(json::string_view, error&) { return true; }

 private:
  enum class At { start, envelope, rows, map, record, done };
  // What the value after the last key is for.
  enum class Target { none, around, column, parent, unknown };
  // The place of a field's value in the output; empty until it has been written.
  struct Span {
    size_t begin = 0, end = 0;
  };

  // Whether the text of the next key or value is used.
  [[nodiscard]] bool is_needed() const { return skip_ == 0 || copies_.are_active(); }

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

  // ---- Around the records

  // An object that is around the records, or is the record, or has the records as its members.
  bool enter(const AroundNode& node) {
    if (!node.is_records) {
      if (at_ != At::start && node.children.empty()) return skip_ = 1, true;
      at_ = At::envelope;
      envelope_.push_back(&node);
      return true;
    }
    found_ = true;
    if (selector_.map_key.empty()) return begin_record();
    at_ = At::map;
    return true;
  }

  void end_records() {
    at_ = envelope_.empty() ? At::done : At::envelope;
    target_ = Target::none;
  }

  void note_value(std::string_view text, bool is_number = false) {
    if (target_ != Target::around) return;
    for (const auto i : around_node_->values) {
      page_.values[i] = text;
      page_.is_number[i] = is_number;
    }
  }

  static Failed not_an_object() { return transient_error("a record is not an object"); }

  // Sets the target of the value that follows the key `name`.
  void choose(std::string_view name) {
    target_ = Target::none;
    if (capture_ > 0) {
      append_comma(*out_);
      append_json_string(*out_, name);
      out_->push_back(':');
    } else if (at_ == At::envelope) {
      for (const auto& node : envelope_.back()->children) {
        if (node.name != name) continue;
        around_node_ = &node;
        target_ = Target::around;
      }
    } else if (at_ == At::map) {
      map_name_ = name;
    } else if (at_ == At::record) {
      auto& children = path_.back()->children;
      if (*expected_ >= children.size() || children[*expected_].name != name) {
        const auto found = std::find_if(children.begin(), children.end(),
                                        [&](const auto& each) { return each.name == name; });
        if (found == children.end()) return choose_other(name);
        *expected_ = static_cast<size_t>(found - children.begin());
      }
      node_ = &children[*expected_];
      expected_ = &node_->next;
      // Without a selected column below it, an object is entered only for its other members.
      const bool is_parent = others_field_ && !node_->children.empty();
      target_ = node_->is_read ? Target::column : is_parent ? Target::parent : Target::none;
    }
  }

  // A member of the record that no column reads.
  void choose_other(std::string_view name) {
    if (others_field_) copies_.begin_other(path_to(name));
    if (is_new_unknown(name)) target_ = Target::unknown;
  }

  // The path of a member of the open object from the record on, "address/city".
  [[nodiscard]] std::string path_to(std::string_view name) const {
    std::string path;
    for (size_t i = 1; i < path_.size(); ++i) path += path_[i]->name + "/";
    return path.append(name);
  }

  void enter_object(ColumnNode& node) {
    path_.push_back(&node);
    expected_ = &node.first;
  }
  void leave_object() {
    expected_ = &path_.back()->next;
    path_.pop_back();
  }

  // ---- Members that no column reads: noted by the first value that is not null

  struct Unknown {
    const ColumnNode* parent;
    std::string name;
  };

  bool is_new_unknown(std::string_view name) {
    if (stream().is_partial || has_others_) return false;
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
    block_->unknown.push_back({"/" + path_to(unknown_name_), with_article(type)});
    unknown_.push_back({path_.back(), unknown_name_});
  }

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
    if (capture_++ > 0) append_comma(*out_);
    out_->push_back(bracket);
    return true;
  }
  bool close(char bracket) {
    out_->push_back(bracket);
    if (--capture_ == 0) values_[captured_].end = out_->size();
    return true;
  }
  bool element(std::string_view text) {
    append_comma(*out_);
    out_->append(text);
    return true;
  }

  // ---- One value of a column

  // If a source writes a member twice, the first one counts.
  [[nodiscard]] bool is_new(size_t field) const { return values_[field].end == 0; }

  void begin_value(size_t field) {
    append_comma(*out_);
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
      const auto& column = column_of(field);
      if (!write(column)) return mismatch(e, type, text, field);
      values_[field].end = out_->size();
      // A converter may read a text as null.
      const bool is_null = column.convert && text_of(field) == "null";
      if (is_null && !may_be_null_[field]) return values_[field] = {}, mismatch(e, type, text, field);
      if (field == cursor_field_ && column.type == Type::timestamp && column.convert)
        cursor_ = written_cursor(field);
    }
    return true;
  }

  // The message must not contain the value itself: it may be personal, and errors are logged.
  [[gnu::noinline]] bool mismatch(error& e, Type type, std::string_view text = {},
                                  std::optional<size_t> field = {}) {
    const auto& column = column_of(field ? *field : first_field(*node_));
    const auto found = type != Type::string ? std::string(with_article(type))
                       : is_utf8(text)      ? fmt::format("a string of {} bytes", text.size())
                                            : fmt::format("{} bytes that are not UTF-8", text.size());
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
      append_comma(*out_);
      append_json_string(*out_, text);
      return true;
    }
    if (at_ == At::rows || at_ == At::map) return fail(e, not_an_object());
    note_value(text);
    note_unknown(Type::string);
    if (target_ != Target::column) return true;
    return scalar(e, Type::string, text, [&](const Column& column) {
      const bool is_cursor = captured_ == cursor_field_ && column.type == Type::timestamp && !column.convert;
      const auto time = is_cursor ? parse_time(text) : std::nullopt;  // of nearly all texts
      if (is_cursor) cursor_ = time ? time : cursor_of(column, text);
      if (text.starts_with(no_time) && column.type == Type::timestamp && may_be_null_[captured_])
        return out_->append("null"), true;
      if (time) return append_timestamp(*time, *out_), true;
      return append_string(column, text, *out_);
    });
  }

  bool field_value(std::string_view text, error& e) {
    note_unknown(Type::string);
    if (target_ != Target::column) return true;
    if (!node_->children.empty()) return mismatch(e, Type::string, text);
    for (const auto field : node_->fields) {
      const auto& column = column_of(field);
      const bool is_absent = text.empty() && !column.convert && column.type != Type::string;
      if (is_absent || !is_new(field)) continue;
      begin_value(field);
      if (column.type == Type::timestamp && field == cursor_field_ && !column.convert)
        cursor_ = cursor_of(column, text);
      if (!is_utf8(text) || !append_text(column, text, *out_)) return mismatch(e, Type::string, text, field);
      values_[field].end = out_->size();
      const bool is_null = column.convert && text_of(field) == "null";
      if (is_null && !may_be_null_[field]) return values_[field] = {}, mismatch(e, Type::string, text, field);
      if (field == cursor_field_ && column.type == Type::timestamp && column.convert)
        cursor_ = written_cursor(field);
    }
    return true;
  }

  [[gnu::always_inline]] static inline std::optional<FineTime> cursor_of(const Column& column,
                                                                         std::string_view text) {
    if (const auto time = parse_time(text)) return time;
    const auto time = time_of(column, text);
    if (!time) return std::nullopt;
    // FineTime has fewer years; its count would overflow.
    constexpr std::chrono::hours longest(24 * 365 * 290);
    if (time->time_since_epoch() > longest || time->time_since_epoch() < -longest) return std::nullopt;
    return in_range(FineTime(*time));
  }

  // The time that a converter has written.
  [[nodiscard]] std::optional<FineTime> written_cursor(size_t field) const {
    const auto written = text_of(field);
    if (written.size() < 2 || written.front() != '"') return std::nullopt;
    return parse_time(written.substr(1, written.size() - 2));
  }

  bool number(std::string_view part, bool is_integer, error& e) {
    if (!is_needed()) return true;
    std::string_view text = part;
    if (!text_.empty()) text = text_.append(text);
    if (copies_.are_active()) copies_.scalar(text);
    const bool going_on = skip_ > 0 || number_value(text, is_integer, e);
    text_.clear();
    return going_on;
  }

  bool number_value(std::string_view text, bool is_integer, error& e) {
    if (capture_ > 0) return element(text);
    if (at_ == At::rows || at_ == At::map) return fail(e, not_an_object());
    note_value(text, true);
    note_unknown(is_integer ? Type::integer : Type::number);
    if (target_ != Target::column) return true;
    return scalar(e, Type::number, text,
                  [&](const Column& column) { return append_number(column, text, is_integer, *out_); });
  }

  // ---- One record

  // What has been written for a field; empty if it has no complete value.
  [[nodiscard]] std::string_view text_of(size_t field) const {
    const auto [begin, end] = values_[field];
    return end == 0 ? std::string_view() : std::string_view(*out_).substr(begin, end - begin);
  }

  void write(size_t field, std::string_view json) {
    begin_value(field);
    out_->append(json);
    values_[field].end = out_->size();
  }

  bool begin_record() {
    after_record_ = at_;
    at_ = At::record;
    copies_.begin(whole_field_ || (is_lenient_ && block_->takes_rejects), others_field_.has_value());
    path_.clear();
    enter_object(tree_);
    mark_ = out_->size();
    out_->push_back('{');
    std::fill(values_.begin(), values_.end(), Span{});
    cursor_.reset();
    flaw_.reset();
    for (const auto& constant : *constants_) {
      for (size_t i = 0; i < values_.size(); ++i) {
        if (column_of(i).name == constant.column) write(i, constant.json);
      }
    }
    if (after_record_ == At::map && map_field_) {
      std::string name;
      append_json_string(name, map_name_);
      write(*map_field_, name);
    }
    return true;
  }

  bool end_record(error& e) {
    at_ = after_record_;
    if (at_ != At::rows && at_ != At::map) end_records();
    target_ = Target::none;
    copies_.stop();
    ++page_.rows;
    row_key_.clear();
    for (const auto field : key_fields_) {
      row_key_.append(text_of(field));
      row_key_.push_back('\n');
    }
    if (whole_field_) write(*whole_field_, copies_.whole());
    if (others_field_) write(*others_field_, copies_.others() += '}');
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
      append_comma(*out_);
      out_->append(projection_->fields_[field].label).append(column.missing);
    }
    if (flow_ != nullptr && is_known()) return leave_out(e);
    if (flaw_) return end_rejected(e);
    cursor_json_.clear();
    if (cursor_field_ && !cursor_) cursor_json_ = text_of(*cursor_field_);
    auto keep = (*visit_)(Row{row_key_, cursor_, cursor_json_, page_.rows - 1}, *out_);
    if (!keep) return fail(e, Failed(std::move(keep).error()));
    if (*keep == Keep::no) {
      out_->resize(mark_);
    } else {
      out_->append("}\n");
      ++block_->count;
    }
    return flow_ == nullptr || send_if_full(e);
  }

  [[gnu::noinline]] bool send_if_full(error& e) {
    constexpr size_t full_block = 256UL << 10U;
    constexpr size_t most_rejects = 1'000;
    if (out_->size() < full_block && rejects_.size() < most_rejects) return true;
    auto sent = send();
    return sent || fail(e, Failed(std::move(sent).error()));
  }

  // Whether the row has gone to the sink before the response was requested again.
  [[gnu::noinline]] bool is_known() {
    const auto row = flaw_ ? std::string_view(row_key_) : std::string_view(*out_).substr(mark_);
    flow_->hash_so_far = flow_->hash_so_far * 31 + std::hash<std::string_view>()(row);
    return page_.rows <= flow_->rows;
  }
  [[gnu::noinline]] bool leave_out(error& e) {
    out_->resize(mark_);
    if (page_.rows < flow_->rows || flow_->hash_so_far == flow_->hash) return true;
    flow_->differs = true;
    return fail(e, source_error("the response differs from the one before"));
  }

  bool end_rejected(error& e) {
    if (!block_->takes_rejects) return is_flawed_ = true, fail(e, unreadable(*std::move(flaw_)));
    const bool has_key = std::all_of(key_fields_.begin(), key_fields_.end(),
                                     [&](size_t field) { return values_[field].end > 0; });
    // Without its key, its other columns distinguish it from others; without those, nothing does.
    const bool has_column =
        std::any_of(values_.begin(), values_.end(), [](const Span& value) { return value.end > 0; });
    if (!has_key) row_key_ = has_column ? out_->substr(mark_) : std::to_string(++nameless_);
    auto keep = (*visit_)(Row{row_key_, cursor_, {}, page_.rows - 1, true}, *out_);
    out_->resize(mark_);
    if (!keep) return fail(e, Failed(std::move(keep).error()));
    if (*keep == Keep::yes) rejects_.push_back({std::move(copies_.whole()), std::move(flaw_->message)});
    return flow_ == nullptr || send_if_full(e);
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
  RecordSelector selector_;
  Names names_;             // pointers to the values of a page; the last one may be the total
  AroundNode around_ = {};  // the root of the response
  ColumnNode tree_;
  std::optional<size_t> cursor_field_, map_field_, whole_field_, others_field_;
  bool has_others_ = false;  // a column may take the members without a column, selected or not
  std::vector<size_t> key_fields_;
  std::vector<bool> may_be_null_;  // by field
  std::vector<Unknown> unknown_;   // the members that were noted, in any parse

  // One parse:
  Block* block_ = nullptr;
  std::string* out_ = nullptr;
  const RowVisitor* visit_ = nullptr;
  const std::vector<Projection::Value>* constants_ = nullptr;
  Page page_;
  Flow* flow_ = nullptr;  // if the response is read in pieces
  std::optional<Error> failure_;
  bool found_ = false;
  bool is_lenient_ = false;
  bool is_flawed_ = false;
  std::vector<Reject> rejects_;
  At at_ = At::start;
  Target target_ = Target::none;
  const AroundNode* around_node_ = nullptr;
  std::vector<const AroundNode*> envelope_;
  std::string map_name_;           // the last name in At::map
  ColumnNode* node_ = nullptr;     // the column that the value after the last key is for
  std::vector<ColumnNode*> path_;  // the open objects of the record
  size_t* expected_ = nullptr;     // the index of the next member, as far as it is known
  size_t skip_ = 0;                // open brackets of a value that is skipped
  size_t capture_ = 0;             // open brackets of a value that is copied
  size_t captured_ = 0;            // the field of that value
  std::string key_, text_;         // the pieces of a key, or of a string or number
  std::string unknown_name_;       // the name of the member that is Target::unknown

  // One record:
  At after_record_ = At::rows;
  size_t mark_ = 0;  // where its line starts
  RecordCopies copies_;
  std::vector<Span> values_;
  std::optional<FineTime> cursor_;
  std::string row_key_, cursor_json_;
  std::optional<Error> flaw_;  // why it cannot be read
  size_t nameless_ = 0;        // rejected records without any column, in all parses
};

}  // namespace tapster
