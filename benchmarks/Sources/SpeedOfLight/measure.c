/* Two floors without a network: the copy of a frame into a buffer that is in the cache, and a durable commit
 * of a booking in SQLite. Each prints one line of key=value. */
#include "floor.h"
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { frame_size = 190, buffer_size = 16 * 1024, copies = 100000000 };
static const double seconds_per_kind = 3;

static double now_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_seconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* ---- memcpy ------------------------------------------------------------------------------------ */

void measure_memcpy(void) {
  static char frame[frame_size], buffer[buffer_size];
  volatile size_t unknown = frame_size; /* so that the compiler calls memcpy, as code with real frames does */
  size_t count = unknown, at = 0;
  double start = now_seconds();
  for (uint64_t i = 0; i < copies; i++) {
    memcpy(buffer + at, frame, count);
    __asm__ volatile("" ::"r"(buffer) : "memory"); /* somebody may read it now: the copy cannot be left out */
    at += count;
    if (at + count > sizeof buffer) at = 0;
  }
  double seconds = now_seconds() - start;
  printf("measure=memcpy frame_bytes=%d copies=%d nanoseconds_per_frame=%.2f bytes_per_second=%.0f\n",
         frame_size, copies, seconds / copies * 1e9, (double)frame_size * copies / seconds);
}

/* ---- SQLite ------------------------------------------------------------------------------------ */

static sqlite3 *database;

static _Noreturn void die_of_sqlite(void) {
  fprintf(stderr, "SpeedOfLight: SQLite: %s\n", sqlite3_errmsg(database));
  exit(1);
}

static void run(const char *sql) {
  if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK) die_of_sqlite();
}

static sqlite3_stmt *prepare(const char *sql) {
  sqlite3_stmt *statement;
  if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
    die_of_sqlite();
  return statement;
}

static void step(sqlite3_stmt *statement) {
  if (sqlite3_step(statement) != SQLITE_DONE || sqlite3_reset(statement) != SQLITE_OK) die_of_sqlite();
}

static void insert_booking(sqlite3_stmt *insert) {
  static sqlite3_int64 number;
  char code[16];
  snprintf(code, sizeof code, "BK-%08X", 0x9e3779b9U * (unsigned)++number);
  sqlite3_bind_text(insert, 1, code, -1, SQLITE_STATIC);
  sqlite3_bind_int64(insert, 2, number);
  step(insert);
}

/* Commits for a few seconds, so many rows each; prints its part of the line. */
static void commit_for_a_while(int rows) {
  sqlite3_stmt *begin = prepare("BEGIN IMMEDIATE"), *commit = prepare("COMMIT"),
               *insert = prepare("INSERT INTO bookings (code, event, user, quantity, made) "
                                 "VALUES (?1, 3, 4, 1, ?2)");
  double start = now_seconds(), cpu = cpu_seconds(), seconds;
  uint64_t commits = 0;
  do {
    step(begin);
    for (int i = 0; i < rows; i++) insert_booking(insert);
    step(commit);
    commits += 1;
    seconds = now_seconds() - start;
  } while (seconds < seconds_per_kind);
  double microseconds = (cpu_seconds() - cpu) * 1e6;
  printf(" commits_per_second_%d=%.0f cpu_microseconds_per_commit_%d=%.1f cpu_microseconds_per_row_%d=%.2f",
         rows, (double)commits / seconds, rows, microseconds / (double)commits, rows,
         microseconds / (double)commits / rows);
  sqlite3_finalize(begin);
  sqlite3_finalize(insert);
  sqlite3_finalize(commit);
}

static void remove_database(const char *path) {
  static const char *const endings[] = {"", "-wal", "-shm"};
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    char file[4096];
    snprintf(file, sizeof file, "%s%s", path, endings[i]);
    if (unlink(file) != 0 && errno != ENOENT) die(file);
  }
}

void measure_sqlite(const char *scratch) {
  char path[4000];
  int count = snprintf(path, sizeof path, "%s/floor-%d.sqlite", scratch, (int)getpid());
  if (count >= (int)sizeof path) die("--scratch");
  if (sqlite3_open(path, &database) != SQLITE_OK) die_of_sqlite();
  run("PRAGMA journal_mode = WAL");
  run("PRAGMA synchronous = FULL");
  run("CREATE TABLE bookings (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, event INTEGER NOT NULL, "
      "user INTEGER NOT NULL, quantity INTEGER NOT NULL, made INTEGER NOT NULL)");
  printf("measure=sqlite journal=wal synchronous=full");
  commit_for_a_while(1);
  commit_for_a_while(64);
  printf("\n");
  sqlite3_close(database);
  remove_database(path);
}
