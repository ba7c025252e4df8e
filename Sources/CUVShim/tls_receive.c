/* From the socket's ciphertext to the caller's bytes. One recv() fills the loop's input; records are opened there, in
 * place. What is left, a part of a record or what the caller had no room for, is held by the connection until the next
 * call. Loop thread only. */
#include "tls.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is held ------------------------------------------------------------------------------ */

static void forget_held(cuv__tls *tls) {
  free(tls->held);
  tls->held = NULL;
  tls->held_plain = tls->held_cipher = 0;
}

int cuv__hold(cuv__tls *tls, const uint8_t *plain, size_t plain_count) {
  cuv__tls_loop *home = tls->home;
  size_t cipher_count = home->input.count - home->input.at;
  if (plain_count + cipher_count == 0) return 0;
  tls->held = malloc(plain_count + cipher_count);
  if (!tls->held) return cuv__tls_fail(tls, -ENOMEM);
  if (plain_count) memcpy(tls->held, plain, plain_count);
  if (cipher_count) memcpy(tls->held + plain_count, home->input.bytes + home->input.at, cipher_count);
  tls->held_plain = (uint32_t)plain_count;
  tls->held_cipher = (uint32_t)cipher_count;
  return 0;
}

static size_t deliver_held(cuv__tls *tls, uint8_t *into, size_t capacity) {
  size_t count = tls->held_plain < capacity ? tls->held_plain : capacity;
  memcpy(into, tls->held, count);
  tls->held_plain -= (uint32_t)count;
  size_t left = tls->held_plain + tls->held_cipher;
  if (left) memmove(tls->held, tls->held + count, left);
  else forget_held(tls);
  return count;
}

static bool has_whole_record(const cuv__tls *tls) {
  return tls->phase == cuv__open && cuv__record_length(tls, tls->held, tls->held_cipher) != 0;
}

/* What is held, and, unless that is a whole record, what the socket has. A result like cuv_recv()'s. */
static ptrdiff_t fill_input(cuv__tls *tls) {
  cuv__tls_loop *home = tls->home;
  bool is_enough = has_whole_record(tls);
  size_t held = tls->held_cipher;
  if (held) memcpy(home->input.bytes, tls->held, held);
  home->input.at = 0;
  home->input.count = held;
  if (is_enough) {
    forget_held(tls);
    return (ptrdiff_t)held;
  }
  ptrdiff_t taken = cuv_recv(tls->conn->fd, home->input.bytes + held, sizeof home->input.bytes - held);
  if (taken <= 0) return taken; /* and what is held stays */
  forget_held(tls);
  home->input.count += (size_t)taken;
  return taken;
}

/* ---- records ----------------------------------------------------------------------------------- */

ptrdiff_t cuv__record_length(const cuv__tls *tls, const uint8_t *bytes, size_t count) {
  if (count < cuv__record_header) return 0;
  size_t length = (size_t)(bytes[3] << 8 | bytes[4]);
  if (length > tls->record_limit) return -1;
  return count < cuv__record_header + length ? 0 : (ptrdiff_t)(cuv__record_header + length);
}

int cuv__deliver(cuv__tls *tls, const uint8_t *bytes, size_t count, cuv__delivery *to) {
  size_t room = to->capacity - to->count, taken = count < room ? count : room;
  memcpy(to->bytes + to->count, bytes, taken);
  to->count += taken;
  return taken < count ? cuv__hold(tls, bytes + taken, count - taken) : 0;
}

static int open_record(cuv__tls *tls, size_t length, cuv__delivery *to) {
  return tls->home->is_compact ? cuv__compact_open(tls, length, to) : cuv__openssl_open(tls, length, to);
}

/* OpenSSL sees all of the input and answers with the alert. */
static int refuse_length(cuv__tls *tls, cuv__delivery *to) {
  cuv__tls_loop *home = tls->home;
  if (home->is_compact) return cuv__compact_refuse(tls, cuv__alert_record_overflow);
  int failure = cuv__openssl_open(tls, home->input.count - home->input.at, to);
  return failure ? failure : cuv__tls_fail(tls, -EPROTO);
}

/* As many records as are whole and fit. */
static int take_records(cuv__tls *tls, cuv__delivery *to) {
  cuv__tls_loop *home = tls->home;
  while (to->count < to->capacity && !tls->held) {
    ptrdiff_t length = cuv__record_length(tls, home->input.bytes + home->input.at, home->input.count - home->input.at);
    if (length == 0) break;
    int failure = length < 0 ? refuse_length(tls, to) : open_record(tls, (size_t)length, to);
    if (failure) return failure;
    if (tls->peer_closed) return 0; /* what follows close_notify is ignored (RFC 8446 section 6.1) */
  }
  return tls->held ? 0 : cuv__hold(tls, NULL, 0);
}

/* ---- receiving --------------------------------------------------------------------------------- */

static ptrdiff_t receive(cuv__tls *tls, uint8_t *into, size_t capacity) {
  ptrdiff_t filled = fill_input(tls);
  if (filled <= 0) return filled;
  if (tls->phase == cuv__not_tls) return -EAGAIN; /* discarded */
  int failure = tls->phase == cuv__handshaking ? cuv__shake_hands(tls) : 0;
  if (failure) return failure;
  cuv__delivery to = {.bytes = into, .capacity = capacity};
  failure = take_records(tls, &to);
  if (to.count) return (ptrdiff_t)to.count; /* a failure or the end comes with the next call */
  if (failure) return failure;
  return tls->peer_closed ? 0 : -EAGAIN;
}

ptrdiff_t cuv_tls_recv(cuv_loop *loop, int fd, void *into, size_t capacity) {
  cuv__check_owner(loop, __func__);
  cuv__tls *tls = cuv__tls_find(loop, fd);
  if (!tls) return -EBADF;
  if (capacity == 0) return -EINVAL; /* a result of 0 means the end of the stream */
  ptrdiff_t result;
  if (tls->held_plain) result = (ptrdiff_t)deliver_held(tls, into, capacity);
  else if (tls->phase == cuv__failed) result = tls->failure;
  else if (tls->peer_closed) result = 0;
  else result = receive(tls, into, capacity);
  bool news = result > 0 && (tls->peer_closed || tls->phase == cuv__failed);
  cuv__tls_set_more(tls, news || tls->held_plain || has_whole_record(tls));
  return result;
}
