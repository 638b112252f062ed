#include <fmt/format.h>

#include <algorithm>
#include <tapster/records.hpp>
#include <tapster/redaction.hpp>

namespace tapster {

namespace {

// The first reference token of a JSON Pointer (RFC 6901), unescaped: "/geo/city" names the column "geo".
std::string first_token(std::string_view pointer) {
  pointer.remove_prefix(std::min<size_t>(1, pointer.size()));
  std::string token;
  for (size_t i = 0; i < pointer.size() && pointer[i] != '/'; ++i) {
    if (pointer[i] == '~' && i + 1 < pointer.size()) {
      token.push_back(pointer[++i] == '1' ? '/' : '~');
    } else {
      token.push_back(pointer[i]);
    }
  }
  return token;
}

}  // namespace

Result<Projection> Projection::create(const Stream& stream, const std::vector<std::string>& columns) {
  std::vector<std::string> wanted;
  for (const auto& pointer : columns) {
    wanted.push_back(first_token(pointer));
    const bool known = std::any_of(stream.columns.begin(), stream.columns.end(),
                                   [&](const Column& column) { return column.name == wanted.back(); });
    if (!known) return config_error(fmt::format("{} has no column {}", stream.name, pointer));
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
  return projection;
}

bool Projection::has(std::string_view column) const {
  return std::any_of(fields_.begin(), fields_.end(),
                     [&](const Field& field) { return stream_->columns[field.column].name == column; });
}

Projection Projection::with(std::string_view column, std::string json) const {
  auto projection = *this;
  for (auto& field : projection.fields_) {
    if (stream_->columns[field.column].name == column) field.value = json;
  }
  return projection;
}

void Projection::write_row(Block& block, std::initializer_list<Value> values) const {
  auto& out = block.lines;
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

Result<void> Records::push(Block& block) {
  if (block.count == 0) return {};
  if (const auto* redacted = redaction_ ? redaction_->of(stream_) : nullptr)
    redaction_->apply(*redacted, block.lines);
  const tapster_batch batch{sizeof batch, block.lines.data(), block.lines.size(), block.count,
                            to_unix_micros(block.extracted_at)};
  const auto status = sink_->push(sink_->context, &batch);
  block.clear();
  if (status == TAPSTER_OK) return {};
  return Failed(Error{static_cast<Status>(status), "the host did not take the records", 0, std::nullopt});
}

}  // namespace tapster
