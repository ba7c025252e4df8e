/* From the socket's ciphertext to the caller's bytes. One recv() fills the loop's input; records are opened there, in
 * place. What is left, a part of a record or what the caller had no room for, is held by the connection until the next
 * call. Loop thread only. */
#include "tls.h"
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  uint8_t *bytes;
  size_t count, capacity;
} delivery;

/* ---- what is held ------------------------------------------------------------------------------ */

static void forget_held(cuv__tls *tls) {
  free(tls->held);
  tls->held = NULL;
  tls->held_plain = tls->held_cipher = 0;
}

/* `plain` and what is left of the input. */
static int hold(cuv__tls *tls, const uint8_t *plain, size_t plain_count) {
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
  return tls->phase == cuv__open && cuv__record_length(tls->held, tls->held_cipher) != 0;
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

/* Tells the peer why, and fails. */
static int refuse(cuv__tls *tls, int alert) {
  bool told = !tls->closed && cuv__seal_alert(tls, (uint8_t)alert);
  if (told) (void)cuv__emit(tls); /* its failure is no news */
  else cuv__output_clear(tls->home);
  return tls->phase == cuv__failed ? tls->failure : cuv__tls_fail(tls, -EPROTO);
}

static int take_data(cuv__tls *tls, const uint8_t *bytes, size_t count, delivery *to) {
  size_t room = to->capacity - to->count, taken = count < room ? count : room;
  memcpy(to->bytes + to->count, bytes, taken);
  to->count += taken;
  return taken < count ? hold(tls, bytes + taken, count - taken) : 0;
}

static int take_alert(cuv__tls *tls, const uint8_t *bytes, size_t count) {
  if (count != 2) return refuse(tls, cuv__alert_decode_error);
  if (bytes[1] == cuv__alert_close_notify) {
    tls->peer_closed = true;
    return 0;
  }
  bool is_harmless = bytes[1] == cuv__alert_user_canceled || (tls->is_12 && bytes[0] == 1);
  return is_harmless ? 0 : cuv__tls_fail(tls, -EPROTO); /* the peer knows why */
}

/* Behind the handshake a client sends only KeyUpdate, in a record of its own. */
static int take_handshake(cuv__tls *tls, const uint8_t *bytes, size_t count) {
  static const uint8_t key_update[] = {24, 0, 0, 1};
  if (tls->is_12) return refuse(tls, cuv__alert_no_renegotiation);
  if (count != 5 || memcmp(bytes, key_update, 4) != 0 || bytes[4] > 1)
    return refuse(tls, cuv__alert_unexpected_message);
  tls->owes_update |= bytes[4] == 1;
  return cuv__keys_update(&tls->in, tls->aead) ? 0 : refuse(tls, cuv__alert_internal_error);
}

static int take_record(cuv__tls *tls, size_t length, delivery *to) {
  cuv__tls_loop *home = tls->home;
  uint8_t *record = home->input.bytes + home->input.at, *plain, type;
  size_t count;
  home->input.at += length;
  int alert = cuv__open_record(tls, record, length, &type, &plain, &count);
  if (alert) return refuse(tls, alert);
  switch (type) {
  case cuv__type_data: return take_data(tls, plain, count, to);
  case cuv__type_alert: return take_alert(tls, plain, count);
  case cuv__type_handshake: return take_handshake(tls, plain, count);
  default: return refuse(tls, cuv__alert_unexpected_message);
  }
}

/* As many records as are whole and fit. */
static int take_records(cuv__tls *tls, delivery *to) {
  cuv__tls_loop *home = tls->home;
  while (to->count < to->capacity && !tls->held) {
    ptrdiff_t length = cuv__record_length(home->input.bytes + home->input.at, home->input.count - home->input.at);
    if (length == 0) break;
    int failure = length < 0 ? refuse(tls, (int)-length) : take_record(tls, (size_t)length, to);
    if (failure) return failure;
    if (tls->peer_closed) return 0; /* what comes behind it is not ours to read */
  }
  return tls->held ? 0 : hold(tls, NULL, 0);
}

/* ---- receiving --------------------------------------------------------------------------------- */

static int shake_hands(cuv__tls *tls) {
  int result = cuv__handshake_step(tls);
  int failure = cuv__emit(tls); /* our part of it, or the alert */
  if (failure) return failure;
  if (result == 0) return cuv__tls_rewatch(tls);
  return result == -EAGAIN ? result : cuv__tls_fail(tls, result);
}

static ptrdiff_t receive(cuv__tls *tls, uint8_t *into, size_t capacity) {
  ptrdiff_t filled = fill_input(tls);
  if (filled <= 0) return filled;
  int failure = tls->phase == cuv__handshaking ? shake_hands(tls) : 0;
  if (failure) return failure;
  delivery to = {.bytes = into, .capacity = capacity};
  failure = take_records(tls, &to);
  if (to.count) return (ptrdiff_t)to.count; /* a failure or the end comes with the next call */
  if (failure) return failure;
  return tls->peer_closed ? 0 : -EAGAIN;
}

ptrdiff_t cuv_tls_recv(cuv_loop *loop, int fd, void *into, size_t capacity) {
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
