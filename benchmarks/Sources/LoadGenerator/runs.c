/* All modes open the subscriptions first and then book. Only the first thread books. It looks at answers and at new
 * clients after each batch of its own subscribers' events, so that neither waits until a whole broadcast is read. */
#include "runs.h"
#include "crowd.h"
#include "bookers.h"
#include "joiners.h"
#include "record.h"
#include <stdbool.h>

static const options *chosen;
static int64_t deadline;
static bool has_bookers, has_joiners;

/* Due times that are fixed in advance: number i is due at start + i intervals. */
typedef struct {
  int64_t start;
  double interval;
  bool spread; /* within the interval: else a rate that divides another one meets it in one phase only */
  uint32_t count, done;
} schedule;

static int64_t due(const schedule *of) {
  double phase = of->done * 0.6180339887498949; /* the golden ratio: evenly spread however many there are */
  double intervals = of->done + (of->spread ? phase - (uint32_t)phase : 0);
  return of->start + (int64_t)(of->interval * intervals);
}

static bool is_due(const schedule *of, int64_t clock) { return of->done < of->count && due(of) <= clock; }

/* When to look again: at the next due time; without a free connection at the next event. */
static int64_t next_look(const schedule *of, bool has_hand) {
  return of->done < of->count && has_hand ? due(of) : INT64_MAX;
}

/* ---- rounds ------------------------------------------------------------------------------------ */

static _Noreturn void run_out_of_time(void) {
  if (!crowds_are_open()) give_up("not finished in %u s: not all subscriptions stand", chosen->seconds);
  give_up("not finished in %u s: %u bookings sent, %u answered, %u with everybody; subscriber %u is behind",
          chosen->seconds, bookings_sent(), bookers_sold() + bookers_refused(), complete_notices(),
          first_crowd_laggard());
}

static void turn(int64_t until) {
  first_crowd_turn(until < deadline ? until : deadline + 1);
  if (has_bookers) bookers_turn();
  if (has_joiners) joiners_turn();
  if (now() > deadline) run_out_of_time();
}

/* The next booking is made when fewer than `outstanding` are incomplete. */
static void run_closed(uint32_t limit) {
  while (complete_notices() < limit || !bookers_are_idle()) {
    while (bookings_sent() < limit && bookings_sent() - complete_notices() < chosen->outstanding &&
           bookers_have_free_one())
      bookers_book(now());
    turn(INT64_MAX);
  }
}

/* Bookings and joiners when they are due. One that finds no free connection waits, and its time runs. */
static void run_open(schedule bookings, schedule joins) {
  uint32_t limit = bookings_sent() + bookings.count;
  while (complete_notices() < limit || !bookers_are_idle() || (has_joiners && joiners_gone() < joins.count)) {
    int64_t clock = now();
    for (; is_due(&bookings, clock) && bookers_have_free_one(); bookings.done++) bookers_book(due(&bookings));
    for (; is_due(&joins, clock) && joiners_have_room(); joins.done++) joiner_comes(due(&joins));
    int64_t booking = next_look(&bookings, bookers_have_free_one());
    int64_t join = has_joiners ? next_look(&joins, joiners_have_room()) : INT64_MAX;
    turn(booking < join ? booking : join);
  }
}

/* Each connection books again when it is answered. Returns the time of the last answer. */
static int64_t run_rush(void) {
  int64_t last_answer = 0;
  while (!last_answer || complete_notices() < bookers_sold()) {
    while (bookings_sent() < chosen->broadcasts && bookers_have_free_one()) bookers_book(now());
    turn(INT64_MAX);
    if (!last_answer && bookings_sent() == chosen->broadcasts && bookers_are_idle()) last_answer = now();
  }
  return last_answer;
}

static void run_for(int64_t time) {
  for (int64_t end = now() + time; now() < end;) turn(end);
}

/* ---- modes ------------------------------------------------------------------------------------- */

uint32_t measured_broadcasts(const options *of) {
  if (of->mode >= mode_handshakes) return 0;
  if (of->mode != mode_connect) return of->broadcasts;
  return of->rate > 0 ? (uint32_t)(of->rate * of->connects / of->per_second) + 1 : 0;
}

static void open_all(uint32_t notices) {
  crowds_open(chosen, notices);
  while (!crowds_are_open()) turn(INT64_MAX);
}

static void open_bookers(void) {
  bookers_open(chosen);
  first_crowd_watches(bookers_poller());
  has_bookers = true;
  while (!bookers_are_open()) turn(INT64_MAX);
  if (chosen->mode != mode_connect) return;
  joiners_open(chosen);
  first_crowd_watches(joiners_poller());
  has_joiners = true;
}

static int64_t server_time(void) { return chosen->server ? cpu_time_of(chosen->server) : 0; }

static void book(outcome *out) {
  uint32_t broadcasts = measured_broadcasts(chosen);
  run_closed(chosen->warm_up);
  bookers_forget_answers();
  int64_t start = now(), cpu = server_time();
  schedule bookings = {.start = start, .interval = second / (chosen->rate > 0 ? chosen->rate : 1),
                       .count = broadcasts};
  schedule joins = {.start = start, .interval = second / chosen->per_second, .spread = true,
                    .count = chosen->connects};
  if (chosen->mode == mode_closed) run_closed(chosen->warm_up + broadcasts);
  else if (chosen->mode == mode_rush) out->answered = run_rush() - start;
  else run_open(bookings, joins);
  out->wall = now() - start;
  out->cpu = server_time() - cpu;
  out->broadcasts = complete_notices() - chosen->warm_up;
  run_for(second / 10); /* a notice that arrives now is one too many, and ends the run */
}

/* Quiet is less than 2 % of a core for a second; one that never is gets five seconds. */
static bool wait_until_quiet(void) {
  for (int i = 0; i < 5; i++) {
    int64_t before = server_time();
    run_for(second);
    if (server_time() - before < second / 50) return true;
  }
  return false;
}

outcome run(const options *of) {
  chosen = of;
  outcome out = {0};
  deadline = now() + of->seconds * (int64_t)second;
  if (of->server) out.before = memory_of(of->server);
  int64_t start = now(), cpu = server_time();
  open_all(of->warm_up + measured_broadcasts(of));
  out.wall = now() - start;
  out.cpu = server_time() - cpu;
  if (of->mode == mode_idle) out.quiet = wait_until_quiet();
  if (of->mode < mode_handshakes) {
    open_bookers();
    book(&out);
  }
  if (of->server) out.after = memory_of(of->server);
  return out;
}
