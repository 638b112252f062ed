/*
 * Uses every public type of the ABI in one exported function, because abidw and abidiff see only types that
 * exported symbols use. It also proves that the header is valid C11 and that its layout in C has not changed.
 */
#include <tapster/connector.h>

/* The header of ABI 1.0 is compared with its dump alone. */
#if TAPSTER_ABI_MINOR >= 1
#include "layout.h"
#endif

TAPSTER_EXPORT tapster_status tapster_abi_probe(
    const tapster_connector* connector, const tapster_host* host, const tapster_sink* sink,
    const tapster_batch* batch, const tapster_plan_request* plan, const tapster_read_request* read,
    const tapster_state_request* state, tapster_error* error, tapster_log_level level, tapster_text text,
    tapster_source* source, const tapster_connector* (*entry)(uint32_t));

tapster_status tapster_abi_probe(const tapster_connector* connector, const tapster_host* host,
                                 const tapster_sink* sink, const tapster_batch* batch,
                                 const tapster_plan_request* plan, const tapster_read_request* read,
                                 const tapster_state_request* state, tapster_error* error,
                                 tapster_log_level level, tapster_text text, tapster_source* source,
                                 const tapster_connector* (*entry)(uint32_t)) {
  (void)connector, (void)host, (void)sink, (void)batch, (void)plan, (void)read, (void)state, (void)error;
  (void)level, (void)text, (void)source, (void)entry;
  return TAPSTER_OK;
}
