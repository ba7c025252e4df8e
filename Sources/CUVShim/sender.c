/* The batch send: the same bytes to many descriptors, by io_uring or by send(2), with the same exceptions.
 * Nothing is in flight when a batch returns, so nobody has to keep the bytes alive. One thread per sender. */
#include "internal.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

struct cuv_sender {
  cuv__uring *ring; /* NULL: send(2) */
  uintptr_t owner;  /* the first thread that sent; 0: none yet. Debug builds only */
};

#ifdef DEBUG
static void check_thread(cuv_sender *sender, const char *call) {
  if (sender->owner == 0) sender->owner = cuv__this_thread();
  if (sender->owner == cuv__this_thread()) return;
  (void)fprintf(stderr, "%s must be called from the thread that sent first (cuv.h, rule 2).\n", call);
  abort();
}
#else
static void check_thread(cuv_sender *sender, const char *call) { (void)sender, (void)call; }
#endif

int cuv_sender_create(cuv_sender **out, int kind) {
  *out = NULL;
  if (kind != CUV_SENDER_AUTO && kind != CUV_SENDER_SEND && kind != CUV_SENDER_URING) return -EINVAL;
  cuv_sender *sender = calloc(1, sizeof *sender);
  if (!sender) return -ENOMEM;
  int failure = kind == CUV_SENDER_SEND ? 0 : cuv__uring_create(&sender->ring);
  if (failure && kind == CUV_SENDER_URING) {
    free(sender);
    return failure;
  }
  *out = sender;
  return 0;
}

const char *cuv_sender_name(const cuv_sender *sender) { return sender->ring ? "io_uring" : "send"; }

void cuv_sender_destroy(cuv_sender *sender) {
  if (!sender) return;
  cuv__uring_destroy(sender->ring);
  free(sender);
}

uint32_t cuv__plain_send_batch(const int32_t *fds, uint32_t fd_count, uint32_t first, const void *bytes,
                               size_t count, cuv_exception *out) {
  uint32_t exceptions = 0;
  for (uint32_t i = 0; i < fd_count; i++) {
    ptrdiff_t taken = cuv_send(fds[i], bytes, count);
    if (taken == (ptrdiff_t)count) continue;
    int32_t result = taken == -EAGAIN ? 0 : (int32_t)taken;
    out[exceptions++] = (cuv_exception){.index = first + i, .result = result};
  }
  return exceptions;
}

ptrdiff_t cuv_send_batch(cuv_sender *sender, const int32_t *fds, uint32_t fd_count, const void *bytes,
                         size_t count, cuv_exception *out) {
  check_thread(sender, "cuv_send_batch()");
  if (count > INT32_MAX) return -EINVAL; /* results are 32 bits wide */
  if (count == 0) return 0;
  if (sender->ring) return cuv__uring_send_batch(sender->ring, fds, fd_count, bytes, count, out);
  return cuv__plain_send_batch(fds, fd_count, 0, bytes, count, out);
}

void cuv__plain_send_packets(const cuv__packet *packets, uint32_t count, int32_t *results) {
  for (uint32_t i = 0; i < count; i++) {
    ptrdiff_t taken = cuv_send(packets[i].fd, packets[i].bytes, packets[i].count);
    results[i] = taken == -EAGAIN ? 0 : (int32_t)taken;
  }
}

void cuv__send_packets(cuv_sender *sender, const cuv__packet *packets, uint32_t count, int32_t *results) {
  check_thread(sender, "cuv_tls_send_batch()");
  if (sender->ring) return cuv__uring_send_packets(sender->ring, packets, count, results);
  cuv__plain_send_packets(packets, count, results);
}
