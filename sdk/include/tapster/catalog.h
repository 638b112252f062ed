/*
 * The catalog from a table of streams and columns, for connectors in C. It is not part of the ABI: everything
 * here is compiled into the connector. C11 and C++. (The C++ SDK has a layer of its own, stream.hpp.)
 *
 *   static const tapster_column columns[] = {
 *       {"id", TAPSTER_INTEGER, "The order's number.", TAPSTER_KEY, NULL},
 *       {"changed_at", TAPSTER_TIMESTAMP, "The time of the last change.", 0, NULL},
 *       {"labels", TAPSTER_ARRAY, "The order's labels.", 0, "\"items\":{\"type\":\"string\"}"}};
 *   static const tapster_stream streams[] = {
 *       {"orders", "One row per order.", "changed_at", columns, sizeof columns / sizeof *columns, 0}};
 *
 *   static tapster_status discover(tapster_source* source, const tapster_sink* out, tapster_error* error) {
 *     (void)source;
 *     return tapster_push_catalog(streams, sizeof streams / sizeof *streams, out, error);
 *   }
 *
 * Texts are UTF-8 and end in a NUL byte. The tables are only read, so any thread may use them.
 */
#ifndef TAPSTER_CATALOG_H
#define TAPSTER_CATALOG_H

#include <stdlib.h>
#include <string.h>
#include <tapster/connector.h>

/* The type of a column. A timestamp is a string in RFC 3339; a date is a string such as "2026-01-31". */
typedef enum tapster_type {
  TAPSTER_STRING,
  TAPSTER_INTEGER,
  TAPSTER_NUMBER,
  TAPSTER_BOOLEAN,
  TAPSTER_TIMESTAMP,
  TAPSTER_DATE,
  TAPSTER_OBJECT,
  TAPSTER_ARRAY
} tapster_type;

/* Flags of columns and streams. */
enum {
  TAPSTER_KEY = 1,           /* the column is part of the key: always read and never null */
  TAPSTER_NOT_BY_DEFAULT = 2 /* the column or stream is read only if the user selects it */
};

typedef struct tapster_column {
  const char* name;
  tapster_type type;
  const char* description; /* one line for people; null for none */
  unsigned flags;
  /*
   * JSON Schema keywords for the content of an array or object, as above; null for none. Such a column is
   * selected as one: what is inside has no metadata.
   */
  const char* inside;
} tapster_column;

typedef struct tapster_stream {
  const char* name;
  const char* description;
  /* The column that is greater in new and changed records, never null; null if each sync reads everything. */
  const char* replication_key;
  const tapster_column* columns;
  size_t column_count;
  unsigned flags;
} tapster_stream;

/* Text with a limit: what does not fit is counted, and not written. */
typedef struct tapster_catalog_text {
  char* data;
  size_t capacity;
  size_t size;
} tapster_catalog_text;

static inline void tapster_catalog_add(tapster_catalog_text* out, const char* text) {
  const size_t size = strlen(text);
  if (out->size < out->capacity) {
    const size_t left = out->capacity - out->size;
    memcpy(out->data + out->size, text, size < left ? size : left);
  }
  out->size += size;
}

static inline void tapster_catalog_add_string(tapster_catalog_text* out, const char* text) {
  static const char digits[] = "0123456789abcdef";
  tapster_catalog_add(out, "\"");
  for (; *text != '\0'; ++text) {
    const int byte = *text & 0xFF;
    char escaped[7] = {'\\', 'u', '0', '0', '0', '0', '\0'};
    if (byte == '"' || byte == '\\') {
      escaped[1] = *text;
      escaped[2] = '\0';
    } else if (byte < 0x20) {
      escaped[4] = digits[byte / 16];
      escaped[5] = digits[byte % 16];
    } else {
      escaped[0] = *text;
      escaped[1] = '\0';
    }
    tapster_catalog_add(out, escaped);
  }
  tapster_catalog_add(out, "\"");
}

/* Whether a column is part of the key or the replication key. */
static inline int tapster_is_automatic(const tapster_stream* stream, const tapster_column* column) {
  return (column->flags & TAPSTER_KEY) != 0 ||
         (stream->replication_key != NULL && strcmp(stream->replication_key, column->name) == 0);
}

static inline void tapster_catalog_add_schema(tapster_catalog_text* out, const tapster_stream* stream,
                                              const tapster_column* column) {
  static const char* const types[] = {"\"string\"", "\"integer\"", "\"number\"", "\"boolean\"",
                                      "\"string\"", "\"string\"",  "\"object\"", "\"array\""};
  tapster_catalog_add_string(out, column->name);
  tapster_catalog_add(out, tapster_is_automatic(stream, column) ? ":{\"type\":[" : ":{\"type\":[\"null\",");
  tapster_catalog_add(out, types[column->type]);
  tapster_catalog_add(out, "]");
  if (column->type == TAPSTER_TIMESTAMP) tapster_catalog_add(out, ",\"format\":\"date-time\"");
  if (column->type == TAPSTER_DATE) tapster_catalog_add(out, ",\"format\":\"date\"");
  if (column->inside != NULL) {
    tapster_catalog_add(out, ",");
    tapster_catalog_add(out, column->inside);
  }
  tapster_catalog_add(out, ",\"description\":");
  tapster_catalog_add_string(out, column->description == NULL ? "" : column->description);
  tapster_catalog_add(out, "}");
}

static inline void tapster_catalog_add_key(tapster_catalog_text* out, const tapster_stream* stream) {
  const char* separator = "[";
  for (size_t i = 0; i < stream->column_count; ++i) {
    if ((stream->columns[i].flags & TAPSTER_KEY) == 0) continue;
    tapster_catalog_add(out, separator);
    tapster_catalog_add_string(out, stream->columns[i].name);
    separator = ",";
  }
  tapster_catalog_add(out, *separator == '[' ? "[]" : "]");
}

static inline void tapster_catalog_add_metadata(tapster_catalog_text* out, const tapster_stream* stream) {
  const int is_selected = (stream->flags & TAPSTER_NOT_BY_DEFAULT) == 0;
  tapster_catalog_add(out, "[{\"breadcrumb\":[],\"metadata\":{\"inclusion\":\"available\",");
  tapster_catalog_add(out, "\"selected-by-default\":");
  tapster_catalog_add(out, is_selected ? "true" : "false");
  tapster_catalog_add(out, ",\"table-key-properties\":");
  tapster_catalog_add_key(out, stream);
  if (stream->replication_key == NULL) {
    tapster_catalog_add(out, ",\"forced-replication-method\":\"FULL_TABLE\"}}");
  } else {
    tapster_catalog_add(out, ",\"valid-replication-keys\":[");
    tapster_catalog_add_string(out, stream->replication_key);
    tapster_catalog_add(out, "]}}");
  }
  for (size_t i = 0; i < stream->column_count; ++i) {
    const tapster_column* column = &stream->columns[i];
    tapster_catalog_add(out, ",{\"breadcrumb\":[\"properties\",");
    tapster_catalog_add_string(out, column->name);
    tapster_catalog_add(out, "],\"metadata\":{\"inclusion\":\"");
    tapster_catalog_add(out, tapster_is_automatic(stream, column) ? "automatic" : "available");
    tapster_catalog_add(out, "\",\"selected-by-default\":");
    tapster_catalog_add(out, (column->flags & TAPSTER_NOT_BY_DEFAULT) == 0 ? "true}}" : "false}}");
  }
  tapster_catalog_add(out, "]");
}

static inline void tapster_catalog_add_stream(tapster_catalog_text* out, const tapster_stream* stream) {
  tapster_catalog_add(out, "{\"tap_stream_id\":");
  tapster_catalog_add_string(out, stream->name);
  tapster_catalog_add(out, ",\"stream\":");
  tapster_catalog_add_string(out, stream->name);
  tapster_catalog_add(out, ",\"schema\":{\"type\":[\"object\"],\"description\":");
  tapster_catalog_add_string(out, stream->description == NULL ? "" : stream->description);
  tapster_catalog_add(out, ",\"properties\":{");
  for (size_t i = 0; i < stream->column_count; ++i) {
    if (i > 0) tapster_catalog_add(out, ",");
    tapster_catalog_add_schema(out, stream, &stream->columns[i]);
  }
  tapster_catalog_add(out, "}},\"key_properties\":");
  tapster_catalog_add_key(out, stream);
  if (stream->replication_key == NULL) {
    tapster_catalog_add(out, ",\"replication_method\":\"FULL_TABLE\",\"metadata\":");
  } else {
    tapster_catalog_add(out, ",\"replication_method\":\"INCREMENTAL\",\"replication_key\":");
    tapster_catalog_add_string(out, stream->replication_key);
    tapster_catalog_add(out, ",\"metadata\":");
  }
  tapster_catalog_add_metadata(out, stream);
  tapster_catalog_add(out, "}");
}

/*
 * Writes the catalog as one JSON line, with its line break and without a NUL byte, to `data`, which has room
 * for `capacity` bytes. Returns the size of the line; if that is more than `capacity`, the line has been cut.
 * With a capacity of 0, `data` may be null: that measures. Allocates nothing.
 */
static inline size_t tapster_write_catalog(const tapster_stream* streams, size_t count, char* data,
                                           size_t capacity) {
  tapster_catalog_text out;
  out.data = data;
  out.capacity = capacity;
  out.size = 0;
  tapster_catalog_add(&out, "{\"streams\":[");
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) tapster_catalog_add(&out, ",");
    tapster_catalog_add_stream(&out, &streams[i]);
  }
  tapster_catalog_add(&out, "]}\n");
  return out.size;
}

/*
 * Pushes the catalog: the whole of a connector's discover. Allocates the line once and frees it before it
 * returns. Errors: INTERNAL if memory has run out, and what the sink returns.
 */
static inline tapster_status tapster_push_catalog(const tapster_stream* streams, size_t count,
                                                  const tapster_sink* out, tapster_error* error) {
  static const char no_memory[] = "out of memory: the catalog cannot be written";
  static const char not_taken[] = "the host rejected the catalog";
  const size_t size = tapster_write_catalog(streams, count, NULL, 0);
#ifdef __cplusplus
  char* data = static_cast<char*>(malloc(size));
#else
  char* data = malloc(size);
#endif
  tapster_status status = TAPSTER_INTERNAL;
  if (data != NULL) {
    tapster_batch batch;
    tapster_write_catalog(streams, count, data, size);
    batch.struct_size = sizeof batch;
    batch.data = data;
    batch.size = size;
    batch.count = 1;
    batch.extracted_at = 0;
    status = out->push(out->context, &batch);
  }
  if (status != TAPSTER_OK) {
    const char* message = data == NULL ? no_memory : not_taken;
    error->status = status;
    error->source_code = 0;
    error->retry_after_ms = -1;
    error->message_size = strlen(message);
    memcpy(error->message, message, error->message_size);
  }
  free(data);
  return status;
}

#endif
