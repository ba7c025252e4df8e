/* A slot for each client that may be under way. A client that had to wait for a slot counts that time, too. */
#include "joiners.h"
#include "attempt.h"
#include "meter.h"
#include "record.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum { most = 4096, events_per_turn = 64 };

static int poller;
static struct {
  int64_t due;
  attempt *attempt;
} under_way[most];
static uint32_t free_places[most], free_count;
static uint32_t come, gone, first_number;
static histogram *times;

void joiners_open(const options *chosen) {
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) give_up("epoll_create1: %s", strerror(errno));
  times = histogram_new();
  first_number = chosen->subscribers + chosen->bookers;
  for (uint32_t i = 0; i < most; i++) free_places[free_count++] = most - 1 - i;
}

int joiners_poller(void) { return poller; }
bool joiners_have_room(void) { return free_count > 0; }
uint32_t joiners_gone(void) { return gone; }
const histogram *joiners_times(void) { return times; }

void joiner_comes(int64_t due) {
  uint32_t place = free_places[--free_count];
  attempt *fresh = malloc(sizeof *fresh);
  if (!fresh) give_up("no memory");
  under_way[place].due = due;
  under_way[place].attempt = fresh;
  attempt_start(fresh, first_number + come++, poller, place);
}

static void go_on(uint32_t place) {
  attempt *one = under_way[place].attempt;
  if (!attempt_goes_on(one)) return;
  record(times, now() - under_way[place].due);
  if (one->seq != first_seq() && place_of(one->seq) == 0)
    give_up("subscriber %u begins at a seq that cannot be", one->number);
  transport_end(&one->way);
  free(one);
  free_places[free_count++] = place;
  gone += 1;
}

void joiners_turn(void) {
  struct epoll_event events[events_per_turn];
  int count = epoll_wait(poller, events, events_per_turn, 0);
  if (count < 0 && errno != EINTR) give_up("epoll_wait: %s", strerror(errno));
  for (int i = 0; i < count; i++) go_on((uint32_t)events[i].data.u64);
}
