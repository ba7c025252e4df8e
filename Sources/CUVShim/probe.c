/* A client for one request, plain or through TLS: how `seatcast health` asks a server. It blocks, with one deadline for
 * resolving aside (getaddrinfo(3) has none), connecting, the handshake and the answer. Any thread but a loop's. */
#include "internal.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct {
  int fd;
  SSL *ssl; /* NULL: plain */
  int64_t deadline;
} peer;

__attribute__((format(printf, 3, 4))) static int fail(char why[256], int failure, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(why, 256, format, arguments);
  va_end(arguments);
  ERR_clear_error();
  return failure;
}

static int64_t now_ms(void) {
  struct timespec time;
  (void)clock_gettime(CLOCK_MONOTONIC, &time); /* fails for unknown clocks only */
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* 0, or -ETIMEDOUT. */
static int await(const peer *to, short events) {
  while (true) {
    int64_t left = to->deadline - now_ms();
    if (left <= 0) return -ETIMEDOUT;
    struct pollfd entry = {.fd = to->fd, .events = events};
    int count = poll(&entry, 1, (int)left);
    if (count > 0) return 0;
    if (count < 0 && errno != EINTR) return -errno;
  }
}

static int try_address(peer *to, const struct addrinfo *at) {
  to->fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (to->fd < 0) return -errno;
  int failure = 0, code = 0;
  socklen_t size = sizeof code;
  if (connect(to->fd, at->ai_addr, at->ai_addrlen) != 0) {
    failure = errno == EINPROGRESS ? await(to, POLLOUT) : -errno;
    if (!failure && getsockopt(to->fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0) code = errno;
    if (!failure) failure = -code;
  }
  if (!failure) return 0;
  (void)close(to->fd);
  to->fd = -1;
  return failure;
}

static int connect_to(peer *to, const cuv_probe_options *options, char why[256]) {
  char port[12];
  (void)snprintf(port, sizeof port, "%d", options->port);
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *found = NULL;
  int code = getaddrinfo(options->host, port, &hints, &found);
  if (code) return fail(why, -EHOSTUNREACH, "%s is not known: %s.", options->host, gai_strerror(code));
  int failure = -EHOSTUNREACH;
  for (const struct addrinfo *at = found; at && to->fd < 0; at = at->ai_next) failure = try_address(to, at);
  freeaddrinfo(found);
  if (to->fd >= 0) return 0;
  return fail(why, failure, "%s port %d cannot be reached: %s.", options->host, options->port, strerror(-failure));
}

/* 1: try again; 0: the peer has closed; or a negative errno. */
static int go_on(const peer *to, int result) {
  switch (SSL_get_error(to->ssl, result)) {
  case SSL_ERROR_WANT_READ: {
    int failure = await(to, POLLIN);
    return failure ? failure : 1;
  }
  case SSL_ERROR_WANT_WRITE: {
    int failure = await(to, POLLOUT);
    return failure ? failure : 1;
  }
  case SSL_ERROR_ZERO_RETURN: return 0;
  default: return -EPROTO;
  }
}

static const char *tls_words(const SSL *ssl) {
  long verdict = SSL_get_verify_result(ssl);
  if (verdict != X509_V_OK) return X509_verify_cert_error_string(verdict);
  const char *words = ERR_reason_error_string(ERR_peek_error());
  return words ? words : "the connection has ended";
}

/* A numeric address is looked for among the certificate's addresses and is no server name (RFC 6066 section 3). */
static bool expect_host(SSL *ssl, const char *host, bool is_verified) {
  unsigned char address[16];
  bool is_numeric = inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
  if (!is_numeric && SSL_set_tlsext_host_name(ssl, host) != 1) return false;
  if (!is_verified) return true;
  return is_numeric ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1 : SSL_set1_host(ssl, host) == 1;
}

static int shake_hands(peer *to, const cuv_probe_options *options, char why[256]) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  bool is_ready = context && SSL_CTX_set_default_verify_paths(context) == 1;
  if (context) SSL_CTX_set_verify(context, options->is_verified ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
  to->ssl = is_ready ? SSL_new(context) : NULL;
  SSL_CTX_free(context);
  if (!to->ssl || SSL_set_fd(to->ssl, to->fd) != 1 || !expect_host(to->ssl, options->host, options->is_verified))
    return fail(why, -ENOMEM, "TLS cannot begin here.");
  int result, next = 1;
  while (next == 1 && (result = SSL_connect(to->ssl)) != 1) next = go_on(to, result);
  if (next == 1) return 0;
  if (next == -ETIMEDOUT) return fail(why, next, "TLS with %s port %d took too long.", options->host, options->port);
  return fail(why, -EPROTO, "TLS with %s port %d failed: %s.", options->host, options->port, tls_words(to->ssl));
}

static int send_all(const peer *to, const char *bytes, size_t count) {
  while (count > 0) {
    int next = 1;
    ptrdiff_t sent;
    if (to->ssl) {
      sent = SSL_write(to->ssl, bytes, (int)count);
      if (sent <= 0) next = go_on(to, (int)sent);
      if (next <= 0) return next ? next : -EPIPE;
    } else {
      sent = send(to->fd, bytes, count, MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN) return -errno;
      if (sent < 0 && (next = await(to, POLLOUT)) != 0) return next;
    }
    if (sent <= 0) continue;
    bytes += sent;
    count -= (size_t)sent;
  }
  return 0;
}

/* One read: bytes, 0 at the end, -EAGAIN for another try, or a negative errno. */
static ptrdiff_t read_some(const peer *to, char *into, size_t capacity) {
  if (to->ssl) {
    int count = SSL_read(to->ssl, into, (int)capacity);
    if (count > 0) return count;
    int next = go_on(to, count);
    return next == 1 ? -EAGAIN : next;
  }
  ptrdiff_t count = recv(to->fd, into, capacity, 0);
  if (count >= 0) return count;
  if (errno != EAGAIN && errno != EINTR) return -errno;
  int failure = await(to, POLLIN);
  return failure ? failure : -EAGAIN;
}

static ptrdiff_t exchange(const peer *to, const char *request, char *answer, size_t capacity) {
  int failure = send_all(to, request, strlen(request));
  if (failure) return failure;
  size_t total = 0;
  while (total < capacity) {
    ptrdiff_t count = read_some(to, answer + total, capacity - total);
    if (count == -EAGAIN && now_ms() < to->deadline) continue;
    /* A server that ends without close_notify has told all that it will. */
    if (count == 0 || (count < 0 && total > 0)) break;
    if (count < 0) return count == -EAGAIN ? -ETIMEDOUT : count;
    total += (size_t)count;
  }
  return (ptrdiff_t)total;
}

ptrdiff_t cuv_probe(const cuv_probe_options *options, const char *request, char *answer, size_t capacity, char why[256]) {
  peer to = {.fd = -1, .deadline = now_ms() + options->timeout_ms};
  why[0] = 0;
  ptrdiff_t result = connect_to(&to, options, why);
  if (result == 0 && options->is_secure) result = shake_hands(&to, options, why);
  if (result == 0) {
    result = exchange(&to, request, answer, capacity);
    if (result < 0)
      (void)fail(why, (int)result, "%s port %d does not answer: %s.", options->host, options->port,
                 strerror((int)-result));
  }
  SSL_free(to.ssl);
  if (to.fd >= 0) (void)close(to.fd);
  return result;
}
