/* The layout and the numbers of the ABI, as assertions for C and C++. Lines are only ever added. For a struct
 * that has grown, both sizes are asserted. */
#ifndef TAPSTER_TEST_LAYOUT_H
#define TAPSTER_TEST_LAYOUT_H

#include <stddef.h>
#include <tapster/connector.h>

#ifdef __cplusplus
#define ABI_ASSERT(condition) static_assert(condition, #condition)
#else
#define ABI_ASSERT(condition) _Static_assert(condition, #condition)
#endif

ABI_ASSERT(TAPSTER_ABI_MAJOR == 1);
ABI_ASSERT(TAPSTER_ABI_VERSION >= 0x10001);

ABI_ASSERT(sizeof(tapster_status) == 4);
ABI_ASSERT(sizeof(tapster_log_level) == 4);
ABI_ASSERT(TAPSTER_OK == 0);
ABI_ASSERT(TAPSTER_CONFIG == 1);
ABI_ASSERT(TAPSTER_AUTH == 2);
ABI_ASSERT(TAPSTER_STATE == 3);
ABI_ASSERT(TAPSTER_TRANSIENT == 4);
ABI_ASSERT(TAPSTER_RATE_LIMITED == 5);
ABI_ASSERT(TAPSTER_SOURCE == 6);
ABI_ASSERT(TAPSTER_CANCELLED == 7);
ABI_ASSERT(TAPSTER_UNSUPPORTED == 8);
ABI_ASSERT(TAPSTER_INTERNAL == 9);
ABI_ASSERT(TAPSTER_LOG_DEBUG == 0);
ABI_ASSERT(TAPSTER_LOG_INFO == 1);
ABI_ASSERT(TAPSTER_LOG_WARNING == 2);
ABI_ASSERT(TAPSTER_LOG_ERROR == 3);

/* Offsets and sizes for pointers of eight bytes. */
#if UINTPTR_MAX == UINT64_MAX
ABI_ASSERT(offsetof(tapster_text, data) == 0);
ABI_ASSERT(offsetof(tapster_text, size) == 8);
ABI_ASSERT(sizeof(tapster_text) == 16); /* passed by value: it can never grow */

ABI_ASSERT(offsetof(tapster_error, struct_size) == 0);
ABI_ASSERT(offsetof(tapster_error, status) == 8);
ABI_ASSERT(offsetof(tapster_error, source_code) == 12);
ABI_ASSERT(offsetof(tapster_error, retry_after_ms) == 16);
ABI_ASSERT(offsetof(tapster_error, message_size) == 24);
ABI_ASSERT(offsetof(tapster_error, message) == 32);
ABI_ASSERT(offsetof(tapster_error, http_status) == 1056); /* the end of 1.0, and what 1.1 added */
ABI_ASSERT(sizeof(tapster_error) == 1064);

ABI_ASSERT(offsetof(tapster_batch, struct_size) == 0);
ABI_ASSERT(offsetof(tapster_batch, data) == 8);
ABI_ASSERT(offsetof(tapster_batch, size) == 16);
ABI_ASSERT(offsetof(tapster_batch, count) == 24);
ABI_ASSERT(offsetof(tapster_batch, extracted_at) == 32);
ABI_ASSERT(sizeof(tapster_batch) == 40);

ABI_ASSERT(offsetof(tapster_sink, struct_size) == 0);
ABI_ASSERT(offsetof(tapster_sink, context) == 8);
ABI_ASSERT(offsetof(tapster_sink, push) == 16);
ABI_ASSERT(offsetof(tapster_sink, reject) == 24);
ABI_ASSERT(offsetof(tapster_sink, progress) == 32);
ABI_ASSERT(sizeof(tapster_sink) == 40);

ABI_ASSERT(offsetof(tapster_host, struct_size) == 0);
ABI_ASSERT(offsetof(tapster_host, abi_version) == 8);
ABI_ASSERT(offsetof(tapster_host, context) == 16);
ABI_ASSERT(offsetof(tapster_host, log) == 24);
ABI_ASSERT(offsetof(tapster_host, now) == 32);
ABI_ASSERT(offsetof(tapster_host, monotonic) == 40);
ABI_ASSERT(offsetof(tapster_host, sleep) == 48);
ABI_ASSERT(offsetof(tapster_host, cancelled) == 56);
ABI_ASSERT(offsetof(tapster_host, count) == 64);
ABI_ASSERT(offsetof(tapster_host, secret) == 72); /* the end of 1.0, and what 1.1 added */
ABI_ASSERT(offsetof(tapster_host, store) == 80);
ABI_ASSERT(offsetof(tapster_host, start_request) == 88);
ABI_ASSERT(sizeof(tapster_host) == 96);

ABI_ASSERT(offsetof(tapster_plan_request, struct_size) == 0);
ABI_ASSERT(offsetof(tapster_plan_request, stream) == 8);
ABI_ASSERT(offsetof(tapster_plan_request, state) == 24);
ABI_ASSERT(offsetof(tapster_plan_request, since) == 40);
ABI_ASSERT(offsetof(tapster_plan_request, until) == 56);
ABI_ASSERT(sizeof(tapster_plan_request) == 72);

ABI_ASSERT(offsetof(tapster_read_request, struct_size) == 0);
ABI_ASSERT(offsetof(tapster_read_request, stream) == 8);
ABI_ASSERT(offsetof(tapster_read_request, slice) == 24);
ABI_ASSERT(offsetof(tapster_read_request, columns) == 40);
ABI_ASSERT(sizeof(tapster_read_request) == 56);

ABI_ASSERT(offsetof(tapster_state_request, struct_size) == 0);
ABI_ASSERT(offsetof(tapster_state_request, stream) == 8);
ABI_ASSERT(offsetof(tapster_state_request, state) == 24);
ABI_ASSERT(offsetof(tapster_state_request, slice) == 40);
ABI_ASSERT(sizeof(tapster_state_request) == 56);

ABI_ASSERT(offsetof(tapster_connector, struct_size) == 0);
ABI_ASSERT(offsetof(tapster_connector, abi_version) == 8);
ABI_ASSERT(offsetof(tapster_connector, name) == 16);
ABI_ASSERT(offsetof(tapster_connector, version) == 32);
ABI_ASSERT(offsetof(tapster_connector, description) == 48);
ABI_ASSERT(offsetof(tapster_connector, spec) == 64);
ABI_ASSERT(offsetof(tapster_connector, open) == 72);
ABI_ASSERT(offsetof(tapster_connector, check) == 80);
ABI_ASSERT(offsetof(tapster_connector, discover) == 88);
ABI_ASSERT(offsetof(tapster_connector, plan) == 96);
ABI_ASSERT(offsetof(tapster_connector, read) == 104);
ABI_ASSERT(offsetof(tapster_connector, state) == 112);
ABI_ASSERT(offsetof(tapster_connector, cancel) == 120);
ABI_ASSERT(offsetof(tapster_connector, close) == 128);
ABI_ASSERT(sizeof(tapster_connector) == 136);
#endif

#endif
