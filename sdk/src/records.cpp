#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <tapster/records.hpp>
#include <tapster/redaction.hpp>

#include "declaration.hpp"
#include "json_pointer.hpp"
#include "json_text.hpp"
#include "unknown_fields.hpp"

namespace tapster {

namespace {

void expect_column(const Stream& stream, std::string_view column) {
  const auto known = check_column_name(stream, column);
  if (!known) throw std::logic_error(known.error().message);
}

}  // namespace

Result<Projection> Projection::create(const Stream& stream, const std::vector<std::string>& columns) {
  std::vector<std::string> wanted;
  for (const auto& pointer : columns) {
    std::string_view rest = pointer;
    wanted.push_back(take_token(rest));
    if (!check_column_name(stream, wanted.back()))
      return config_error(fmt::format("{} has no column {}", stream.name, pointer));
  }
  Projection projection;
  projection.stream_ = &stream;
  for (size_t i = 0; i < stream.columns.size(); ++i) {
    const auto& column = stream.columns[i];
    const bool is_wanted =
        columns.empty() || std::find(wanted.begin(), wanted.end(), column.name) != wanted.end();
    if (!is_wanted && !is_automatic(stream, column)) continue;
    Field field{i, {}, {}};
    append_json_string(field.label, column.name);
    field.label.push_back(':');
    projection.fields_.push_back(std::move(field));
  }
  for (const auto& pointer : columns) want(projection.partial_, pointer);
  std::erase_if(projection.partial_, [](const Wanted& column) { return column.members.empty(); });
  return projection;
}

bool Projection::has(std::string_view column) const {
  return std::any_of(fields_.begin(), fields_.end(),
                     [&](const Field& field) { return stream_->columns[field.column].name == column; });
}

Projection Projection::also(const std::vector<std::string>& columns) const {
  auto projection = *this;
  projection.fields_.clear();
  const auto more = create(*stream_, columns);
  for (size_t i = 0; i < stream_->columns.size(); ++i) {
    const auto is_column = [&](const Field& field) { return field.column == i; };
    const auto own = std::find_if(fields_.begin(), fields_.end(), is_column);
    if (own != fields_.end()) {
      projection.fields_.push_back(*own);
    } else if (more && !columns.empty()) {
      std::copy_if(more->fields_.begin(), more->fields_.end(), std::back_inserter(projection.fields_),
                   is_column);
    }
  }
  return projection;
}

Projection Projection::with(std::string_view column, std::string_view json) const {
  auto projection = *this;
  expect_column(*stream_, column);
  for (auto& field : projection.fields_) {
    if (stream_->columns[field.column].name == column) field.value = json;
  }
  return projection;
}

// Adds a pointer to the selected members. Of two pointers the shorter one applies: it selects all that is
// below.
void Projection::want(std::vector<Wanted>& members, std::string_view pointer) {
  std::string name;
  append_json_string(name, take_token(pointer));
  auto found = std::find_if(members.begin(), members.end(), [&](const Wanted& w) { return w.name == name; });
  const bool is_new = found == members.end();
  if (is_new) found = members.insert(members.end(), {std::move(name), {}});
  if (pointer.empty())
    found->members.clear();
  else if (is_new || !found->members.empty())
    want(found->members, pointer);
}

void Projection::prune(std::string& lines) const {
  if (partial_.empty()) return;
  std::string out;
  out.reserve(lines.size());
  for (size_t at = 0; at < lines.size(); ++at) {  // skips the line break
    at = copy_wanted(partial_, true, lines, at, out);
    out.push_back('\n');
  }
  lines = std::move(out);
}

// Copies the value that starts at `at` and returns the position after it. Of an object it copies the selected
// members, and with `others` also those that are not mentioned; of an array every element, in the same way.
size_t Projection::copy_wanted(const std::vector<Wanted>& members, bool others, std::string_view text,
                               size_t at, std::string& out) {
  const char open = text[at];
  if (open != '{' && open != '[') {
    const auto end = value_end(text, at);
    out.append(text.substr(at, end - at));
    return end;
  }
  const char close = open == '{' ? '}' : ']';
  out.push_back(open);
  for (++at; text[at] != close;) {
    if (text[at] == ',') ++at;
    if (open == '[') {
      if (out.back() != '[') out.push_back(',');
      at = copy_wanted(members, others, text, at, out);
      continue;
    }
    const auto name_end = string_end(text, at);
    const auto name = text.substr(at, name_end - at);
    const auto found =
        std::find_if(members.begin(), members.end(), [&](const Wanted& w) { return w.name == name; });
    if (found == members.end() && !others) {
      at = value_end(text, name_end + 1);
      continue;
    }
    if (out.back() != '{') out.push_back(',');
    out.append(name).push_back(':');
    const bool is_complete = found == members.end() || found->members.empty();
    if (!is_complete) {
      at = copy_wanted(found->members, false, text, name_end + 1, out);
      continue;
    }
    at = value_end(text, name_end + 1);
    out.append(text.substr(name_end + 1, at - name_end - 1));
  }
  out.push_back(close);
  return at + 1;
}

void Projection::select(std::string& lines) const {
  std::string out;
  out.reserve(lines.size());
  for (size_t at = 0; at < lines.size(); ++at) {  // skips the line break
    const auto begin = out.size();
    const auto append = [&](std::string_view label, std::string_view value) {
      out.push_back(out.size() == begin ? '{' : ',');
      out.append(label).append(value);
    };
    at = for_each_member(lines, at, [&](std::string_view name, std::string_view value) {
      for (const auto& field : fields_) {
        if (field.value.empty() && field.label.starts_with(name)) append(field.label, value);
      }
    });
    for (const auto& field : fields_) {
      if (!field.value.empty()) append(field.label, field.value);
    }
    out.append(out.size() == begin ? "{}\n" : "}\n");
  }
  lines = std::move(out);
}

void Projection::write_row(Block& block, std::initializer_list<Value> values) const {
  auto& out = block.lines;
  for (const auto& value : values) expect_column(*stream_, value.column);
  out.push_back('{');
  for (const auto& field : fields_) {
    if (out.back() != '{') out.push_back(',');
    const auto& column = stream_->columns[field.column];
    const auto* given = std::find_if(values.begin(), values.end(),
                                     [&](const Value& value) { return value.column == column.name; });
    const auto missing = field.value.empty() ? column.missing : std::string_view(field.value);
    out.append(field.label).append(given == values.end() ? missing : given->json);
  }
  out.append("}\n");
  ++block.count;
}

bool Records::takes_rejects() const {
  if (taker_ != nullptr) return taker_->takes_rejects;
  return TAPSTER_HAS(tapster_sink, sink_, reject) && sink_->reject != nullptr;
}

bool Records::takes_progress() const {
  if (taker_ != nullptr) return true;
  return TAPSTER_HAS(tapster_sink, sink_, progress) && sink_->progress != nullptr;
}

Result<void> Records::progress(const json::object& slice) {
  if (taker_ != nullptr) return taker_->progress(slice);
  if (!takes_progress()) return {};
  const auto text = json::serialize(slice);
  const auto status = sink_->progress(sink_->context, to_text(text));
  if (status == TAPSTER_OK) return {};
  return Failed(Error{static_cast<Status>(status), "the host rejected the progress", 0, std::nullopt});
}

Result<void> Records::push(Block& block) {
  if (taker_ != nullptr) {
    auto taken = taker_->push(block);
    block.clear();
    return taken;
  }
  const auto* redacted = projection_ && redaction_ ? redaction_->of(projection_->stream().name) : nullptr;
  for (const auto& [record, reason] : block.rejects) {
    const auto shown = redacted ? std::string_view() : std::string_view(record);
    const auto status = sink_->reject(sink_->context, to_text(shown), to_text(reason));
    if (status != TAPSTER_OK)
      return Failed(Error{static_cast<Status>(status), "the host did not take a reject", 0, std::nullopt});
  }
  block.rejects.clear();
  if (projection_ && unknown_) {
    for (const auto& field : block.unknown) unknown_->report(projection_->stream().name, field);
  }
  block.unknown.clear();
  if (block.count == 0) return {};
  if (projection_) projection_->prune(block.lines);
  if (redacted) redaction_->apply(*redacted, block.lines);
  const tapster_batch batch{sizeof batch, block.lines.data(), block.lines.size(), block.count,
                            to_unix_micros(block.extracted_at)};
  const auto status = sink_->push(sink_->context, &batch);
  block.clear();
  if (status == TAPSTER_OK) return {};
  return Failed(Error{static_cast<Status>(status), "the host rejected the records", 0, std::nullopt});
}

}  // namespace tapster
