// SQLite's C interface, as Debian ships it (libsqlite3-dev). Only Persistence/ imports this module. What
// stands below is C that Swift cannot import: a variadic function and a destructor that is a cast.
#pragma once
#include <sqlite3.h>

/// This connection never checkpoints while it closes (storage: one checkpointer per process).
static inline int seatcast_no_checkpoint_on_close(sqlite3 *database) {
  return sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}

/// Binds a copy of the text.
static inline int seatcast_bind_text(sqlite3_stmt *statement, int index, const char *text, int length) {
  return sqlite3_bind_text(statement, index, text, length, SQLITE_TRANSIENT);
}

/// Memory is not counted: the count takes a lock of the whole process for each allocation. Before SQLite is first used;
/// later it changes nothing.
static inline int seatcast_without_memory_statistics(void) {
  return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
