/* A connection: a descriptor and the handle that watches it, freed in libuv's close callback. On a loop that speaks
 * TLS, readiness passes through tls.c before the hook hears of it.
 * After uv_close() libuv forgets the descriptor's events of the running turn too, so the descriptor may be
 * closed, and its number used again, at once: that makes closing inside hooks safe. Loop thread only. */
#include "internal.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

void cuv__conn_report(cuv_conn *conn, int events) {
  cuv_loop *loop = conn->poll.loop->data;
  loop->hooks.on_ready(loop->hooks.context, conn->token, events);
}

static bool has_hung_up(int fd) {
  struct pollfd entry = {.fd = fd};
  return poll(&entry, 1, 0) > 0 && (entry.revents & (POLLHUP | POLLERR | POLLNVAL));
}

/* The token of a connection that is only prepared. */
static const uint32_t no_token = UINT32_MAX;

static void became_ready(uv_poll_t *handle, int status, int events) {
  cuv_conn *conn = (cuv_conn *)handle;
  if (conn->token == no_token) return; /* what is ready stays so; after an error begin() watches again */
  int bits = 0;
  if (events & UV_READABLE) bits |= CUV_READABLE;
  if (events & UV_WRITABLE) bits |= CUV_WRITABLE;
  if (status < 0) {
    bits |= CUV_HANGUP; /* an error condition; libuv has stopped watching */
  } else if (events & UV_PRIORITIZED) {
    /* The quiet watch (see below): a hang-up, or urgent data, which nobody here wants and which would be
     * reported for ever. */
    (void)uv_poll_stop(handle);
    if (has_hung_up(conn->fd)) bits |= CUV_HANGUP;
  }
  if (conn->poll.data) bits = cuv__tls_ready(conn->poll.data, bits);
  if (bits) cuv__conn_report(conn, bits);
}

int cuv__conn_poll(cuv_conn *conn, int events) {
  int wanted = 0;
  if (events & CUV_READABLE) wanted |= UV_READABLE;
  if (events & CUV_WRITABLE) wanted |= UV_WRITABLE;
  /* epoll reports hang-ups and errors in any case, but libuv takes an empty set for "not at all". */
  if (!wanted) wanted = UV_PRIORITIZED;
  return uv_poll_start(&conn->poll, wanted, became_ready);
}

int cuv_conn_watch(cuv_conn *conn, int events) {
  cuv__check_owner(conn->poll.loop->data, __func__);
  return conn->poll.data ? cuv__tls_watch(conn->poll.data, events) : cuv__conn_poll(conn, events);
}

int cuv_conn_open(cuv_loop *loop, int fd, uint32_t token, cuv_conn **out) {
  cuv__check_owner(loop, __func__);
  *out = NULL;
  cuv_conn *conn = malloc(sizeof *conn);
  int failure = conn ? 0 : -ENOMEM;
  if (!failure) failure = uv_poll_init(&loop->uv, &conn->poll, fd); /* makes it non-blocking, too */
  if (failure) {
    free(conn);
    (void)close(fd);
    return failure;
  }
  conn->fd = fd;
  conn->token = token;
  conn->poll.data = NULL;
  if (loop->tls) failure = cuv__tls_open(loop, conn);
  if (!failure) failure = cuv_conn_watch(conn, CUV_READABLE);
  if (failure) {
    cuv_conn_close(conn, 0);
    return failure;
  }
  *out = conn;
  return 0;
}

int cuv_conn_prepare(cuv_loop *loop, int fd, cuv_conn **out) { return cuv_conn_open(loop, fd, no_token, out); }

int cuv_conn_begin(cuv_conn *conn, uint32_t token) {
  cuv__check_owner(conn->poll.loop->data, __func__);
  conn->token = token;
  return uv_is_active((uv_handle_t *)&conn->poll) ? 0 : cuv_conn_watch(conn, CUV_READABLE);
}

static void release(uv_handle_t *handle) { free(handle); }

void cuv_conn_close(cuv_conn *conn, int reset) {
  cuv__check_owner(conn->poll.loop->data, __func__);
  if (conn->poll.data) cuv__tls_close(conn->poll.data, reset);
  conn->poll.data = NULL;
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  /* Where lingering cannot be set the close is an ordinary one. */
  if (reset) (void)setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  int fd = conn->fd;
  uv_close((uv_handle_t *)&conn->poll, release);
  (void)close(fd); /* Linux frees the descriptor whatever close() says */
}

int cuv_conn_shutdown_write(cuv_conn *conn) {
  cuv__check_owner(conn->poll.loop->data, __func__);
  if (conn->poll.data) return cuv__tls_shutdown_write(conn->poll.data);
  return shutdown(conn->fd, SHUT_WR) == 0 ? 0 : -errno;
}

ptrdiff_t cuv_recv(int fd, void *into, size_t capacity) {
  if (capacity == 0) return -EINVAL; /* a result of 0 means the end of the stream */
  for (;;) {
    ssize_t taken = recv(fd, into, capacity, MSG_DONTWAIT);
    if (taken >= 0) return taken;
    if (errno != EINTR) return -errno;
  }
}

ptrdiff_t cuv_send(int fd, const void *bytes, size_t count) {
  for (;;) {
    ssize_t taken = send(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken >= 0) return taken;
    if (errno != EINTR) return -errno;
  }
}
