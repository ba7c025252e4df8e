/* Shared by the TLS files; the loop's thread only, except tls_context.c (any thread).
 *
 * OpenSSL makes every handshake. Records are then protected by one of two layers, chosen by the context:
 *   OpenSSL   the SSL object stays for the connection's life and reads and writes its records through our BIO;
 *   compact   the SSL object is freed after the handshake, and records are protected here with the agreed keys and
 *             libcrypto's AEADs. TLS 1.3 only.
 * Both layers take whole records from the loop's input and append ciphertext to the loop's output, so reading,
 * batching and waiting for the socket are the same code for both.
 *
 *   tls.c             a loop's and a connection's TLS: made, found by descriptor, watched, closed
 *   tls_context.c     certificate, key and policy
 *   tls_handshake.c   the handshake, the BIO, and the first bytes that are no TLS
 *   tls_receive.c     from the socket's ciphertext to the caller's bytes
 *   tls_send.c        one message for one connection
 *   tls_batch.c       one message for many connections, sent by one call
 *   tls_output.c      from ciphertext to the socket, and the ciphertext that waits for it
 *   tls_openssl.c     the OpenSSL record layer
 *   tls_compact.c     the compact one: take-over, alerts, KeyUpdate (RFC 8446 sections 4.6.3 and 6)
 *   tls_records.c     its records (RFC 8446 section 5)
 *   tls_keys.c        its keys (RFC 8446 section 7) */
#ifndef CUV_TLS_H
#define CUV_TLS_H
#include "internal.h"
#include <openssl/ssl.h>

enum {
  cuv__record_header = 5,
  cuv__tag = 16,
  cuv__plaintext_limit = 16384,                      /* of one record */
  cuv__record_limit_13 = cuv__plaintext_limit + 256, /* behind its header (RFC 8446 section 5.2) */
  cuv__record_limit = cuv__plaintext_limit + 2048,   /* the same in TLS 1.2 (RFC 5246 section 6.2.3) */
  cuv__record_overhead = cuv__record_header + 1 + cuv__tag, /* of a record that is sealed here */
  cuv__input_size = 2 * cuv__plaintext_limit,        /* room for any one record */
  cuv__batch_size = 256,
  cuv__message_limit = 1 << 30, /* lengths of what waits have 32 bits */
  /* Records in a row that carry no application data: empty ones, KeyUpdates, warnings. */
  cuv__useless_limit = 32,
  /* Records that OpenSSL sends in answer to records while earlier ciphertext waits for the socket. */
  cuv__answers_limit = 32
};
enum { cuv__type_alert = 21, cuv__type_handshake = 22, cuv__type_data = 23 };
enum { /* RFC 8446 section 6 */
  cuv__alert_close_notify = 0,
  cuv__alert_unexpected_message = 10,
  cuv__alert_bad_record_mac = 20,
  cuv__alert_record_overflow = 22,
  cuv__alert_illegal_parameter = 47,
  cuv__alert_decode_error = 50,
  cuv__alert_internal_error = 80,
  cuv__alert_user_canceled = 90
};
enum { cuv__aes_128_gcm, cuv__aes_256_gcm, cuv__chacha20_poly1305, cuv__aead_count };

/* One direction of the compact layer. */
typedef struct {
  uint64_t sequence;  /* with OpenSSL's records: sealed with the present key, for the rekey */
  uint8_t secret[48]; /* the traffic secret, from which keys and the next secret come */
  uint8_t key[32];
  uint8_t iv[12];
} cuv__tls_keys;

/* handshaking -> open -> failed; handshaking -> failed; handshaking -> not_tls (plain HTTP, which has had its answer:
 * nothing more is sent, and input is discarded until the peer has read it). */
enum cuv__tls_phase { cuv__handshaking, cuv__open, cuv__failed, cuv__not_tls };

/* A connection's; found by conn->poll.data and by its descriptor in the table. */
struct cuv__tls {
  cuv_conn *conn;
  struct cuv__tls_loop *home;
  cuv__tls *next, *previous; /* among those with something to be read; next NULL: not among them */
  SSL *ssl;                  /* from the first whole record on; compact: until the handshake ends; else NULL */
  uint8_t *waiting;          /* ciphertext from waiting_at on for the socket; NULL: none */
  uint8_t *held;             /* received and not delivered: decrypted bytes, then ciphertext; NULL: none */
  uint64_t progress_ms;      /* when the socket last took ciphertext, or when it first had to wait */
  uint32_t waiting_at, waiting_count;
  uint32_t held_plain, held_cipher;
  int32_t failure;    /* a negative errno when failed */
  uint16_t fragment;  /* bytes of plaintext in one record, at most */
  uint16_t record_limit; /* bytes of a received record behind its header, at most */
  uint8_t phase, aead, watched;
  uint8_t useless;    /* records in a row without application data */
  uint8_t answers;    /* records that went behind waiting ciphertext in answer to records */
  uint8_t part_count; /* bytes of a handshake message whose rest is in a later record (compact) */
  uint8_t part[5];
  bool has_secret_in, has_secret_out; /* the traffic secrets have arrived (compact) */
  bool peer_closed; /* close_notify has come */
  bool closed;      /* close_notify has been sealed; nothing follows it */
  bool fin_wanted;  /* FIN behind what waits */
  bool owes_update; /* the peer has asked for our KeyUpdate (compact) */
  bool is_queued;   /* in the batch that is being made */
  bool has_more;    /* what is held can be read without the socket */
  cuv__tls_keys in, out;
};

/* A loop's: what lives for the length of one call stands here once instead of in each connection. */
typedef struct cuv__tls_loop {
  cuv_tls_context *context;
  bool is_compact;
  cuv__tls **table; /* by descriptor */
  size_t table_count;
  cuv__tls readable; /* head of the ring of those with something to be read */
  EVP_CIPHER_CTX *sealing[cuv__aead_count], *opening[cuv__aead_count]; /* compact */
  struct { uint8_t *bytes; size_t count, capacity; } output; /* sealed, not yet handed on; empty between calls */
  /* OpenSSL sees what lies between `at` and `visible`: whole records only. */
  struct { size_t at, visible, count; uint8_t bytes[cuv__input_size]; } input;
  uint8_t plain[cuv__plaintext_limit]; /* of a record for which the caller has no room */
  size_t mark; /* of the output, when the handshake switched to the final keys in this very call */
  uint32_t handshakes, handshake_limit; /* under way: with an SSL object, and not finished */
  uint32_t most_handshakes;             /* at once since memory was last given back */
  uint64_t handshakes_refused;
  size_t waiting_bytes; /* of all its connections: sum of waiting_count - waiting_at */
  uint64_t records_per_key;
  bool loses_secrets; /* for tests */
  struct {
    cuv__tls *connections[cuv__batch_size];
    cuv__packet packets[cuv__batch_size];
    int32_t results[cuv__batch_size];
    uint32_t places[cuv__batch_size]; /* of these connections among the descriptors of the portion */
    int32_t outcomes[cuv__batch_size]; /* of the descriptors */
  } batch;
} cuv__tls_loop;

/* Where received bytes go. */
typedef struct {
  uint8_t *bytes;
  size_t count, capacity;
} cuv__delivery;

/* tls_context.c */
SSL_CTX *cuv__tls_context_take(cuv_tls_context *context); /* the present one; SSL_CTX_free() when done; NULL: no memory */
cuv_tls_context *cuv__tls_context_share(cuv_tls_context *context); /* cuv_tls_context_destroy() when done */
bool cuv__tls_context_is_compact(const cuv_tls_context *context);

/* tls_handshake.c */
/* Takes from the input, sends what is due, keeps the rest. 0: over, the connection is open; -EAGAIN; or the failure. */
int cuv__shake_hands(cuv__tls *tls);
void cuv__handshake_forget(cuv__tls *tls); /* frees the SSL object, if there is one */
void cuv__handshake_tidy(cuv__tls_loop *home);

/* tls_receive.c */
/* The length of the record at the beginning with its header, 0 when more bytes are needed, or -1: beyond the limit. */
ptrdiff_t cuv__record_length(const cuv__tls *tls, const uint8_t *bytes, size_t count);
/* Hands on what fits and holds the rest; 0 or the failure. */
int cuv__deliver(cuv__tls *tls, const uint8_t *bytes, size_t count, cuv__delivery *to);
int cuv__hold(cuv__tls *tls, const uint8_t *plain, size_t plain_count); /* and what is left of the input */

/* tls_openssl.c and tls_compact.c: a record layer. `open` takes the whole record at the input's front; 0 or the
 * failure, of which the peer has been told. `seal` appends to the output; false: no memory, or OpenSSL failed. */
int cuv__openssl_open(cuv__tls *tls, size_t length, cuv__delivery *to);
bool cuv__openssl_seal(cuv__tls *tls, const uint8_t *bytes, size_t count);
bool cuv__openssl_seal_close(cuv__tls *tls);
int cuv__compact_open(cuv__tls *tls, size_t length, cuv__delivery *to);
bool cuv__compact_seal(cuv__tls *tls, const uint8_t *bytes, size_t count);
void cuv__compact_log(const SSL *ssl, const char *line); /* SSL_CTX_set_keylog_callback() */
bool cuv__compact_take_over(cuv__tls *tls); /* keys from the finished handshake */
int cuv__compact_refuse(cuv__tls *tls, int alert); /* tells the peer why, and fails */

/* tls_records.c */
/* Appends to the output; false: no memory, or libcrypto failed. */
bool cuv__seal_records(cuv__tls *tls, uint8_t type, const uint8_t *bytes, size_t count);
bool cuv__seal_alert(cuv__tls *tls, uint8_t description);
/* Opens a whole record in place; 0, or the alert that is due. */
int cuv__open_record(cuv__tls *tls, uint8_t *record, size_t length, uint8_t *type, uint8_t **plain, size_t *count);

/* tls_keys.c; false: libcrypto failed. */
bool cuv__keys_from_secret(cuv__tls_keys *keys, int aead);
bool cuv__keys_update(cuv__tls_keys *keys, int aead);

/* tls_output.c */
uint8_t *cuv__output_room(cuv__tls_loop *home, size_t count); /* NULL: no memory */
void cuv__output_clear(cuv__tls_loop *home);
int cuv__emit(cuv__tls *tls);    /* the output to the socket, or behind what waits; 0 or the failure */
int cuv__flush(cuv__tls *tls);   /* what waits to the socket; 0 (also while more waits) or the failure */
void cuv__forget_waiting(cuv__tls *tls);
int cuv__keep(cuv__tls *tls, const uint8_t *bytes, size_t count); /* the socket did not take it */
int cuv__tls_fail(cuv__tls *tls, int failure); /* returns it */

/* tls_send.c */
int cuv__tls_sendable(const cuv__tls *tls); /* 0, -EAGAIN, or another negative errno */
bool cuv__seal_message(cuv__tls *tls, const void *bytes, size_t count); /* appends to the output */
int cuv__tls_end(cuv__tls *tls); /* close_notify behind what waits */

/* tls.c */
cuv__tls *cuv__tls_find(cuv_loop *loop, int fd);
int cuv__tls_rewatch(cuv__tls *tls);
void cuv__tls_set_more(cuv__tls *tls, bool more); /* what is held can be read without the socket */

#endif
