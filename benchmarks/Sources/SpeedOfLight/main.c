/* SpeedOfLight [--port N] [--sender send|io_uring] [--style each|joined|rolling] [--threads N]
 *              [--tables shared|private] [--tls CERTIFICATE,KEY] [--check yes]
 * SpeedOfLight --measure memcpy | --measure sync --scratch FOLDER [--seconds N]
 * SpeedOfLight --measure bookings --database FILE --statements FILE [--batch N] [--events N] [--first-event ID]
 *              [--users N] [--first-user ID] [--keys no|yes] [--once no|yes] [--seconds N]
 * Takes WebSocket subscribers and broadcasts one booking_created frame for every POST, in one of three styles
 * (floor.h). --tables private gives each thread a descriptor table of its own.
 * --tls: all connections speak TLS, with a certificate and a key from PEM files.
 * --check: ends at once, with status 1 when this kernel does not grant the sender. */
#include "floor.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

options chosen = {
    .threads = 1, .batch = 64, .events = 1, .first_event = 1, .users = 1, .first_user = 1, .seconds = 3};

_Noreturn void die(const char *what) {
  fprintf(stderr, "SpeedOfLight: %s: %s\n", what, strerror(errno));
  exit(1);
}

static _Noreturn void refuse(const char *name, const char *value) {
  fprintf(stderr, "SpeedOfLight: %s %s is not known\n", name, value);
  exit(64);
}

/* The place of the value among the words, which end with NULL. */
static int one_of(const char *name, const char *value, const char *const *words) {
  for (int i = 0; words[i]; i++)
    if (strcmp(words[i], value) == 0) return i;
  refuse(name, value);
}

static int number_of(const char *name, const char *value, long least, long most) {
  char *end;
  long number = strtol(value, &end, 10);
  if (*value == 0 || *end != 0 || number < least || number > most) refuse(name, value);
  return (int)number;
}

static void read_files(const char *value) {
  const char *comma = strchr(value, ',');
  if (!comma || comma == value || !comma[1]) refuse("--tls", value);
  chosen.key = comma + 1;
  if (!(chosen.certificate = strndup(value, (size_t)(comma - value)))) die("strndup");
}

static bool read_booking_option(const char *name, const char *value) {
  static const char *const answers[] = {"no", "yes", NULL};
  if (strcmp(name, "--database") == 0) chosen.database = value;
  else if (strcmp(name, "--statements") == 0) chosen.statements = value;
  else if (strcmp(name, "--batch") == 0) chosen.batch = number_of(name, value, 1, 100000);
  else if (strcmp(name, "--events") == 0) chosen.events = number_of(name, value, 1, 10000000);
  else if (strcmp(name, "--first-event") == 0) chosen.first_event = number_of(name, value, 1, 1000000000);
  else if (strcmp(name, "--users") == 0) chosen.users = number_of(name, value, 1, 10000000);
  else if (strcmp(name, "--first-user") == 0) chosen.first_user = number_of(name, value, 1, 1000000000);
  else if (strcmp(name, "--keys") == 0) chosen.keys = one_of(name, value, answers) == 1;
  else if (strcmp(name, "--once") == 0) chosen.only_one = one_of(name, value, answers) == 1;
  else return false;
  return true;
}

static void read_option(const char *name, const char *value) {
  static const char *const senders[] = {"send", "io_uring", NULL};
  static const char *const styles[] = {"each", "joined", "rolling", NULL};
  static const char *const tables[] = {"shared", "private", NULL};
  static const char *const answers[] = {"no", "yes", NULL};
  static const char *const measures[] = {"memcpy", "sync", "bookings", NULL};
  if (strcmp(name, "--port") == 0) chosen.port = number_of(name, value, 0, 65535);
  else if (strcmp(name, "--threads") == 0) chosen.threads = number_of(name, value, 1, most_threads);
  else if (strcmp(name, "--sender") == 0) chosen.by_ring = one_of(name, value, senders) == 1;
  else if (strcmp(name, "--tables") == 0) chosen.private_tables = one_of(name, value, tables) == 1;
  else if (strcmp(name, "--check") == 0) chosen.only_check = one_of(name, value, answers) == 1;
  else if (strcmp(name, "--style") == 0) chosen.style = (style)one_of(name, value, styles);
  else if (strcmp(name, "--measure") == 0) chosen.measure = measures[one_of(name, value, measures)];
  else if (strcmp(name, "--tls") == 0) read_files(value);
  else if (strcmp(name, "--scratch") == 0) chosen.scratch = value;
  else if (strcmp(name, "--seconds") == 0) chosen.seconds = number_of(name, value, 1, 3600);
  else if (!read_booking_option(name, value)) refuse(name, value);
}

static void measure(void) {
  if (strcmp(chosen.measure, "memcpy") == 0) return measure_memcpy();
  if (strcmp(chosen.measure, "sync") == 0) {
    if (!chosen.scratch) refuse("--measure sync", "without --scratch");
    return measure_sync();
  }
  if (!chosen.database || !chosen.statements) refuse("--measure bookings", "without --database and --statements");
  measure_bookings();
}

int main(int count, char **words) {
  if (count % 2 == 0) refuse(words[count - 1], "without a value");
  for (int i = 1; i < count; i += 2) read_option(words[i], words[i + 1]);
  if (chosen.measure) return measure(), 0;
  if (chosen.certificate && chosen.by_ring) {
    fprintf(stderr, "SpeedOfLight: --tls goes with --sender send only, because OpenSSL itself sends.\n");
    return 64;
  }
  if (chosen.certificate) tls_open(chosen.certificate, chosen.key);
  if (chosen.only_check) {
    if (chosen.by_ring) ring_open(&loops[0].ring);
    return 0;
  }
  log_open();
  int port = loops_start();
  printf("floor listening on %s://127.0.0.1:%d\n", chosen.certificate ? "https" : "http", port);
  fflush(stdout);
  loop_run(&loops[0]);
}
