/* The statements of booking.sql and their named parameters. A line that begins with "-- each" begins a part. */
#include "floor.h" /* before system headers */
#include "statements.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const headings[] = {
    [part_look_up] = "-- each booking with an Idempotency-Key, first\n",
    [part_booking] = "-- each booking; the first statement gives :booking its number\n",
    [part_key] = "-- each booking with an Idempotency-Key, then\n",
    [part_event] = "-- each event of a batch\n",
};
static const char *const names[] = {
    [value_event] = ":event", [value_user] = ":user", [value_at] = ":at", [value_seq] = ":seq",
    [value_booking] = ":booking", [value_available] = ":available", [value_capacity] = ":capacity",
    [value_sold] = ":sold", [value_hash] = ":hash", [value_bookings] = ":count",
    [value_key] = ":key",
};

static _Noreturn void die_of_statement(const char *what, const char *sql) {
  fprintf(stderr, "SpeedOfLight: %s: %.120s\n", what, sql);
  exit(1);
}

static void prepare_one(sqlite3 *database, const char **sql, statements *into) {
  if (into->count == most_statements) die_of_statement("too many statements", *sql);
  statement *fresh = &into->list[into->count];
  const char *start = *sql;
  if (sqlite3_prepare_v3(database, *sql, -1, SQLITE_PREPARE_PERSISTENT, &fresh->handle, sql) != SQLITE_OK)
    die_of_statement(sqlite3_errmsg(database), start);
  if (!fresh->handle) return; /* only white space */
  into->count += 1;
  fresh->parameter_count = sqlite3_bind_parameter_count(fresh->handle);
  if (fresh->parameter_count > most_parameters) die_of_statement("too many parameters", start);
  for (int i = 0; i < fresh->parameter_count; i++) {
    const char *name = sqlite3_bind_parameter_name(fresh->handle, i + 1);
    int value = 0;
    while (value < value_count && (!name || strcmp(name, names[value]) != 0)) value++;
    if (value == value_count) die_of_statement("a parameter is not known", start);
    fresh->values[i] = (value_name)value;
  }
}

static char *read_whole(const char *path) {
  enum { most = 64 * 1024 };
  static char text[most];
  FILE *file = fopen(path, "r");
  if (!file) die(path);
  text[fread(text, 1, most - 1, file)] = 0;
  fclose(file);
  return text;
}

void statements_prepare(sqlite3 *database, const char *path, statements into[part_count]) {
  const char *text = read_whole(path);
  for (int part = 0; part < part_count; part++) {
    const char *from = strstr(text, headings[part]);
    if (!from) die_of_statement("booking.sql has no part", headings[part]);
    from += strlen(headings[part]);
    const char *next = strstr(from, "\n-- each");
    char *sql = strndup(from, next ? (size_t)(next - from) : strlen(from));
    if (!sql) die("strndup");
    for (const char *rest = sql; *rest;) prepare_one(database, &rest, &into[part]);
    free(sql);
  }
}

static void bind(statement *one, int place, value_name which, const values *with) {
  int code = which == value_key ? sqlite3_bind_text(one->handle, place, with->key, -1, SQLITE_STATIC)
                                : sqlite3_bind_int64(one->handle, place, with->numbers[which]);
  if (code != SQLITE_OK) die_of_statement("bind", sqlite3_sql(one->handle));
}

void statements_run(statements *all, values *with) {
  for (uint32_t i = 0; i < all->count; i++) {
    statement *one = &all->list[i];
    for (int place = 0; place < one->parameter_count; place++) bind(one, place + 1, one->values[place], with);
    int code = sqlite3_step(one->handle);
    if (i == 0 && !with->numbers[value_booking])
      with->numbers[value_booking] = sqlite3_last_insert_rowid(sqlite3_db_handle(one->handle));
    if ((code != SQLITE_DONE && code != SQLITE_ROW) || sqlite3_reset(one->handle) != SQLITE_OK)
      die_of_statement(sqlite3_errmsg(sqlite3_db_handle(one->handle)), sqlite3_sql(one->handle));
  }
}
