/* A booking's place comes from the answer's `seq`. Servers whose answer has none get their places in the
 * order of the answers: bookings that were under way at the same time may then have exchanged their times.
 * A connection that the server closed while it was idle is opened again for its next booking; over TLS only that booking
 * waits for the handshake. */
#define _GNU_SOURCE
#include "bookers.h"
#include "answer.h"
#include "attempt.h"
#include "members.h"
#include "messages.h"
#include "meter.h"
#include "record.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { events_per_turn = 64 };
/* Servers close connections that rest for long. None is used that might be closed in the same moment. */
static const int64_t longest_rest = 4 * (int64_t)second;

typedef struct {
  transport way; /* fd -1: not connected */
  bool waits;    /* for an answer */
  bool shakes;   /* the handshake is under way */
  char *unsent;  /* the request that waits for its end; NULL: none */
  size_t unsent_count;
  int64_t begun;
  int64_t rests_since;
  size_t count;
  char answer[8192];
} booker;

static const options *chosen;
static int poller;
static booker *bookers;
static uint32_t *free_bookers, free_count; /* a stack */
static uint32_t shaking; /* bookers whose handshake is under way */
static uint32_t sold, refused;
static histogram *answers;
static char fixed_fields[8192]; /* what all requests have in common */
static char run_name[40];       /* so that keys of two runs against one server differ */

static void hang_up(booker *one) {
  if (one->shakes) shaking -= 1;
  one->shakes = false;
  transport_end(&one->way);
}

static void be_connected(uint32_t number) {
  booker *one = &bookers[number];
  if (one->way.fd >= 0 && now() - one->rests_since > longest_rest) hang_up(one);
  if (one->way.fd >= 0) return;
  one->way = transport_over(dial(chosen->subscribers + number, 0));
  one->rests_since = now();
  one->shakes = !transport_stands(one->way);
  shaking += one->shakes;
  watch(poller, one->way.fd, EPOLLIN, number);
}

void bookers_open(const options *of) {
  chosen = of;
  poller = epoll_create1(EPOLL_CLOEXEC);
  bookers = calloc(of->bookers, sizeof *bookers);
  free_bookers = calloc(of->bookers, sizeof *free_bookers);
  answers = histogram_new();
  if (poller < 0 || !bookers || !free_bookers) give_up("no memory");
  snprintf(run_name, sizeof run_name, "%d-%llx", (int)getpid(), (unsigned long long)wall_clock());
  int count = snprintf(fixed_fields, sizeof fixed_fields,
                       "Host: 127.0.0.1:%u\r\nContent-Type: application/json\r\n%s%s%s", of->port,
                       of->token ? "Authorization: Bearer " : "", of->token ? of->token : "",
                       of->token ? "\r\n" : "");
  if (count < 0 || (size_t)count >= sizeof fixed_fields) give_up("the token is too long");
  for (uint32_t i = 0; i < of->bookers; i++) {
    bookers[i].way.fd = -1;
    be_connected(i); /* not when it books first: that is part of no figure */
    free_bookers[free_count++] = of->bookers - 1 - i;
  }
}

int bookers_poller(void) { return poller; }
bool bookers_are_open(void) { return shaking == 0; }
bool bookers_have_free_one(void) { return free_count > 0; }
bool bookers_are_idle(void) { return free_count == chosen->bookers; }
uint32_t bookers_sold(void) { return sold; }
uint32_t bookers_refused(void) { return refused; }
const histogram *bookers_answers(void) { return answers; }
void bookers_forget_answers(void) { memset(answers, 0, sizeof *answers); }

/* ---- requests ---------------------------------------------------------------------------------- */

static size_t make_body(char *into, size_t capacity) {
  if (chosen->publishes_notice) return make_notice(into, capacity, first_seq() + bookings_sent());
  return (size_t)snprintf(into, capacity, "{\"eventId\":%s,\"quantity\":1}", chosen->event);
}

static void send_now(const booker *one, const char *request, size_t count) {
  if (write_some(one->way, request, count) != (ssize_t)count) give_up("send: %s", strerror(errno));
}

static void send_later(booker *one, const char *request, size_t count) {
  if (!(one->unsent = malloc(count))) give_up("no memory");
  memcpy(one->unsent, request, count);
  one->unsent_count = count;
}

/* True when the handshake is over. */
static bool goes_on_shaking(booker *one) {
  if (!transport_stands(one->way)) return false;
  shaking -= 1;
  one->shakes = false;
  if (one->unsent) send_now(one, one->unsent, one->unsent_count);
  free(one->unsent);
  one->unsent = NULL;
  return true;
}

void bookers_book(int64_t begun) {
  char body[1024], request[sizeof fixed_fields + 2048];
  uint32_t number = free_bookers[--free_count];
  booker *one = &bookers[number];
  be_connected(number);
  booking_goes_out();
  size_t body_count = make_body(body, sizeof body);
  int count = snprintf(request, sizeof request,
                       "POST %s HTTP/1.1\r\n%sIdempotency-Key: load-%s-%u\r\nContent-Length: %zu\r\n\r\n%.*s",
                       chosen->publish_path, fixed_fields, run_name, bookings_sent(), body_count,
                       (int)body_count, body);
  one->waits = true;
  one->begun = begun;
  one->count = 0;
  if (one->shakes) send_later(one, request, (size_t)count);
  else send_now(one, request, (size_t)count);
}

/* ---- answers ----------------------------------------------------------------------------------- */

/* Where the sold booking stands among the notices. */
static uint32_t place_in(const booker *one, const answer *of) {
  member seq = {.name = "seq"};
  int64_t value;
  if (chosen->publishes_notice || !read_members(one->answer + of->head, of->body, &seq, 1) ||
      !integer_of(&seq, &value))
    return sold;
  uint32_t place = place_of((uint64_t)value);
  if (place == 0) give_up("an answer has a seq that cannot be: %s", one->answer);
  return place;
}

static void judge(const booker *one, const answer *of) {
  uint32_t status = of->status;
  if (status == 409 && chosen->mode == mode_rush) {
    refused += 1;
  } else if (status == 201 || (chosen->publishes_notice && status / 100 == 2)) {
    sold += 1;
    booking_got(place_in(one, of), one->begun);
  } else {
    give_up("booking refused: %s", one->answer);
  }
  record(answers, now() - one->begun);
}

static void take_answer(uint32_t number) {
  booker *one = &bookers[number];
  if (one->shakes && !goes_on_shaking(one)) return;
  ssize_t more = read_some(one->way, one->answer + one->count, sizeof one->answer - 1 - one->count);
  if (more < 0 && errno == EAGAIN) return;
  if (more <= 0 && !one->waits) return hang_up(one);
  if (more <= 0 || !one->waits)
    give_up("a booking's connection was closed, or answered twice: %s", one->answer);
  one->count += (size_t)more;
  one->answer[one->count] = 0;
  answer found;
  if (!read_answer(one->answer, one->count, &found)) return;
  if (one->count > found.whole) give_up("an answer is longer than it says: %s", one->answer);
  judge(one, &found);
  if (found.closes) hang_up(one);
  one->waits = false;
  one->rests_since = now();
  free_bookers[free_count++] = number;
}

void bookers_turn(void) {
  struct epoll_event events[events_per_turn];
  int count = epoll_wait(poller, events, events_per_turn, 0);
  if (count < 0 && errno != EINTR) give_up("epoll_wait: %s", strerror(errno));
  for (int i = 0; i < count; i++) take_answer((uint32_t)events[i].data.u64);
}
