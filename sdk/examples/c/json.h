/*
 * Reads and writes the little JSON that a connector needs: the members of an object, strings, and integers.
 * Nothing is allocated. The host gives valid JSON, so what is malformed is reported and not explained.
 */
#ifndef EXAMPLE_JSON_H
#define EXAMPLE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <tapster/connector.h>

/* ---- Reading ---- */

static inline size_t json_skip_space(tapster_text text, size_t at) {
  while (at < text.size && memchr(" \t\r\n", text.data[at], 4) != NULL) ++at;
  return at;
}

/* The end of the string that begins at `at`. */
static inline size_t json_end_of_string(tapster_text text, size_t at) {
  for (++at; at < text.size && text.data[at] != '"'; ++at) {
    if (text.data[at] == '\\') ++at;
  }
  return at < text.size ? at + 1 : text.size;
}

/* The end of the value that begins at `at`: for an object or array, after the bracket that closes it. */
static inline size_t json_end_of_value(tapster_text text, size_t at) {
  int depth = 0;
  for (; at < text.size; ++at) {
    const char byte = text.data[at];
    if (byte == '"') {
      at = json_end_of_string(text, at) - 1;
    } else if (byte == '{' || byte == '[') {
      ++depth;
    } else if (byte == '}' || byte == ']') {
      if (depth == 0) return at;
      --depth;
    } else if (depth == 0 && memchr(", \t\r\n", byte, 5) != NULL) {
      return at;
    }
    if (depth == 0 && (byte == '"' || byte == '}' || byte == ']')) return at + 1;
  }
  return at;
}

/* The next element of an array; `at` is 0 before the first. Empty at the end. */
static inline tapster_text json_next(tapster_text array, size_t* at) {
  *at = json_skip_space(array, *at == 0 ? json_skip_space(array, 0) + 1 : *at);
  if (*at < array.size && array.data[*at] == ',') *at = json_skip_space(array, *at + 1);
  if (*at >= array.size || array.data[*at] == ']') return (tapster_text){NULL, 0};
  const size_t begin = *at;
  *at = json_end_of_value(array, begin);
  return (tapster_text){array.data + begin, *at - begin};
}

/* The value of a member of an object; empty if there is none. `name` has no character that is escaped. */
static inline tapster_text json_member(tapster_text object, const char* name) {
  size_t at = json_skip_space(object, 0) + 1;
  while ((at = json_skip_space(object, at)) < object.size && object.data[at] == '"') {
    const size_t begin = at + 1;
    const size_t end = json_end_of_string(object, at) - 1;
    at = json_skip_space(object, end + 1); /* the colon */
    const size_t value = json_skip_space(object, at + 1);
    at = json_end_of_value(object, value);
    if (end - begin == strlen(name) && memcmp(object.data + begin, name, end - begin) == 0)
      return (tapster_text){object.data + value, at - value};
    at = json_skip_space(object, at) + 1; /* the comma */
  }
  return (tapster_text){NULL, 0};
}

/* Appends a code point as UTF-8. Returns false if it does not fit. */
static inline bool json_append_utf8(char* out, size_t capacity, size_t* size, uint32_t code) {
  const size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  static const unsigned char first[] = {0, 0, 0xC0, 0xE0, 0xF0};
  if (*size + length >= capacity) return false;
  for (size_t i = length - 1; i > 0; --i, code >>= 6) out[*size + i] = (char)(0x80 | (code & 0x3F));
  out[*size] = (char)(first[length] | code);
  *size += length;
  return true;
}

static inline uint32_t json_hex(const char* digits) {
  char four[5] = {digits[0], digits[1], digits[2], digits[3], '\0'};
  return (uint32_t)strtoul(four, NULL, 16);
}

/*
 * Copies the content of a string, with a NUL byte after it. Returns false if it is not a string, contains
 * U+0000, or does not fit.
 */
static inline bool json_string(tapster_text value, char* out, size_t capacity) {
  if (value.size < 2 || value.data[0] != '"') return false;
  size_t size = 0;
  for (size_t at = 1; at + 1 < value.size; ++at) {
    char byte = value.data[at];
    if (byte == '\\') {
      byte = value.data[++at];
      const char* const escape = strchr("b\bf\fn\nr\rt\t", byte);
      if (byte == 'u' && at + 5 < value.size) {
        uint32_t code = json_hex(value.data + at + 1);
        at += 4;
        if (code >= 0xD800 && code < 0xDC00 && at + 7 < value.size) {
          code = 0x10000 + ((code - 0xD800) << 10) + (json_hex(value.data + at + 3) - 0xDC00);
          at += 6;
        }
        if (code == 0 || !json_append_utf8(out, capacity, &size, code)) return false;
        continue;
      }
      if (escape != NULL && *escape != '\0') byte = escape[1];
    }
    if (size + 1 >= capacity) return false;
    out[size++] = byte;
  }
  out[size] = '\0';
  return true;
}

/* Returns false if the value is not an integer. */
static inline bool json_integer(tapster_text value, int64_t* out) {
  char digits[24] = "";
  char* end = NULL;
  if (value.size == 0 || value.size >= sizeof digits) return false;
  memcpy(digits, value.data, value.size);
  *out = strtoll(digits, &end, 10);
  return *end == '\0';
}

/* ---- Writing ---- */

/*
 * The size of the string with this content, quotes included; 0 if the content is not UTF-8. Writes it to
 * `out`, which must have room for it: 6 * size + 2 is always enough.
 */
static inline size_t json_write_string(tapster_text content, char* out) {
  static const char digits[] = "0123456789abcdef";
  char* const begin = out;
  *out++ = '"';
  for (size_t at = 0; at < content.size;) {
    const unsigned char byte = (unsigned char)content.data[at];
    if (byte == '"' || byte == '\\') {
      *out++ = '\\';
      *out++ = content.data[at++];
    } else if (byte < 0x20) {
      memcpy(out, "\\u00", 4);
      out[4] = digits[byte / 16];
      out[5] = digits[byte % 16];
      out += 6;
      ++at;
    } else if (byte < 0x80) {
      *out++ = content.data[at++];
    } else {
      /* The smallest code point of each length, so that no longer form than necessary is accepted. */
      static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
      const size_t length = byte < 0xC2 ? 0 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : byte < 0xF5 ? 4 : 0;
      if (length == 0 || at + length > content.size) return 0;
      uint32_t code = byte & (0x7Fu >> length);
      for (size_t i = 1; i < length; ++i) {
        const unsigned char next = (unsigned char)content.data[at + i];
        if ((next & 0xC0) != 0x80) return 0;
        code = code << 6 | (next & 0x3Fu);
      }
      if (code < smallest[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return 0;
      memcpy(out, content.data + at, length);
      out += length;
      at += length;
    }
  }
  *out++ = '"';
  return (size_t)(out - begin);
}

#endif
