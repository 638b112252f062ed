/*
 * A small host of ABI 1.0, in pure C11: it knows nothing of what was added later. The tests run today's
 * plugins in it.
 *
 *   tapster-old-host PLUGIN CONFIG NOW STREAM...
 *
 * NOW is in microseconds since 1970. For each stream it plans from an empty state, reads the slices one by
 * one, and folds them. Standard output has a line for each record, {"stream":"a","record":{...}}, and one
 * with the state at the end of each stream, {"stream":"a","state":{...}}. Exits with 1 and a message if a
 * call fails.
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tapster/connector.h>

_Static_assert(TAPSTER_ABI_VERSION == 0x10000, "the header of ABI 1.0");

static int64_t now_us;

static void die(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)fputs("old host: ", stderr);
  (void)vfprintf(stderr, format, arguments);
  (void)fputs("\n", stderr);
  va_end(arguments);
  exit(1);
}

/* ---- Text that grows ---- */

typedef struct text {
  char* data;
  size_t size;
} text;

static void append(text* to, const char* data, size_t size) {
  char* grown = realloc(to->data, to->size + size + 1);
  if (grown == NULL) die("out of memory");
  memcpy(grown + to->size, data, size);
  to->data = grown;
  to->size += size;
  to->data[to->size] = '\0';
}

static void clear(text* it) {
  free(it->data);
  *it = (text){NULL, 0};
}

static text file_content(const char* path) {
  text content = {NULL, 0};
  FILE* file = fopen(path, "rb");
  if (file == NULL) die("cannot open %s", path);
  char block[4096];
  for (size_t size = 0; (size = fread(block, 1, sizeof block, file)) > 0;) append(&content, block, size);
  (void)fclose(file);
  return content;
}

static tapster_text lent(const char* data) {
  return (tapster_text){data, strlen(data)};
}

static tapster_text of(const text* it) {
  return (tapster_text){it->data, it->size};
}

/* ---- The host's services ---- */

static void host_log(void* context, tapster_log_level level, tapster_text message) {
  (void)context;
  (void)fprintf(stderr, "%d %.*s\n", (int)level, (int)message.size, message.data);
}

static int64_t host_now(void* context) {
  (void)context;
  return now_us;
}

/* No wait takes time. */
static tapster_status host_sleep(void* context, int64_t microseconds) {
  (void)context;
  now_us += microseconds;
  return TAPSTER_OK;
}

static int32_t host_cancelled(void* context) {
  (void)context;
  return 0;
}

static void host_count(void* context, tapster_text name, int64_t delta) {
  (void)context;
  (void)name;
  (void)delta;
}

/* ---- Sinks ---- */

static tapster_status collect(void* context, const tapster_batch* batch) {
  append(context, batch->data, batch->size);
  return TAPSTER_OK;
}

/* Prints the records of the stream whose name is the context. */
static tapster_status print_records(void* context, const tapster_batch* batch) {
  const char* line = batch->data;
  for (size_t i = 0; i < batch->count; ++i) {
    const char* end = memchr(line, '\n', (size_t)(batch->data + batch->size - line));
    if (end == NULL) die("a batch has fewer lines than it says");
    (void)printf("{\"stream\":\"%s\",\"record\":%.*s}\n", (const char*)context, (int)(end - line), line);
    line = end + 1;
  }
  return TAPSTER_OK;
}

/* A sink as large as in 1.0. A connector that calls a function of later versions without a check crashes. */
typedef struct guarded_sink {
  tapster_sink sink;
  uintptr_t behind[8];
} guarded_sink;

static guarded_sink sink_of(tapster_status (*push)(void*, const tapster_batch*), void* context) {
  return (guarded_sink){{sizeof(tapster_sink), context, push}, {1, 1, 1, 1, 1, 1, 1, 1}};
}

/* ---- Calls ---- */

/* An error as large as in 1.0. A connector that writes what was added later overwrites what is behind it. */
static struct {
  tapster_error error;
  unsigned char behind[64];
} last;

static tapster_error* fresh_error(void) {
  last.error = (tapster_error){.struct_size = sizeof last.error};
  memset(last.behind, 0xA5, sizeof last.behind);
  return &last.error;
}

static void expect_ok(const char* what, tapster_status status) {
  for (size_t i = 0; i < sizeof last.behind; ++i) {
    if (last.behind[i] != 0xA5) die("%s wrote behind the error", what);
  }
  if (status != TAPSTER_OK)
    die("%s: status %d: %.*s", what, (int)status, (int)last.error.message_size, last.error.message);
}

static void read_stream(const tapster_connector* connector, tapster_source* source, char* stream) {
  text slices = {NULL, 0};
  text state = {NULL, 0};
  const tapster_plan_request plan = {.struct_size = sizeof plan, .stream = lent(stream)};
  const guarded_sink to_slices = sink_of(collect, &slices);
  expect_ok("plan", connector->plan(source, &plan, &to_slices.sink, fresh_error()));
  for (size_t at = 0; at < slices.size;) {
    const char* begin = slices.data + at;
    const size_t size = (size_t)(strchr(begin, '\n') - begin);
    const tapster_text slice = {begin, size};
    const tapster_read_request read = {.struct_size = sizeof read, .stream = lent(stream), .slice = slice};
    const guarded_sink to_output = sink_of(print_records, stream);
    expect_ok("read", connector->read(source, &read, &to_output.sink, fresh_error()));
    text next = {NULL, 0};
    const tapster_state_request fold = {
        .struct_size = sizeof fold, .stream = lent(stream), .state = of(&state), .slice = slice};
    const guarded_sink to_next = sink_of(collect, &next);
    expect_ok("state", connector->state(source, &fold, &to_next.sink, fresh_error()));
    clear(&state);
    append(&state, next.data, next.size - 1); /* without the line break */
    clear(&next);
    at += size + 1;
  }
  (void)printf("{\"stream\":\"%s\",\"state\":%s}\n", stream, state.size == 0 ? "{}" : state.data);
  clear(&slices);
  clear(&state);
}

int main(int count, char** arguments) {
  if (count < 4) die("usage: tapster-old-host PLUGIN CONFIG NOW STREAM...");
  void* library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) die("%s", dlerror());
  const tapster_connector* (*entry)(uint32_t) = NULL;
  *(void**)&entry = dlsym(library, "tapster_connector_v1");
  if (entry == NULL) die("%s", dlerror());
  const tapster_connector* connector = entry(TAPSTER_ABI_VERSION);
  if (connector == NULL) die("the connector does not work with ABI 1.0");
  if (connector->struct_size < sizeof *connector) die("its table is too short");
  now_us = strtoll(arguments[3], NULL, 10);

  text schema = {NULL, 0};
  const guarded_sink to_schema = sink_of(collect, &schema);
  expect_ok("spec", connector->spec(&to_schema.sink, fresh_error()));
  clear(&schema);

  /* On the heap, and exactly as large as in 1.0, so that the sanitizers see any use of what comes later. */
  tapster_host* host = malloc(sizeof *host);
  if (host == NULL) die("out of memory");
  *host = (tapster_host){.struct_size = sizeof *host,
                         .abi_version = TAPSTER_ABI_VERSION,
                         .log = host_log,
                         .now = host_now,
                         .monotonic = host_now,
                         .sleep = host_sleep,
                         .cancelled = host_cancelled,
                         .count = host_count};
  text config = file_content(arguments[2]);
  tapster_source* source = NULL;
  expect_ok("open", connector->open(host, of(&config), &source, fresh_error()));
  clear(&config);
  expect_ok("check", connector->check(source, fresh_error()));
  text catalog = {NULL, 0};
  const guarded_sink to_catalog = sink_of(collect, &catalog);
  expect_ok("discover", connector->discover(source, &to_catalog.sink, fresh_error()));
  clear(&catalog);
  for (int i = 4; i < count; ++i) read_stream(connector, source, arguments[i]);
  connector->close(source);
  free(host);
  return 0;
}
