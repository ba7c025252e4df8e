/* The batch send for TLS: the same bytes are sealed for up to 256 connections, one behind the other in the loop's
 * output, and then sent together, by one call of the ring where there is one. Loop thread only. */
#include "tls.h"
#include <errno.h>

/* Beyond this the output would fall out of the processor's cache before it is sent. */
enum { portion_bytes = 256 * 1024 };

/* Seals for as many of fds as make one portion; returns how many of them it has looked at. */
static uint32_t seal_portion(cuv_loop *loop, const int32_t *fds, uint32_t fd_count, const void *bytes, size_t count,
                             uint32_t *queued) {
  cuv__tls_loop *home = loop->tls;
  uint32_t seen = 0, places = 0;
  for (; seen < fd_count && seen < cuv__batch_size && home->output.count < portion_bytes; seen++) {
    cuv__tls *tls = cuv__tls_find(loop, fds[seen]);
    int failure = cuv__tls_sendable(tls);
    home->batch.outcomes[seen] = failure == -EAGAIN ? 0 : failure;
    if (failure) continue;
    if (tls->is_queued) break; /* twice in one batch: the second goes behind the first */
    size_t start = home->output.count;
    if (!cuv__seal_message(tls, bytes, count)) {
      home->output.count = start;
      home->batch.outcomes[seen] = cuv__tls_fail(tls, -ENOMEM);
      continue;
    }
    tls->is_queued = true;
    home->batch.connections[places] = tls;
    home->batch.places[places] = seen;
    home->batch.packets[places++] =
        (cuv__packet){.fd = tls->conn->fd, .count = (uint32_t)(home->output.count - start)};
  }
  *queued = places;
  return seen;
}

/* Now that the output does not move any more. */
static void point_at_output(cuv__tls_loop *home, uint32_t queued) {
  const uint8_t *bytes = home->output.bytes;
  for (uint32_t i = 0; i < queued; i++) {
    home->batch.packets[i].bytes = bytes;
    bytes += home->batch.packets[i].count;
  }
}

/* What was sealed counts as sent, whatever the socket took of it. */
static void settle(cuv__tls_loop *home, uint32_t queued, size_t count) {
  for (uint32_t i = 0; i < queued; i++) {
    cuv__tls *tls = home->batch.connections[i];
    const cuv__packet *packet = &home->batch.packets[i];
    int32_t taken = home->batch.results[i], failure = 0;
    tls->is_queued = false;
    if (taken < 0) failure = cuv__tls_fail(tls, taken);
    else if ((uint32_t)taken < packet->count)
      failure = cuv__keep(tls, packet->bytes + taken, packet->count - (uint32_t)taken);
    home->batch.outcomes[home->batch.places[i]] = failure ? failure : (int32_t)count;
  }
}

static uint32_t collect(const cuv__tls_loop *home, uint32_t seen, uint32_t first, size_t count, cuv_exception *out) {
  uint32_t exceptions = 0;
  for (uint32_t i = 0; i < seen; i++) {
    int32_t outcome = home->batch.outcomes[i];
    if (outcome != (int32_t)count) out[exceptions++] = (cuv_exception){.index = first + i, .result = outcome};
  }
  return exceptions;
}

ptrdiff_t cuv_tls_send_batch(cuv_loop *loop, cuv_sender *sender, const int32_t *fds, uint32_t fd_count,
                             const void *bytes, size_t count, cuv_exception *out) {
  cuv__check_owner(loop, __func__);
  cuv__tls_loop *home = loop->tls;
  if (!home || count > cuv__message_limit) return -EINVAL;
  if (count == 0) return 0;
  uint32_t exceptions = 0, queued;
  for (uint32_t first = 0; first < fd_count;) {
    uint32_t seen = seal_portion(loop, fds + first, fd_count - first, bytes, count, &queued);
    point_at_output(home, queued);
    cuv__send_packets(sender, home->batch.packets, queued, home->batch.results);
    settle(home, queued, count);
    cuv__output_clear(home);
    exceptions += collect(home, seen, first, count, out + exceptions);
    first += seen;
  }
  return exceptions;
}
