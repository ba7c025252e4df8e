/* The listener: our own SO_REUSEPORT socket (libuv 1.44 has no such flag), accepted from in bounded portions.
 * When descriptors run out it sleeps until the next tick instead of spinning on a readable socket. Loop thread
 * only, except cuv_port_probe(). */
#include "internal.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
  union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } at;
  socklen_t size;
} endpoint;

static int parse_endpoint(const char *host, int port, endpoint *out) {
  if (port < 0 || port > 65535) return -EINVAL;
  if (strcmp(host, "localhost") == 0) host = "127.0.0.1";
  memset(out, 0, sizeof *out);
  if (inet_pton(AF_INET, host, &out->at.v4.sin_addr) == 1) {
    out->at.v4.sin_family = AF_INET;
    out->at.v4.sin_port = htons((uint16_t)port);
    out->size = sizeof out->at.v4;
    return 0;
  }
  if (inet_pton(AF_INET6, host, &out->at.v6.sin6_addr) == 1) {
    out->at.v6.sin6_family = AF_INET6;
    out->at.v6.sin6_port = htons((uint16_t)port);
    out->size = sizeof out->at.v6;
    return 0;
  }
  return -EINVAL;
}

static int set_option(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value) == 0 ? 0 : -errno;
}

static int configure(int fd, const endpoint *where) {
  int failure = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  /* "::" serves IPv4 as well, whatever net.ipv6.bindv6only says. */
  if (!failure && where->at.any.sa_family == AF_INET6) failure = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  return failure;
}

/* What connections inherit from their listener needs no system call of theirs. */
static int configure_accepted(int fd, const cuv_listen_options *options) {
  int failure = set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (!failure) failure = set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, (int)options->unsent_bytes);
  if (!failure) failure = set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)options->unacknowledged_ms);
  return failure;
}

/* A listening descriptor, or a negative errno. Without options: one that shares its port with nobody. */
static int open_listening(const endpoint *where, const cuv_listen_options *options) {
  int fd = socket(where->at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int failure = configure(fd, where);
  if (!failure && options) failure = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (!failure && options) failure = configure_accepted(fd, options);
  if (!failure && bind(fd, &where->at.any, where->size) != 0) failure = -errno;
  if (!failure && listen(fd, options ? options->backlog : 1) != 0) failure = -errno;
  if (!failure) return fd;
  (void)close(fd);
  return failure;
}

int cuv_port_probe(const char *host, int port) {
  endpoint where;
  int failure = parse_endpoint(host, port, &where);
  if (failure || port == 0) return failure;
  /* SO_REUSEADDR passes over connections in TIME_WAIT, but not over a socket that listens. */
  int fd = open_listening(&where, NULL);
  if (fd < 0) return fd;
  (void)close(fd);
  return 0;
}

static void describe(const endpoint *peer, cuv_address *out) {
  memset(out, 0, sizeof *out);
  if (peer->at.any.sa_family == AF_INET) {
    out->bytes[10] = out->bytes[11] = 0xff;
    memcpy(&out->bytes[12], &peer->at.v4.sin_addr, 4);
  } else if (peer->at.any.sa_family == AF_INET6) {
    memcpy(out->bytes, &peer->at.v6.sin6_addr, 16);
  }
}

static void pause_accepting(cuv_loop *loop, cuv__listener *listener) {
  loop->accept_failures += 1;
  listener->paused = true;
  (void)uv_poll_stop(&listener->poll); /* fails only for a closed handle */
}

/* Errors of one connection that died in the queue (accept(2), "Error handling"), not of the listener. */
static bool is_of_one_connection(int error) {
  switch (error) {
  case EINTR: case ECONNABORTED: case EPROTO: case ENOPROTOOPT: case EPERM: case ENETDOWN:
  case EHOSTDOWN: case ENONET: case EHOSTUNREACH: case EOPNOTSUPP: case ENETUNREACH:
    return true;
  default:
    return false;
  }
}

static void accept_some(uv_poll_t *handle, int status, int events) {
  (void)events;
  cuv__listener *listener = (cuv__listener *)handle;
  cuv_loop *loop = handle->loop->data;
  if (loop->prepares) return; /* reported again when the loop runs */
  if (status < 0) return pause_accepting(loop, listener);
  for (uint32_t round = 0; round < listener->accepts_per_turn; round++) {
    endpoint peer = {.size = sizeof peer.at};
    int fd = accept4(listener->fd, &peer.at.any, &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EAGAIN) return;
      if (is_of_one_connection(errno)) continue;
      return pause_accepting(loop, listener); /* EMFILE, ENFILE, ENOBUFS, ENOMEM */
    }
    cuv_address address;
    describe(&peer, &address);
    loop->hooks.on_accept(loop->hooks.context, fd, &address);
    if (!loop->listeners) return; /* the hook has stopped it; its memory lives until the turn ends */
  }
}

void cuv__listener_resume(cuv_loop *loop) {
  for (cuv__listener *listener = loop->listeners; listener; listener = listener->next) {
    if (listener->paused && uv_poll_start(&listener->poll, UV_READABLE, accept_some) == 0) listener->paused = false;
  }
}

static int port_of(int fd, int *out) {
  endpoint mine = {.size = sizeof mine.at};
  if (getsockname(fd, &mine.at.any, &mine.size) != 0) return -errno;
  *out = ntohs(mine.at.any.sa_family == AF_INET6 ? mine.at.v6.sin6_port : mine.at.v4.sin_port);
  return 0;
}

static void release(uv_handle_t *handle) { free(handle); }

static void stop(cuv__listener *listener) {
  int fd = listener->fd;
  uv_close((uv_handle_t *)&listener->poll, release);
  /* A copy of ours in another descriptor table would go on listening. */
  if (!listener->is_shared) (void)shutdown(fd, SHUT_RDWR);
  (void)close(fd);
}

static int adopt(cuv_loop *loop, int fd, uint32_t accepts_per_turn, bool is_shared) {
  cuv__listener *listener = malloc(sizeof *listener);
  if (!listener) {
    (void)close(fd);
    return -ENOMEM;
  }
  *listener = (cuv__listener){.fd = fd, .accepts_per_turn = accepts_per_turn, .is_shared = is_shared};
  int failure = uv_poll_init(&loop->uv, &listener->poll, fd);
  if (failure) {
    free(listener);
    (void)close(fd);
    return failure;
  }
  failure = uv_poll_start(&listener->poll, UV_READABLE, accept_some);
  if (failure) {
    stop(listener);
    return failure;
  }
  listener->next = loop->listeners;
  loop->listeners = listener;
  return 0;
}

/* What setsockopt(2) takes as a positive int. */
static bool is_number(uint32_t value) { return value > 0 && value <= INT32_MAX; }

static int check_options(const cuv_listen_options *options) {
  bool fits =
      options->accepts_per_turn > 0 && is_number(options->unsent_bytes) && is_number(options->unacknowledged_ms);
  return fits ? 0 : -EINVAL;
}

int cuv_listen(cuv_loop *loop, const char *host, int port, const cuv_listen_options *options, int *bound_port) {
  cuv__check_owner(loop, __func__);
  int refusal = loop->listeners ? -EALREADY : check_options(options);
  if (refusal) return refusal;
  endpoint where;
  int failure = parse_endpoint(host, port, &where);
  if (failure) return failure;
  int fd = open_listening(&where, options);
  if (fd < 0) return fd;
  failure = port_of(fd, bound_port);
  if (failure) {
    (void)close(fd);
    return failure;
  }
  return adopt(loop, fd, options->accepts_per_turn, false);
}

static int option_of(int fd, int name, int *value) {
  socklen_t size = sizeof *value;
  return getsockopt(fd, SOL_SOCKET, name, value, &size) == 0 ? 0 : -errno;
}

static int check_inherited(int fd) {
  int type = 0, listens = 0, domain = 0;
  int failure = option_of(fd, SO_TYPE, &type);
  if (!failure) failure = option_of(fd, SO_ACCEPTCONN, &listens);
  if (!failure) failure = option_of(fd, SO_DOMAIN, &domain);
  if (failure) return failure;
  return type == SOCK_STREAM && listens && (domain == AF_INET || domain == AF_INET6) ? 0 : -EINVAL;
}

/* The flag belongs to the socket and not to the descriptor, so whoever holds it, too, sees it; a blocking one would stop
 * the loop whenever another loop has taken the connection. */
static int prepare_inherited(int fd, const cuv_listen_options *options) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) return -errno;
  return configure_accepted(fd, options);
}

int cuv_listen_inherited(cuv_loop *loop, int fd, int is_shared, const cuv_listen_options *options, int *bound_port) {
  cuv__check_owner(loop, __func__);
  int failure = check_options(options);
  if (!failure) failure = check_inherited(fd);
  if (!failure) failure = prepare_inherited(fd, options);
  if (!failure) failure = port_of(fd, bound_port);
  if (!failure) return adopt(loop, fd, options->accepts_per_turn, is_shared != 0);
  (void)close(fd);
  return failure;
}

void cuv_listen_stop(cuv_loop *loop) {
  cuv__check_owner(loop, __func__);
  cuv__listener *listener = loop->listeners;
  loop->listeners = NULL;
  while (listener) {
    cuv__listener *next = listener->next;
    stop(listener);
    listener = next;
  }
}

void cuv_listen_share(cuv_loop *loop) {
  cuv__check_owner(loop, __func__);
  for (cuv__listener *listener = loop->listeners; listener; listener = listener->next) listener->is_shared = true;
}

void cuv_listen_leave(cuv_loop *loop) {
  cuv_listen_share(loop);
  cuv_listen_stop(loop);
}

int cuv_listen_descriptor(const cuv_loop *loop, uint32_t index) {
  const cuv__listener *listener = loop->listeners;
  while (listener && index-- > 0) listener = listener->next;
  return listener ? listener->fd : -EBADF;
}

uint64_t cuv_accept_failures(const cuv_loop *loop) { return loop->accept_failures; }
