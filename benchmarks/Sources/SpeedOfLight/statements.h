/* The statements of benchmarks/booking.sql, prepared, with the values that they may ask for by name. */
#ifndef STATEMENTS_H
#define STATEMENTS_H
#include <sqlite3.h>
#include <stdint.h>

typedef enum { part_look_up, part_booking, part_key, part_event, part_count } part_name;
typedef enum {
  value_event, value_user, value_at, value_seq, value_booking, value_available, value_capacity, value_sold,
  value_hash, value_bookings, value_key, value_count
} value_name;

enum { most_statements = 8, most_parameters = 24 };

typedef struct {
  sqlite3_stmt *handle;
  int parameter_count;
  value_name values[most_parameters]; /* by place of the parameter */
} statement;

typedef struct {
  uint32_t count;
  statement list[most_statements];
} statements;

typedef struct {
  int64_t numbers[value_count];
  const char *key;
} values;

/* Reads the file and prepares its parts. Ends the process when something in it is not known. */
void statements_prepare(sqlite3 *database, const char *path, statements into[part_count]);
/* Runs the statements of a part one after the other. Where :booking is 0, it is what the first one has inserted. */
void statements_run(statements *all, values *with);

#endif
