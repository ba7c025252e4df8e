/* Every connection sends bursts without waiting for answers, discards what it receives, and connects again when the
 * server closes it. attack_bursts.c makes the bursts. No behaviour of the server is a violation here. */
#define _GNU_SOURCE
#include "attack.h"
#include "attack_bursts.h"
#include "attempt.h"
#include "meter.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { events_per_turn = 256, receive_room = 64 * 1024, spare_descriptors = 64, opened_per_turn = 64 };

typedef struct {
  int fd;            /* -1: not connected */
  burst unsent;      /* what is still to go out of the burst */
  bool has_upgraded; /* WebSocket: the 101 has come */
  bool is_watched_for_output;
} intruder;

static const options *chosen;
static const kind *as;
static int poller;
static intruder *intruders;
static uint32_t count;
static struct {
  uint64_t opened, closed, bytes_out, bytes_in, bursts, statuses[6], limited;
} counted;

/* ---- connections ------------------------------------------------------------------------------- */

static void watch_for(uint32_t number, bool output) {
  intruder *one = &intruders[number];
  if (one->is_watched_for_output == output) return;
  struct epoll_event event = {.events = EPOLLIN | (output ? EPOLLOUT : 0u), .data.u64 = number};
  if (epoll_ctl(poller, EPOLL_CTL_MOD, one->fd, &event) != 0) give_up("epoll_ctl: %s", strerror(errno));
  one->is_watched_for_output = output;
}

static void open_intruder(uint32_t number) {
  intruder *one = &intruders[number];
  *one = (intruder){.fd = dial_from(chosen->first_address, SOCK_NONBLOCK, 0), .is_watched_for_output = true};
  one->unsent = as->is_websocket ? upgrade_request() : as->next(number, NULL, 0);
  watch(poller, one->fd, EPOLLIN | EPOLLOUT, number);
  counted.opened += 1;
}

static void hang_up(uint32_t number) {
  close(intruders[number].fd);
  intruders[number].fd = -1;
  counted.closed += 1;
}

/* ---- input and output -------------------------------------------------------------------------- */

static void count_answers(const char *bytes, size_t size) {
  const char *end = bytes + size;
  for (const char *at; (at = memmem(bytes, (size_t)(end - bytes), "HTTP/1.1 ", 9)) && at + 12 <= end; bytes = at + 12) {
    counted.statuses[at[9] >= '1' && at[9] <= '5' ? at[9] - '0' : 0] += 1;
    counted.limited += memcmp(at + 9, "429", 3) == 0;
  }
}

/* False when the connection is over. */
static bool take(uint32_t number) {
  static char bytes[receive_room];
  intruder *one = &intruders[number];
  ssize_t more = recv(one->fd, bytes, sizeof bytes, MSG_DONTWAIT);
  if (more < 0 && errno == EAGAIN) return true;
  if (more <= 0) return false;
  counted.bytes_in += (uint64_t)more;
  count_answers(bytes, (size_t)more);
  bool was_upgraded = one->has_upgraded;
  one->has_upgraded |= as->is_websocket && memmem(bytes, (size_t)more, " 101 ", 5);
  if (as->goes_by_answers || one->has_upgraded != was_upgraded) one->unsent = as->next(number, bytes, (size_t)more);
  if (one->unsent.count) watch_for(number, true);
  return true;
}

static bool is_done(const intruder *one) {
  return as->is_single || as->goes_by_answers || (as->is_websocket && !one->has_upgraded);
}

static bool put(uint32_t number) {
  intruder *one = &intruders[number];
  ssize_t taken = send(one->fd, one->unsent.bytes, one->unsent.count, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (taken < 0) return errno == EAGAIN || errno == ENOTCONN;
  counted.bytes_out += (uint64_t)taken;
  one->unsent.bytes += taken;
  one->unsent.count -= (size_t)taken;
  if (one->unsent.count) return true;
  counted.bursts += 1;
  if (is_done(one)) watch_for(number, false);
  else one->unsent = as->next(number, NULL, 0);
  return true;
}

/* ---- a run ------------------------------------------------------------------------------------- */

static void turn(void) {
  static uint32_t next; /* closed ones are opened again in turn */
  struct epoll_event ready[events_per_turn];
  for (uint32_t looked = 0, opened = 0; looked < count && opened < opened_per_turn; looked++, next = (next + 1) % count)
    if (intruders[next].fd < 0) open_intruder(next), opened++;
  int found = epoll_wait(poller, ready, events_per_turn, 10);
  if (found < 0 && errno != EINTR) give_up("epoll_wait: %s", strerror(errno));
  for (int i = 0; i < found; i++) {
    uint32_t number = (uint32_t)ready[i].data.u64;
    bool lives = !(ready[i].events & EPOLLIN) || take(number);
    if (lives && (ready[i].events & EPOLLOUT)) lives = put(number);
    if (!lives || (ready[i].events & (EPOLLERR | EPOLLHUP))) hang_up(number);
  }
}

static uint32_t most_connections(uint32_t wanted) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) give_up("getrlimit: %s", strerror(errno));
  rlim_t most = limit.rlim_cur - spare_descriptors;
  return wanted < most ? wanted : (uint32_t)most;
}

void attack(const options *of) {
  chosen = of;
  as = kind_of(of);
  count = most_connections(as->connections);
  poller = epoll_create1(EPOLL_CLOEXEC);
  intruders = calloc(count, sizeof *intruders);
  if (poller < 0 || !intruders) give_up("no memory");
  for (uint32_t i = 0; i < count; i++) intruders[i].fd = -1;
  int64_t start = now(), end = start + (int64_t)(of->measured_seconds * second);
  int64_t cpu = of->server ? cpu_time_of(of->server) : 0;
  while (now() < end) turn();
  double seconds = (double)(now() - start) / second;
  printf("mode=attack attack=%s seconds=%.2f opened=%llu closed=%llu bursts=%llu megabytes_out=%.1f megabytes_in=%.1f "
         "answers_2xx=%llu answers_4xx=%llu answers_5xx=%llu limited=%llu",
         as->name, seconds, (unsigned long long)counted.opened, (unsigned long long)counted.closed,
         (unsigned long long)counted.bursts, (double)counted.bytes_out / 1e6, (double)counted.bytes_in / 1e6,
         (unsigned long long)counted.statuses[2], (unsigned long long)counted.statuses[4],
         (unsigned long long)counted.statuses[5], (unsigned long long)counted.limited);
  if (of->server) printf(" server_cores=%.2f", (double)(cpu_time_of(of->server) - cpu) / second / seconds);
  printf("\n");
}
