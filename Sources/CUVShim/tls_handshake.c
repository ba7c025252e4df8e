/* The handshake, by OpenSSL, and the first bytes of a connection when they are no TLS. The SSL object is made when the
 * first record is whole, so a peer that stays silent or sends half a ClientHello costs its own bytes only. It reads
 * from the loop's input and writes into the loop's output, by a BIO of our own; it is shown whole records and reads
 * no further than it needs, so the record behind the handshake is still in the input. Loop thread only. */
#include "tls.h"
#include <errno.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <openssl/err.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* ---- the BIO ------------------------------------------------------------------------------------ */

static int take(BIO *bio, char *into, int capacity) {
  cuv__tls_loop *home = BIO_get_data(bio);
  size_t there = home->input.visible - home->input.at;
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
  cuv__tls_loop *home = BIO_get_data(bio);
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
  cuv__tls_loop *home = tls->home;
  (void)pthread_once(&method_once, make_method); /* fails for a wrong control block only */
  BIO *bio = method ? BIO_new(method) : NULL;
  SSL_CTX *context = cuv__tls_context_take(home->context);
  tls->ssl = bio && context ? SSL_new(context) : NULL;
  SSL_CTX_free(context);
  if (!tls->ssl) {
    BIO_free(bio);
    ERR_clear_error();
    return -ENOMEM;
  }
  BIO_set_data(bio, home);
  BIO_set_init(bio, 1);
  SSL_set_bio(tls->ssl, bio, bio);
  /* For cuv__compact_log(); a failure shows when no secrets arrive. */
  if (home->is_compact) (void)SSL_set_app_data(tls->ssl, tls);
  SSL_set_accept_state(tls->ssl);
  home->handshakes += 1;
  if (home->handshakes > home->most_handshakes) home->most_handshakes = home->handshakes;
  return 0;
}

void cuv__handshake_forget(cuv__tls *tls) {
  if (!tls->ssl) return;
  SSL_free(tls->ssl);
  tls->ssl = NULL;
  if (tls->phase == cuv__handshaking) tls->home->handshakes -= 1;
}

/* A handshake takes some 45 KB while it runs. When thousands come at once, as after a restart, what they have freed
 * lies between the connections that stay, where malloc keeps it for good unless it is told to look. */
void cuv__handshake_tidy(cuv__tls_loop *home) {
  enum { many = 512 };
  if (home->most_handshakes < many || home->handshakes > home->most_handshakes / 8) return;
  home->most_handshakes = home->handshakes;
#ifdef __GLIBC__
  (void)malloc_trim(0); /* no matter whether there was anything */
#endif
}

/* ---- the first bytes --------------------------------------------------------------------------- */

/* RFC 9110 section 6.6.1: an answer of a server with a clock has a date. */
static size_t write_answer(char *out, size_t capacity) {
  static const char sentence[] = "This port speaks TLS; use https://.\n";
  char date[32] = "";
  struct tm parts;
  time_t now = time(NULL);
  if (gmtime_r(&now, &parts)) (void)strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  int count = snprintf(out, capacity,
                       "HTTP/1.1 400 Bad Request\r\nDate: %s\r\nContent-Type: text/plain; charset=utf-8\r\n"
                       "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                       date, sizeof sentence - 1, sentence);
  return count > 0 && (size_t)count < capacity ? (size_t)count : 0;
}

/* A method begins with a letter, a TLS record does not. The answer is sent as it is, and input is discarded from now
 * on: closing with input unread would reset the connection, and the peer might never see the answer. */
static int answer_plain_http(cuv__tls *tls) {
  char text[300];
  tls->phase = cuv__not_tls;
  (void)cuv_send(tls->conn->fd, text, write_answer(text, sizeof text)); /* a peer that is gone needs none */
  return shutdown(tls->conn->fd, SHUT_WR) == 0 ? -EAGAIN : cuv__tls_fail(tls, -errno);
}

static bool is_letter(uint8_t byte) { return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z'; }

/* No SSL object is spent on a handshake above the bound; the alert is RFC 8446 section 6.2's internal_error. */
static int refuse_handshake(cuv__tls *tls) {
  static const uint8_t record[] = {cuv__type_alert, 3, 3, 0, 2, 2, cuv__alert_internal_error};
  tls->home->handshakes_refused += 1;
  (void)cuv_send(tls->conn->fd, record, sizeof record);
  return cuv__tls_fail(tls, -EBUSY);
}

/* Shows OpenSSL the whole records of the input. False: something that is no record follows, and OpenSSL sees all of
 * the input, which it answers with the alert that is due. */
static bool show_records(cuv__tls *tls) {
  cuv__tls_loop *home = tls->home;
  const uint8_t *bytes = home->input.bytes;
  size_t count = home->input.count;
  home->input.visible = home->input.at;
  bool is_record = tls->ssl || (bytes[0] == cuv__type_handshake && (count < 2 || bytes[1] == 3));
  while (is_record) {
    ptrdiff_t length = cuv__record_length(tls, bytes + home->input.visible, count - home->input.visible);
    if (length == 0) return true;
    is_record = length > 0;
    if (is_record) home->input.visible += (size_t)length;
  }
  home->input.visible = count;
  return false;
}

/* ---- the handshake ----------------------------------------------------------------------------- */

/* RFC 6066 section 4: 512 << 0 ... 3 when the client asked for it. */
static uint16_t fragment_of(const SSL *ssl) {
  const SSL_SESSION *session = SSL_get0_session(ssl);
  uint8_t code = session ? SSL_SESSION_get_max_fragment_length(session) : 0;
  return code >= 1 && code <= 4 ? (uint16_t)(256 << code) : cuv__plaintext_limit;
}

static int finish(cuv__tls *tls) {
  tls->fragment = fragment_of(tls->ssl);
  if (SSL_version(tls->ssl) == TLS1_3_VERSION) tls->record_limit = cuv__record_limit_13;
  if (tls->home->is_compact) {
    bool has_keys = cuv__compact_take_over(tls);
    ERR_clear_error();
    if (!has_keys) {
      cuv__output_clear(tls->home); /* nothing is sent with keys that are not all there */
      return -EPROTO;
    }
    cuv__handshake_forget(tls);
  } else {
    tls->home->handshakes -= 1;
  }
  tls->phase = cuv__open;
  return 0;
}

static int step(cuv__tls *tls) {
  if (!tls->ssl && begin(tls) != 0) return -ENOMEM;
  tls->home->mark = 0;
  ERR_clear_error(); /* SSL_get_error() looks at what others left behind, too */
  int result = SSL_do_handshake(tls->ssl);
  if (result == 1) return finish(tls);
  bool waits = SSL_get_error(tls->ssl, result) == SSL_ERROR_WANT_READ;
  ERR_clear_error();
  return waits ? -EAGAIN : -EPROTO;
}

int cuv__shake_hands(cuv__tls *tls) {
  cuv__tls_loop *home = tls->home;
  if (!tls->ssl && is_letter(home->input.bytes[0])) return answer_plain_http(tls);
  bool are_records = show_records(tls);
  if (home->input.visible > home->input.at) {
    if (!tls->ssl && home->handshakes >= home->handshake_limit) return refuse_handshake(tls);
    int result = step(tls);
    int failure = cuv__emit(tls); /* our part of it, or the alert */
    if (failure) return failure;
    if (result == 0) return cuv__tls_rewatch(tls);
    if (result != -EAGAIN || !are_records) return cuv__tls_fail(tls, result == -EAGAIN ? -EPROTO : result);
  }
  int failure = cuv__hold(tls, NULL, 0);
  return failure ? failure : -EAGAIN;
}
