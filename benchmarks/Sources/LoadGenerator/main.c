/* LoadGenerator --port N --subscribers N --broadcasts N [--pid PID] [--token JWT] [--event ID]
 *               [--outstanding N] [--warm-up N] [--seconds N]
 * Closed loop: a booking is made when fewer than `outstanding` notices are still on their way to somebody.
 * Prints one line of key=value. Every frame is checked; the first violation ends the run with status 1. */
#include "load.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>

enum { events_per_turn = 1024 };

static options chosen = {.subscribers = 1000, .broadcasts = 100, .warm_up = 5, .outstanding = 1, .seconds = 300,
                         .event = "1"};
static int poller;
static uint64_t first_seq;
static uint32_t booked, completed; /* of warm_up + broadcasts, in order */
static double *started, *latencies;

/* What is read off when the warm-up is over, and again at the end. */
typedef struct {
  double clock, cpu;
  uint64_t frames, bytes;
} reading;

static reading read_meters(void) {
  return (reading){.clock = now_seconds(),
                   .cpu = chosen.server ? cpu_seconds_of(chosen.server) : 0,
                   .frames = frames_received(),
                   .bytes = bytes_received()};
}

/* ---- the closed loop --------------------------------------------------------------------------- */

static void book_more(uint32_t limit) {
  for (uint32_t number = 0; number < chosen.outstanding; number++) {
    if (booked == limit || booked - completed >= chosen.outstanding) return;
    if (!booker_is_free(number)) continue;
    started[booked++] = now_seconds();
    book(number);
  }
}

static void note_completions(void) {
  while (completed < booked && arrivals(first_seq + 1 + completed) == chosen.subscribers) {
    latencies[completed] = now_seconds() - started[completed];
    completed += 1;
  }
}

static void turn(void) {
  struct epoll_event events[events_per_turn];
  int count = epoll_wait(poller, events, events_per_turn, 1000);
  if (count < 0 && errno != EINTR) give_up("epoll_wait: %s", strerror(errno));
  for (int i = 0; i < count; i++) {
    uint64_t tag = events[i].data.u64;
    if (tag < chosen.subscribers) subscriber_ready((uint32_t)tag);
    else booker_ready((uint32_t)(tag - chosen.subscribers));
  }
}

static bool all_answered(void) {
  for (uint32_t number = 0; number < chosen.outstanding; number++)
    if (!booker_is_free(number)) return false;
  return true;
}

static void run_until(uint32_t limit, double deadline) {
  book_more(limit);
  while (completed < limit || !all_answered()) {
    turn();
    note_completions();
    book_more(limit);
    if (now_seconds() > deadline)
      give_up("not finished in %u s: booking %u has reached %u of %u", chosen.seconds, completed,
              booked > completed ? arrivals(first_seq + 1 + completed) : 0, chosen.subscribers);
  }
}

/* ---- options and report ------------------------------------------------------------------------ */

static uint32_t number_of(const char *name, const char *text) {
  char *end;
  unsigned long value = strtoul(text, &end, 10);
  if (*text < '0' || *text > '9' || *end || value > 10000000) give_up("%s: %s is no number", name, text);
  return (uint32_t)value;
}

static void read_option(const char *name, const char *value) {
  if (strcmp(name, "--port") == 0) chosen.port = (int)number_of(name, value);
  else if (strcmp(name, "--subscribers") == 0) chosen.subscribers = number_of(name, value);
  else if (strcmp(name, "--broadcasts") == 0) chosen.broadcasts = number_of(name, value);
  else if (strcmp(name, "--warm-up") == 0) chosen.warm_up = number_of(name, value);
  else if (strcmp(name, "--outstanding") == 0) chosen.outstanding = number_of(name, value);
  else if (strcmp(name, "--seconds") == 0) chosen.seconds = number_of(name, value);
  else if (strcmp(name, "--pid") == 0) chosen.server = (pid_t)number_of(name, value);
  else if (strcmp(name, "--token") == 0) chosen.token = value;
  else if (strcmp(name, "--event") == 0) chosen.event = value;
  else give_up("unknown option %s", name);
}

static void read_options(int count, char **words) {
  if (count % 2 == 0) give_up("%s has no value", words[count - 1]);
  for (int i = 1; i < count; i += 2) read_option(words[i], words[i + 1]);
  if (!chosen.port || !chosen.subscribers || !chosen.broadcasts || !chosen.outstanding)
    give_up("--port, --subscribers, --broadcasts and --outstanding must not be 0");
}

static void report(const reading *before, const reading *after) {
  double seconds = after->clock - before->clock, cpu = after->cpu - before->cpu;
  double deliveries = (double)chosen.subscribers * chosen.broadcasts;
  double frames = (double)(after->frames - before->frames);
  double *measured = latencies + chosen.warm_up;
  printf("subscribers=%u broadcasts=%u outstanding=%u deliveries=%.0f seconds=%.3f deliveries_per_second=%.0f "
         "server_cpu_seconds=%.2f cpu_seconds_per_million=%.3f last_p50_ms=%.2f last_p99_ms=%.2f "
         "frame_bytes=%.1f conflated=%llu\n",
         chosen.subscribers, chosen.broadcasts, chosen.outstanding, deliveries, seconds, deliveries / seconds,
         cpu, cpu / deliveries * 1e6, percentile(measured, chosen.broadcasts, 0.5) * 1e3,
         percentile(measured, chosen.broadcasts, 0.99) * 1e3,
         (double)(after->bytes - before->bytes) / frames, (unsigned long long)frames_conflated());
}

static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) give_up("getrlimit: %s", strerror(errno));
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) give_up("setrlimit: %s", strerror(errno));
}

int main(int argument_count, char **arguments) {
  read_options(argument_count, arguments);
  raise_descriptor_limit();
  uint32_t all = chosen.warm_up + chosen.broadcasts;
  started = calloc(all, sizeof *started);
  latencies = calloc(all, sizeof *latencies);
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (!started || !latencies || poller < 0) give_up("no memory");
  first_seq = subscribers_open(&chosen, poller);
  bookers_open(&chosen, poller, chosen.subscribers);
  double deadline = now_seconds() + chosen.seconds;
  run_until(chosen.warm_up, deadline);
  reading before = read_meters();
  run_until(all, deadline);
  reading after = read_meters();
  report(&before, &after);
}
