/* Subscribers in a dense array of descriptors, and the sends. A slice of them shares one cursor; in the
 * styles each and joined all of a thread's subscribers are one slice. Who leaves leaves a hole, which the
 * next one takes: nobody ever moves to a slice with another cursor, so nobody misses or repeats a message. */
#include "floor.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

/* Holes are a list through the array itself: each names the one before it, as -2 - place; -1 ends it. */
enum { no_hole = -1 };

static uint32_t slice_size(void) {
  return chosen.style == style_rolling ? subscribers_per_slice : UINT32_MAX;
}

void subscribers_open(loop *self, uint32_t most_descriptors) {
  self->subscribers = calloc(most_descriptors, sizeof *self->subscribers);
  self->place_of = calloc(most_descriptors, sizeof *self->place_of);
  self->cursors = calloc(most_descriptors / subscribers_per_slice + 1, sizeof *self->cursors);
  self->last_hole = no_hole;
  if (!self->subscribers || !self->place_of || !self->cursors) die("calloc");
}

uint64_t subscribe(loop *self, int fd) {
  uint32_t place;
  if (self->last_hole != no_hole) {
    place = (uint32_t)(-2 - self->last_hole);
    self->last_hole = self->subscribers[place];
  } else {
    place = self->places++;
    if (place % slice_size() == 0) self->cursors[place / slice_size()] = log_last_seq();
  }
  self->subscribers[place] = fd;
  self->place_of[fd] = place + 1;
  return self->cursors[place / slice_size()]; /* it gets what its slice gets from now on */
}

void unsubscribe(loop *self, int fd) {
  if (!self->place_of[fd]) return;
  uint32_t place = self->place_of[fd] - 1;
  self->subscribers[place] = self->last_hole;
  self->last_hole = -2 - (int32_t)place;
  self->place_of[fd] = 0;
}

/* ---- sends ------------------------------------------------------------------------------------- */

void check_sent(int64_t taken, size_t count) {
  if (taken == (int64_t)count || taken == -EPIPE || taken == -ECONNRESET) return;
  errno = taken < 0 ? (int)-taken : EAGAIN;
  die("send");
}

void send_whole(loop *self, int fd, const char *bytes, size_t count) {
  ssize_t taken = self->tls ? tls_send(self, fd, bytes, count)
                            : send(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (taken == (ssize_t)count) return;
  check_sent(taken < 0 ? -errno : taken, count);
  unsubscribe(self, fd);
}

/* Sends a slice the messages after its cursor up to `to`. */
static void visit(loop *self, uint32_t slice, uint64_t to) {
  size_t first = (size_t)slice * slice_size(), fd_count = self->places - first, count;
  if (fd_count > slice_size()) fd_count = slice_size();
  const int32_t *fds = self->subscribers + first;
  const char *bytes = log_between(self->cursors[slice], to, &count);
  self->cursors[slice] = to;
  if (chosen.by_ring) return ring_send(&self->ring, fds, fd_count, bytes, count);
  for (size_t i = 0; i < fd_count; i++)
    if (fds[i] >= 0) send_whole(self, fds[i], bytes, count);
}

bool deliver(loop *self) {
  uint32_t slices = (uint32_t)(((uint64_t)self->places + slice_size() - 1) / slice_size());
  uint64_t last = log_last_seq();
  for (uint32_t looked_at = 0; looked_at < slices; looked_at++) {
    uint32_t slice = self->next_slice;
    self->next_slice = slice + 1 < slices ? slice + 1 : 0;
    if (self->cursors[slice] == last) continue;
    visit(self, slice, chosen.style == style_each ? self->cursors[slice] + 1 : last);
    return true;
  }
  return false;
}
