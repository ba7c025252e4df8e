/* TLS by OpenSSL, as cheap as it goes: one context for all threads, one socket BIO per connection, and
 * buffers that are there only while something is in them. Reading ahead takes what has come in one call,
 * where OpenSSL else makes two for each record. */
#include "transport.h"
#include "meter.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static SSL_CTX *context; /* NULL: plain */
static _Atomic(const char *) agreed_protocol, agreed_cipher; /* texts of OpenSSL's, which stay */

static _Noreturn void give_up_on_tls(const char *what) {
  char reason[256];
  ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
  give_up("TLS: %s: %s", what, reason);
}

static int take_any(X509_STORE_CTX *certificate, void *unused) {
  (void)certificate, (void)unused;
  return 1;
}

void transports_speak_tls(void) {
  static const char suites[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
  context = SSL_CTX_new(TLS_client_method());
  if (!context || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_ciphersuites(context, suites) != 1 ||
      SSL_CTX_set1_groups_list(context, "X25519:P-256") != 1)
    give_up_on_tls("no context");
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF); /* an end is an end, as it is when plain */
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_cert_verify_callback(context, take_any, NULL);
  /* OpenSSL calls write(2). */
  if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) give_up("signal: %s", strerror(errno));
}

/* Without TCP_NODELAY a request would wait until the server's TCP, which takes its time, has acknowledged the
 * last message of the handshake. */
static void make_fit(int fd) {
  int yes = 1;
  if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) give_up("fcntl: %s", strerror(errno));
  if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) != 0)
    give_up("TCP_NODELAY: %s", strerror(errno));
}

transport transport_over(int fd) {
  transport fresh = {.fd = fd};
  if (!context) return fresh;
  make_fit(fd);
  fresh.tls = SSL_new(context);
  if (!fresh.tls || SSL_set_fd(fresh.tls, fd) != 1) give_up_on_tls("no connection");
  SSL_set_connect_state(fresh.tls);
  return fresh;
}

void transport_end(transport *one) {
  SSL_free(one->tls);
  if (one->fd >= 0) close(one->fd);
  *one = (transport){.fd = -1};
}

void transports_agreed(const char **protocol, const char **cipher) {
  *protocol = agreed_protocol;
  *cipher = agreed_cipher;
}

/* ---- one call ---------------------------------------------------------------------------------- */

/* The meaning of a result that is no success, in terms of recv(2) and send(2): 0 for the peer's end, else -1
 * with errno. OpenSSL leaves errno as it is on the way out of a failed system call. */
static ssize_t judge(SSL *tls, int result, const char *what) {
  int cause = errno;
  switch (SSL_get_error(tls, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: errno = EAGAIN; return -1;
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_SYSCALL: errno = cause ? cause : EPIPE; return -1;
    default: give_up_on_tls(what);
  }
}

bool tls_stands(SSL *tls) {
  if (SSL_is_init_finished(tls)) return true;
  int result = SSL_do_handshake(tls);
  if (result == 1) {
    agreed_protocol = SSL_get_version(tls);
    agreed_cipher = SSL_get_cipher_name(tls);
    return true;
  }
  if (judge(tls, result, "handshake") == 0) give_up("TLS: the server has ended the handshake");
  if (errno != EAGAIN) give_up("TLS: handshake: %s", strerror(errno));
  return false;
}

ssize_t tls_read(SSL *tls, char *into, size_t room) {
  size_t count = 0, more = 0;
  do {
    int result = SSL_read_ex(tls, into + count, room - count, &more);
    if (result != 1) {
      ssize_t end = judge(tls, result, "read");
      return count ? (ssize_t)count : end;
    }
    count += more;
  } while (count < room && SSL_has_pending(tls));
  return (ssize_t)count;
}

ssize_t tls_write(SSL *tls, const char *bytes, size_t count) {
  size_t taken = 0;
  int result = SSL_write_ex(tls, bytes, count, &taken);
  return result == 1 ? (ssize_t)taken : judge(tls, result, "write");
}
