/* The OpenSSL record layer: the connection's SSL object reads each record from the loop's input and appends what it
 * writes to the loop's output (the BIO in tls_handshake.c), so its ciphertext joins batches like the compact layer's.
 * Alerts, KeyUpdates, TLS 1.2 and every check of a record are OpenSSL's. Added here: a bound of records without
 * application data, a bound of the answers that a peer provokes and does not read, and new keys in time.
 * Loop thread only. */
#include "tls.h"
#include <errno.h>
#include <openssl/err.h>

/* ---- opening ----------------------------------------------------------------------------------- */

/* What SSL_read_ex() gave instead of bytes. */
static int settle_without_data(cuv__tls *tls, int result) {
  int kind = SSL_get_error(tls->ssl, result);
  ERR_clear_error();
  if (kind == SSL_ERROR_ZERO_RETURN) {
    tls->peer_closed = true;
    return 0;
  }
  if (kind != SSL_ERROR_WANT_READ) return -EPROTO; /* its alert is in the output */
  return ++tls->useless > cuv__useless_limit ? -EPROTO : 0;
}

/* Sends what OpenSSL wrote in answer to a record. A peer that provokes answers and does not read them is given up. */
static int answer(cuv__tls *tls) {
  if (tls->home->output.count == 0) return 0;
  tls->answers = tls->waiting ? tls->answers + 1 : 0;
  int failure = cuv__emit(tls);
  if (failure) return failure;
  return tls->answers > cuv__answers_limit ? -ECONNABORTED : 0;
}

int cuv__openssl_open(cuv__tls *tls, size_t length, cuv__delivery *to) {
  cuv__tls_loop *home = tls->home;
  bool has_room = to->capacity - to->count >= cuv__plaintext_limit;
  uint8_t *into = has_room ? to->bytes + to->count : home->plain;
  size_t taken = 0, end = home->input.at + length;
  home->input.visible = end;
  int result = SSL_read_ex(tls->ssl, into, cuv__plaintext_limit, &taken);
  int failure = result == 1 ? 0 : settle_without_data(tls, result);
  int refusal = answer(tls);
  if (!failure) failure = refusal;
  if (failure) return tls->phase == cuv__failed ? tls->failure : cuv__tls_fail(tls, failure);
  home->input.at = end; /* OpenSSL has taken it, or has stopped reading at close_notify */
  if (taken == 0) return 0;
  tls->useless = 0;
  if (!has_room) return cuv__deliver(tls, into, taken, to);
  to->count += taken;
  return 0;
}

/* ---- sealing ----------------------------------------------------------------------------------- */

/* TLS 1.2 cannot change its keys, and its nonces do not repeat within 2^64 records. */
static bool renew_keys(cuv__tls *tls) {
  tls->out.sequence = 0;
  return SSL_version(tls->ssl) < TLS1_3_VERSION || SSL_key_update(tls->ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1;
}

bool cuv__openssl_seal(cuv__tls *tls, const uint8_t *bytes, size_t count) {
  size_t written = 0;
  bool is_due = tls->out.sequence >= tls->home->records_per_key;
  if (is_due && !renew_keys(tls)) return false;
  tls->out.sequence += 1 + count / tls->fragment;
  return SSL_write_ex(tls->ssl, bytes, count, &written) == 1 && written == count;
}

bool cuv__openssl_seal_close(cuv__tls *tls) {
  int result = SSL_shutdown(tls->ssl); /* 0: sent, the peer's has not come yet */
  if (result < 0) ERR_clear_error();
  return result >= 0;
}
