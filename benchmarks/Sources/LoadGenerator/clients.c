/* One thread and one poller. Requests are put together from texts that were made before; an answer is looked at once.
 * What is measured lies between two moments: answers and the server's CPU time in between count, and everything
 * before (warm-up) and behind is only checked. */
#define _GNU_SOURCE
#include "clients.h"
#include "answer.h"
#include "attempt.h"
#include "histogram.h"
#include "members.h"
#include "meter.h"
#include "requests.h"
#include "sales.h"
#include "threads.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { events_per_turn = 256, answer_room = 8192 };

typedef struct {
  int fd; /* -1: not connected */
  bool waits;
  request sent;
  int64_t begun;
  char booking[64]; /* to be confirmed or cancelled next; empty: none */
  uint64_t before; /* the highest seq of its event when the request was sent */
  size_t count;
  char bytes[answer_room];
} client;

static const options *chosen;
static int poller;
static client *clients;
static uint32_t *resting, first_resting, resting_count; /* a queue, so that all connections are used alike */
static int64_t start, end, deadline;                    /* of what is measured; of everything */
static histogram *times;
static uint64_t asked, answered, refused, others, in_time; /* in_time: answered between start and end */

/* ---- connections ------------------------------------------------------------------------------- */

static void hang_up(client *one) {
  close(one->fd);
  one->fd = -1;
}

static void connect_client(uint32_t number) {
  client *one = &clients[number];
  one->fd = dial_from(chosen->first_address + number % chosen->addresses, 0, 0);
  watch(poller, one->fd, EPOLLIN, number);
}

static void rest(uint32_t number) {
  resting[(first_resting + resting_count++) % chosen->subscribers] = number;
}

static request next_of(client *one) {
  if (!one->booking[0]) return next_request();
  request made = follow_up(one->sent.user, one->booking);
  one->booking[0] = 0;
  return made;
}

static void ask(uint32_t number, int64_t begun) {
  client *one = &clients[number];
  if (one->fd < 0) connect_client(number);
  one->sent = next_of(one);
  asked += 1;
  one->before = one->sent.is_booking ? sales_before(one->sent.event) : 0;
  one->begun = begun;
  one->waits = true;
  one->count = 0;
  if (send(one->fd, one->sent.bytes, one->sent.count, MSG_NOSIGNAL) != (ssize_t)one->sent.count)
    give_up("send: %s", strerror(errno));
}

/* ---- answers ----------------------------------------------------------------------------------- */

static bool says(const client *one, const answer *got, const char *word) {
  return !word || memmem(one->bytes + got->head, got->body, word, strlen(word));
}

/* The booking of this answer is confirmed or cancelled next. */
static void note_booking(client *one, const answer *got) {
  member id = {.name = "bookingId"};
  if (!read_members(one->bytes + got->head, got->body, &id, 1) || !id.value || id.count >= sizeof one->booking)
    give_up("a booking's answer is not understood: %.*s", (int)one->count, one->bytes);
  memcpy(one->booking, id.value, id.count);
  one->booking[id.count] = 0;
}

static void judge(client *one, const answer *got) {
  if (one->sent.is_follow_up) {
    if (got->status != 200) give_up("expected 200: %.*s", (int)one->count, one->bytes);
    answered += 1;
    return;
  }
  bool is_sold_out = chosen->capacity && got->status == 409, is_other = got->status == chosen->or_else;
  refused += is_sold_out;
  others += is_other;
  if (!is_sold_out && !is_other && (got->status != chosen->expect || !says(one, got, chosen->type)))
    give_up("expected %u%s%s: %.*s", chosen->expect, chosen->type ? " with " : "",
            chosen->type ? chosen->type : "", (int)one->count, one->bytes);
  if (one->sent.is_booking && got->status == 201)
    sale_is_answered(one->sent.event, one->before, one->bytes + got->head, got->body);
  if (chosen->then && got->status == 201) note_booking(one, got);
  answered += 1;
}

/* True when its request is answered. */
static bool takes_answer(uint32_t number) {
  client *one = &clients[number];
  ssize_t more = recv(one->fd, one->bytes + one->count, answer_room - one->count, MSG_DONTWAIT);
  if (more < 0 && errno == EAGAIN) return false;
  if (!one->waits && more <= 0) return hang_up(one), false; /* the server closes what rests for long */
  if (more <= 0 || !one->waits)
    give_up("a connection was closed, or answered twice: %.*s", (int)one->count, one->bytes);
  one->count += (size_t)more;
  answer got;
  if (!read_answer(one->bytes, one->count, &got)) {
    if (one->count == answer_room) give_up("an answer is longer than %d bytes", answer_room);
    return false;
  }
  if (got.whole != one->count) give_up("an answer is longer than it says: %.*s", (int)one->count, one->bytes);
  judge(one, &got);
  int64_t clock = now();
  if (one->begun >= start && one->begun < end) record(times, clock - one->begun);
  in_time += clock >= start && clock < end;
  one->waits = false;
  if (got.closes) hang_up(one);
  return true;
}

/* ---- the two loops ----------------------------------------------------------------------------- */

static bool is_closed_loop(void) { return chosen->rate <= 0; }

static bool asks_again(int64_t clock) {
  return is_closed_loop() && clock < end && (!chosen->requests || asked < chosen->requests);
}

/* Waits for answers until then; a closed loop asks again at once. */
static void turn(int64_t until) {
  struct epoll_event ready[events_per_turn];
  int64_t left = until - now();
  if (left < 0) left = 0;
  struct timespec wait = {.tv_sec = left / second, .tv_nsec = left % second};
  int count = epoll_pwait2(poller, ready, events_per_turn, &wait, NULL);
  if (count < 0 && errno != EINTR) give_up("epoll_wait: %s", strerror(errno));
  for (int i = 0; i < count; i++) {
    uint32_t number = (uint32_t)ready[i].data.u64;
    if (!takes_answer(number)) continue;
    int64_t clock = now();
    if (asks_again(clock)) ask(number, clock);
    else rest(number);
  }
  if (now() > deadline)
    give_up("not finished in %u s: %llu answered, %u still wait", chosen->seconds, (unsigned long long)answered,
            chosen->subscribers - resting_count);
}

static void ask_one_that_rests(int64_t begun) {
  uint32_t number = resting[first_resting];
  first_resting = (first_resting + 1) % chosen->subscribers;
  resting_count -= 1;
  ask(number, begun);
}

static void run_until(int64_t moment) {
  static uint64_t due_count;
  static int64_t first_due;
  if (is_closed_loop()) {
    while (now() < moment && resting_count < chosen->subscribers) turn(moment);
    return;
  }
  if (!first_due) first_due = now();
  for (int64_t clock; (clock = now()) < moment;) {
    int64_t due;
    while ((due = first_due + (int64_t)((double)due_count * second / chosen->rate)) <= clock && resting_count) {
      ask_one_that_rests(due);
      due_count += 1;
    }
    turn(resting_count && due < moment ? due : moment);
  }
}

/* ---- a run ------------------------------------------------------------------------------------- */

static void open_clients(void) {
  poller = epoll_create1(EPOLL_CLOEXEC);
  clients = calloc(chosen->subscribers, sizeof *clients);
  resting = calloc(chosen->subscribers, sizeof *resting);
  times = histogram_new();
  if (poller < 0 || !clients || !resting) give_up("no memory");
  for (uint32_t i = 0; i < chosen->subscribers; i++) {
    connect_client(i);
    rest(i);
  }
}

static void print_threads(const thread_times *used, double each) {
  for (uint32_t i = 0; i < used->count; i++)
    if (used->groups[i].time > 0) printf(" cpu_us_%s=%.2f", used->groups[i].name, (double)used->groups[i].time / each);
}

static void report(int64_t cpu, const thread_times *used) {
  double seconds = (double)(end - start) / second, each = (double)in_time * 1e3, milliseconds = 1e6;
  printf("mode=%s connections=%u events=%u answered=%llu refused=%llu others=%llu seconds=%.3f per_second=%.0f",
         mode_names[chosen->mode], chosen->subscribers, chosen->events, (unsigned long long)answered,
         (unsigned long long)refused, (unsigned long long)others, seconds, (double)in_time / seconds);
  if (chosen->rate > 0) printf(" rate=%g", chosen->rate);
  if (chosen->server && in_time) {
    printf(" server_cpu_seconds=%.2f cpu_us_each=%.2f", (double)cpu / second, (double)cpu / each);
    print_threads(used, each);
  }
  printf(" answer_p50_ms=%.3f answer_p99_ms=%.3f answer_max_ms=%.3f\n", (double)quantile(times, 0.5) / milliseconds,
         (double)quantile(times, 0.99) / milliseconds, (double)times->highest / milliseconds);
}

void clients_run(const options *of) {
  chosen = of;
  requests_open(of);
  open_clients();
  deadline = now() + of->seconds * (int64_t)second;
  start = now() + (of->requests ? 0 : (int64_t)(of->warm_up_seconds * second));
  end = of->requests ? deadline : start + (int64_t)(of->measured_seconds * second);
  while (resting_count && asks_again(now())) ask_one_that_rests(now());
  run_until(start);
  int64_t cpu = of->server ? cpu_time_of(of->server) : 0;
  thread_times before = thread_times_of(of->server);
  run_until(end);
  thread_times after = thread_times_of(of->server);
  cpu = of->server ? cpu_time_of(of->server) - cpu : 0;
  if (of->requests) end = now();
  while (resting_count < of->subscribers) turn(deadline);
  if (of->mode == mode_book) sales_end();
  thread_times used = thread_times_since(&before, &after);
  report(cpu, &used);
}
