/* PostgresLoop URL --event ID [--batch N] [--seconds N] [--once yes]
 * What remains of bookings on one event when everything but the database is taken away: one connection that locks the event's row,
 * writes a batch of bookings of one seat, and commits, in two round trips of libpq's pipeline mode, on tables that a node of seatcast
 * has made. The writes are those of Sources/ControlPlane/Persistence/Postgres: one statement for each table, whatever the batch's
 * size. It looks nobody up: users are accounts that are there, in turn. Prints one line of key=value. */
#define _GNU_SOURCE
#include <endian.h>
#include <libpq-fe.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { most_users = 1000, block = 256, most_batch = 65536, most_durations = 1 << 20 };

static PGconn *connection;
static int64_t event, batch = 64, only_once, seconds = 3;
static int64_t users[most_users], user_count;
static int64_t numbers_at, numbers_left; /* of bookings, taken by the block */
static uint64_t booked;
static float durations[most_durations];
static size_t duration_count;

static _Noreturn void die(const char *what) {
  fprintf(stderr, "PostgresLoop: %s: %s", what, PQerrorMessage(connection));
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double cpu(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* ---- statements -------------------------------------------------------------------------------- */

enum { begin, lock, take, bookings, notices, feed, save, notify, commit, statement_count };
static const char *const texts[] = {
    [begin] = "BEGIN",
    [lock] = "SELECT sold, held, seq, capacity, revision FROM event WHERE id = $1::bigint FOR UPDATE",
    [take] = "SELECT nextval('booking_number')",
    [bookings] = "INSERT INTO booking (id, event_id, user_id, quantity, created_at, created_seq, state) "
                 "SELECT i, $1::bigint, u, 1, $2::bigint, s, 1 "
                 "FROM unnest($3::bigint[], $4::bigint[], $5::bigint[]) v (i, u, s)",
    [notices] = "INSERT INTO notice (event_id, seq, kind, booking_id, available, capacity, at) "
                "SELECT $1::bigint, s, 1, i, a, $6::bigint, $2::bigint "
                "FROM unnest($3::bigint[], $4::bigint[], $5::bigint[]) v (i, a, s)",
    [feed] = "INSERT INTO feed_pending (kind, subject, number, count) VALUES (0, $1::bigint, $2::bigint, $3::bigint)",
    [save] = "UPDATE event SET sold = $2::bigint, seq = $3::bigint, updated_at = $4::bigint, "
             "standing = standing + $5::bigint, revision = $6::bigint, changed_xid = pg_current_xact_id() "
             "WHERE id = $1::bigint",
    [notify] = "SELECT pg_notify('seatcast', 'loop')",
    [commit] = "COMMIT",
};

typedef struct {
  const char *values[8];
  int lengths[8], formats[8], count;
  int64_t words[8];
} parameters;

static void add(parameters *to, int64_t number) {
  to->words[to->count] = (int64_t)htobe64((uint64_t)number);
  to->lengths[to->count] = 8;
  to->formats[to->count] = 1;
  to->count += 1;
}

/* An array of bigint in PostgreSQL's binary format. */
typedef struct {
  char *bytes;
  size_t count;
} array;

static void word32(array *to, int32_t value) {
  uint32_t big = htobe32((uint32_t)value);
  memcpy(to->bytes + to->count, &big, 4);
  to->count += 4;
}

static void array_begin(array *made, int64_t count) {
  if (!made->bytes && !(made->bytes = malloc(20 + most_batch * 12))) die("malloc");
  made->count = 0;
  word32(made, 1), word32(made, 0), word32(made, 20), word32(made, (int32_t)count), word32(made, 1);
}

static void array_add(array *made, int64_t number) {
  uint64_t big = htobe64((uint64_t)number);
  word32(made, 8);
  memcpy(made->bytes + made->count, &big, 8);
  made->count += 8;
}

static void add_array(parameters *to, const array *made) {
  to->values[to->count] = made->bytes;
  to->lengths[to->count] = (int)made->count;
  to->formats[to->count] = 1;
  to->count += 1;
}

static void sent(int statement, parameters *with) {
  char name[8];
  snprintf(name, sizeof name, "s%d", statement);
  for (int i = 0; i < with->count; i++)
    if (!with->values[i]) with->values[i] = (const char *)&with->words[i];
  if (!PQsendQueryPrepared(connection, name, with->count, with->values, with->lengths, with->formats, 1))
    die("sending");
}

static void send_bare(int statement) { sent(statement, &(parameters){0}); }

/* The result of the next statement; the caller clears it. */
static PGresult *answer(void) {
  PGresult *made = PQgetResult(connection);
  ExecStatusType status = PQresultStatus(made);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) die("a statement failed");
  PGresult *end = PQgetResult(connection);
  if (end) die("two results of one statement");
  return made;
}

static void await_sync(void) {
  PGresult *made = PQgetResult(connection);
  if (PQresultStatus(made) != PGRES_PIPELINE_SYNC) die("no end of the pipeline");
  PQclear(made);
}

static int64_t number(const PGresult *from, int row, int column) {
  uint64_t big;
  memcpy(&big, PQgetvalue(from, row, column), 8);
  return (int64_t)be64toh(big);
}

/* ---- a batch ----------------------------------------------------------------------------------- */

static int64_t next_number(void) {
  numbers_left -= 1;
  return numbers_at++;
}

static void run_batch(void) {
  static array ids, people, seqs, available;
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  int64_t at = time.tv_sec * 1000 + time.tv_nsec / 1000000;
  int64_t missing = batch - numbers_left, blocks = missing > 0 ? (missing + block - 1) / block : 0;
  /* What is left of a block before is not used when a new one does not follow it. */
  if (blocks > 0) blocks = (batch + block - 1) / block;

  send_bare(begin);
  parameters key = {0};
  add(&key, event);
  sent(lock, &key);
  for (int64_t i = 0; i < blocks; i++) send_bare(take);
  if (!PQpipelineSync(connection)) die("sync");
  PQclear(answer());
  PGresult *row = answer();
  if (PQntuples(row) != 1) die("the event is not there");
  int64_t sold = number(row, 0, 0), held = number(row, 0, 1), seq = number(row, 0, 2);
  int64_t capacity = number(row, 0, 3), revision = number(row, 0, 4);
  PQclear(row);
  static int64_t taken[most_batch / block + 1];
  for (int64_t i = 0; i < blocks; i++) {
    PGresult *made = answer();
    taken[i] = number(made, 0, 0);
    PQclear(made);
  }
  await_sync();
  if (sold + held + batch > capacity) die("the event is sold out");

  array_begin(&ids, batch), array_begin(&people, batch), array_begin(&seqs, batch), array_begin(&available, batch);
  for (int64_t i = 0; i < batch; i++) {
    if (blocks > 0 && i % block == 0) numbers_at = taken[i / block], numbers_left = block;
    array_add(&ids, next_number());
    array_add(&people, users[booked++ % (uint64_t)user_count]);
    array_add(&seqs, seq + i + 1);
    array_add(&available, capacity - held - sold - i - 1);
  }
  parameters of_bookings = {0}, of_notices = {0}, of_feed = {0}, of_event = {0};
  add(&of_bookings, event), add(&of_bookings, at);
  add_array(&of_bookings, &ids), add_array(&of_bookings, &people), add_array(&of_bookings, &seqs);
  add(&of_notices, event), add(&of_notices, at);
  add_array(&of_notices, &ids), add_array(&of_notices, &available), add_array(&of_notices, &seqs);
  add(&of_notices, capacity);
  add(&of_feed, event), add(&of_feed, seq + batch), add(&of_feed, batch);
  add(&of_event, event), add(&of_event, sold + batch), add(&of_event, seq + batch), add(&of_event, at);
  add(&of_event, batch), add(&of_event, revision + 1);
  sent(bookings, &of_bookings), sent(notices, &of_notices), sent(feed, &of_feed), sent(save, &of_event);
  send_bare(notify), send_bare(commit);
  if (!PQpipelineSync(connection)) die("sync");
  for (int i = 0; i < 6; i++) {
    PGresult *made = answer();
    if (i == 5 && strcmp(PQcmdStatus(made), "COMMIT") != 0) die("not committed");
    PQclear(made);
  }
  await_sync();
}

/* ---- the measurement --------------------------------------------------------------------------- */

static void open_database(const char *url) {
  connection = PQconnectdb(url);
  if (PQstatus(connection) != CONNECTION_OK) die("no connection");
  for (int i = 0; i < statement_count; i++) {
    char name[8];
    snprintf(name, sizeof name, "s%d", i);
    PGresult *made = PQprepare(connection, name, texts[i], 0, NULL);
    if (PQresultStatus(made) != PGRES_COMMAND_OK) die(texts[i]);
    PQclear(made);
  }
  PGresult *found = PQexecParams(
      connection, "SELECT id FROM account WHERE email_key IS NULL ORDER BY id LIMIT 1000", 0, NULL, NULL, NULL, NULL, 1);
  user_count = PQntuples(found);
  for (int i = 0; i < user_count; i++) users[i] = number(found, i, 0);
  PQclear(found);
  if (user_count == 0) die("nobody has ever booked here");
  if (!PQenterPipelineMode(connection)) die("no pipeline mode");
}

static int compare(const void *left, const void *right) {
  float a = *(const float *)left, b = *(const float *)right;
  return (a > b) - (a < b);
}

static void measure(void) {
  for (double end = now() + (double)seconds / 6; now() < end;) run_batch(); /* warm-up */
  uint64_t before = booked;
  double start = now(), cpu_before = cpu();
  while (now() - start < (double)seconds) {
    double began = now();
    run_batch();
    if (duration_count < most_durations) durations[duration_count++] = (float)(now() - began);
  }
  double took = now() - start, count = (double)(booked - before);
  qsort(durations, duration_count, sizeof *durations, compare);
  printf("batch=%lld per_second=%.0f cpu_us_each=%.2f commit_p50_ms=%.3f commit_p99_ms=%.3f\n", (long long)batch,
         count / took, (cpu() - cpu_before) * 1e6 / count, (double)durations[duration_count / 2] * 1e3,
         (double)durations[(duration_count - 1) * 99 / 100] * 1e3);
}

static int64_t number_of(const char *name, const char *value, int64_t most) {
  char *end;
  long long made = strtoll(value, &end, 10);
  if (*value && !*end && made >= 1 && made <= most) return made;
  fprintf(stderr, "PostgresLoop: %s %s is not known\n", name, value);
  exit(64);
}

int main(int count, char **words) {
  if (count < 2 || count % 2 != 0) {
    fprintf(stderr, "usage: PostgresLoop URL --event ID [--batch N] [--seconds N] [--once yes]\n");
    return 64;
  }
  for (int i = 2; i < count; i += 2) {
    if (strcmp(words[i], "--event") == 0) event = number_of(words[i], words[i + 1], INT64_MAX / 2);
    else if (strcmp(words[i], "--batch") == 0) batch = number_of(words[i], words[i + 1], most_batch);
    else if (strcmp(words[i], "--seconds") == 0) seconds = number_of(words[i], words[i + 1], 3600);
    else if (strcmp(words[i], "--once") == 0) only_once = strcmp(words[i + 1], "yes") == 0;
    else number_of(words[i], "", 0);
  }
  open_database(words[1]);
  if (only_once) run_batch();
  else measure();
  PQfinish(connection);
  return 0;
}
