/* What the TLS files share. OpenSSL makes the handshake: versions, certificates, key exchange, tickets. Then its SSL
 * object goes, and the records are protected here, with libcrypto's AEADs and the keys that were agreed on, as the
 * kernel's TLS does it. Because an SSL object is 13 KB for as long as its connection lives, spread over 30 pieces of
 * memory, of which each SSL_write() for the next of thousands of connections finds none in the cache.
 *   tls.c            finds a connection by its descriptor, watches, sends, closes
 *   tls_receive.c    from the socket's ciphertext to the caller's bytes
 *   tls_batch.c      seals the same bytes for many and sends them together
 *   tls_context.c    certificate, key and policy
 *   tls_handshake.c  the SSL object, while there is one
 *   tls_keys.c       from the handshake's secrets to keys (RFC 8446 section 7, RFC 5246 section 6.3)
 *   tls_records.c    seals and opens records (RFC 8446 section 5, RFC 5246 section 6.2, RFC 7905)
 *   tls_output.c     from sealed bytes to the socket, and what waits for it */
#ifndef CUV_TLS_H
#define CUV_TLS_H
#include "internal.h"
#include <openssl/ssl.h>

enum {
  cuv__record_header = 5,
  cuv__tag = 16,
  cuv__plaintext_limit = 16384,                         /* of one record */
  cuv__record_limit = cuv__plaintext_limit + 256,       /* behind its header (RFC 8446 section 5.2) */
  cuv__record_overhead = cuv__record_header + 8 + 1 + cuv__tag, /* at most, of a sealed record */
  cuv__input_size = 2 * cuv__plaintext_limit,           /* room for any one record */
  cuv__batch_size = 256,
  cuv__message_limit = 1 << 30 /* lengths of what waits have 32 bits */
};
enum { cuv__type_alert = 21, cuv__type_handshake = 22, cuv__type_data = 23 };
enum { /* RFC 8446 section 6 */
  cuv__alert_close_notify = 0,
  cuv__alert_unexpected_message = 10,
  cuv__alert_bad_record_mac = 20,
  cuv__alert_record_overflow = 22,
  cuv__alert_decode_error = 50,
  cuv__alert_internal_error = 80,
  cuv__alert_user_canceled = 90,
  cuv__alert_no_renegotiation = 100
};
enum { cuv__aes_128_gcm, cuv__aes_256_gcm, cuv__chacha20_poly1305, cuv__aead_count };

/* One direction's. */
typedef struct {
  uint64_t sequence;
  uint8_t secret[48]; /* TLS 1.3: the traffic secret, from which the next one comes */
  uint8_t key[32];
  uint8_t iv[12]; /* TLS 1.2 with GCM: the salt and eight zeros, so that a nonce is iv XOR sequence in any case */
} cuv__tls_keys;

enum cuv__tls_phase { cuv__handshaking, cuv__open, cuv__failed };

/* A connection's; found by conn->poll.data and by its descriptor in the table. */
struct cuv__tls {
  cuv_conn *conn;
  struct cuv__tls_loop *home;
  cuv__tls *next, *previous; /* among those with something to be read; next NULL: not among them */
  SSL *ssl;                         /* from the first bytes to the end of the handshake, else NULL */
  uint8_t *waiting;                 /* ciphertext from waiting_at on for the socket; NULL: none */
  uint8_t *held; /* received and not delivered: decrypted bytes, then ciphertext; NULL: none */
  uint32_t waiting_at, waiting_count;
  uint32_t held_plain, held_cipher;
  int32_t failure;   /* a negative errno when failed */
  uint16_t fragment; /* bytes of plaintext in one record, at most */
  uint8_t phase, aead, watched;
  bool is_12;        /* TLS 1.2, else 1.3 */
  bool peer_closed;  /* close_notify has come */
  bool closed;       /* close_notify has been sealed; nothing follows it */
  bool fin_wanted;   /* FIN behind what waits */
  bool owes_update;  /* the peer has asked for our KeyUpdate */
  bool is_queued;    /* in the batch that is being made */
  bool has_more;     /* what is held can be read without the socket */
  cuv__tls_keys in, out;
};

/* A loop's: what lives for the length of one call stands here once instead of in each connection. */
typedef struct cuv__tls_loop {
  SSL_CTX *context;
  cuv__tls **table; /* by descriptor */
  size_t table_count;
  cuv__tls readable; /* head of the ring of those with something to be read */
  EVP_CIPHER_CTX *sealing[cuv__aead_count], *opening[cuv__aead_count];
  struct { uint8_t *bytes; size_t count, capacity; } output; /* sealed, not yet handed on; empty between calls */
  struct { size_t at, count; uint8_t bytes[cuv__input_size]; } input;
  size_t mark; /* of the output, when the handshake switched to the final keys in this very call */
  uint32_t handshakes, most_handshakes; /* with an SSL object; the most at once since memory was last given back */
  struct {
    cuv__tls *connections[cuv__batch_size];
    cuv__packet packets[cuv__batch_size];
    int32_t results[cuv__batch_size];
    uint32_t places[cuv__batch_size]; /* of these connections among the descriptors of the portion */
    int32_t outcomes[cuv__batch_size]; /* of the descriptors */
  } batch;
} cuv__tls_loop;

/* tls_handshake.c */
SSL_CTX *cuv__tls_context_ssl(const cuv_tls_context *context);
void cuv__handshake_log(const SSL *ssl, const char *line);
/* Takes from the input and adds to the output. 0: over, the connection is open; -EAGAIN; -EPROTO; -ENOMEM. */
int cuv__handshake_step(cuv__tls *tls);
void cuv__handshake_forget(cuv__tls *tls); /* the SSL object, if there is one */
void cuv__handshake_tidy(cuv__tls_loop *home);

/* tls_keys.c; false: libcrypto failed. */
bool cuv__keys_from_secret(cuv__tls_keys *keys, int aead);
bool cuv__keys_update(cuv__tls_keys *keys, int aead);
bool cuv__keys_from_session(cuv__tls *tls, const SSL *ssl);

/* tls_records.c */
/* Appends to the output; false: no memory, or libcrypto failed. */
bool cuv__seal(cuv__tls *tls, uint8_t type, const uint8_t *bytes, size_t count);
bool cuv__seal_alert(cuv__tls *tls, uint8_t description);
/* The length of the record at the beginning with its header, 0 when more bytes are needed, or minus an alert. */
ptrdiff_t cuv__record_length(const uint8_t *bytes, size_t count);
/* Opens a whole record in place; 0, or the alert that is due. */
int cuv__open_record(cuv__tls *tls, uint8_t *record, size_t length, uint8_t *type, uint8_t **plain, size_t *count);

/* tls_output.c */
uint8_t *cuv__output_room(cuv__tls_loop *home, size_t count); /* NULL: no memory */
void cuv__output_clear(cuv__tls_loop *home);
int cuv__emit(cuv__tls *tls);    /* the output to the socket, or behind what waits; 0 or the failure */
int cuv__flush(cuv__tls *tls);   /* what waits to the socket; 0 (also while more waits) or the failure */
int cuv__keep(cuv__tls *tls, const uint8_t *bytes, size_t count); /* the socket did not take it */
int cuv__tls_fail(cuv__tls *tls, int failure); /* returns it */
int cuv__tls_end(cuv__tls *tls); /* close_notify behind what waits */

/* tls.c */
cuv__tls *cuv__tls_find(cuv_loop *loop, int fd);
int cuv__tls_rewatch(cuv__tls *tls);
void cuv__tls_set_more(cuv__tls *tls, bool more); /* what is held can be read without the socket */
int cuv__tls_sendable(const cuv__tls *tls); /* 0, -EAGAIN, or another negative errno */
bool cuv__seal_message(cuv__tls *tls, const void *bytes, size_t count);

#endif
