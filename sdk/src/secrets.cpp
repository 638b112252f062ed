#include <tapster/secrets.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <tapster/json.hpp>

#include "base64.hpp"

namespace tapster {

namespace {

constexpr size_t shortest_form = 4;
constexpr std::string_view replacement = "***";
constexpr std::string_view base64url_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// https://www.rfc-editor.org/rfc/rfc3986#section-2.3
bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

enum class Case { upper, lower };

std::string url_encoded(std::string_view text, Case digits, std::string_view space) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else if (c == ' ') {
      out += space;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += digits == Case::upper ? fmt::format("%{:02X}", byte) : fmt::format("%{:02x}", byte);
    }
  }
  return out;
}

// The base64 digits that depend only on the text, if `before` bytes (0 to 2) precede it in its group of
// three. The digits at its ends also depend on the neighbouring bytes and are left out.
std::string base64_inside(std::string_view text, size_t before, std::string_view digits) {
  const auto bit = [&](size_t at) {
    const auto byte = static_cast<unsigned char>(text[at / 8 - before]);
    return byte >> (7 - at % 8) & 1U;
  };
  std::string out;
  for (size_t digit = (before * 8 + 5) / 6; (digit + 1) * 6 <= (before + text.size()) * 8; ++digit) {
    unsigned value = 0;
    for (size_t i = 0; i < 6; ++i) value = value << 1U | bit(digit * 6 + i);
    out += digits[value];
  }
  return out;
}

// The base64 digits of the text on its own, without padding. The last digit is filled up with zero bits.
std::string base64_alone(std::string_view text, std::string_view digits) {
  auto out = base64_inside(std::string(text) + '\0', 0, digits);
  out.resize((text.size() * 8 + 5) / 6);
  return out;
}

std::string json_escaped(std::string_view text) {
  std::string out;
  append_json_escaped(out, text);
  return out;
}

void add(std::vector<std::string>& forms, std::string form) {
  if (form.size() < shortest_form || std::find(forms.begin(), forms.end(), form) != forms.end()) return;
  const auto shorter = std::find_if(forms.begin(), forms.end(),
                                    [&](const std::string& other) { return other.size() < form.size(); });
  forms.insert(shorter, std::move(form));
}

// How much of the end of `text` is the beginning of `form`.
size_t overlap(std::string_view text, std::string_view form) {
  size_t size = std::min(text.size(), form.size());
  while (!text.ends_with(form.substr(0, size))) --size;
  return size;
}

}  // namespace

std::string shortened(std::string_view text, size_t size) {
  if (text.size() <= size) return std::string(text);
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  return std::string(text.substr(0, size)).append(cut_mark);
}

void add_forms(std::vector<std::string>& forms, std::string_view secret) {
  if (secret.size() < shortest_form) return;
  add(forms, std::string(secret));
  add(forms, json_escaped(secret));
  for (const auto digits : {Case::upper, Case::lower}) {
    for (const std::string_view space : {"%20", "+"}) add(forms, url_encoded(secret, digits, space));
  }
  for (const auto digits : {base64_digits, base64url_digits}) {
    add(forms, base64_alone(secret, digits));
    for (size_t before = 0; before < 3; ++before) add(forms, base64_inside(secret, before, digits));
  }
}

std::string redacted(std::string text, const std::vector<std::string>& forms) {
  for (const auto& form : forms) {
    for (auto at = text.find(form); at != std::string::npos; at = text.find(form, at + replacement.size()))
      text.replace(at, form.size(), replacement);
  }
  for (auto at = text.find(cut_mark); at != std::string::npos;
       at = text.find(cut_mark, at + cut_mark.size())) {
    size_t left = 0;
    for (const auto& form : forms) left = std::max(left, overlap(std::string_view(text).substr(0, at), form));
    if (left == 0) continue;
    text.replace(at - left, left, replacement);
    at = at - left + replacement.size();
  }
  return text;
}

}  // namespace tapster
