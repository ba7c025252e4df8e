/* What remains of a booking when everything but the database is taken away: one thread that begins a transaction, runs
 * the statements of a batch, and commits durably, on tables that seatcast made. Like seatcast it writes each event's
 * row once per batch, and copies the WAL back when it has 16,000 pages. */
#include "floor.h"
#include "statements.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct {
  int64_t sold, seq, capacity;
  uint64_t batch; /* the last one whose end it has seen */
  int64_t bookings; /* since then */
} event;

enum { checkpoint_pages = 16000, key_room = 64 };

static sqlite3 *database;
static statements parts[part_count];
static statements begin, commit;
static event *events;
static uint64_t batches, booked;

static _Noreturn void die_of_sqlite(void) {
  fprintf(stderr, "SpeedOfLight: SQLite: %s\n", sqlite3_errmsg(database));
  exit(1);
}

static void execute(const char *sql) {
  if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK) die_of_sqlite();
}

static sqlite3_stmt *prepare(const char *sql) {
  sqlite3_stmt *handle;
  if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, NULL) != SQLITE_OK) die_of_sqlite();
  return handle;
}

/* ---- the database ------------------------------------------------------------------------------ */

static int note_pages(void *pages, sqlite3 *of, const char *name, int count) {
  (void)of, (void)name;
  *(int *)pages = count;
  return SQLITE_OK;
}

static int pages_of_wal;

static void open_database(void) {
  if (sqlite3_open_v2(chosen.database, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
    die_of_sqlite();
  execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
          "PRAGMA mmap_size = 0; PRAGMA secure_delete = OFF; PRAGMA journal_size_limit = 67108864;");
  sqlite3_wal_hook(database, note_pages, &pages_of_wal);
  begin = (statements){.count = 1, .list[0].handle = prepare("BEGIN IMMEDIATE")};
  commit = (statements){.count = 1, .list[0].handle = prepare("COMMIT")};
  statements_prepare(database, chosen.statements, parts);
}

static void read_events(void) {
  if (!(events = calloc((size_t)chosen.events, sizeof *events))) die("calloc");
  sqlite3_stmt *read = prepare("SELECT sold, seq, capacity FROM event WHERE id = ?");
  for (int i = 0; i < chosen.events; i++) {
    sqlite3_bind_int64(read, 1, chosen.first_event + i);
    if (sqlite3_step(read) != SQLITE_ROW) die("the event is not there");
    events[i] = (event){.sold = sqlite3_column_int64(read, 0), .seq = sqlite3_column_int64(read, 1),
                        .capacity = sqlite3_column_int64(read, 2)};
    sqlite3_reset(read);
  }
  sqlite3_finalize(read);
}

/* ---- a batch ----------------------------------------------------------------------------------- */

static values values_of(int place, int64_t at) {
  const event *of = &events[place];
  values made = {0};
  made.numbers[value_event] = chosen.first_event + place;
  made.numbers[value_user] = chosen.first_user + (int64_t)(booked % (uint64_t)chosen.users);
  made.numbers[value_at] = at;
  made.numbers[value_seq] = of->seq;
  made.numbers[value_available] = of->capacity - of->sold;
  made.numbers[value_capacity] = of->capacity;
  made.numbers[value_sold] = of->sold;
  made.numbers[value_bookings] = of->bookings;
  return made;
}

static void book(int place, int64_t at) {
  char key[key_room];
  events[place].sold += 1;
  events[place].seq += 1;
  events[place].bookings += 1;
  values with = values_of(place, at);
  if (chosen.keys) {
    snprintf(key, sizeof key, "12345-17a2b3c4d5e6f708-%llu", (unsigned long long)booked);
    with.key = key;
    with.numbers[value_hash] = (int64_t)((booked + 1) * 0x9e3779b97f4a7c15);
    statements_run(&parts[part_look_up], &with);
    with.numbers[value_booking] = 0;
  }
  statements_run(&parts[part_booking], &with);
  if (chosen.keys) statements_run(&parts[part_key], &with);
  booked += 1;
}

static void save(int place, int64_t at) {
  values with = values_of(place, at);
  if (events[place].batch == batches) return;
  events[place].batch = batches;
  events[place].bookings = 0;
  statements_run(&parts[part_event], &with);
}

static void run_batch(void) {
  static values none;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  int64_t at = now.tv_sec * 1000 + now.tv_nsec / 1000000;
  uint64_t first = booked;
  batches += 1;
  statements_run(&begin, &none);
  for (int i = 0; i < chosen.batch; i++) book((int)(booked % (uint64_t)chosen.events), at);
  for (int i = 0; i < chosen.batch; i++) save((int)((first + (uint64_t)i) % (uint64_t)chosen.events), at);
  statements_run(&commit, &none);
  if (pages_of_wal < checkpoint_pages) return;
  int code = sqlite3_wal_checkpoint_v2(database, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
  if (code != SQLITE_OK) die_of_sqlite();
  pages_of_wal = 0;
}

/* ---- the measurement --------------------------------------------------------------------------- */

void measure_bookings(void) {
  open_database();
  read_events();
  if (chosen.only_one) {
    run_batch();
  } else {
    for (double end = now_seconds() + chosen.seconds / 6; now_seconds() < end;) run_batch(); /* warm-up */
    uint64_t before = booked;
    double start = now_seconds(), cpu = cpu_seconds();
    durations_forget();
    while (now_seconds() - start < chosen.seconds) {
      double began = now_seconds();
      run_batch();
      durations_note(now_seconds() - began);
    }
    double seconds = now_seconds() - start, count = (double)(booked - before);
    printf("measure=bookings batch=%d events=%d per_second=%.0f cpu_us_each=%.2f", chosen.batch, chosen.events,
           count / seconds, (cpu_seconds() - cpu) * 1e6 / count);
    durations_print("commit");
    printf("\n");
  }
  for (int part = 0; part < part_count; part++)
    for (uint32_t i = 0; i < parts[part].count; i++) sqlite3_finalize(parts[part].list[i].handle);
  sqlite3_finalize(begin.list[0].handle);
  sqlite3_finalize(commit.list[0].handle);
  if (sqlite3_close(database) != SQLITE_OK) die_of_sqlite();
}
