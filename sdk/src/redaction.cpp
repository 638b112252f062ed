#include <fmt/format.h>
#include <fnmatch.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <tapster/redaction.hpp>

#include "json_text.hpp"

namespace tapster {

namespace {

constexpr size_t shortest_key = 16;

std::optional<Redact> parse_redact(std::string_view word) {
  if (word == "hash") return Redact::hash;
  if (word == "mask") return Redact::mask;
  if (word == "drop") return Redact::drop;
  return std::nullopt;
}

std::string_view remark(Redact redact) {
  return redact == Redact::hash ? " Hashed." : " Masked.";
}

bool matches(const std::string& pattern, std::string_view stream, std::string_view column) {
  const auto name =
      pattern.find('.') == std::string::npos ? std::string(column) : fmt::format("{}.{}", stream, column);
  return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

// Why the column cannot be redacted in this way; empty if it can.
std::string_view obstacle(const Stream& stream, const Column& column, Redact redact) {
  const bool has_strings =
      column.type == Type::string || column.type == Type::object || column.type == Type::array;
  if (redact != Redact::drop && !has_strings) return "contains no text, so it can only be dropped";
  if (!is_automatic(stream, column) || redact == Redact::hash) return {};
  return "is part of the key, so it can only be hashed";
}

// The text of a JSON string.
std::string unescape(std::string_view quoted) {
  if (quoted.find('\\') == std::string_view::npos) return std::string(quoted.substr(1, quoted.size() - 2));
  return std::string(view(json::parse(quoted).as_string()));
}

bool is_local_part(std::string_view text) {
  const auto is_control = [](unsigned char c) { return c <= ' ' || c == 0x7F; };
  return !text.empty() && text.size() <= 64 &&
         text.find_first_of(R"(/:?&,;<>"()[]\)") == std::string_view::npos && text.front() != '.' &&
         text.back() != '.' && text.find("..") == std::string_view::npos &&
         std::none_of(text.begin(), text.end(), is_control);
}

// A label of a domain. It may contain letters beyond ASCII, but not the blocks with spaces and punctuation:
// U+0080 to U+00BF, U+2000 to U+2FFF, U+3000 to U+303F and U+F000 to U+FFFF.
bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         text.find("\xE3\x80") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           if (c >= 0x80) return c != 0xC2 && c != 0xE2 && c != 0xEF;
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

// A domain has at least two labels. The last one has two letters or more, or is Punycode.
bool is_domain(std::string_view text) {
  if (text.size() > 253) return false;
  std::string_view label;
  size_t labels = 0;
  for (size_t at = 0; at <= text.size(); at += label.size() + 1, ++labels) {
    label = text.substr(at, text.find('.', at) - at);
    if (!is_label(label)) return false;
  }
  const bool is_punycode = label.starts_with("xn--");
  return labels >= 2 && label.size() >= 2 &&
         (is_punycode || label.find_first_of("0123456789-") == std::string_view::npos);
}

// Keeps the domain of an e-mail address. A text that only contains an address, such as a link or a subject,
// may contain other personal data: it is masked completely.
std::string mask(std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos || !is_local_part(text.substr(0, at)) || !is_domain(text.substr(at + 1)))
    return "***";
  return "***" + std::string(text.substr(at));
}

// Adds the names of all members that a schema declares.
void add_names(const json::value& schema, std::set<std::string, std::less<>>& names) {
  if (const auto* array = schema.if_array()) {
    for (const auto& inner : *array) add_names(inner, names);
  }
  const auto* object = schema.if_object();
  if (!object) return;
  for (const auto& [keyword, value] : *object) {
    const auto* members = keyword == "properties" ? value.if_object() : nullptr;
    if (!members) {
      add_names(value, names);
      continue;
    }
    for (const auto& [name, member] : *members) {
      names.insert(name);
      add_names(member, names);
    }
  }
}

std::set<std::string, std::less<>> names_inside(const Column& column) {
  std::set<std::string, std::less<>> names;
  if (!column.inside.empty()) add_names(json::parse("{" + std::string(column.inside) + "}"), names);
  return names;
}

// Copies one compact JSON value, redacted.
class Redactor {
 public:
  Redactor(const Redaction& redaction, const ColumnRedaction& column, std::string_view text, std::string& out)
      : redaction_(redaction), column_(column), text_(text), out_(out) {}

  // Copies the value that starts at `at` and returns the position after it. `is_declared`: the schema
  // declares the member that it belongs to.
  size_t value(size_t at, bool is_declared) {
    if (text_[at] == '{') return object(at);
    if (text_[at] == '[') return array(at, is_declared);
    const auto end = value_end(text_, at);
    const auto raw = text_.substr(at, end - at);
    if (raw.front() == '"') {
      write(unescape(raw));
    } else if (raw == "null" || is_declared) {
      out_.append(raw);
    } else {
      write(raw);
    }
    return end;
  }

 private:
  size_t array(size_t at, bool is_declared) {
    out_.push_back('[');
    for (++at; text_[at] != ']';) {
      if (text_[at] == ',') out_.push_back(text_[at++]);
      at = value(at, is_declared);
    }
    out_.push_back(']');
    return at + 1;
  }

  size_t object(size_t at) {
    out_.push_back('{');
    bool has_masked = false;
    for (++at; text_[at] != '}';) {
      if (text_[at] == ',') ++at;
      const auto name_end = string_end(text_, at);
      const auto name = unescape(text_.substr(at, name_end - at));
      const bool is_declared = column_.names.find(name) != column_.names.end();
      at = name_end + 1;
      if (!is_declared && column_.redact == Redact::mask) {
        has_masked = true;
        at = value_end(text_, at);
        continue;
      }
      if (out_.back() != '{') out_.push_back(',');
      append_json_string(out_, is_declared ? name : redaction_.hash(name));
      out_.push_back(':');
      at = value(at, is_declared);
    }
    if (has_masked) out_.append(out_.back() == '{' ? R"("***":"***")" : R"(,"***":"***")");
    out_.push_back('}');
    return at + 1;
  }

  void write(std::string_view plain) {
    append_json_string(out_, column_.redact == Redact::hash ? redaction_.hash(plain) : mask(plain));
  }

  const Redaction& redaction_;
  const ColumnRedaction& column_;
  std::string_view text_;
  std::string& out_;
};

}  // namespace

Setting redact_setting() {
  return {.name = "redact",
          .type = Type::object,
          .description =
              "What to do with columns of personal data, by pattern: "
              "{\"*.recipient\":\"hash\",\"geo_ip\":\"drop\"}. hash "
              "replaces each text by its keyed hash, mask keeps only the domain of an e-mail address, drop "
              "removes the "
              "column.",
          .default_value = "{}",
          .rules = R"("additionalProperties":{"type":"string","enum":["hash","mask","drop"]})"};
}

Setting redact_key_setting() {
  return {.name = "redact_key",
          .description = "The key for hash, at least 16 bytes. A different key gives different hashes.",
          .secret = true};
}

namespace {

// A column with the whole record has the redacted values too.
Result<void> whole_record_flaw(const Stream& stream, const StreamRedaction* redacted) {
  if (redacted == nullptr) return {};
  for (const auto& column : stream.columns) {
    if (column.path != whole_record || redacted->contains(column.name)) continue;
    return config_error(fmt::format(
        "\"redact\": {}.{} has the whole record, and so the values of {}.{}: redact it too, or drop it",
        stream.name, column.name, stream.name, redacted->begin()->first));
  }
  return {};
}

}  // namespace

Result<Redaction> Redaction::create(const json::object& config, const std::vector<const Stream*>& streams) {
  Redaction redaction;
  const auto* rules = find_object(config, "redact");
  if (!rules) return redaction;
  if (const auto* key = find_string(config, "redact_key")) redaction.key_ = view(*key);
  for (const auto& [pattern, word] : *rules) {
    const auto redact = word.is_string() ? parse_redact(view(word.as_string())) : std::nullopt;
    if (!redact)
      return config_error(
          fmt::format("\"redact\": {} must be hash, mask or drop", std::string_view(pattern)));
    if (*redact == Redact::hash && redaction.key_.size() < shortest_key) {
      return config_error(
          fmt::format(R"("redact_key" must be a secret of at least {} bytes, because "redact" hashes {})",
                      shortest_key, std::string_view(pattern)));
    }
    bool is_used = false;
    for (const auto* stream : streams) {
      for (const auto& column : stream->columns) {
        if (!matches(std::string(pattern), stream->name, column.name)) continue;
        is_used = true;
        auto& decided = redaction.streams_[std::string(stream->name)];
        const bool is_first =
            decided.try_emplace(std::string(column.name), *redact, names_inside(column)).second;
        if (!is_first) continue;
        if (const auto why = obstacle(*stream, column, *redact); !why.empty()) {
          return config_error(fmt::format("\"redact\": {} matches {}.{}, which {}", std::string_view(pattern),
                                          stream->name, column.name, why));
        }
      }
    }
    // Most likely a typo, and personal data would leak.
    if (!is_used)
      return config_error(fmt::format("\"redact\": {} matches no column", std::string_view(pattern)));
  }
  for (const auto* stream : streams) {
    auto whole = whole_record_flaw(*stream, redaction.of(stream->name));
    if (!whole) return Failed(std::move(whole).error());
  }
  return redaction;
}

const StreamRedaction* Redaction::of(std::string_view stream) const {
  const auto found = streams_.find(stream);
  return found == streams_.end() ? nullptr : &found->second;
}

void Redaction::apply(json::object& catalog) const {
  for (auto& entry : catalog.at("streams").as_array()) {
    auto& stream = entry.as_object();
    const auto* redacted = of(view(stream.at("tap_stream_id").as_string()));
    if (!redacted) continue;
    auto& properties = stream.at("schema").as_object().at("properties").as_object();
    auto& metadata = stream.at("metadata").as_array();
    for (const auto& [column, redact] : *redacted) {
      if (redact.redact != Redact::drop) {
        auto& description = properties.at(column).as_object().at("description").as_string();
        description.append(remark(redact.redact));
        continue;
      }
      properties.erase(column);
      for (auto place = metadata.begin(); place != metadata.end();) {
        const auto& breadcrumb = place->as_object().at("breadcrumb").as_array();
        const bool is_column = breadcrumb.size() >= 2 && breadcrumb[1] == json::string(column);
        place = is_column ? metadata.erase(place) : place + 1;
      }
    }
  }
}

void Redaction::apply(const StreamRedaction& stream, std::string& lines) const {
  const std::string_view text = lines;
  std::string out;
  out.reserve(lines.size());
  for (size_t at = 0; at < text.size(); at += 2) {  // skips the end of a line: a brace and a line break
    out.push_back(text[at++]);
    while (text[at] != '}') {
      if (text[at] == ',') ++at;
      const auto name_end = string_end(text, at);
      const auto name = text.substr(at, name_end - at);
      const auto end = value_end(text, name_end + 1);
      const auto found = stream.find(unescape(name));
      if (found == stream.end() || found->second.redact != Redact::drop) {
        if (out.back() != '{') out.push_back(',');
        out.append(text.substr(at, name_end + 1 - at));
        if (found == stream.end())
          out.append(text.substr(name_end + 1, end - name_end - 1));
        else
          Redactor(*this, found->second, text, out).value(name_end + 1, false);
      }
      at = end;
    }
    out.append("}\n");
  }
  lines = std::move(out);
}

std::string Redaction::hash(std::string_view text) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  ::HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  std::string hexadecimal;
  for (const auto byte : std::basic_string_view<unsigned char>(digest.data(), size))
    fmt::format_to(std::back_inserter(hexadecimal), "{:02x}", byte);
  return hexadecimal;
}

}  // namespace tapster
