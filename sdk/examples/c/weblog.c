/*
 * A connector in C11 without any library: it reads the access logs of a web server, in the Common or Combined
 * Log Format of Apache and nginx, from the files of a folder whose names end in ".log".
 *
 * Streams:
 *   requests  incremental by the modification time of the file: a row per line
 *   files     read in full: a row per file
 *
 * The files are read in the order of their modification times, and of their names where those are equal. A
 * file is a slice. The state is the place in that order that has been read to, so a file that has changed
 * since is read again from its first line; its rows have the keys that they had. A file that was modified
 * within the last second may still change in that second, and is left for the next run.
 */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <tapster/catalog.h>
#include <time.h>

#include "json.h"

/* ---- The streams ---- */

/* Columns of `requests`, in the order of the table below. */
enum { FILE_NAME, LINE, MODIFIED_AT, CLIENT, USER, TIME, REQUEST, STATUS, BYTES, REFERER, AGENT };

static const tapster_column request_columns[] = {
    {"file", TAPSTER_STRING, "The name of the file.", TAPSTER_KEY, NULL},
    {"line", TAPSTER_INTEGER, "The number of the line in the file, from 1.", TAPSTER_KEY, NULL},
    {"modified_at", TAPSTER_TIMESTAMP, "When the file was last modified.", 0, NULL},
    {"client", TAPSTER_STRING, "The client's address or name.", 0, NULL},
    {"user", TAPSTER_STRING, "The user that logged in.", 0, NULL},
    {"time", TAPSTER_TIMESTAMP, "The time of the request.", 0, NULL},
    {"request", TAPSTER_STRING, "The request line, as the server wrote it.", 0, NULL},
    {"status", TAPSTER_INTEGER, "The HTTP status of the response.", 0, NULL},
    {"bytes", TAPSTER_INTEGER, "The size of the response, without its headers.", 0, NULL},
    {"referer", TAPSTER_STRING, "The Referer header.", 0, NULL},
    {"agent", TAPSTER_STRING, "The User-Agent header.", 0, NULL}};
static const tapster_column file_columns[] = {
    {"file", TAPSTER_STRING, "The name of the file.", TAPSTER_KEY, NULL},
    {"bytes", TAPSTER_INTEGER, "The size of the file.", 0, NULL},
    {"modified_at", TAPSTER_TIMESTAMP, "When the file was last modified.", 0, NULL}};
static const tapster_stream streams[] = {
    {"requests", "The requests: one row per line.", "modified_at", request_columns,
     sizeof request_columns / sizeof *request_columns, 0},
    {"files", "The files of the folder.", NULL, file_columns, sizeof file_columns / sizeof *file_columns, 0}};

/* ---- The source, errors and text ---- */

struct tapster_source {
  const tapster_host* host;
  char folder[4096];
};

static tapster_text text_of(const char* text) {
  return (tapster_text){text, strlen(text)};
}

static bool is_text(tapster_text text, const char* expected) {
  return text.size == strlen(expected) && memcmp(text.data, expected, text.size) == 0;
}

/* Fills the error, and returns its status. */
static tapster_status fail(tapster_error* error, tapster_status status, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int size = vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  error->status = status;
  error->source_code = 0;
  error->retry_after_ms = -1;
  error->message_size = size < 0 ? 0 : (size_t)size;
  if (error->message_size >= sizeof error->message) {
    error->message_size = sizeof error->message - 1;
    /* Cut between characters: a byte 10xxxxxx is inside one. */
    while (((unsigned char)error->message[error->message_size] & 0xC0) == 0x80) --error->message_size;
  }
  return status;
}

/* The class of an error of the system: who can help? */
static tapster_status class_of(int number) {
  switch (number) {
    case EACCES:
    case EPERM:
      return TAPSTER_AUTH;
    case EINTR:
    case EIO:
    case EMFILE:
    case ENFILE:
    case ETIMEDOUT:
      return TAPSTER_TRANSIENT;
    case ENOMEM:
      return TAPSTER_INTERNAL;
    default:
      return TAPSTER_SOURCE;
  }
}

/* Fails with `number`, an errno, of an attempt such as "cannot open". */
static tapster_status fail_for(tapster_error* error, tapster_status status, int number, const char* attempt,
                               const char* path) {
  char reason[128] = "";
  (void)strerror_r(number, reason, sizeof reason);
  fail(error, status, "%s %s: %s", attempt, path, reason);
  error->source_code = number;
  return status;
}

static tapster_status fail_for_stream(tapster_error* error, tapster_text stream) {
  return fail(error, TAPSTER_UNSUPPORTED, "there is no stream %.*s", (int)stream.size, stream.data);
}

/* ---- Lines on their way to the host ---- */

enum { block_size = 256 * 1024, longest_line = 32 * 1024, longest_row = 8 * longest_line };

typedef struct rows {
  tapster_source* source;
  const tapster_sink* out;
  tapster_error* error;
  char* data; /* has room for a block and a row */
  size_t size, count;
} rows;

static bool allocate(rows* to) {
  to->data = malloc(block_size + longest_row);
  return to->data != NULL;
}

/* Pushes what has been added. */
static tapster_status push(rows* from) {
  const tapster_host* host = from->source->host;
  if (host->cancelled(host->context) != 0) return fail(from->error, TAPSTER_CANCELLED, "cancelled");
  if (from->count == 0) return TAPSTER_OK;
  const tapster_batch batch = {sizeof batch, from->data, from->size, from->count, 0};
  from->size = from->count = 0;
  const tapster_status status = from->out->push(from->out->context, &batch);
  /* The host knows the reason, and does not show this one. */
  return status == TAPSTER_OK ? TAPSTER_OK : fail(from->error, status, "the host rejected the rows");
}

static void add(rows* to, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const size_t room = block_size + longest_row - to->size;
  const int size = vsnprintf(to->data + to->size, room, format, arguments);
  va_end(arguments);
  to->size += size < 0 ? 0 : (size_t)size;
}

static void add_string(rows* to, tapster_text text) {
  to->size += json_write_string(text, to->data + to->size);
}

static tapster_status end_line(rows* to) {
  to->data[to->size++] = '\n';
  ++to->count;
  return to->size < block_size ? TAPSTER_OK : push(to);
}

static tapster_status push_line(const tapster_sink* out, const char* line, tapster_error* error) {
  const tapster_batch batch = {sizeof batch, line, strlen(line), 1, 0};
  const tapster_status status = out->push(out->context, &batch);
  return status == TAPSTER_OK ? TAPSTER_OK : fail(error, status, "the host rejected a line");
}

/* ---- Places in the order of the files ---- */

typedef struct place {
  char modified_at[64]; /* "2026-01-31T12:00:00.000000Z"; empty for the beginning */
  char file[256];
} place;

typedef struct file {
  place at;
  int64_t bytes;
} file;

static int compare(const place* left, const place* right) {
  const int order = strcmp(left->modified_at, right->modified_at);
  return order != 0 ? order : strcmp(left->file, right->file);
}

static int compare_files(const void* left, const void* right) {
  const file* const files[] = {left, right};
  return compare(&files[0]->at, &files[1]->at);
}

/* Reads the members with these names. Returns false if one of them is something else than its text. */
static bool find_place(tapster_text object, const char* modified_at, const char* name, place* out) {
  const tapster_text time = json_member(object, modified_at);
  const tapster_text file_name = json_member(object, name);
  *out = (place){"", ""};
  return (time.size == 0 || json_string(time, out->modified_at, sizeof out->modified_at)) &&
         (file_name.size == 0 || json_string(file_name, out->file, sizeof out->file));
}

static bool is_time(const char* text) {
  const char* const form = "0000-00-00T00:00:00.000000Z";
  if (strlen(text) != strlen(form)) return false;
  for (size_t i = 0; form[i] != '\0'; ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (form[i] == '0' ? !is_digit : text[i] != form[i]) return false;
  }
  return true;
}

/* The place that a state has read to. */
static tapster_status place_of_state(tapster_text state, place* out, tapster_error* error) {
  if (find_place(state, "modified_at", "file", out) &&
      (*out->modified_at == '\0' || is_time(out->modified_at)))
    return TAPSTER_OK;
  return fail(error, TAPSTER_STATE,
              "the state must have \"modified_at\", a time such as \"2026-01-31T12:00:00.000000Z\", and "
              "\"file\", a name: correct it, or remove it to read from the start");
}

static void add_place(rows* to, const char* modified_at, const char* name, const place* at) {
  add(to, "\"%s\":\"%s\",\"%s\":", modified_at, at->modified_at, name);
  add_string(to, text_of(at->file));
}

static void format_time(int64_t seconds, int64_t micros, char* out, size_t capacity) {
  const time_t time = (time_t)seconds;
  struct tm parts = {0};
  (void)gmtime_r(&time, &parts);
  (void)snprintf(out, capacity, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", parts.tm_year + 1900, parts.tm_mon + 1,
                 parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, (int)micros);
}

/* ---- The folder ---- */

static bool is_log(const char* name) {
  const size_t size = strlen(name);
  return size > 4 && size < 256 && strcmp(name + size - 4, ".log") == 0;
}

/* Sets `out` to the files in their order, which the caller frees, even after an error. */
static tapster_status list_files(const tapster_source* source, file** out, size_t* count,
                                 tapster_error* error) {
  DIR* folder = opendir(source->folder);
  if (folder == NULL) {
    /* Only the config can name another folder. */
    const bool is_missing = errno == ENOENT || errno == ENOTDIR;
    return fail_for(error, is_missing ? TAPSTER_CONFIG : class_of(errno), errno, "\"folder\": cannot open",
                    source->folder);
  }
  tapster_status status = TAPSTER_OK;
  *out = NULL;
  *count = 0;
  for (const struct dirent* entry = NULL; status == TAPSTER_OK && (entry = readdir(folder)) != NULL;) {
    struct stat about;
    char quoted[6 * 256 + 2];
    if (!is_log(entry->d_name)) continue;
    if (fstatat(dirfd(folder), entry->d_name, &about, 0) != 0) {
      /* A file that was removed after it had been listed. */
      if (errno != ENOENT) status = fail_for(error, class_of(errno), errno, "cannot read", entry->d_name);
      continue;
    }
    if (!S_ISREG(about.st_mode)) continue;
    file* more = realloc(*out, (*count + 1) * sizeof **out);
    if (more == NULL) {
      status = fail(error, TAPSTER_INTERNAL, "out of memory");
    } else if (json_write_string(text_of(entry->d_name), quoted) == 0) {
      *out = more;
      status =
          fail(error, TAPSTER_SOURCE, "the name of a file in %s is not UTF-8: rename it", source->folder);
    } else {
      *out = more;
      file* added = &more[(*count)++];
      added->bytes = about.st_size;
      memcpy(added->at.file, entry->d_name, strlen(entry->d_name) + 1);
      format_time(about.st_mtim.tv_sec, about.st_mtim.tv_nsec / 1000, added->at.modified_at,
                  sizeof added->at.modified_at);
    }
  }
  (void)closedir(folder);
  if (*count > 0) qsort(*out, *count, sizeof **out, compare_files);
  return status;
}

/* ---- One line of a log ---- */

typedef struct request_line {
  tapster_text client, user, time, request, status, bytes, referer, agent;
} request_line;

/* Takes the text up to the next space, and the space. */
static bool take_word(tapster_text* rest, tapster_text* word) {
  const char* space = rest->size == 0 ? NULL : memchr(rest->data, ' ', rest->size);
  word->data = rest->data;
  word->size = space == NULL ? rest->size : (size_t)(space - rest->data);
  const size_t taken = word->size + (space != NULL);
  rest->data += taken;
  rest->size -= taken;
  return word->size > 0;
}

/* Takes the text between two marks, in which a backslash escapes a mark, and the space after it. */
static bool take_between(tapster_text* rest, char first, char last, tapster_text* text) {
  if (rest->size == 0 || *rest->data != first) return false;
  size_t end = 1;
  for (; end < rest->size && rest->data[end] != last; ++end) {
    if (rest->data[end] == '\\') ++end;
  }
  if (end >= rest->size) return false;
  *text = (tapster_text){rest->data + 1, end - 1};
  const size_t taken = end + 1 < rest->size ? end + 2 : end + 1;
  rest->data += taken;
  rest->size -= taken;
  return true;
}

static bool is_none(tapster_text text) {
  return text.size == 0 || is_text(text, "-");
}

static bool is_number(tapster_text text) {
  size_t digits = 0;
  while (digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9') ++digits;
  /* JSON has no leading zeros. */
  return is_none(text) || (digits == text.size && digits < 19 && (digits == 1 || text.data[0] != '0'));
}

/* The number of the month in "31/Jan/2026:12:00:00 +0100", from 1; 0 if that is not the form. */
static int month_of(tapster_text time) {
  static const char form[] = "00/aaa/0000:00:00:00 +0000";
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (time.size != sizeof form - 1) return 0;
  for (size_t i = 0; i < time.size; ++i) {
    const char byte = time.data[i];
    const bool fits = form[i] == '0'   ? byte >= '0' && byte <= '9'
                      : form[i] == '+' ? byte == '+' || byte == '-'
                                       : form[i] == 'a' || byte == form[i];
    if (!fits) return 0;
  }
  for (int month = 0; month < 12; ++month) {
    if (memcmp(months + 3 * month, time.data + 3, 3) == 0) return month + 1;
  }
  return 0;
}

/* Returns null, or why the line cannot be read. Fields after the last one are ignored. */
static const char* parse_line(tapster_text line, request_line* out) {
  static char none[1];
  tapster_text rest = line;
  tapster_text identity;
  *out = (request_line){.referer = {none, 0}, .agent = {none, 0}};
  if (!take_word(&rest, &out->client) || !take_word(&rest, &identity) || !take_word(&rest, &out->user) ||
      !take_between(&rest, '[', ']', &out->time) || !take_between(&rest, '"', '"', &out->request) ||
      !take_word(&rest, &out->status) || !take_word(&rest, &out->bytes))
    return "the line is not in the Common Log Format";
  if (month_of(out->time) == 0) return "the time is not one such as 31/Jan/2026:12:00:00 +0100";
  if (!is_number(out->status) || !is_number(out->bytes)) return "the status or the size is not a number";
  if (rest.size > 0 &&
      (!take_between(&rest, '"', '"', &out->referer) || !take_between(&rest, '"', '"', &out->agent)))
    return "the line is not in the Combined Log Format";
  return NULL;
}

/* ---- Rows ---- */

/* Which columns to emit, as bits of a stream's columns. */
static unsigned selected(tapster_text pointers, const tapster_stream* stream) {
  if (pointers.size == 0) return ~0u;
  unsigned bits = 0;
  size_t at = 0;
  for (tapster_text next; (next = json_next(pointers, &at)).size > 0;) {
    char pointer[64];
    if (!json_string(next, pointer, sizeof pointer) || *pointer != '/') continue;
    for (size_t i = 0; i < stream->column_count; ++i) {
      if (strcmp(stream->columns[i].name, pointer + 1) == 0) bits |= 1u << i;
    }
  }
  return bits;
}

/* Begins a member if its column is selected. */
static bool add_name(rows* to, unsigned bits, const tapster_column* columns, int column) {
  if ((bits >> column & 1) == 0) return false;
  const bool is_first = to->data[to->size - 1] == '{';
  add(to, "%s\"%s\":", is_first ? "" : ",", columns[column].name);
  return true;
}

static void add_text(rows* to, unsigned bits, int column, tapster_text text) {
  if (!add_name(to, bits, request_columns, column)) return;
  if (is_none(text))
    add(to, "null");
  else
    add_string(to, text);
}

static void add_number(rows* to, unsigned bits, int column, tapster_text digits) {
  if (!add_name(to, bits, request_columns, column)) return;
  if (is_none(digits))
    add(to, "null");
  else
    add(to, "%.*s", (int)digits.size, digits.data);
}

static tapster_status add_request(rows* to, unsigned bits, const place* at, int64_t number,
                                  const request_line* line) {
  const char* const time = line->time.data;
  add(to, "{");
  add_text(to, bits, FILE_NAME, text_of(at->file));
  if (add_name(to, bits, request_columns, LINE)) add(to, "%" PRId64, number);
  add_text(to, bits, MODIFIED_AT, text_of(at->modified_at));
  add_text(to, bits, CLIENT, line->client);
  add_text(to, bits, USER, line->user);
  if (add_name(to, bits, request_columns, TIME)) {
    add(to, "\"%.4s-%02d-%.2sT%.8s%.3s:%.2s\"", time + 7, month_of(line->time), time, time + 12, time + 21,
        time + 24);
  }
  add_text(to, bits, REQUEST, line->request);
  add_number(to, bits, STATUS, line->status);
  add_number(to, bits, BYTES, line->bytes);
  add_text(to, bits, REFERER, line->referer);
  add_text(to, bits, AGENT, line->agent);
  add(to, "}");
  return end_line(to);
}

/* Sets a line aside if the user asked for that; otherwise it fails the slice. Its content is not in the
 * error. */
static tapster_status reject(rows* to, const place* at, int64_t number, tapster_text line,
                             const char* reason) {
  if (!TAPSTER_HAS(tapster_sink, to->out, reject) || to->out->reject == NULL)
    return fail(to->error, TAPSTER_SOURCE, "%s, line %" PRId64 ": %s", at->file, number, reason);
  /* As a JSON string, in the free part of the block; empty if it is not text or too long. */
  char* const record = to->data + to->size;
  const size_t size = line.size > longest_line ? 0 : json_write_string(line, record);
  const tapster_status status =
      to->out->reject(to->out->context, (tapster_text){record, size}, text_of(reason));
  return status == TAPSTER_OK ? TAPSTER_OK : fail(to->error, status, "the host rejected a line");
}

/* Reads the lines of a file up to `bytes`: what was added after the plan is the next run's. */
static tapster_status read_lines(rows* to, FILE* log, const place* at, int64_t bytes, unsigned bits) {
  char* data = NULL;
  size_t capacity = 0;
  ssize_t size = 0;
  int64_t offset = 0;
  tapster_status status = TAPSTER_OK;
  for (int64_t number = 1; status == TAPSTER_OK && offset < bytes; ++number) {
    errno = 0;
    size = getline(&data, &capacity, log);
    if (size < 0) break;
    offset += size;
    while (size > 0 && (data[size - 1] == '\n' || data[size - 1] == '\r')) --size;
    const tapster_text line = {data, (size_t)size};
    request_line parsed;
    if (size == 0) continue;
    const char* reason = size > longest_line ? "the line is longer than 32 KiB" : parse_line(line, &parsed);
    if (reason == NULL && json_write_string(line, to->data + to->size) == 0) reason = "it is not UTF-8";
    status =
        reason == NULL ? add_request(to, bits, at, number, &parsed) : reject(to, at, number, line, reason);
  }
  if (size < 0 && !feof(log)) status = fail_for(to->error, class_of(errno), errno, "cannot read", at->file);
  free(data);
  return status == TAPSTER_OK ? push(to) : status;
}

static tapster_status read_requests(rows* to, const tapster_read_request* request) {
  place at;
  int64_t bytes = 0;
  char path[sizeof to->source->folder + sizeof at.file + 1];
  if (!find_place(request->slice, "modified_at", "file", &at) ||
      !json_integer(json_member(request->slice, "bytes"), &bytes))
    return fail(to->error, TAPSTER_INTERNAL, "the slice has no \"modified_at\", \"file\" and \"bytes\"");
  (void)snprintf(path, sizeof path, "%s/%s", to->source->folder, at.file);
  FILE* log = fopen(path, "rb");
  if (log == NULL) return fail_for(to->error, class_of(errno), errno, "cannot open", path);
  const tapster_status status = read_lines(to, log, &at, bytes, selected(request->columns, &streams[0]));
  (void)fclose(log);
  return status;
}

static tapster_status read_files(rows* to, const tapster_read_request* request) {
  const unsigned bits = selected(request->columns, &streams[1]);
  file* files = NULL;
  size_t count = 0;
  tapster_status status = list_files(to->source, &files, &count, to->error);
  for (size_t i = 0; i < count && status == TAPSTER_OK; ++i) {
    add(to, "{");
    if (add_name(to, bits, file_columns, 0)) add_string(to, text_of(files[i].at.file));
    if (add_name(to, bits, file_columns, 1)) add(to, "%" PRId64, files[i].bytes);
    if (add_name(to, bits, file_columns, 2)) add_string(to, text_of(files[i].at.modified_at));
    add(to, "}");
    status = end_line(to);
  }
  free(files);
  return status == TAPSTER_OK ? push(to) : status;
}

/* ---- The functions of the table ---- */

static tapster_status weblog_spec(const tapster_sink* out, tapster_error* error) {
  return push_line(
      out,
      "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"type\":\"object\","
      "\"required\":[\"folder\"],\"properties\":{\"folder\":{\"type\":\"string\",\"minLength\":1,"
      "\"description\":\"The folder with the logs: its files whose names end in .log\"}}}\n",
      error);
}

static tapster_status weblog_open(const tapster_host* host, tapster_text config, tapster_source** source,
                                  tapster_error* error) {
  tapster_source* made = calloc(1, sizeof *made);
  if (made == NULL) return fail(error, TAPSTER_INTERNAL, "out of memory");
  made->host = host;
  if (!json_string(json_member(config, "folder"), made->folder, sizeof made->folder)) {
    free(made);
    return fail(error, TAPSTER_CONFIG, "\"folder\" must be a path of less than 4096 bytes");
  }
  *source = made;
  return TAPSTER_OK;
}

static tapster_status weblog_check(tapster_source* source, tapster_error* error) {
  file* files = NULL;
  size_t count = 0;
  const tapster_status status = list_files(source, &files, &count, error);
  free(files);
  return status;
}

static tapster_status weblog_discover(tapster_source* source, const tapster_sink* out, tapster_error* error) {
  (void)source;
  return tapster_push_catalog(streams, sizeof streams / sizeof *streams, out, error);
}

/* Copies a bound, a day or a time, without the "Z": so it is a prefix of the times that it includes. */
static bool copy_bound(tapster_text bound, char* out, size_t capacity) {
  if (bound.size >= capacity) return false;
  if (bound.size > 0) memcpy(out, bound.data, bound.size);
  out[bound.size] = '\0';
  if (bound.size > 0 && out[bound.size - 1] == 'Z') out[bound.size - 1] = '\0';
  return true;
}

/* Pushes a slice for each file after `done`. */
static tapster_status plan_files(rows* to, place done, const char* until) {
  const tapster_host* host = to->source->host;
  char settled[64];
  file* files = NULL;
  size_t count = 0;
  const int64_t now = host->now(host->context) - 1000000;
  format_time(now / 1000000, now % 1000000, settled, sizeof settled);
  tapster_status status = list_files(to->source, &files, &count, to->error);
  for (size_t i = 0; i < count && status == TAPSTER_OK; ++i) {
    const place* at = &files[i].at;
    if (compare(at, &done) <= 0) continue;
    if (strcmp(at->modified_at, settled) > 0 || strncmp(at->modified_at, until, strlen(until)) > 0) break;
    add(to, "{");
    add_place(to, "modified_at", "file", at);
    add(to, ",\"bytes\":%" PRId64 ",", files[i].bytes);
    add_place(to, "after_modified_at", "after_file", &done);
    add(to, "}");
    status = end_line(to);
    done = *at;
  }
  free(files);
  return status == TAPSTER_OK ? push(to) : status;
}

static tapster_status weblog_plan(tapster_source* source, const tapster_plan_request* request,
                                  const tapster_sink* out, tapster_error* error) {
  place done;
  char until[64];
  if (is_text(request->stream, "files")) return push_line(out, "{}\n", error);
  if (!is_text(request->stream, "requests")) return fail_for_stream(error, request->stream);
  tapster_status status = place_of_state(request->state, &done, error);
  if (status != TAPSTER_OK) return status;
  if (request->since.size > 0) done.file[0] = '\0';
  if (!copy_bound(request->until, until, sizeof until) ||
      (request->since.size > 0 && !copy_bound(request->since, done.modified_at, sizeof done.modified_at)))
    return fail(error, TAPSTER_CONFIG, "--since and --until must be days, or times in UTC");
  rows slices = {.source = source, .out = out, .error = error};
  if (!allocate(&slices)) return fail(error, TAPSTER_INTERNAL, "out of memory");
  status = plan_files(&slices, done, until);
  free(slices.data);
  return status;
}

static tapster_status weblog_read(tapster_source* source, const tapster_read_request* request,
                                  const tapster_sink* out, tapster_error* error) {
  rows pushed = {.source = source, .out = out, .error = error};
  const bool is_requests = is_text(request->stream, "requests");
  if (!is_requests && !is_text(request->stream, "files")) return fail_for_stream(error, request->stream);
  if (!allocate(&pushed)) return fail(error, TAPSTER_INTERNAL, "out of memory");
  const tapster_status status = is_requests ? read_requests(&pushed, request) : read_files(&pushed, request);
  free(pushed.data);
  return status;
}

/* The state moves to the slice's file if it has come to the file before: otherwise that would leave a gap. */
static tapster_status weblog_state(tapster_source* source, const tapster_state_request* request,
                                   const tapster_sink* out, tapster_error* error) {
  place old;
  place after;
  place read;
  char line[6 * sizeof read.file + 256];
  if (is_text(request->stream, "files")) return push_line(out, "{}\n", error);
  if (!is_text(request->stream, "requests")) return fail_for_stream(error, request->stream);
  const tapster_status status = place_of_state(request->state, &old, error);
  if (status != TAPSTER_OK) return status;
  if (!find_place(request->slice, "modified_at", "file", &read) ||
      !find_place(request->slice, "after_modified_at", "after_file", &after))
    return fail(error, TAPSTER_INTERNAL, "the slice has no \"modified_at\" and \"file\"");
  const place* next = compare(&after, &old) <= 0 && compare(&read, &old) > 0 ? &read : &old;
  if (*next->modified_at == '\0') return push_line(out, "{}\n", error);
  rows written = {.source = source, .out = out, .error = error, .data = line};
  written.size = (size_t)snprintf(line, sizeof line, "{\"modified_at\":\"%s\",\"file\":", next->modified_at);
  add_string(&written, text_of(next->file));
  memcpy(line + written.size, "}\n", 3);
  return push_line(out, line, error);
}

/* The host's `cancelled` returns 1 before this is called, and nothing else has to be woken. */
static void weblog_cancel(tapster_source* source) {
  (void)source;
}

static void weblog_close(tapster_source* source) {
  free(source);
}

const tapster_connector* tapster_connector_v1(uint32_t host_abi_version) {
  static const tapster_connector table = {.struct_size = sizeof table,
                                          .abi_version = TAPSTER_ABI_VERSION,
                                          .name = {"weblog", 6},
                                          .version = {"1.0.0", 5},
                                          .description = {"Access logs of web servers", 26},
                                          .spec = weblog_spec,
                                          .open = weblog_open,
                                          .check = weblog_check,
                                          .discover = weblog_discover,
                                          .plan = weblog_plan,
                                          .read = weblog_read,
                                          .state = weblog_state,
                                          .cancel = weblog_cancel,
                                          .close = weblog_close};
  return host_abi_version >> 16 == TAPSTER_ABI_MAJOR ? &table : NULL;
}
