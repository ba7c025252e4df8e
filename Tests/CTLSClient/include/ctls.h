/* CTLSClient: the other end of a TLS connection, for tests only. OpenSSL's client, over a blocking descriptor or over
 * memory, so that a test can look at, split and damage every byte on its way. One thread per client. */
#ifndef CTLS_H
#define CTLS_H
#include <stddef.h>
#include <stdint.h>

typedef struct ctls ctls;

typedef struct {
  int fd;                   /* blocking; not closed here. -1: over memory */
  const char *trusted_file; /* PEM; the peer must be "localhost". NULL: anybody */
  int version;              /* 12 or 13; 0: what both can */
  const char *suites;       /* OpenSSL's names for that version; NULL: its own list */
  const char *protocol;     /* offered by ALPN, separated by commas; NULL: none */
  int fragment;             /* asks for records of at most 512, 1024, 2048 or 4096 bytes; 0: does not */
  const ctls *resumed;      /* whose ticket is shown; NULL: none */
} ctls_options;

enum { CTLS_WAITS = -1, CTLS_FAILED = -2 }; /* CTLS_WAITS: over memory only, for ctls_put() */

ctls *ctls_create(const ctls_options *options); /* NULL: the options make no sense to OpenSSL */
void ctls_destroy(ctls *client);
int ctls_handshake(ctls *client); /* 0 or CTLS_ */
/* Number of bytes or CTLS_; a receipt of 0 is close_notify. */
ptrdiff_t ctls_send(ctls *client, const void *bytes, size_t count);
ptrdiff_t ctls_receive(ctls *client, void *into, size_t capacity);
int ctls_close(ctls *client);                       /* sends close_notify; the descriptor stays open */
int ctls_update_keys(ctls *client, int also_peers); /* goes out with the next bytes, or by ctls_handshake() */
int ctls_renegotiate(ctls *client);                 /* TLS 1.2; goes out by ctls_handshake() */

/* Over memory: ciphertext to the peer, and from it. */
size_t ctls_take(ctls *client, void *into, size_t capacity);
void ctls_put(ctls *client, const void *bytes, size_t count);

/* A record of this client that OpenSSL would not send: any type, any content. Of TLS 1.3 with AES-128-GCM, protected by
 * the first application traffic key; `sequence` is the number of records that it has protected before. Returns the
 * record's length, at most count + 22, or CTLS_FAILED. */
ptrdiff_t ctls_forge(ctls *client, uint64_t sequence, uint8_t type, const void *bytes, size_t count, uint8_t *into);

int ctls_version(const ctls *client);            /* 12 or 13 */
const char *ctls_suite(const ctls *client);
int ctls_was_resumed(const ctls *client);
int ctls_tickets(const ctls *client);            /* so far */
int ctls_key_updates(const ctls *client);        /* received so far */
size_t ctls_protocol(const ctls *client, char into[256]);
const char *ctls_failure(const ctls *client);    /* OpenSSL's reason of the last CTLS_FAILED */

/* Of this process, by malloc (0 under a sanitizer). */
size_t ctls_bytes_in_use(void);

#endif
