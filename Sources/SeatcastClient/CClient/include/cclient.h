// What the client library needs of C: TLS sessions (OpenSSL) over memory, so that they do no I/O of their own; epoll,
// which Glibc's module does not have; SHA-1 for the handshake of a WebSocket. A session belongs to one thread at a
// time; a context may be shared.
#pragma once

#include <stddef.h>
#include <stdint.h>

// MARK: TLS

typedef struct cc_tls_context cc_tls_context;
typedef struct cc_tls cc_tls;

/// A client's context that verifies certificates. `ca_file`: PEM file of authorities to trust; NULL: the system's.
/// NULL when it cannot be made; `problem` then holds a sentence's end.
cc_tls_context *cc_tls_context_new(const char *ca_file, char *problem, size_t problem_size);
void cc_tls_context_free(cc_tls_context *context);

/// A session with `host`, a name or a numeric address, which the certificate must name. NULL when memory is short.
cc_tls *cc_tls_new(cc_tls_context *context, const char *host);
void cc_tls_free(cc_tls *tls);

/// What the functions below return besides a number of bytes.
enum { CC_TLS_WAIT = 0, CC_TLS_END = -1, CC_TLS_FAILED = -2 };

/// Goes on with the handshake: 1 when it is done, CC_TLS_WAIT, or CC_TLS_FAILED.
int cc_tls_handshake(cc_tls *tls);
/// Takes bytes that came from the socket; all of them, or CC_TLS_FAILED.
long cc_tls_feed(cc_tls *tls, const uint8_t *bytes, size_t count);
/// Bytes for the socket, up to `size`; 0: there are none.
long cc_tls_drain(cc_tls *tls, uint8_t *bytes, size_t size);
/// Plain bytes that have arrived; CC_TLS_WAIT: none; CC_TLS_END: the peer said that nothing follows.
long cc_tls_read(cc_tls *tls, uint8_t *bytes, size_t size);
/// Protects bytes for the socket: all of them, or CC_TLS_FAILED. Only after the handshake.
long cc_tls_write(cc_tls *tls, const uint8_t *bytes, size_t count);
/// Says that nothing follows.
void cc_tls_close(cc_tls *tls);
/// Why it failed, as a sentence's end.
void cc_tls_problem(const cc_tls *tls, char *text, size_t size);

// MARK: Readiness

enum { CC_READABLE = 1, CC_WRITABLE = 2 };

typedef struct {
  uint64_t key;
  /// CC_READABLE and CC_WRITABLE; a broken connection is both.
  int ready;
} cc_event;

/// A new set of descriptors that are watched, or -1.
int cc_poll_new(void);
/// `interest`: CC_READABLE and CC_WRITABLE, or 0. 0, or -1 with errno.
int cc_poll_add(int set, int descriptor, uint64_t key, int interest);
int cc_poll_change(int set, int descriptor, uint64_t key, int interest);
int cc_poll_remove(int set, int descriptor);
/// How many of `events` were filled; after `milliseconds` (-1: never) 0.
int cc_poll_wait(int set, cc_event *events, int count, int milliseconds);
/// A descriptor that becomes readable by `cc_wake` and is so until `cc_wake_clear`; or -1.
int cc_wake_new(void);
void cc_wake(int descriptor);
void cc_wake_clear(int descriptor);

// MARK: Digest

void cc_sha1(const uint8_t *bytes, size_t count, uint8_t digest[20]);
