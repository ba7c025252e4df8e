/* A crowd is a thread with its poller, and with --tables private its own descriptor table. Crowds share only record.h.
 * A crowd that completes a notice wakes the first one, because the next booking may wait for that. */
#define _GNU_SOURCE
#include "crowd.h"
#include "attempt.h"
#include "meter.h"
#include "record.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { events_per_turn = 128, wake_up = INT32_MAX }; /* wake_up: the tag of what is no subscriber */

typedef struct {
  share whom;
  pthread_t thread;
  int poller, wake_fd;
  uint32_t begun, opened; /* of whom.count */
  uint32_t concurrency;   /* begun and not opened at a time */
  attempt **attempts;     /* by index; freed when all are open */
  audience *listening;
} crowd;

static const options *chosen;
static crowd *crowds;
static _Atomic uint32_t tables_made, open_crowds;
static _Atomic bool over;

static void wake(const crowd *whose) {
  uint64_t one = 1;
  if (write(whose->wake_fd, &one, sizeof one) != sizeof one) give_up("eventfd: %s", strerror(errno));
}

/* ---- opening ----------------------------------------------------------------------------------- */

static void open_more(crowd *self) {
  while (self->begun < self->whom.count && self->begun - self->opened < self->concurrency) {
    uint32_t index = self->begun++;
    attempt *fresh = self->attempts[index] = malloc(sizeof *fresh);
    if (!fresh) give_up("no memory");
    attempt_start(fresh, self->whom.first + index * self->whom.step, self->poller, index);
  }
}

static void crowd_is_open(crowd *self) {
  free(self->attempts);
  self->attempts = NULL;
  open_crowds += 1;
  wake(&crowds[0]);
}

/* A stalled subscriber is not polled any more. TLS is polled level-triggered, because one read need not empty the
 * socket. */
static void watch_subscriber(crowd *self, uint32_t index, transport way) {
  struct epoll_event level = {.events = EPOLLIN | EPOLLRDHUP, .data.u64 = index};
  bool stalls = index >= self->whom.readers;
  if (!stalls && !way.tls) return;
  if (epoll_ctl(self->poller, stalls ? EPOLL_CTL_DEL : EPOLL_CTL_MOD, way.fd, &level) != 0)
    give_up("epoll_ctl: %s", strerror(errno));
}

static void go_on_opening(crowd *self, uint32_t index) {
  attempt *one = self->attempts[index];
  if (!attempt_goes_on(one)) return;
  if (one->rest != one->count) give_up("subscriber %u: more than a first message", one->number);
  begin_at(one->seq, one->number);
  audience_add(self->listening, index, one->way);
  watch_subscriber(self, index, one->way);
  free(one);
  self->attempts[index] = NULL;
  if (++self->opened == self->whom.count) crowd_is_open(self);
}

/* ---- rounds ------------------------------------------------------------------------------------ */

static void take_event(crowd *self, const struct epoll_event *event) {
  uint64_t woken;
  if (event->data.u64 == wake_up) {
    if (read(self->wake_fd, &woken, sizeof woken) < 0 && errno != EAGAIN) give_up("eventfd: %s", strerror(errno));
    return;
  }
  uint32_t index = (uint32_t)event->data.u64;
  if (self->attempts && self->attempts[index]) return go_on_opening(self, index);
  bool completes = audience_read(self->listening, index, event->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR));
  if (completes && self != &crowds[0]) wake(&crowds[0]);
}

static void turn(crowd *self, int64_t until) {
  struct epoll_event events[events_per_turn];
  open_more(self);
  int64_t left = until - now();
  if (left < 0) left = 0;
  struct timespec wait = {.tv_sec = left / second, .tv_nsec = left % second};
  int count = epoll_pwait2(self->poller, events, events_per_turn, &wait, NULL);
  if (count < 0 && errno != EINTR) give_up("epoll_pwait2: %s", strerror(errno));
  for (int i = 0; i < count; i++) take_event(self, &events[i]);
}

/* The descriptors of another table are not ours to see, and ours do not count against its limit. */
static void *run(void *argument) {
  crowd *self = argument;
  if (chosen->private_tables && unshare(CLONE_FILES) != 0) give_up("unshare: %s", strerror(errno));
  tables_made += 1;
  while (!over) turn(self, now() + second);
  return NULL;
}

void first_crowd_turn(int64_t until) { turn(&crowds[0], until); }

uint32_t first_crowd_laggard(void) { return audience_laggard(crowds[0].listening); }

void first_crowd_watches(int fd) { watch(crowds[0].poller, fd, EPOLLIN, wake_up); }

/* ---- beginning and end ------------------------------------------------------------------------- */

static share share_of(uint32_t index) {
  uint32_t threads = chosen->threads, reading = chosen->subscribers - chosen->stalled;
  return (share){.first = index,
                 .step = threads,
                 .count = (chosen->subscribers + threads - 1 - index) / threads,
                 .readers = (reading + threads - 1 - index) / threads};
}

static void prepare(crowd *self, uint32_t index, uint32_t notices) {
  self->whom = share_of(index);
  self->poller = epoll_create1(EPOLL_CLOEXEC);
  self->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (self->poller < 0 || self->wake_fd < 0) give_up("epoll or eventfd: %s", strerror(errno));
  watch(self->poller, self->wake_fd, EPOLLIN, wake_up);
  self->concurrency = (chosen->concurrency + chosen->threads - 1 - index) / chosen->threads;
  if (self->concurrency == 0) self->concurrency = 1;
  self->attempts = calloc(self->whom.count, sizeof *self->attempts);
  if (!self->attempts) give_up("no memory");
  self->listening = audience_new(self->whom, chosen->warm_up, notices, chosen->measures_gaps);
}

void crowds_open(const options *of, uint32_t notices) {
  chosen = of;
  crowds = calloc(of->threads, sizeof *crowds);
  if (!crowds) give_up("no memory");
  uint32_t reading = of->subscribers - of->stalled;
  record_open(notices, reading < of->threads ? reading : of->threads);
  attempts_prepare(of);
  for (uint32_t i = 0; i < of->threads; i++) prepare(&crowds[i], i, notices);
  for (uint32_t i = 1; i < of->threads; i++)
    if (pthread_create(&crowds[i].thread, NULL, run, &crowds[i]) != 0) give_up("no thread");
  /* A table that is made later would have the descriptors that this thread opens. */
  while (tables_made < of->threads - 1) sched_yield();
}

bool crowds_are_open(void) { return open_crowds == chosen->threads; }

totals crowds_end(void) {
  totals sum = {.each = histogram_new(), .gaps = chosen->measures_gaps ? histogram_new() : NULL};
  over = true;
  for (uint32_t i = 1; i < chosen->threads; i++) wake(&crowds[i]);
  for (uint32_t i = 0; i < chosen->threads; i++) {
    if (i > 0) pthread_join(crowds[i].thread, NULL);
    const totals *part = audience_totals(crowds[i].listening);
    sum.deliveries += part->deliveries;
    sum.bytes += part->bytes;
    sum.conflated += part->conflated;
    merge(sum.each, part->each);
    if (sum.gaps) merge(sum.gaps, part->gaps);
  }
  return sum;
}
