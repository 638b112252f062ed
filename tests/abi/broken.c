/*
 * A minimal connector that keeps the contract, except for the one flaw that it is compiled with:
 * -DFLAW=flaw_... and its name -DNAME="...". CMakeLists.txt lists the flaws.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tapster/connector.h>

enum {
  flaw_none,
  /* Found by the loader. */
  flaw_no_entry_point,
  flaw_undefined_symbol,
  flaw_null_table,
  flaw_short_table,
  flaw_other_abi,
  flaw_other_name,
  flaw_no_function,
  flaw_crash,
  flaw_exit,
  /* Found by calling it. */
  flaw_prints,
  flaw_spec_twice,
  flaw_spec_no_json,
  flaw_no_source,
  flaw_catalog_without_schema,
  flaw_stream_without_name,
  flaw_metadata,
  flaw_same_stream_twice,
  flaw_slice_with_line_break,
  flaw_slice_too_large,
  flaw_no_line_break,
  flaw_wrong_count,
  flaw_not_objects,
  flaw_old_batch,
  flaw_ignores_sink,
  flaw_state_is_array,
  flaw_fails,  /* each call fails with the status in the config, {"status":4} */
  flaw_silent, /* the same, without a message */
  flaw_cut,    /* the same, with a message that is cut inside the secret "open-sesame" */
  flaw_exit_in_spec,
  flaw_exit_in_open,
  flaw_exit_in_check,
  flaw_exit_in_discover,
  flaw_exit_in_plan,
  flaw_exit_in_read,
  flaw_exit_in_state,
  flaw_record_no_json,
  flaw_record_no_utf8,
  flaw_record_without_key,
  flaw_record_null_key,
  flaw_late_record, /* the first 1,000 records are good, the next has no key */
  flaw_replication_key,
  flaw_replication_key_gaps, /* a record has none, and the others are numbers of several types */
  flaw_bookmark_back,
  flaw_bookmark_ahead,
};

struct tapster_source {
  tapster_status status;
};

static tapster_status end(const tapster_source* source, tapster_error* error) {
  const tapster_status status =
      FLAW == flaw_fails || FLAW == flaw_silent || FLAW == flaw_cut ? source->status : TAPSTER_OK;
  error->status = status;
  error->source_code = 503;
  error->retry_after_ms = 2500;
  error->message_size = 0;
  if (FLAW == flaw_fails) {
    strcpy(error->message, "failed as configured");
    error->message_size = strlen(error->message);
  }
  if (FLAW == flaw_cut) {
    memset(error->message, 'x', sizeof error->message);
    memcpy(error->message + sizeof error->message - 8, "open-ses", 8);
    error->message_size = sizeof error->message;
  }
  return status;
}

static tapster_status push(const tapster_sink* out, const char* lines, size_t count) {
  const tapster_batch batch = {sizeof batch, lines, strlen(lines), count, 0};
  return out->push(out->context, &batch);
}

static tapster_status spec(const tapster_sink* out, tapster_error* error) {
  (void)error;
  if (FLAW == flaw_exit_in_spec) exit(0);
  if (FLAW == flaw_prints) {
    printf("a stray line of the connector\n");
    fflush(stdout);
  }
  if (FLAW == flaw_spec_no_json) return push(out, "{\"properties\":}\n", 1);
  if (FLAW == flaw_spec_twice) push(out, "{\"properties\":{}}\n", 1);
  return push(out, "{\"type\":\"object\",\"properties\":{\"status\":{\"type\":\"integer\"}}}\n", 1);
}

static tapster_status open_source(const tapster_host* host, tapster_text config, tapster_source** source,
                                  tapster_error* error) {
  static const char key[] = "{\"status\":";
  (void)host;
  (void)error;
  if (FLAW == flaw_exit_in_open) exit(0);
  if (FLAW == flaw_no_source) return TAPSTER_OK;
  *source = calloc(1, sizeof **source);
  if (config.size > sizeof key && memcmp(config.data, key, sizeof key - 1) == 0) {
    (*source)->status = (tapster_status)strtol(config.data + sizeof key - 1, NULL, 10);
  }
  return TAPSTER_OK;
}

static tapster_status check(tapster_source* source, tapster_error* error) {
  if (FLAW == flaw_exit_in_check) exit(0);
  return end(source, error);
}

static tapster_status discover(tapster_source* source, const tapster_sink* out, tapster_error* error) {
#define STREAM_WITH(schema, rest) "{\"tap_stream_id\":\"s\",\"stream\":\"s\"," schema rest "}"
#define STREAM(schema) STREAM_WITH(schema, "\"key_properties\":[]")
#define SCHEMA "\"schema\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}}},"
  const tapster_status status = end(source, error);
  if (status != TAPSTER_OK) return status;
  if (FLAW == flaw_exit_in_discover) exit(0);
  if (FLAW >= flaw_record_no_json && FLAW <= flaw_late_record)
    return push(out, "{\"streams\":[" STREAM_WITH(SCHEMA, "\"key_properties\":[\"n\"]") "]}\n", 1);
  if (FLAW == flaw_exit_in_state || FLAW == flaw_bookmark_back || FLAW == flaw_bookmark_ahead)
    return push(
        out,
        "{\"streams\":[" STREAM_WITH(
            SCHEMA,
            "\"key_properties\":[],\"replication_method\":\"INCREMENTAL\",\"replication_key\":\"n\"") "]}\n",
        1);
  if (FLAW == flaw_replication_key)
    return push(
        out,
        "{\"streams\":[" STREAM_WITH(
            SCHEMA,
            "\"key_properties\":[],\"replication_method\":\"INCREMENTAL\",\"replication_key\":\"at\"") "]}\n",
        1);
  if (FLAW == flaw_replication_key_gaps)
    return push(
        out,
        "{\"streams\":[" STREAM_WITH(
            "\"schema\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"number\"},\"m\":true}},",
            "\"key_properties\":[],\"replication_method\":\"INCREMENTAL\",\"replication_key\":\"n\"") "]}\n",
        1);
  if (FLAW == flaw_catalog_without_schema) return push(out, "{\"streams\":[" STREAM("") "]}\n", 1);
  if (FLAW == flaw_stream_without_name)
    return push(out, "{\"streams\":[{\"tap_stream_id\":\"s\"," SCHEMA "\"key_properties\":[]}]}\n", 1);
  if (FLAW == flaw_metadata)
    return push(out,
                "{\"streams\":[" STREAM_WITH(
                    SCHEMA, "\"key_properties\":[],\"metadata\":[{\"breadcrumb\":[]}]") "]}\n",
                1);
  if (FLAW == flaw_same_stream_twice)
    return push(out, "{\"streams\":[" STREAM(SCHEMA) "," STREAM(SCHEMA) "]}\n", 1);
  return push(out, "{\"streams\":[" STREAM(SCHEMA) "]}\n", 1);
}

static tapster_status plan(tapster_source* source, const tapster_plan_request* request,
                           const tapster_sink* out, tapster_error* error) {
  (void)request;
  const tapster_status status = end(source, error);
  if (status != TAPSTER_OK) return status;
  if (FLAW == flaw_exit_in_plan) exit(0);
  if (FLAW == flaw_slice_with_line_break) return push(out, "{\"a\":1,\n\"b\":2}\n", 1);
  if (FLAW == flaw_slice_too_large) {
    static char large[70000];
    memset(large, ' ', sizeof large);
    large[0] = '{';
    large[sizeof large - 2] = '}';
    large[sizeof large - 1] = '\n';
    const tapster_batch batch = {sizeof batch, large, sizeof large, 1, 0};
    return out->push(out->context, &batch);
  }
  if (FLAW == flaw_late_record) return push(out, "{\"part\":1}\n", 1);
  return push(out, "{\"part\":1}\n{\"part\":2}\n", 2);
}

static tapster_status read_slice(tapster_source* source, const tapster_read_request* request,
                                 const tapster_sink* out, tapster_error* error) {
  (void)request;
  const tapster_status status = end(source, error);
  if (status != TAPSTER_OK) return status;
  if (FLAW == flaw_exit_in_read) exit(0);
  if (FLAW == flaw_record_no_json) return push(out, "{\"n\":1}\n{\"n\":2,}\n", 2);
  if (FLAW == flaw_record_no_utf8) return push(out, "{\"n\":\"a\xFF\"}\n", 1);
  if (FLAW == flaw_record_without_key) return push(out, "{\"n\":1}\n{\"m\":2}\n", 2);
  if (FLAW == flaw_record_null_key) return push(out, "{\"n\":null}\n", 1);
  if (FLAW == flaw_late_record) {
    for (int i = 0; i < 1000; ++i) {
      const tapster_status pushed = push(out, "{\"n\":1}\n", 1);
      if (pushed != TAPSTER_OK) return pushed;
    }
    return push(out, "{\"m\":1}\n", 1);
  }
  if (FLAW == flaw_replication_key_gaps)
    return push(out, "{\"n\":9.5}\n{\"m\":1}\n{\"n\":10.5}\n{\"n\":10}\n", 4);
  if (FLAW == flaw_no_line_break) return push(out, "{\"n\":1}\n{\"n\":2}", 2);
  if (FLAW == flaw_wrong_count) return push(out, "{\"n\":1}\n{\"n\":2}\n", 3);
  if (FLAW == flaw_not_objects) return push(out, "{\"n\":1}\n[2]\n", 2);
  if (FLAW == flaw_old_batch) {
    const tapster_batch batch = {sizeof(size_t), "{\"n\":1}\n", 8, 1, 0};
    return out->push(out->context, &batch);
  }
  if (FLAW == flaw_ignores_sink) {
    for (int i = 0; i < 3; ++i) (void)push(out, "{\"n\":1}\n", 1);
    return TAPSTER_OK;
  }
  return push(out, "{\"n\":1}\n", 1);
}

static tapster_status state(tapster_source* source, const tapster_state_request* request,
                            const tapster_sink* out, tapster_error* error) {
  const tapster_status status = end(source, error);
  if (status != TAPSTER_OK) return status;
  if (FLAW == flaw_exit_in_state) exit(0);
  if (FLAW == flaw_bookmark_back && request->state.size > 0) return push(out, "{\"done\":0}\n", 1);
  if (FLAW == flaw_bookmark_ahead) return push(out, "{\"done\":\"2199-01-01T00:00:00Z\"}\n", 1);
  return push(out, FLAW == flaw_state_is_array ? "[]\n" : "{\"done\":1}\n", 1);
}

static void cancel(tapster_source* source) {
  (void)source;
}

static void close_source(tapster_source* source) {
  free(source);
}

/* Run by the loader, before anything is called. */
__attribute__((constructor)) static void loaded(void) {
  if (FLAW == flaw_crash) abort();
  if (FLAW == flaw_exit) _Exit(0);
}

#ifdef UNDEFINED_SYMBOL
extern int a_function_of_no_library(void);
#endif

#ifndef NO_ENTRY_POINT
const tapster_connector* tapster_connector_v1(uint32_t host_abi_version) {
  static const tapster_connector table = {
      .struct_size = FLAW == flaw_short_table ? offsetof(tapster_connector, state) : sizeof table,
      .abi_version = FLAW == flaw_other_abi ? 2u << 16 : TAPSTER_ABI_VERSION,
      .name = {FLAW == flaw_other_name ? "somebody" : NAME, FLAW == flaw_other_name ? 8 : sizeof NAME - 1},
      .version = {"0.1", 3},
      .description = {"Broken on purpose", 17},
      .spec = spec,
      .open = open_source,
      .check = check,
      .discover = discover,
      .plan = plan,
      .read = FLAW == flaw_no_function ? NULL : read_slice,
      .state = state,
      .cancel = cancel,
      .close = close_source};
  (void)host_abi_version;
#ifdef UNDEFINED_SYMBOL
  if (a_function_of_no_library() != 0) return NULL;
#endif
  return FLAW == flaw_null_table ? NULL : &table;
}
#endif
