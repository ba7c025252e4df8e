/* From sealed bytes to the socket. Sealing appends to the loop's output; what the socket does not take of it is copied
 * and waits at its connection, which then watches the socket by itself. Loop thread only. */
#include "tls.h"
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A batch of 256 small messages; more is given back after the call. */
enum { lasting_capacity = 256 * 1024 };

uint8_t *cuv__output_room(cuv__tls_loop *home, size_t count) {
  size_t wanted = home->output.count + count;
  if (wanted > home->output.capacity) {
    size_t capacity = wanted < lasting_capacity ? lasting_capacity : wanted + wanted / 2;
    uint8_t *bytes = realloc(home->output.bytes, capacity);
    if (!bytes) return NULL;
    home->output.bytes = bytes;
    home->output.capacity = capacity;
  }
  return home->output.bytes + home->output.count;
}

void cuv__output_clear(cuv__tls_loop *home) {
  home->output.count = 0;
  if (home->output.capacity <= lasting_capacity) return;
  free(home->output.bytes);
  home->output.bytes = NULL;
  home->output.capacity = 0;
}

static void forget_waiting(cuv__tls *tls) {
  free(tls->waiting);
  tls->waiting = NULL;
  tls->waiting_at = tls->waiting_count = 0;
}

/* What waits stays: it may be the alert. */
int cuv__tls_fail(cuv__tls *tls, int failure) {
  tls->phase = cuv__failed;
  tls->failure = failure;
  cuv__handshake_forget(tls);
  ERR_clear_error();
  return failure;
}

static int lose_socket(cuv__tls *tls, int failure) {
  forget_waiting(tls);
  return cuv__tls_fail(tls, failure);
}

int cuv__keep(cuv__tls *tls, const uint8_t *bytes, size_t count) {
  size_t before = tls->waiting_count - tls->waiting_at;
  uint8_t *all = malloc(before + count);
  if (!all) return lose_socket(tls, -ENOMEM);
  if (before) memcpy(all, tls->waiting + tls->waiting_at, before);
  memcpy(all + before, bytes, count);
  free(tls->waiting);
  tls->waiting = all;
  tls->waiting_at = 0;
  tls->waiting_count = (uint32_t)(before + count);
  if (before) return 0;
  int failure = cuv__tls_rewatch(tls);
  return failure ? lose_socket(tls, failure) : 0;
}

int cuv__emit(cuv__tls *tls) {
  cuv__tls_loop *home = tls->home;
  size_t count = home->output.count;
  int failure = 0;
  if (count) {
    ptrdiff_t taken = tls->waiting ? 0 : cuv_send(tls->conn->fd, home->output.bytes, count);
    if (taken == -EAGAIN) taken = 0;
    if (taken < 0) failure = lose_socket(tls, (int)taken);
    else if ((size_t)taken < count) failure = cuv__keep(tls, home->output.bytes + taken, count - (size_t)taken);
  }
  cuv__output_clear(home);
  return failure;
}

int cuv__flush(cuv__tls *tls) {
  if (!tls->waiting) return 0;
  ptrdiff_t taken = cuv_send(tls->conn->fd, tls->waiting + tls->waiting_at, tls->waiting_count - tls->waiting_at);
  if (taken == -EAGAIN) return 0;
  if (taken < 0) return lose_socket(tls, (int)taken);
  tls->waiting_at += (uint32_t)taken;
  if (tls->waiting_at < tls->waiting_count) return 0;
  forget_waiting(tls);
  if (tls->fin_wanted) (void)shutdown(tls->conn->fd, SHUT_WR); /* a peer that is gone needs none */
  int failure = cuv__tls_rewatch(tls);
  return failure ? lose_socket(tls, failure) : 0;
}

int cuv__tls_end(cuv__tls *tls) {
  if (tls->phase != cuv__open || tls->closed) return 0;
  tls->closed = true;
  if (cuv__seal_alert(tls, cuv__alert_close_notify)) return cuv__emit(tls);
  cuv__output_clear(tls->home);
  return cuv__tls_fail(tls, -ENOMEM);
}
