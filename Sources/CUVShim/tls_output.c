/* From ciphertext to the socket. Record layers append to the loop's output; what the socket does not take of it is
 * copied and waits at its connection, which then watches the socket by itself. `progress_ms` says when the socket last
 * took some, so that a slow reader is told from one that has stopped. Loop thread only. */
#include "tls.h"
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Room for a batch of 256 small messages; a larger buffer is freed after the call. */
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

void cuv__forget_waiting(cuv__tls *tls) {
  tls->home->waiting_bytes -= tls->waiting_count - tls->waiting_at;
  free(tls->waiting);
  tls->waiting = NULL;
  tls->waiting_at = tls->waiting_count = 0;
}

/* What waits stays: it may be the alert. */
int cuv__tls_fail(cuv__tls *tls, int failure) {
  cuv__handshake_forget(tls);
  tls->phase = cuv__failed;
  tls->failure = failure;
  ERR_clear_error();
  return failure;
}

static void note_progress(cuv__tls *tls) { tls->progress_ms = uv_now(tls->conn->poll.loop); }

static int lose_socket(cuv__tls *tls, int failure) {
  cuv__forget_waiting(tls);
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
  tls->home->waiting_bytes += count;
  if (before) return 0;
  note_progress(tls);
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
  tls->home->waiting_bytes -= (size_t)taken;
  note_progress(tls);
  if (tls->waiting_at < tls->waiting_count) return 0;
  cuv__forget_waiting(tls);
  if (tls->fin_wanted) (void)shutdown(tls->conn->fd, SHUT_WR); /* a peer that is gone needs none */
  int failure = cuv__tls_rewatch(tls);
  return failure ? lose_socket(tls, failure) : 0;
}
