/* TLS as bare as OpenSSL has it: one context for all threads, a socket BIO per connection, one SSL_write per
 * send. Buffers are there only while something is in them, no session is kept, and no ticket is sent.
 * Handshakes need no code of their own: SSL_read goes on with one until it is over. */
#include "floor.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static SSL_CTX *context;

static _Noreturn void die_of_tls(const char *what) {
  char reason[256];
  ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
  fprintf(stderr, "SpeedOfLight: %s: %s\n", what, reason);
  exit(1);
}

void tls_open(const char *certificate, const char *key) {
  context = SSL_CTX_new(TLS_server_method());
  if (!context || SSL_CTX_set_num_tickets(context, 0) != 1) die_of_tls("no TLS context");
  if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1) die_of_tls(certificate);
  if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) die_of_tls(key);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_TICKET);
  SSL_CTX_set_read_ahead(context, 1); /* one call for what has come, not two per record */
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) die("signal"); /* OpenSSL calls write(2) */
}

void tls_accept(loop *self, int fd) {
  SSL *fresh = self->tls[fd] = SSL_new(context);
  if (!fresh || SSL_set_fd(fresh, fd) != 1) die_of_tls("no TLS connection");
  SSL_set_accept_state(fresh);
}

void tls_forget(loop *self, int fd) {
  SSL_free(self->tls[fd]);
  self->tls[fd] = NULL;
}

bool tls_has_more(const loop *self, int fd) { return SSL_has_pending(self->tls[fd]) == 1; }

/* A result other than success, in terms of recv(2) and send(2). A client that speaks no TLS counts as reset. */
static ssize_t judge(const SSL *tls, int result) {
  int cause = errno;
  switch (SSL_get_error(tls, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: errno = EAGAIN; return -1;
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_SYSCALL: errno = cause ? cause : EPIPE; return -1;
    default: ERR_clear_error(); errno = ECONNRESET; return -1;
  }
}

ssize_t tls_receive(loop *self, int fd, char *into, size_t room) {
  int count = SSL_read(self->tls[fd], into, (int)room);
  return count > 0 ? count : judge(self->tls[fd], count);
}

ssize_t tls_send(loop *self, int fd, const char *bytes, size_t count) {
  int taken = SSL_write(self->tls[fd], bytes, (int)count);
  return taken > 0 ? taken : judge(self->tls[fd], taken);
}
