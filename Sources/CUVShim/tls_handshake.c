/* The handshake, by OpenSSL: its SSL object lives from the first byte to the Finished message and the ticket. It reads
 * from the loop's input and writes into the loop's output, by a BIO of our own. It takes exactly the records of the
 * handshake (no read-ahead), so the sequence numbers are known when it has gone. Loop thread only. */
#include "tls.h"
#include <errno.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <openssl/err.h>
#include <pthread.h>
#include <string.h>

/* ---- the BIO ------------------------------------------------------------------------------------ */

static int take(BIO *bio, char *into, int capacity) {
  cuv__tls_loop *home = ((cuv__tls *)BIO_get_data(bio))->home;
  size_t there = home->input.count - home->input.at;
  BIO_clear_retry_flags(bio);
  if (there == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  size_t count = there < (size_t)capacity ? there : (size_t)capacity;
  memcpy(into, home->input.bytes + home->input.at, count);
  home->input.at += count;
  return (int)count;
}

static int give(BIO *bio, const char *bytes, int count) {
  cuv__tls_loop *home = ((cuv__tls *)BIO_get_data(bio))->home;
  BIO_clear_retry_flags(bio);
  uint8_t *room = cuv__output_room(home, (size_t)count);
  if (!room) return -1;
  memcpy(room, bytes, (size_t)count);
  home->output.count += (size_t)count;
  return count;
}

static long control(BIO *bio, int command, long number, void *pointer) {
  (void)bio, (void)number, (void)pointer;
  return command == BIO_CTRL_FLUSH; /* what is written goes out when the call ends */
}

static BIO_METHOD *method;
static pthread_once_t method_once = PTHREAD_ONCE_INIT;

static void make_method(void) {
  method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "loop");
  if (!method) return;
  (void)BIO_meth_set_read(method, take); /* these fail for no method only */
  (void)BIO_meth_set_write(method, give);
  (void)BIO_meth_set_ctrl(method, control);
}

static int begin(cuv__tls *tls) {
  (void)pthread_once(&method_once, make_method); /* fails for a wrong control block only */
  BIO *bio = method ? BIO_new(method) : NULL;
  tls->ssl = bio ? SSL_new(tls->home->context) : NULL;
  if (!tls->ssl) {
    BIO_free(bio);
    ERR_clear_error();
    return -ENOMEM;
  }
  BIO_set_data(bio, tls);
  BIO_set_init(bio, 1);
  SSL_set_bio(tls->ssl, bio, bio);
  (void)SSL_set_app_data(tls->ssl, tls); /* a failure shows when no secrets arrive */
  SSL_set_accept_state(tls->ssl);
  cuv__tls_loop *home = tls->home;
  home->handshakes += 1;
  if (home->handshakes > home->most_handshakes) home->most_handshakes = home->handshakes;
  return 0;
}

void cuv__handshake_forget(cuv__tls *tls) {
  if (!tls->ssl) return;
  SSL_free(tls->ssl);
  tls->ssl = NULL;
  tls->home->handshakes -= 1;
}

/* A running handshake takes 40 KB. When thousands come at once, as after a restart, what they have freed lies between
 * the connections that stay, where malloc keeps it for good unless it is told to look. */
void cuv__handshake_tidy(cuv__tls_loop *home) {
  enum { many = 512 };
  if (home->most_handshakes < many || home->handshakes > home->most_handshakes / 8) return;
  home->most_handshakes = home->handshakes;
#ifdef __GLIBC__
  (void)malloc_trim(0); /* no matter whether there was anything */
#endif
}

/* ---- taking over ------------------------------------------------------------------------------- */

static bool decode_hex(const char *text, size_t count, uint8_t *into) {
  for (size_t i = 0; i < count; i++) {
    int high = OPENSSL_hexchar2int((unsigned char)text[2 * i]);
    int low = high < 0 ? -1 : OPENSSL_hexchar2int((unsigned char)text[2 * i + 1]);
    if (low < 0) return false;
    into[i] = (uint8_t)(high << 4 | low);
  }
  return true;
}

/* OpenSSL's one public way to the secrets of TLS 1.3: "LABEL client-random secret" in hexadecimal, at the moment when
 * a direction switches to them. They go from here into the connection and nowhere else. */
void cuv__handshake_log(const SSL *ssl, const char *line) {
  static const char reading[] = "CLIENT_TRAFFIC_SECRET_0 ", writing[] = "SERVER_TRAFFIC_SECRET_0 ";
  cuv__tls *tls = SSL_get_app_data(ssl);
  bool is_in = strncmp(line, reading, sizeof reading - 1) == 0;
  if (!tls || (!is_in && strncmp(line, writing, sizeof writing - 1) != 0)) return;
  const char *secret = strrchr(line, ' ') + 1;
  size_t count = strlen(secret) / 2;
  cuv__tls_keys *keys = is_in ? &tls->in : &tls->out;
  if (count > sizeof keys->secret || !decode_hex(secret, count, keys->secret)) return;
  if (!is_in) tls->home->mark = tls->home->output.count;
}

/* The records that were sealed with the final keys: tickets. */
static uint64_t count_records(const uint8_t *bytes, size_t count) {
  uint64_t records = 0;
  for (size_t at = 0; at + cuv__record_header <= count; records++)
    at += cuv__record_header + (size_t)(bytes[at + 3] << 8 | bytes[at + 4]);
  return records;
}

static int aead_of(const SSL_CIPHER *cipher) {
  switch (SSL_CIPHER_get_cipher_nid(cipher)) {
  case NID_aes_128_gcm: return cuv__aes_128_gcm;
  case NID_aes_256_gcm: return cuv__aes_256_gcm;
  case NID_chacha20_poly1305: return cuv__chacha20_poly1305;
  default: return -1;
  }
}

/* RFC 6066 section 4: 512 << 0 ... 3 when the client asked for it. */
static uint16_t fragment_of(const SSL *ssl) {
  const SSL_SESSION *session = SSL_get0_session(ssl);
  uint8_t code = session ? SSL_SESSION_get_max_fragment_length(session) : 0;
  return code >= 1 && code <= 4 ? (uint16_t)(256 << code) : cuv__plaintext_limit;
}

static bool take_over(cuv__tls *tls) {
  const cuv__tls_loop *home = tls->home;
  int aead = aead_of(SSL_get_current_cipher(tls->ssl));
  if (aead < 0) return false; /* the policy offers no others */
  tls->aead = (uint8_t)aead;
  tls->is_12 = SSL_version(tls->ssl) == TLS1_2_VERSION;
  tls->fragment = fragment_of(tls->ssl);
  if (tls->is_12) {
    tls->in.sequence = tls->out.sequence = 1; /* behind the two Finished messages */
    return cuv__keys_from_session(tls, tls->ssl);
  }
  tls->in.sequence = 0;
  tls->out.sequence = count_records(home->output.bytes + home->mark, home->output.count - home->mark);
  return cuv__keys_from_secret(&tls->in, aead) && cuv__keys_from_secret(&tls->out, aead);
}

int cuv__handshake_step(cuv__tls *tls) {
  if (!tls->ssl && begin(tls) != 0) return -ENOMEM;
  tls->home->mark = 0;
  ERR_clear_error(); /* SSL_get_error() looks at what others left behind, too */
  int result = SSL_do_handshake(tls->ssl);
  if (result != 1) {
    bool waits = SSL_get_error(tls->ssl, result) == SSL_ERROR_WANT_READ;
    ERR_clear_error();
    return waits ? -EAGAIN : -EPROTO;
  }
  if (!take_over(tls)) {
    ERR_clear_error();
    return -EPROTO;
  }
  cuv__handshake_forget(tls);
  tls->phase = cuv__open;
  return 0;
}
