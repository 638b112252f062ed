/*
 * A connector that keeps every rule of `tapster validate`, except for the one that its file's name says:
 * tapster-broken-RULE.so or tapster-broken-RULE-VARIANT.so. So one library, copied, breaks all of them.
 *
 * Streams:
 *   rows   incremental by id: {"id":3,"name":"row 3","color":"red"}, in slices {"from":1,"to":10}. A read
 *          pushes five rows at a time, and reports {"from":1,"to":10,"reached":5}.
 *   kinds  read in full: {"kind":"a","count":1}
 *
 * A read opens a socket that is never used, to notice whether the network is there.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <tapster/connector.h>
#include <unistd.h>

enum { last_row = 30, rows_per_slice = 10, rows_per_batch = 5 };

struct tapster_source {
  const tapster_host* host;
  char token[64];
  char last_slice[128]; /* of the last read, if nothing else was called after it */
  int plans;
  char space[8192]; /* so that a lost source is noticed */
};

/* ---- Which flaw ---- */

static char name[64];

static void find_name(void) {
  Dl_info info;
  if (name[0] != '\0' || dladdr((void*)(uintptr_t)&tapster_connector_v1, &info) == 0) return;
  const char* file = strrchr(info.dli_fname, '/');
  const char* start = file == NULL ? info.dli_fname : file + 1;
  snprintf(name, sizeof name, "%.*s", (int)(strlen(start) - strlen("tapster-.so")),
           start + strlen("tapster-"));
}

static bool has_flaw(const char* flaw) {
  return strncmp(name, "broken-", 7) == 0 && strcmp(name + 7, flaw) == 0;
}

/* ---- Texts ---- */

static tapster_text text_of(const char* text) {
  return (tapster_text){text, strlen(text)};
}

static bool is_text(tapster_text text, const char* expected) {
  return text.size == strlen(expected) && (text.size == 0 || memcmp(text.data, expected, text.size) == 0);
}

/* Whether the text looks like a flat JSON object. It comes from a program that writes compact JSON. */
static bool is_object(tapster_text text) {
  if (text.size < 2 || text.data[0] != '{' || text.data[text.size - 1] != '}') return false;
  return memchr(text.data, '\0', text.size) == NULL && memchr(text.data + 1, '{', text.size - 1) == NULL;
}

static bool find_integer(tapster_text object, const char* key, int* value) {
  char quoted[32], copy[256];
  snprintf(quoted, sizeof quoted, "\"%s\":", key);
  if (object.size >= sizeof copy) return false;
  memcpy(copy, object.data, object.size);
  copy[object.size] = '\0';
  const char* found = strstr(copy, quoted);
  char* end = NULL;
  if (found == NULL) return false;
  const long number = strtol(found + strlen(quoted), &end, 10);
  if (end == found + strlen(quoted) || number < 0 || number > 1000) return false;
  *value = (int)number;
  return true;
}

static tapster_status fail(tapster_error* error, tapster_status status, const char* message) {
  error->status = has_flaw("errors") ? TAPSTER_OK : status;
  error->source_code = 0;
  error->retry_after_ms = -1;
  error->message_size = strlen(message);
  memcpy(error->message, message, error->message_size);
  if (has_flaw("errors-size")) error->http_status = 500;
  if (has_flaw("errors-text")) error->message[0] = (char)0xFF;
  return status;
}

static tapster_status push(const tapster_sink* out, const char* lines, size_t count) {
  const tapster_batch batch = {sizeof batch, lines, strlen(lines), count, 0};
  return out->push(out->context, &batch);
}

static tapster_status push_line(const tapster_sink* out, const char* line, tapster_error* error) {
  const tapster_status status = push(out, line, 1);
  return status == TAPSTER_OK ? TAPSTER_OK : fail(error, status, "the host refused a line");
}

/* ---- The network ---- */

static bool has_network(void) {
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int socket_of_no_use = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool is_connected = connect(socket_of_no_use, (const struct sockaddr*)&address, sizeof address) == 0;
  close(socket_of_no_use);
  return is_connected;
}

/* ---- The functions of the table ---- */

static atomic_int open_sources;

static tapster_status spec(const tapster_sink* out, tapster_error* error) {
  return push_line(
      out,
      has_flaw("spec")
          ? "{\"type\":\"object\",\"properties\":{\"token\":{\"type\":\"string\",\"description\":"
            "\"A token\",\"default\":7}}}\n"
          : "{\"type\":\"object\",\"required\":[\"token\"],\"properties\":{\"token\":{\"type\":"
            "\"string\",\"description\":\"A token\",\"secret\":true}}}\n",
      error);
}

static tapster_status open_source(const tapster_host* host, tapster_text config, tapster_source** source,
                                  tapster_error* error) {
  static const char start[] = "{\"token\":\"";
  const bool is_checked = !has_flaw("garbage-config");
  if (is_checked &&
      (!is_object(config) || config.size < sizeof start || memcmp(config.data, start, sizeof start - 1) != 0))
    return fail(error, TAPSTER_CONFIG, "the config has no token");
  if (has_flaw("old-host") || TAPSTER_HAS(tapster_host, host, secret))
    host->secret(host->context, text_of("learned"));
  tapster_source* made = calloc(1, sizeof *made);
  if (made == NULL) return fail(error, TAPSTER_INTERNAL, "out of memory");
  made->host = host;
  if (is_checked) {
    const size_t size = config.size - (sizeof start - 1) - 2;
    memcpy(made->token, config.data + sizeof start - 1,
           size < sizeof made->token ? size : sizeof made->token - 1);
  }
  if (has_flaw("leaks")) (void)dup(2);
  ++open_sources;
  *source = made;
  return TAPSTER_OK;
}

static tapster_status check(tapster_source* source, tapster_error* error) {
  char message[128];
  if (has_flaw("network") && has_network()) abort();
  if (has_flaw("check")) return fail(error, TAPSTER_AUTH, "the token is not valid");
  if (has_flaw("output")) printf("checked\n");
  snprintf(message, sizeof message, "checking%s%s", has_flaw("secrets") ? " with " : "",
           has_flaw("secrets") ? source->token : "");
  source->host->log(source->host->context, TAPSTER_LOG_DEBUG, text_of(message));
  return TAPSTER_OK;
}

static tapster_status discover(tapster_source* source, const tapster_sink* out, tapster_error* error) {
  char catalog[2048];
  (void)source;
  snprintf(catalog, sizeof catalog,
           "{\"streams\":[{\"tap_stream_id\":\"rows\",\"stream\":\"rows\",\"schema\":{\"type\":\"object\","
           "\"description\":\"%d\",\"properties\":{\"id\":{\"type\":%s},\"name\":{\"type\":\"string\"},"
           "\"color\":{\"type\":[\"string\",\"null\"]}}},\"key_properties\":[\"id\"],\"replication_method\":"
           "\"INCREMENTAL\",\"replication_key\":\"id\",\"metadata\":[{\"breadcrumb\":[],\"metadata\":{"
           "\"selected-by-default\":true}}]},{\"tap_stream_id\":\"kinds\",\"stream\":\"kinds\",\"schema\":{"
           "\"type\":\"object\",\"properties\":{\"kind\":{\"type\":\"string\"},\"count\":{\"type\":"
           "\"integer\"}}},\"key_properties\":[\"kind\"],\"replication_method\":\"FULL_TABLE\",\"metadata\":["
           "{\"breadcrumb\":[],\"metadata\":{\"selected-by-default\":true}}]}]}\n",
           has_flaw("several-sources") ? (int)open_sources : 0,
           has_flaw("catalog") ? "[\"integer\",\"null\"]" : "\"integer\"");
  return push_line(out, catalog, error);
}

/* Reads the id of a state into `done`; false if it cannot be read. */
static bool find_done(tapster_text state, int* done) {
  *done = 0;
  if (state.size == 0) return true;
  return is_object(state) && find_integer(state, "id", done);
}

static tapster_status plan(tapster_source* source, const tapster_plan_request* request,
                           const tapster_sink* out, tapster_error* error) {
  int done = 0;
  if (is_text(request->stream, "kinds")) {
    if (!has_flaw("plan-order")) return push_line(out, "{}\n", error);
    const tapster_status first = push_line(out, "{\"from\":2}\n", error);
    return first != TAPSTER_OK ? first : push_line(out, "{\"from\":1}\n", error);
  }
  if (!is_text(request->stream, "rows") && !has_flaw("unknown-stream"))
    return fail(error, TAPSTER_UNSUPPORTED, "there is no such stream");
  if (!find_done(request->state, &done) && !has_flaw("garbage-state"))
    return fail(error, TAPSTER_STATE, "the state has no id");
  if (has_flaw("state-ignored")) done = 0;
  ++source->plans;
  for (int from = done + 1; from <= last_row; from += rows_per_slice) {
    const int to = from + rows_per_slice - 1 < last_row ? from + rows_per_slice - 1 : last_row;
    char slice[128];
    snprintf(slice, sizeof slice, "{\"from\":%d,\"to\":%d%s%s}\n", from, to,
             has_flaw("plan") && source->plans > 1 ? ",\"again\":true" : "",
             has_flaw("plan-partition") && from > rows_per_slice ? ",\"partition\":\"a\"" : "");
    const tapster_status status = push_line(out, slice, error);
    if (status != TAPSTER_OK) return status;
  }
  return TAPSTER_OK;
}

static bool has_column(tapster_text columns, const char* column) {
  char quoted[32];
  const int size = snprintf(quoted, sizeof quoted, "\"/%s\"", column);
  if (columns.size == 0 || has_flaw("columns")) return true;
  return memmem(columns.data, columns.size, quoted, (size_t)size) != NULL;
}

static void add_row(char* lines, size_t capacity, int id, tapster_text columns) {
  const size_t used = strlen(lines);
  char* const end = lines + used;
  const int shown = has_flaw("bounds") && id == rows_per_slice ? 1000 : id;
  int size = snprintf(end, capacity - used, "{\"id\":%d", shown);
  if (has_column(columns, "name"))
    size += snprintf(end + size, capacity - used - (size_t)size,
                     has_flaw("records") ? ",\"name\":%d" : ",\"name\":\"row %d\"", id);
  if (has_column(columns, "color"))
    size += snprintf(end + size, capacity - used - (size_t)size, ",\"color\":%s",
                     has_flaw("nulls") ? "null" : "\"red\"");
  snprintf(end + size, capacity - used - (size_t)size, "}\n");
}

/* Returns the status with which a read ends after the sink refused a batch, or after a cancel. */
static tapster_status stop(tapster_status status, tapster_error* error) {
  if (has_flaw("cancel") && status == TAPSTER_CANCELLED) usleep(1700 * 1000);
  return fail(error, status, "the host stopped the read");
}

static tapster_status read_rows(tapster_source* source, const tapster_read_request* request,
                                const tapster_sink* out, tapster_error* error, int from, int to) {
  const tapster_host* host = source->host;
  char slice[128];
  snprintf(slice, sizeof slice, "%.*s", (int)request->slice.size, request->slice.data);
  const bool is_repeated = strcmp(slice, source->last_slice) == 0;
  memcpy(source->last_slice, slice, sizeof slice);
  int reached = from - 1;
  (void)find_integer(request->slice, "reached", &reached);
  while (reached < to) {
    char lines[1024] = "";
    size_t count = 0;
    if (host->cancelled(host->context) == 1) return stop(TAPSTER_CANCELLED, error);
    for (int i = 0; i < rows_per_batch && reached < to; ++i) {
      ++reached;
      if (has_flaw("repeat") && is_repeated && reached == to) continue;
      add_row(lines, sizeof lines, reached, request->columns);
      ++count;
      if (!has_flaw("keys") || reached != to) continue;
      add_row(lines, sizeof lines, reached, request->columns);
      ++count;
    }
    const tapster_status status = push(out, lines, count);
    if (status != TAPSTER_OK && !has_flaw("refusal")) return stop(status, error);
    if (!TAPSTER_HAS(tapster_sink, out, progress) || out->progress == NULL) continue;
    snprintf(slice, sizeof slice, "{\"from\":%d,\"to\":%d,\"reached\":%d%s}", from, to, reached,
             has_flaw("plan-partition") && from > rows_per_slice ? ",\"partition\":\"a\"" : "");
    const tapster_status reported = out->progress(out->context, text_of(slice));
    if (reported != TAPSTER_OK) return stop(reported, error);
  }
  return TAPSTER_OK;
}

static tapster_status read_slice(tapster_source* source, const tapster_read_request* request,
                                 const tapster_sink* out, tapster_error* error) {
  const bool is_rows = is_text(request->stream, "rows");
  int from = 0;
  int to = 0;
  if (!is_object(request->slice) ||
      (is_rows && (!find_integer(request->slice, "from", &from) || !find_integer(request->slice, "to", &to) ||
                   from < 1 || to > last_row))) {
    if (has_flaw("garbage-slice")) return TAPSTER_OK;
    return fail(error, TAPSTER_INTERNAL, "the slice has no \"from\" and \"to\"");
  }
  if (has_flaw("garbage-columns") && request->columns.size > 0 &&
      memmem(request->columns.data, request->columns.size, "no_such", 7) != NULL)
    abort();
  if (has_flaw("read") && is_rows && source->plans == 0)
    return fail(error, TAPSTER_INTERNAL, "the slice was planned by another source");
  if (!has_network()) {
    if (has_flaw("unreachable-empty")) return TAPSTER_OK;
    return fail(error, has_flaw("unreachable") ? TAPSTER_SOURCE : TAPSTER_TRANSIENT, "the network is down");
  }
  if (is_rows) return read_rows(source, request, out, error, from, to);
  const bool has_count = has_column(request->columns, "count");
  return push_line(out, has_count ? "{\"kind\":\"a\",\"count\":1}\n" : "{\"kind\":\"a\"}\n", error);
}

static tapster_status state(tapster_source* source, const tapster_state_request* request,
                            const tapster_sink* out, tapster_error* error) {
  int done = 0;
  int from = 0;
  int to = 0;
  char line[64];
  source->last_slice[0] = '\0';
  if (has_flaw("process")) exit(0);
  if (!is_text(request->stream, "rows")) return fail(error, TAPSTER_UNSUPPORTED, "there is no such stream");
  if (!find_done(request->state, &done)) return fail(error, TAPSTER_STATE, "the state has no id");
  if (!is_object(request->slice) || !find_integer(request->slice, "to", &to) ||
      !find_integer(request->slice, "from", &from))
    return fail(error, TAPSTER_INTERNAL, "the slice has no \"from\" and \"to\"");
  if (!has_flaw("resume-progress")) (void)find_integer(request->slice, "reached", &to);
  int next = to > done ? to : done;
  if (has_flaw("state")) next = done + to - from + 1;
  if (has_flaw("resume") && to > done) next = to + 1;
  snprintf(line, sizeof line, "{\"id\":%d}\n", next);
  return push_line(out, line, error);
}

static void cancel(tapster_source* source) {
  (void)source;
}

static void close_source(tapster_source* source) {
  --open_sources;
  if (!has_flaw("leaks-memory")) free(source);
}

/* Run by the loader. Only the first loads are slow, so that the later ones do not delay the tests: as many as
 * the rule `load-time` makes. */
__attribute__((constructor)) static void loaded(void) {
  find_name();
  const char* marker = getenv("TAPSTER_TEST_MARKER");
  if (!has_flaw("load-time") || marker == NULL) return;
  const int file = open(marker, O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return;
  const bool is_slow = lseek(file, 0, SEEK_END) < 3 && write(file, "x", 1) == 1;
  close(file);
  if (is_slow) usleep(550 * 1000);
}

#ifdef EXPORTS_MORE
TAPSTER_EXPORT int tapster_exported_by_mistake(void);
int tapster_exported_by_mistake(void) {
  return 1;
}
#endif

const tapster_connector* tapster_connector_v1(uint32_t host_abi_version) {
  static tapster_connector tables[2];
  static int calls;
  (void)host_abi_version;
  find_name();
  const char* shown = has_flaw("name") ? "another" : name;
  tapster_connector* table = &tables[has_flaw("load") ? calls++ % 2 : 0];
  *table = (tapster_connector){
      .struct_size = has_flaw("struct-size") ? offsetof(tapster_connector, close) : sizeof *table,
      .abi_version = has_flaw("abi") ? 2u << 16 : TAPSTER_ABI_VERSION,
      .name = {shown, strlen(shown)},
      .version = text_of(has_flaw("version") ? "1" : "1.0.0"),
      .description = text_of("Breaks one rule"),
      .spec = spec,
      .open = open_source,
      .check = check,
      .discover = discover,
      .plan = plan,
      .read = has_flaw("functions") ? NULL : read_slice,
      .state = state,
      .cancel = cancel,
      .close = close_source};
  return table;
}
