/*
 * The Tapster connector ABI, version 1.1.
 *
 * A connector is a shared library that exports one C function, tapster_connector_v1(). The host loads
 * the library, calls that function, and drives the table that it returns. Everything a connector author
 * must know is on this page; it compiles as C11 and as C++.
 *
 *
 * A CONNECTOR'S LIFE
 *
 *   table = tapster_connector_v1(host version)    once, when the library has been loaded
 *   table->spec(...)                              what the config looks like
 *   table->open(host, config, &source)            a source: one config, opened
 *   table->check(source)                          does the config work?
 *   table->discover(source)                       which streams are there?
 *   table->plan(source, stream, state)            what to read now, cut into slices
 *   table->read(source, stream, slice)            the records of one slice         } on many threads
 *   table->state(source, stream, state, slice)    the state with that slice added  } at once
 *   table->close(source)
 *
 * The connector answers small blocking questions. Threads, order, checkpoints, files, progress and signals
 * are the host's. The host reads slices in parallel, and folds a finished slice into the stream's state
 * only when every slice planned before it has finished, or has failed in another partition (see plan), and
 * their records have been written.
 *
 *
 * RULES THAT HOLD EVERYWHERE
 *
 *   Text      is UTF-8, given as pointer and size, and never assumed to end in a NUL byte. The pointer of an
 *             empty text may be null.
 *   JSON      is RFC 8259. A JSON line is one compact object, with no line break inside, that ends in "\n".
 *   Memory    is lent, never given away: what a caller passes stays the caller's, and is valid until that
 *             call returns. A connector pushes its output into a sink, so the only thing to release is the
 *             source itself.
 *   Structs   start with struct_size, which the creator of the struct sets to its sizeof. Members are only
 *             ever appended. Before using a member added after 1.0, check it with TAPSTER_HAS: if the struct
 *             is too small, the member is not offered. No member is ever removed, moved or given another
 *             meaning.
 *   Functions in a table are never null.
 *   Errors    are the return value, a tapster_status. On anything but TAPSTER_OK the callee has also filled
 *             the caller's tapster_error. No exception may leave a function, and no function may end the
 *             process.
 *   Secrets   of a config (see spec) never appear in an error, a log line, a record, a slice or a
 *             state. Neither do secrets that a connector learns later, such as a token that a source
 *             returned: announce those with tapster_host.secret.
 *   Globals   of a connector never change, and it has no set-up or tear-down outside open and close: one
 *             process may have two hosts, or two sources. The library is never unloaded.
 *   Output    standard output belongs to the host. A connector prints nothing.
 *
 *   Threads   each function carries one of these tags:
 *     [any]     at any time, from any thread.
 *     [source]  never two of these at once for the same source, nor beside a [worker] call for it. Different
 *               sources are independent.
 *     [worker]  several threads may be inside [worker] functions of the same source at once.
 */
#ifndef TAPSTER_CONNECTOR_H
#define TAPSTER_CONNECTOR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header: the major version is also in the entry point's name. */
#define TAPSTER_ABI_MAJOR 1u
#define TAPSTER_ABI_MINOR 1u
#define TAPSTER_ABI_VERSION ((TAPSTER_ABI_MAJOR << 16) | TAPSTER_ABI_MINOR)

/* Whether the struct of this type that `pointer` points to is large enough to hold `member`. */
#define TAPSTER_HAS(type, pointer, member) \
  ((pointer)->struct_size >= offsetof(type, member) + sizeof((pointer)->member))

#if defined(_WIN32)
#define TAPSTER_EXPORT __declspec(dllexport)
#else
#define TAPSTER_EXPORT __attribute__((visibility("default")))
#endif

/* A lent piece of UTF-8 text. */
typedef struct tapster_text {
  const char* data;
  size_t size; /* in bytes */
} tapster_text;

/* ---- Errors ------------------------------------------------------------------------------------- */

/* How a call ended. The class decides what the host does next, so choose it by what would help. */
typedef int32_t tapster_status;
enum {
  TAPSTER_OK = 0,
  /* The config cannot be used. A person must change it. Ends the run. */
  TAPSTER_CONFIG = 1,
  /* The source refuses the credentials. A person must change them. */
  TAPSTER_AUTH = 2,
  /* The stored state cannot be read. Never ignored: a person must repair or remove it. Ends the stream. */
  TAPSTER_STATE = 3,
  /* It failed now and may work soon: a reset, a time-out, an HTTP 503. The host reads the slice again. */
  TAPSTER_TRANSIENT = 4,
  /* As TRANSIENT, and the source asked for fewer requests: see tapster_error.retry_after_ms. */
  TAPSTER_RATE_LIMITED = 5,
  /* The source responded, and another attempt will not help. Ends the stream, or the partition if the slice
     has one (see plan); what was read before stays. */
  TAPSTER_SOURCE = 6,
  /* The call was cancelled: by cancel, or by a sink or sleep that returned CANCELLED. */
  TAPSTER_CANCELLED = 7,
  /* The connector does not support this, for instance an unknown stream. */
  TAPSTER_UNSUPPORTED = 8,
  /* A bug, of the connector or of the host. */
  TAPSTER_INTERNAL = 9
};

/*
 * Why a call failed. Owned by the caller, who sets struct_size, and filled by the callee when it returns
 * anything but TAPSTER_OK; otherwise its content is undefined. It contains no pointer, so it outlives the
 * callee, and can be filled when memory has run out.
 */
typedef struct tapster_error {
  size_t struct_size;
  tapster_status status; /* the same value that the function returned */
  /* The source's own code, such as an HTTP status or an API's error number; 0 if there is none. */
  int32_t source_code;
  /* Milliseconds to wait before the next attempt, if the source said so; otherwise negative. */
  int64_t retry_after_ms;
  /* The used bytes of message, at most sizeof message. */
  size_t message_size;
  /* One line for a person: what was attempted, what went wrong, where, what to do. Cut between characters. */
  char message[1024];
  /*
   * The status of the HTTP response that was the cause, such as 503, for the log; 0 if there is none. The
   * caller sets it to 0 before the call. \since 1.1: check with TAPSTER_HAS(tapster_error, error,
   * http_status).
   */
  int32_t http_status;
} tapster_error;

/* ---- What flows out of a connector ----------------------------------------------------------------- */

/* A block of JSON lines. */
typedef struct tapster_batch {
  size_t struct_size;
  const char* data; /* the lines, each ending in "\n" */
  size_t size;      /* in bytes; 0 is allowed and means no line */
  size_t count;     /* the number of lines; the host rejects a batch with another number */
  /* When the source sent the records, in microseconds since 1970-01-01T00:00:00Z; 0 for "just now". */
  int64_t extracted_at;
} tapster_batch;

/*
 * Where a function pushes its output. Made by the host for one call, and used only inside that call, on the
 * thread of that call.
 */
typedef struct tapster_sink {
  size_t struct_size;
  void* context;
  /*
   * Takes a batch. The data is borrowed until push returns. Blocks while the reader of the host's output is
   * slow, so a connector needs no queue: aim at batches of 64 KiB to 1 MiB, and push them as they fill.
   *
   * TAPSTER_OK         it was accepted.
   * TAPSTER_CANCELLED  return TAPSTER_CANCELLED soon, without pushing more.
   * anything else      the batch breaks the rules or cannot be written; return that status. The host has
   *                    the reason.
   */
  tapster_status (*push)(void* context, const tapster_batch* batch);

  /*
   * Sets aside a record that the connector cannot read, instead of failing the slice. `record` is one JSON
   * value, as the source sent it, or empty if it must not be kept; `reason` is one line for a person, without
   * values. Both are borrowed until reject returns. Null unless the user asked for it, and then only in read;
   * without it the slice fails. Returns as push.
   *
   * Thread: that of the call. \since 1.1: check with TAPSTER_HAS(tapster_sink, out, reject), then for null.
   */
  tapster_status (*reject)(void* context, tapster_text record, tapster_text reason);

  /*
   * Says what the slice has turned into: a checkpoint. `slice` is a slice like those of plan, complete in
   * itself, of at most 64 KiB, with the same partition. It says how far this one has been read:
   *
   *   state with it returns the state that covers what has been pushed, and nothing else;
   *   read  with it pushes the rest.
   *
   * An example is {"from":1,"to":900,"reached":400}, or the slice with the id of an export that was started.
   * The host may commit the state and the records so far at once; then it goes on, or stops. If the read
   * fails later, the host may read this slice instead of the one that it planned. When read has returned
   * TAPSTER_OK, the host gives the last slice that was reported to state in place of the one that it planned,
   * so a read that has reported any progress reports its end too.
   *
   * The host commits at intervals of its own, about a second, and skips the reports in between: report after
   * each page, and while waiting. It may call state before progress returns, on the same thread, so hold no
   * lock that state takes. Borrowed until progress returns. Null unless the call is read. Returns as push.
   *
   * Thread: that of the call. \since 1.1: check with TAPSTER_HAS(tapster_sink, out, progress), then for null.
   */
  tapster_status (*progress)(void* context, tapster_text slice);
} tapster_sink;

/* ---- What the host offers ---------------------------------------------------------------------------- */

typedef int32_t tapster_log_level;
enum {
  TAPSTER_LOG_DEBUG = 0,   /* for the author: each request, each decision */
  TAPSTER_LOG_INFO = 1,    /* for the operator: what is going on */
  TAPSTER_LOG_WARNING = 2, /* worth a look, but nothing is lost: a retry, an unknown value */
  TAPSTER_LOG_ERROR = 3    /* something failed; return an error as well */
};

/*
 * The host's services for one source. Valid from open until close returns. All of them: [any]. Threads that
 * the connector made itself may call them too.
 */
typedef struct tapster_host {
  size_t struct_size;
  uint32_t abi_version; /* the host's TAPSTER_ABI_VERSION */
  void* context;        /* pass it to each function below */

  /* Writes one line of log, without a line break. */
  void (*log)(void* context, tapster_log_level level, tapster_text message);

  /*
   * The current time, in microseconds since 1970-01-01T00:00:00Z. Use only this clock for anything that ends
   * up in a slice, a state or a record: tests and backfills set it.
   */
  int64_t (*now)(void* context);

  /* A clock that never goes back, in microseconds from an arbitrary start: for intervals and pacing. */
  int64_t (*monotonic)(void* context);

  /*
   * Waits for `microseconds`, in the time of the two clocks above, or until the source is cancelled.
   * Returns TAPSTER_OK or TAPSTER_CANCELLED. A cancel cannot end any other kind of wait.
   */
  tapster_status (*sleep)(void* context, int64_t microseconds);

  /* Returns 1 once the source has been cancelled, otherwise 0. Cheap: call it as often as you like. */
  int32_t (*cancelled)(void* context);

  /*
   * Adds to a named counter of the run's summary. Names are lower_snake_case; the host knows "requests",
   * "retries" and "bytes_received", and shows others as they are.
   */
  void (*count)(void* context, tapster_text name, int64_t delta);

  /*
   * Hides `text` until the process ends: the host replaces it with "***" in every error, log line and
   * summary, and its URL-encoded and base64 forms too. For a secret that the connector learns at run time,
   * such as an access token; call this before the text is used. The config's secrets are hidden already.
   * Texts of less than four bytes are ignored. The host keeps a copy: the text is borrowed until secret
   * returns. Announcing a text twice is harmless.
   *
   * Thread: [any]. \since 1.1: compare with TAPSTER_HAS(tapster_host, host, secret) before the call.
   */
  void (*secret)(void* context, tapster_text text);

  /*
   * Keeps a new value of a setting for the next run: a credential that the source has replaced, such as a
   * refresh token that rotates. `name` is a setting of type string. Call this before the old value becomes
   * invalid, thus before the new one is used: on TAPSTER_OK the new value is on disk, and the next open gets
   * it in its config. `value` is a secret from this call on, as with `secret`. Both are borrowed until store
   * returns. Not called inside open.
   *
   * To find out beforehand whether a value can be kept, store the current one.
   *
   * TAPSTER_CONFIG     the user gave no place to keep the value, or it cannot be written. `error` says what
   *                    to do. Do not use the new value: the next run could not log in. Return the error.
   * TAPSTER_INTERNAL   `name` is not a setting of type string, or `value` is not text.
   *
   * Thread: [any]. \since 1.1: check with TAPSTER_HAS(tapster_host, host, store).
   */
  tapster_status (*store)(void* context, tapster_text name, tapster_text value, tapster_error* error);

  /*
   * Starts a request to the source: waits as long as the user's limit on the rate of requests says, in the
   * time of the two clocks, or until the source is cancelled. Without a limit it returns at once. The limit
   * is for all threads of the source together, so call this right before each request, also before those that
   * repeat one, log in, or download a file. A slower rate that the source demands is the connector's
   * business. Returns TAPSTER_OK or TAPSTER_CANCELLED.
   *
   * Thread: [any]. \since 1.1: check with TAPSTER_HAS(tapster_host, host, start_request). Without it there is
   * no limit.
   */
  tapster_status (*start_request)(void* context);
} tapster_host;

/* ---- What the host requests ---------------------------------------------------------------------------- */

/* What to plan. */
typedef struct tapster_plan_request {
  size_t struct_size;
  tapster_text stream; /* a stream's name, as discover gave it */
  /*
   * The stream's state, a JSON object. Empty if the stream has not been read before, or must be read in full
   * again.
   */
  tapster_text state;
  /*
   * Bounds set by the user, or empty. Either a day of the source's own calendar, "2026-01-31", all of which
   * is included, or a time, "2026-01-31T12:00:00Z". `since` replaces the bookmark and the configured start;
   * `until` ends the plan earlier than now.
   */
  tapster_text since;
  tapster_text until;
} tapster_plan_request;

/* What to read. */
typedef struct tapster_read_request {
  size_t struct_size;
  tapster_text stream; /* a stream's name */
  tapster_text slice;  /* a slice that plan gave for this stream, or that progress reported, byte for byte */
  /*
   * The columns to emit: a JSON array of JSON Pointers (RFC 6901) into the record, such as
   * ["/id","/geo/city"]. A pointer selects everything below it, and passes through arrays: "/to/email" is
   * the member "email" of every object in the array "to", whose other elements stay. Empty means every
   * column. Other columns are left out of the record.
   */
  tapster_text columns;
} tapster_read_request;

/* Which slice to fold into which state. */
typedef struct tapster_state_request {
  size_t struct_size;
  tapster_text stream; /* a stream's name */
  tapster_text state;  /* the stream's state so far, a JSON object; empty if there is none */
  tapster_text slice;  /* one of this stream that has been read to its end, or that progress reported */
} tapster_state_request;

/* ---- The connector ------------------------------------------------------------------------------------- */

/* One opened config. Defined by the connector, opaque to the host. */
typedef struct tapster_source tapster_source;

typedef struct tapster_connector {
  size_t struct_size;
  uint32_t abi_version; /* the TAPSTER_ABI_VERSION that the connector was built with */

  /* The name that selects the connector: [a-z][a-z0-9-]*, the same as in its file name, tapster-NAME.so. */
  tapster_text name;
  tapster_text version;     /* the connector's own, such as "1.4.2" */
  tapster_text description; /* one line for people */

  /*
   * Pushes one line: a JSON Schema of the config. Its root is of type "object" with "properties"; each
   * property has a "description", and a secret one has "secret": true. Needs no source and no network.
   * Thread: [any]. Errors: INTERNAL.
   */
  tapster_status (*spec)(const tapster_sink* out, tapster_error* error);

  /*
   * Opens a source. `config` is a JSON object that the host has checked against the spec. Makes no request.
   * On TAPSTER_OK *source is set and the connector owns it until close; otherwise *source is not changed and
   * there is nothing to close. `host` stays valid until close returns; config only until open returns.
   * Thread: [any]. Errors: CONFIG, INTERNAL.
   */
  tapster_status (*open)(const tapster_host* host, tapster_text config, tapster_source** source,
                         tapster_error* error);

  /*
   * Checks that the config works, with few and cheap requests.
   * Thread: [source]. Errors: any.
   */
  tapster_status (*check)(tapster_source* source, tapster_error* error);

  /*
   * Pushes one line: the catalog, {"streams":[...]}, in Singer's form. Each stream has "tap_stream_id",
   * "stream", "schema" (JSON Schema without $ref), "key_properties", "replication_method", for INCREMENTAL
   * ones "replication_key", and "metadata" whose root entry has "selected-by-default". If the streams are
   * known beforehand, the catalog should not need a request: schedulers discover before every sync.
   *
   * A stream whose columns are found by request may have others tomorrow. The root entry of its metadata then
   * has "columns-vary": true: if a user's catalog or pattern names a column that the stream does not have any
   * more, the host warns, and writes null for a column whose schema it knows.
   *
   * Thread: [source]. Errors: any.
   */
  tapster_status (*discover)(tapster_source* source, const tapster_sink* out, tapster_error* error);

  /*
   * Pushes the slices of a stream to read now, one JSON line each, oldest first. A slice is complete in
   * itself (another process may read it), has at most 64 KiB, and is worth seconds rather than hours. Except
   * for one member, it is opaque to the host. No slice means that there is nothing to read. The host may
   * start to read a slice while plan still runs. If plan fails, the slices that it has pushed are still
   * read.
   *
   * That member is "partition", a string, for a stream that is read in parts (accounts, mailboxes, regions)
   * that can fail independently. It is a promise: what a slice adds to the state covers nothing of another
   * partition, and does not depend on another partition's slices. If a slice fails permanently, the host
   * then skips only the later slices of its partition. Slices without the member depend on each other, as
   * the slices of one partition do. Either all slices of a stream have the member, or none has. A host that
   * does not know the member skips all later slices of the stream, which is also correct.
   *
   * Thread: [worker]. Errors: any; STATE for a state that cannot be read, UNSUPPORTED for an unknown stream.
   */
  tapster_status (*plan)(tapster_source* source, const tapster_plan_request* request, const tapster_sink* out,
                         tapster_error* error);

  /*
   * Pushes every record of a slice. When it returns TAPSTER_OK, all of them have been pushed. A slice may be
   * read again, after a failure or by a later run, and then gives the same records or newer versions of
   * them.
   * Thread: [worker]. Errors: any. Never returns TAPSTER_OK if a record of the slice could not be read.
   */
  tapster_status (*read)(tapster_source* source, const tapster_read_request* request, const tapster_sink* out,
                         tapster_error* error);

  /*
   * Pushes one line: the stream's state after `slice` has been read. It covers what the old state and the
   * slice cover and nothing else, and never goes back. Makes no request. Not called for a stream that is
   * read in full. The member "version" belongs to the host, which uses it to distinguish full reads.
   * Thread: [worker]. Errors: STATE, UNSUPPORTED, INTERNAL.
   */
  tapster_status (*state)(tapster_source* source, const tapster_state_request* request,
                          const tapster_sink* out, tapster_error* error);

  /*
   * Asks every call on the source to return TAPSTER_CANCELLED within a second. Returns at once. The host's
   * `cancelled` already returns 1 when this is called. It may be called more than once; later calls do
   * nothing.
   * Thread: [any], but not after close has begun.
   */
  void (*cancel)(tapster_source* source);

  /*
   * Ends the source and frees its memory. No other call on it is running or will follow.
   * Thread: [source].
   */
  void (*close)(tapster_source* source);
} tapster_connector;

/*
 * The entry point, exported by every connector; everything else in the library is hidden. `host_abi_version`
 * is the host's TAPSTER_ABI_VERSION. Returns a table that lives as long as the process, or null if the
 * connector cannot work with that version. This is the first call into the library. Thread: [any].
 */
TAPSTER_EXPORT const tapster_connector* tapster_connector_v1(uint32_t host_abi_version);

#ifdef __cplusplus
}
#endif

#endif
