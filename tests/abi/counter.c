/*
 * A connector in pure C11 that counts. It uses every function of the ABI. The tests of the host read from it.
 *
 * Streams:
 *   numbers  incremental by id: {"id":3,"square":9,"label":"number 3","parity":{"even":false,"odd":true}}
 *   letters  read in full: {"letter":"a","position":1}
 *   extras   as numbers, and off by default
 *
 * Config, all optional; see the spec below.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tapster/connector.h>

struct tapster_source {
  const tapster_host* host;
  int64_t count, slices, batch, delay_ms;
  int64_t reject_at;          /* the number that is set aside; 0 for none */
  int64_t fail_at;            /* the number that cannot be read; 0 for none */
  tapster_status fail_status; /* the status with which that fails */
  atomic_int_fast64_t fail_times_left;
  tapster_status check_status;
  char token[64];
  bool leak, rotates;
  atomic_bool cancelled;
};

/* A secret that is not in the config. */
static const char learned[] = "a key for this session";

static tapster_text text_of(const char* text) {
  return (tapster_text){text, strlen(text)};
}

static bool is_text(tapster_text text, const char* expected) {
  return text.size == strlen(expected) && memcmp(text.data, expected, text.size) == 0;
}

static tapster_status fail(tapster_error* error, tapster_status status, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int size = vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  error->status = status;
  error->source_code = 0;
  error->retry_after_ms = status == TAPSTER_RATE_LIMITED ? 1500 : -1;
  error->message_size = size < 0                               ? 0
                        : (size_t)size < sizeof error->message ? (size_t)size
                                                               : sizeof error->message - 1;
  return status;
}

/* ---- Minimal JSON: the value of a key in a flat object ---- */

static const char* find_value(tapster_text object, const char* key) {
  char quoted[64];
  const int size = snprintf(quoted, sizeof quoted, "\"%s\":", key);
  for (size_t at = 0; at + (size_t)size < object.size; ++at) {
    if (memcmp(object.data + at, quoted, (size_t)size) == 0) return object.data + at + size;
  }
  return NULL;
}

static bool find_integer(tapster_text object, const char* key, int64_t* value) {
  const char* found = find_value(object, key);
  const char* const end = object.size == 0 ? NULL : object.data + object.size;
  char digits[24];
  size_t size = 0;
  while (found != NULL && found + size != end && size + 1 < sizeof digits &&
         strchr("-0123456789", found[size]) != NULL) {
    digits[size] = found[size];
    ++size;
  }
  if (size == 0) return false;
  digits[size] = '\0';
  *value = strtoll(digits, NULL, 10);
  return true;
}

static void find_string(tapster_text object, const char* key, char* value, size_t capacity) {
  const char* found = find_value(object, key);
  const char* const end = object.size == 0 ? NULL : object.data + object.size;
  size_t size = 0;
  if (found != NULL && *found == '"') {
    for (++found; found + size != end && found[size] != '"' && size + 1 < capacity; ++size)
      value[size] = found[size];
  }
  value[size] = '\0';
}

static tapster_status find_status(tapster_text object, const char* key, tapster_status otherwise) {
  static const char* const names[] = {"ok",           "config", "auth",      "state",       "transient",
                                      "rate_limited", "source", "cancelled", "unsupported", "internal"};
  char name[32];
  find_string(object, key, name, sizeof name);
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
    if (strcmp(name, names[i]) == 0) return (tapster_status)i;
  }
  return otherwise;
}

/* ---- Lines on their way to the host ---- */

typedef struct lines {
  const tapster_sink* out;
  char data[16384];
  size_t size, count;
} lines;

static tapster_status push(lines* batch, int64_t extracted_at) {
  if (batch->count == 0) return TAPSTER_OK;
  const tapster_batch pushed = {sizeof pushed, batch->data, batch->size, batch->count, extracted_at};
  batch->size = batch->count = 0;
  return batch->out->push(batch->out->context, &pushed);
}

static void add(lines* batch, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int size = vsnprintf(batch->data + batch->size, sizeof batch->data - batch->size, format, arguments);
  va_end(arguments);
  batch->size += (size_t)size;
}

static void end_line(lines* batch) {
  add(batch, "\n");
  ++batch->count;
}

/* The host knows why a push failed. This message is not shown. */
static tapster_status not_taken(tapster_error* error, tapster_status status) {
  return status == TAPSTER_OK ? TAPSTER_OK : fail(error, status, "the host rejected the lines");
}

static tapster_status push_line(const tapster_sink* out, const char* line, tapster_error* error) {
  const tapster_batch batch = {sizeof batch, line, strlen(line), 1, 0};
  return not_taken(error, out->push(out->context, &batch));
}

/* ---- The functions of the table ---- */

static tapster_status counter_spec(const tapster_sink* out, tapster_error* error) {
  return push_line(
      out,
      "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"type\":\"object\",\"required\":[\"count\"],"
      "\"properties\":{"
      "\"count\":{\"type\":\"integer\",\"minimum\":0,\"description\":\"How far to count\"},"
      "\"slices\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000000,\"default\":4,"
      "\"description\":\"Into how many slices to cut the numbers\"},"
      "\"batch\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100,\"default\":100,"
      "\"description\":\"How many records to push at once\"},"
      "\"delay_ms\":{\"type\":\"integer\",\"minimum\":0,\"default\":0,"
      "\"description\":\"How long to wait before each batch\"},"
      "\"reject_at\":{\"type\":\"integer\",\"default\":0,\"description\":\"The number that is set aside\"},"
      "\"fail_at\":{\"type\":\"integer\",\"default\":0,\"description\":\"The number that cannot be read\"},"
      "\"fail_status\":{\"enum\":[\"config\",\"auth\",\"state\",\"transient\",\"rate_limited\",\"source\","
      "\"cancelled\",\"unsupported\",\"internal\"],\"default\":\"source\",\"description\":\"How reading it "
      "fails\"},"
      "\"fail_times\":{\"type\":\"integer\",\"description\":\"How often it fails before it works; always "
      "without this\"},"
      "\"check_status\":{\"type\":\"string\",\"description\":\"How check ends\"},"
      "\"token\":{\"type\":\"string\",\"minLength\":1,\"secret\":true,\"description\":\"A secret\"},"
      "\"rotates\":{\"type\":\"boolean\",\"default\":false,\"description\":\"Whether check and plan store "
      "the "
      "token with one \\\"+\\\" more\"},"
      "\"leak\":{\"type\":\"boolean\",\"default\":false,\"description\":\"Whether to log the secret\"},"
      "\"since\":{\"type\":\"string\",\"format\":\"date\",\"description\":\"The first day, which counting "
      "ignores\"},"
      "\"base_url\":{\"type\":\"string\",\"format\":\"uri\",\"pattern\":\"^https?://\","
      "\"description\":\"Where numbers come from, which counting ignores\"}}}\n",
      error);
}

static tapster_status counter_open(const tapster_host* host, tapster_text config, tapster_source** source,
                                   tapster_error* error) {
  tapster_source* made = calloc(1, sizeof *made);
  if (made == NULL) return fail(error, TAPSTER_INTERNAL, "out of memory");
  made->host = host;
  made->slices = 4;
  made->batch = 100;
  int64_t fail_times = INT64_MAX;
  find_integer(config, "count", &made->count);
  find_integer(config, "slices", &made->slices);
  find_integer(config, "batch", &made->batch);
  find_integer(config, "delay_ms", &made->delay_ms);
  find_integer(config, "fail_at", &made->fail_at);
  find_integer(config, "reject_at", &made->reject_at);
  find_integer(config, "fail_times", &fail_times);
  atomic_init(&made->fail_times_left, fail_times);
  atomic_init(&made->cancelled, false);
  made->fail_status = find_status(config, "fail_status", TAPSTER_SOURCE);
  made->check_status = find_status(config, "check_status", TAPSTER_OK);
  find_string(config, "token", made->token, sizeof made->token);
#if TAPSTER_ABI_MINOR >= 1
  if (TAPSTER_HAS(tapster_host, host, secret)) host->secret(host->context, text_of(learned));
#endif
  const char* leak = find_value(config, "leak");
  made->leak = leak != NULL && *leak == 't';
  const char* rotates = find_value(config, "rotates");
  made->rotates = rotates != NULL && *rotates == 't';
  *source = made;
  return TAPSTER_OK;
}

/* Stores the next token, as a source with rotating tokens makes its connector do. */
static tapster_status rotate(tapster_source* source, tapster_error* error) {
#if TAPSTER_ABI_MINOR >= 1
  const tapster_host* host = source->host;
  if (source->rotates && TAPSTER_HAS(tapster_host, host, store)) {
    char next[sizeof source->token + 1];
    snprintf(next, sizeof next, "%s+", source->token);
    return host->store(host->context, text_of("token"), text_of(next), error);
  }
#else
  (void)source;
  (void)error;
#endif
  return TAPSTER_OK;
}

static tapster_status counter_check(tapster_source* source, tapster_error* error) {
  const tapster_host* host = source->host;
  const tapster_status rotated = rotate(source, error);
  if (rotated != TAPSTER_OK) return rotated;
  char message[160];
  snprintf(message, sizeof message, "checking%s%s%s%s", source->leak ? " with " : "",
           source->leak ? source->token : "", source->leak ? " and " : "", source->leak ? learned : "");
  host->log(host->context, TAPSTER_LOG_INFO, text_of(message));
  host->count(host->context, text_of("requests"), 1);
  if (source->check_status == TAPSTER_OK) return TAPSTER_OK;
  return fail(error, source->check_status, "the check failed%s%s", source->leak ? " with " : "",
              source->leak ? source->token : "");
}

static tapster_status counter_discover(tapster_source* source, const tapster_sink* out,
                                       tapster_error* error) {
  (void)source;
#define NUMBERS(name, selected)                                                                            \
  "{\"tap_stream_id\":\"" name "\",\"stream\":\"" name                                                     \
  "\",\"schema\":{\"type\":\"object\",\"properties\":{"                                                    \
  "\"id\":{\"type\":\"integer\"},\"square\":{\"type\":\"integer\"},\"label\":{\"type\":\"string\"},"       \
  "\"parity\":{\"type\":\"object\",\"properties\":{\"even\":{\"type\":\"boolean\"},"                       \
  "\"odd\":{\"type\":\"boolean\"}}}}},\"key_properties\":[\"id\"],\"replication_method\":\"INCREMENTAL\"," \
  "\"replication_key\":\"id\",\"metadata\":[{\"breadcrumb\":[],\"metadata\":{\"selected-by-"               \
  "default\":" selected                                                                                    \
  "}},{\"breadcrumb\":[\"properties\",\"id\"],\"metadata\":{\"inclusion\":\"automatic\"}}]}"
  return push_line(out,
                   "{\"streams\":[" NUMBERS("numbers", "true") ","
                   "{\"tap_stream_id\":\"letters\",\"stream\":\"letters\",\"schema\":{\"type\":\"object\",\"properties\":{"
                   "\"letter\":{\"type\":\"string\"},\"position\":{\"type\":\"integer\"}}},"
                   "\"key_properties\":[\"letter\"],\"replication_method\":\"FULL_TABLE\",\"metadata\":["
                   "{\"breadcrumb\":[],\"metadata\":{\"selected-by-default\":true}}]}," NUMBERS("extras", "false") "]}\n",
                   error);
#undef NUMBERS
}

/* Returns the last number that a state covers; -1 if the state is invalid. */
static int64_t covered(tapster_text state) {
  int64_t id = 0;
  if (state.size == 0 || is_text(state, "{}")) return 0;
  return find_integer(state, "id", &id) ? id : -1;
}

static tapster_status counter_plan(tapster_source* source, const tapster_plan_request* request,
                                   const tapster_sink* out, tapster_error* error) {
  const tapster_status rotated = rotate(source, error);
  if (rotated != TAPSTER_OK) return rotated;
  if (is_text(request->stream, "letters")) return push_line(out, "{\"from\":1,\"to\":26}\n", error);
  if (!is_text(request->stream, "numbers") && !is_text(request->stream, "extras")) {
    return fail(error, TAPSTER_UNSUPPORTED, "there is no stream %.*s", (int)request->stream.size,
                request->stream.data);
  }
  const int64_t done = covered(request->state);
  if (done < 0) return fail(error, TAPSTER_STATE, "the state has no integer \"id\"");
  const int64_t size = (source->count - done + source->slices - 1) / source->slices;
  lines slices = {.out = out};
  for (int64_t from = done + 1; from <= source->count; from += size) {
    const int64_t to = from + size - 1 < source->count ? from + size - 1 : source->count;
    add(&slices, "{\"from\":%" PRId64 ",\"to\":%" PRId64 "}", from, to);
    end_line(&slices);
    if (slices.count < 100) continue;
    const tapster_status status = push(&slices, 0);
    if (status != TAPSTER_OK) return not_taken(error, status);
  }
  return not_taken(error, push(&slices, 0));
}

static bool has_column(tapster_text columns, const char* pointer) {
  char quoted[32];
  const int size = snprintf(quoted, sizeof quoted, "\"%s\"", pointer);
  if (columns.size == 0) return true;
  for (size_t at = 0; at + (size_t)size <= columns.size; ++at) {
    if (memcmp(columns.data + at, quoted, (size_t)size) == 0) return true;
  }
  return false;
}

static void add_number(lines* batch, int64_t id, tapster_text columns) {
  const char* const even = id % 2 == 0 ? "true" : "false";
  const char* const odd = id % 2 == 0 ? "false" : "true";
  const bool has_even = has_column(columns, "/parity") || has_column(columns, "/parity/even");
  const bool has_odd = has_column(columns, "/parity") || has_column(columns, "/parity/odd");
  add(batch, "{\"id\":%" PRId64, id);
  if (has_column(columns, "/square")) add(batch, ",\"square\":%" PRId64, id * id);
  if (has_column(columns, "/label")) add(batch, ",\"label\":\"number %" PRId64 "\"", id);
  if (has_even || has_odd) {
    add(batch, ",\"parity\":{%s%s%s%s%s}", has_even ? "\"even\":" : "", has_even ? even : "",
        has_even && has_odd ? "," : "", has_odd ? "\"odd\":" : "", has_odd ? odd : "");
  }
  add(batch, "}");
}

static void add_letter(lines* batch, int64_t position, tapster_text columns) {
  add(batch, "{\"letter\":\"%c\"", (char)('a' + position - 1));
  if (has_column(columns, "/position")) add(batch, ",\"position\":%" PRId64, position);
  add(batch, "}");
}

static tapster_status set_aside(const tapster_sink* out, int64_t id, tapster_error* error) {
#if TAPSTER_ABI_MINOR >= 1
  if (TAPSTER_HAS(tapster_sink, out, reject) && out->reject != NULL) {
    char record[64];
    snprintf(record, sizeof record, "{\"id\":%" PRId64 ",\n\"odd\":1.50}", id);
    return out->reject(out->context, text_of(record), text_of("it is odd"));
  }
#else
  (void)out;
#endif
  return fail(error, TAPSTER_SOURCE, "the number %" PRId64 " is odd", id);
}

static tapster_status counter_read(tapster_source* source, const tapster_read_request* request,
                                   const tapster_sink* out, tapster_error* error) {
  const tapster_host* host = source->host;
  const bool is_letters = is_text(request->stream, "letters");
  int64_t from = 0;
  int64_t to = 0;
  if (!find_integer(request->slice, "from", &from) || !find_integer(request->slice, "to", &to)) {
    return fail(error, TAPSTER_INTERNAL, "the slice has no \"from\" and \"to\"");
  }
  const int64_t start = host->monotonic(host->context);
  lines batch = {.out = out};
  for (int64_t id = from; id <= to; ++id) {
    if (atomic_load(&source->cancelled) || host->cancelled(host->context) == 1) {
      return fail(error, TAPSTER_CANCELLED, "cancelled");
    }
    if (!is_letters && id == source->fail_at && atomic_fetch_sub(&source->fail_times_left, 1) > 0) {
      return fail(error, source->fail_status, "the number %" PRId64 " cannot be read%s%s", id,
                  source->leak ? " with " : "", source->leak ? source->token : "");
    }
    if (!is_letters && id == source->reject_at) {
      const tapster_status status = set_aside(out, id, error);
      if (status != TAPSTER_OK) return status;
    } else {
      if (is_letters) {
        add_letter(&batch, id, request->columns);
      } else {
        add_number(&batch, id, request->columns);
      }
      end_line(&batch);
    }
    if ((int64_t)batch.count < source->batch && id < to) continue;
    if (source->delay_ms > 0 && host->sleep(host->context, source->delay_ms * 1000) != TAPSTER_OK) {
      return fail(error, TAPSTER_CANCELLED, "cancelled while waiting");
    }
    const tapster_status status = push(&batch, host->now(host->context));
    if (status != TAPSTER_OK) return not_taken(error, status);
  }
  char message[96];
  snprintf(message, sizeof message, "counted from %" PRId64 " to %" PRId64 " in %" PRId64 " us", from, to,
           host->monotonic(host->context) - start);
  host->log(host->context, TAPSTER_LOG_DEBUG, text_of(message));
  host->count(host->context, text_of("requests"), 1);
  return TAPSTER_OK;
}

static tapster_status counter_state(tapster_source* source, const tapster_state_request* request,
                                    const tapster_sink* out, tapster_error* error) {
  (void)source;
  if (is_text(request->stream, "letters")) return push_line(out, "{}\n", error);
  const int64_t done = covered(request->state);
  int64_t to = 0;
  if (done < 0) return fail(error, TAPSTER_STATE, "the state has no integer \"id\"");
  if (!find_integer(request->slice, "to", &to))
    return fail(error, TAPSTER_INTERNAL, "the slice has no \"to\"");
  char line[64];
  snprintf(line, sizeof line, "{\"id\":%" PRId64 "}\n", to > done ? to : done);
  return push_line(out, line, error);
}

static void counter_cancel(tapster_source* source) {
  atomic_store(&source->cancelled, true);
}

static void counter_close(tapster_source* source) {
  free(source);
}

const tapster_connector* tapster_connector_v1(uint32_t host_abi_version) {
  static const tapster_connector table = {.struct_size = sizeof table,
                                          .abi_version = TAPSTER_ABI_VERSION,
                                          .name = {"counter", 7},
                                          .version = {"1.0.0", 5},
                                          .description = {"Counts, for tests", 17},
                                          .spec = counter_spec,
                                          .open = counter_open,
                                          .check = counter_check,
                                          .discover = counter_discover,
                                          .plan = counter_plan,
                                          .read = counter_read,
                                          .state = counter_state,
                                          .cancel = counter_cancel,
                                          .close = counter_close};
  return host_abi_version >> 16 == TAPSTER_ABI_MAJOR ? &table : NULL;
}
