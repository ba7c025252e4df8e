/* Every user has a connection and an address of its own, and one Idempotency-Key for all its attempts. Some users do what
 * impatient people and bad networks do: one in ten drops its connection as soon as the request is sent, one in ten loses
 * the answer that came, and who waits for five seconds asks anew. 503 and 429 are asked again when Retry-After says.
 * In the end every user knows: as many as there are seats have one, each a booking of its own and the same at each answer,
 * and all others are told that it is sold out. Any other answer ends the run. One thread. */
#define _GNU_SOURCE
#include "sale.h"
#include "answer.h"
#include "attempt.h"
#include "histogram.h"
#include "members.h"
#include "meter.h"
#include "requests.h"
#include "sales.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { answer_room = 4096, events_per_turn = 256, most_open = 16000, none = UINT32_MAX };
static const int64_t patience = 5 * (int64_t)second, short_pause = second / 10;

typedef enum { waits_for_its_time, waits_for_answer, knows } state;

typedef struct {
  state state;
  int fd;          /* -1: none */
  bool unsent;     /* the request waits until the connection stands */
  uint32_t tries;
  int64_t due;     /* when it acts next: asks, or has waited for too long */
  int64_t came;    /* when it first asked */
  uint64_t booking; /* hash of the id that an answer had, also of one that was lost; 0: none */
  size_t count;
  char *bytes;     /* while an answer is awaited */
} user;

static const options *chosen;
static int poller;
static user *users;
static uint32_t *heap, heap_count, *places; /* users by due time; places: where each stands, or none */
static uint32_t open_count, known, winners;
static uint64_t dropped, lost, impatient, overloaded, limited, in_flight, broken, postponed;
static histogram *times;

/* ---- the users by due time --------------------------------------------------------------------- */

static void put(uint32_t place, uint32_t number) {
  heap[place] = number;
  places[number] = place;
}

static void sift(uint32_t place) {
  uint32_t number = heap[place];
  for (uint32_t above; place > 0 && users[heap[above = (place - 1) / 2]].due > users[number].due; place = above)
    put(place, heap[above]);
  for (uint32_t below; (below = 2 * place + 1) < heap_count; place = below) {
    if (below + 1 < heap_count && users[heap[below + 1]].due < users[heap[below]].due) below += 1;
    if (users[heap[below]].due >= users[number].due) break;
    put(place, heap[below]);
  }
  put(place, number);
}

static void schedule(uint32_t number, int64_t due) {
  users[number].due = due;
  if (places[number] == none) put(heap_count++, number);
  sift(places[number]);
}

static void unschedule(uint32_t number) {
  uint32_t place = places[number], last = heap[--heap_count];
  places[number] = none;
  if (last == number) return;
  put(place, last);
  sift(place);
}

/* ---- attempts ---------------------------------------------------------------------------------- */

static void hang_up(user *one) {
  if (one->fd < 0) return;
  close(one->fd);
  one->fd = -1;
  open_count -= 1;
}

/* Spread, so that those who were refused together do not come back together. */
static void come_back(uint32_t number, int64_t after) {
  user *one = &users[number];
  one->state = waits_for_its_time;
  schedule(number, now() + after + (int64_t)(random() % 1000) * (after / 1000));
}

static void break_off(uint32_t number, uint64_t *reason) {
  *reason += 1;
  hang_up(&users[number]);
  come_back(number, short_pause);
}

/* As soon as the connection stands. */
static void send_request(uint32_t number) {
  user *one = &users[number];
  request sent = booking_of(number);
  ssize_t taken = send(one->fd, sent.bytes, sent.count, MSG_NOSIGNAL);
  if (taken < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;
  if (taken != (ssize_t)sent.count) return break_off(number, &broken);
  one->unsent = false;
  if (one->tries == 1 && number % 10 == 3) break_off(number, &dropped);
}

static void ask(uint32_t number) {
  user *one = &users[number];
  if (one->fd < 0 && open_count >= most_open) {
    postponed += 1;
    return schedule(number, now() + short_pause / 10);
  }
  if (one->fd < 0) {
    one->fd = dial_from(chosen->first_address + number % chosen->addresses, SOCK_NONBLOCK, 0);
    watch(poller, one->fd, EPOLLIN | EPOLLOUT | EPOLLET, number);
    open_count += 1;
  }
  if (!one->came) one->came = now();
  if (!one->bytes && !(one->bytes = malloc(answer_room))) give_up("no memory");
  one->tries += 1;
  one->count = 0;
  one->unsent = true;
  one->state = waits_for_answer;
  schedule(number, now() + patience);
  send_request(number);
}

static void act(uint32_t number) {
  user *one = &users[number];
  if (one->state == waits_for_answer) {
    impatient += 1;
    hang_up(one);
  }
  ask(number);
}

/* ---- answers ----------------------------------------------------------------------------------- */

static void finish(uint32_t number, bool has_seat) {
  user *one = &users[number];
  one->state = knows;
  known += 1;
  winners += has_seat;
  record(times, now() - one->came);
  unschedule(number);
  hang_up(one);
  free(one->bytes);
  one->bytes = NULL;
}

/* FNV-1a; two different ids of a run share a hash once in 10^13 runs. */
static uint64_t hash_of(const member *id) {
  uint64_t hash = 0xcbf29ce484222325;
  for (size_t i = 0; i < id->count; i++) hash = (hash ^ (uint8_t)id->value[i]) * 0x100000001b3;
  return hash ? hash : 1;
}

/* The first answer with a booking is one of the sale; each later one must have the same. */
static void note_booking(user *one, const answer *got) {
  const char *body = one->bytes + got->head;
  member id = {.name = "bookingId"};
  if (!read_members(body, got->body, &id, 1) || !id.value)
    give_up("a booking's answer is not understood: %.*s", (int)one->count, one->bytes);
  uint64_t hash = hash_of(&id);
  if (one->booking && one->booking != hash) give_up("a user was given a second booking: %.*s", (int)got->body, body);
  if (!one->booking) sale_is_answered(0, 0, body, got->body);
  one->booking = hash;
}

static bool says(const user *one, const answer *got, const char *word) {
  return memmem(one->bytes + got->head, got->body, word, strlen(word)) != NULL;
}

static void retry(uint32_t number, const answer *got) {
  user *one = &users[number];
  const char *field = memmem(one->bytes, got->head, "\r\nRetry-After: ", 15);
  if (!field) give_up("an answer has no Retry-After: %.*s", (int)one->count, one->bytes);
  (got->status == 503 ? &overloaded : &limited)[0] += 1;
  come_back(number, (int64_t)strtoul(field + 15, NULL, 10) * second);
}

static void judge(uint32_t number, const answer *got) {
  user *one = &users[number];
  bool is_sold_out = got->status == 409 && says(one, got, "sold-out");
  if (got->status == 503 || got->status == 429) return retry(number, got);
  if (got->status == 409 && says(one, got, "idempotency")) {
    in_flight += 1;
    return come_back(number, short_pause);
  }
  if (got->status != 201 && !is_sold_out) give_up("an answer is wrong: %.*s", (int)one->count, one->bytes);
  if (got->status == 201) note_booking(one, got);
  else if (one->booking) give_up("user %u, who has a booking, is told at try %u: %.*s", number, one->tries, (int)one->count, one->bytes);
  if (one->tries == 1 && number % 10 == 7) return break_off(number, &lost);
  finish(number, got->status == 201);
}

static void take_answer(uint32_t number) {
  user *one = &users[number];
  if (one->fd < 0 || one->state != waits_for_answer) return hang_up(one);
  if (one->unsent) send_request(number);
  if (one->fd < 0 || one->unsent) return;
  ssize_t more = recv(one->fd, one->bytes + one->count, answer_room - one->count, MSG_DONTWAIT);
  if (more < 0 && errno == EAGAIN) return;
  if (more <= 0) return break_off(number, &broken);
  one->count += (size_t)more;
  answer got;
  if (!read_answer(one->bytes, one->count, &got)) return;
  if (got.whole != one->count) give_up("an answer is longer than it says: %.*s", (int)one->count, one->bytes);
  if (got.closes) hang_up(one);
  judge(number, &got);
}

/* ---- a run ------------------------------------------------------------------------------------- */

static void turn(int64_t deadline) {
  struct epoll_event ready[events_per_turn];
  /* A few at a time: answers must not wait for all who come. */
  for (uint32_t i = 0; i < events_per_turn && heap_count && users[heap[0]].due <= now(); i++) act(heap[0]);
  int64_t left = heap_count ? users[heap[0]].due - now() : second;
  if (left < 0) left = 0;
  struct timespec wait = {.tv_sec = left / second, .tv_nsec = left % second};
  int count = epoll_pwait2(poller, ready, events_per_turn, &wait, NULL);
  if (count < 0 && errno != EINTR) give_up("epoll_pwait2: %s", strerror(errno));
  for (int i = 0; i < count; i++) take_answer((uint32_t)ready[i].data.u64);
  if (now() > deadline) give_up("not finished in %u s: %u of %u users know", chosen->seconds, known, user_count());
}

static void open_sale(int64_t start) {
  uint32_t count = user_count();
  users = calloc(count, sizeof *users);
  heap = calloc(count, sizeof *heap);
  places = malloc(count * sizeof *places);
  times = histogram_new();
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (!users || !heap || !places || poller < 0) give_up("no memory");
  srandom(1); /* the same moments in each run */
  for (uint32_t i = 0; i < count; i++) {
    users[i].fd = -1;
    places[i] = none;
    schedule(i, start + (int64_t)((double)(random() % 1000000) / 1e6 * chosen->measured_seconds * second));
  }
}

void sale(const options *of) {
  static const double milliseconds = 1e6;
  chosen = of;
  requests_open(of);
  int64_t start = now() + second / 10;
  open_sale(start);
  int64_t cpu = of->server ? cpu_time_of(of->server) : 0;
  while (known < user_count()) turn(start + of->seconds * (int64_t)second);
  uint32_t wanted = of->capacity < user_count() ? of->capacity : user_count();
  if (winners != wanted) give_up("%u users have a seat, and %u seats were to be had", winners, wanted);
  sales_end();
  printf("mode=sale users=%u seats=%u arrival_seconds=%g all_know_seconds=%.3f know_p50_ms=%.3f know_p99_ms=%.3f "
         "know_max_ms=%.3f dropped=%llu lost=%llu impatient=%llu overloaded=%llu limited=%llu in_flight=%llu "
         "broken=%llu postponed=%llu",
         user_count(), winners, of->measured_seconds, (double)(now() - start) / second,
         (double)quantile(times, 0.5) / milliseconds, (double)quantile(times, 0.99) / milliseconds,
         (double)times->highest / milliseconds, (unsigned long long)dropped, (unsigned long long)lost,
         (unsigned long long)impatient, (unsigned long long)overloaded, (unsigned long long)limited,
         (unsigned long long)in_flight, (unsigned long long)broken, (unsigned long long)postponed);
  if (of->server) printf(" server_cpu_seconds=%.2f", (double)(cpu_time_of(of->server) - cpu) / second);
  printf("\n");
}
