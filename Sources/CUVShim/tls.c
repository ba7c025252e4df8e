/* A loop's TLS and a connection's: made, found by descriptor, watched, closed. Decrypted bytes that a connection holds
 * are reported once per turn, as the kernel reports what a socket holds. Loop thread only. */
#include "tls.h"
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <sys/socket.h>

/* ---- a loop's ---------------------------------------------------------------------------------- */

/* AES-GCM should not seal more than 2^24.5 records with one key (RFC 8446 section 5.5). */
enum { records_per_key = 1 << 24 };

static bool make_ciphers(cuv__tls_loop *home) {
  const EVP_CIPHER *const kinds[cuv__aead_count] = {EVP_aes_128_gcm(), EVP_aes_256_gcm(), EVP_chacha20_poly1305()};
  for (int i = 0; i < cuv__aead_count; i++) {
    home->sealing[i] = EVP_CIPHER_CTX_new();
    home->opening[i] = EVP_CIPHER_CTX_new();
    if (!home->sealing[i] || !home->opening[i] ||
        EVP_EncryptInit_ex(home->sealing[i], kinds[i], NULL, NULL, NULL) != 1 ||
        EVP_DecryptInit_ex(home->opening[i], kinds[i], NULL, NULL, NULL) != 1)
      return false;
  }
  return true;
}

int cuv_loop_use_tls(cuv_loop *loop, cuv_tls_context *context, uint32_t handshakes) {
  cuv__check_owner(loop, __func__);
  if (loop->tls) return -EALREADY;
  if (handshakes == 0) return -EINVAL;
  cuv__tls_loop *home = calloc(1, sizeof *home);
  if (!home) return -ENOMEM;
  loop->tls = home;
  home->readable.next = home->readable.previous = &home->readable;
  home->handshake_limit = handshakes;
  home->records_per_key = records_per_key;
  home->is_compact = cuv__tls_context_is_compact(context);
  home->context = cuv__tls_context_share(context);
  if (!home->is_compact || make_ciphers(home)) return 0;
  cuv__tls_leave(loop);
  return -ENOMEM;
}

void cuv__tls_leave(cuv_loop *loop) {
  cuv__tls_loop *home = loop->tls;
  if (!home) return;
  loop->tls = NULL;
  for (int i = 0; i < cuv__aead_count; i++) {
    EVP_CIPHER_CTX_free(home->sealing[i]);
    EVP_CIPHER_CTX_free(home->opening[i]);
  }
  cuv_tls_context_destroy(home->context);
  free(home->table);
  free(home->output.bytes);
  OPENSSL_cleanse(home, sizeof *home);
  free(home);
}

void cuv_tls_handshakes(cuv_loop *loop, uint32_t *under_way, uint64_t *refused) {
  cuv__check_owner(loop, __func__);
  *under_way = loop->tls ? loop->tls->handshakes : 0;
  *refused = loop->tls ? loop->tls->handshakes_refused : 0;
}

void cuv_tls_test_records_per_key(cuv_loop *loop, uint64_t records) { loop->tls->records_per_key = records; }
void cuv_tls_test_lose_secrets(cuv_loop *loop) { loop->tls->loses_secrets = true; }

/* ---- by descriptor ----------------------------------------------------------------------------- */

cuv__tls *cuv__tls_find(cuv_loop *loop, int fd) {
  const cuv__tls_loop *home = loop->tls;
  return home && fd >= 0 && (size_t)fd < home->table_count ? home->table[fd] : NULL;
}

int cuv_tls_test_is_open(cuv_loop *loop, int fd) {
  const cuv__tls *tls = cuv__tls_find(loop, fd);
  return tls ? tls->phase == cuv__open : -EBADF;
}

static bool make_place(cuv__tls_loop *home, size_t fd) {
  if (fd < home->table_count) return true;
  size_t count = fd < 64 ? 64 : fd * 2;
  cuv__tls **table = realloc(home->table, count * sizeof *table);
  if (!table) return false;
  for (size_t i = home->table_count; i < count; i++) table[i] = NULL;
  home->table = table;
  home->table_count = count;
  return true;
}

int cuv__tls_open(cuv_loop *loop, cuv_conn *conn) {
  cuv__tls_loop *home = loop->tls;
  cuv__tls *tls = calloc(1, sizeof *tls);
  if (!tls) return -ENOMEM;
  tls->conn = conn;
  tls->home = home;
  tls->record_limit = cuv__record_limit;
  if (!make_place(home, (size_t)conn->fd)) {
    free(tls);
    return -ENOMEM;
  }
  home->table[conn->fd] = tls;
  conn->poll.data = tls;
  return 0;
}

void cuv__tls_close(cuv__tls *tls, bool reset) {
  if (!reset && cuv__flush(tls) == 0 && !tls->waiting) (void)cuv__tls_end(tls);
  cuv__tls_set_more(tls, false);
  tls->home->table[tls->conn->fd] = NULL;
  cuv__handshake_forget(tls);
  cuv__forget_waiting(tls);
  free(tls->held);
  OPENSSL_cleanse(tls, sizeof *tls);
  free(tls);
}

size_t cuv_tls_waiting(cuv_loop *loop, int fd, uint64_t *progress_ms) {
  cuv__check_owner(loop, __func__);
  const cuv__tls *tls = cuv__tls_find(loop, fd);
  *progress_ms = tls ? tls->progress_ms : 0;
  return tls ? tls->waiting_count - tls->waiting_at : 0;
}

size_t cuv_tls_waiting_bytes(cuv_loop *loop) {
  cuv__check_owner(loop, __func__);
  return loop->tls ? loop->tls->waiting_bytes : 0;
}

/* ---- watching ---------------------------------------------------------------------------------- */

int cuv__tls_rewatch(cuv__tls *tls) {
  int events = tls->watched;
  if (tls->phase == cuv__handshaking) events &= ~CUV_WRITABLE;
  if (tls->waiting) events |= CUV_WRITABLE;
  return cuv__conn_poll(tls->conn, events);
}

int cuv__tls_watch(cuv__tls *tls, int events) {
  tls->watched = (uint8_t)events;
  cuv__tls_set_more(tls, tls->has_more);
  return cuv__tls_rewatch(tls);
}

int cuv__tls_ready(cuv__tls *tls, int events) {
  if (events & CUV_WRITABLE) {
    if (cuv__flush(tls) < 0) {
      (void)uv_poll_stop(&tls->conn->poll); /* fails only for a closed handle */
      events = CUV_HANGUP;
    } else if (tls->waiting || !(tls->watched & CUV_WRITABLE)) {
      events &= ~CUV_WRITABLE;
    }
  }
  if (events & CUV_HANGUP) tls->watched = 0; /* nothing more until it is watched anew */
  return events;
}

int cuv__tls_shutdown_write(cuv__tls *tls) {
  int failure = cuv__tls_end(tls);
  tls->closed = true;
  if (failure) return failure;
  if (tls->waiting) {
    tls->fin_wanted = true;
    return 0;
  }
  return shutdown(tls->conn->fd, SHUT_WR) == 0 ? 0 : -errno;
}

/* ---- what can be read without the socket ------------------------------------------------------- */

static void idled(uv_idle_t *handle) { (void)handle; }

static void take_out(cuv__tls *tls) {
  if (!tls->next) return;
  tls->next->previous = tls->previous;
  tls->previous->next = tls->next;
  tls->next = tls->previous = NULL;
}

static void put_in(cuv__tls *tls, cuv__tls *ring) {
  tls->next = ring;
  tls->previous = ring->previous;
  ring->previous->next = tls;
  ring->previous = tls;
}

void cuv__tls_set_more(cuv__tls *tls, bool more) {
  tls->has_more = more;
  if (!more || !(tls->watched & CUV_READABLE)) return take_out(tls);
  if (tls->next) return;
  put_in(tls, &tls->home->readable);
  cuv_loop *loop = tls->conn->poll.loop->data;
  (void)uv_idle_start(&loop->unread, idled); /* fails only without a callback */
}

/* Moves the ring's connections into `round`, so that those that the hooks add during this turn wait for the next. */
static void move_all(cuv__tls *ring, cuv__tls *round) {
  if (ring->next == ring) {
    round->next = round->previous = round;
    return;
  }
  round->next = ring->next;
  round->previous = ring->previous;
  round->next->previous = round->previous->next = round;
  ring->next = ring->previous = ring;
}

void cuv__tls_turn(cuv_loop *loop) {
  cuv__handshake_tidy(loop->tls);
  cuv__tls *ring = &loop->tls->readable, round;
  move_all(ring, &round);
  while (round.next != &round) { /* a hook may close any connection, which takes it out of its ring */
    cuv__tls *tls = round.next;
    take_out(tls);
    put_in(tls, ring); /* stays there until cuv_tls_recv() has emptied it */
    cuv__conn_report(tls->conn, CUV_READABLE);
  }
  if (ring->next == ring) (void)uv_idle_stop(&loop->unread); /* never fails */
}
