/*
 * The C headers and their macros, compiled as every standard of C and C++ that a connector may use: see
 * headers.sh. The types are used as an author would.
 */
#include <tapster/catalog.h>
#include <tapster/catalog.h> /* twice */
#include <tapster/connector.h>

#include "layout.h"

static const tapster_column columns[] = {{"id", TAPSTER_INTEGER, "A number.", TAPSTER_KEY, NULL},
                                         {"at", TAPSTER_TIMESTAMP, NULL, TAPSTER_NOT_BY_DEFAULT, NULL}};
static const tapster_stream streams[] = {{"orders", "Orders.", "at", columns, 2, 0}};

TAPSTER_EXPORT tapster_status use_headers(const tapster_sink* out, tapster_error* error);

tapster_status use_headers(const tapster_sink* out, tapster_error* error) {
  if (TAPSTER_HAS(tapster_sink, out, reject) && TAPSTER_HAS(tapster_error, error, http_status))
    error->http_status = 0;
  if (tapster_write_catalog(streams, 1, NULL, 0) == 0) return TAPSTER_INTERNAL;
  return tapster_push_catalog(streams, 1, out, error);
}
