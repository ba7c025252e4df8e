// SQLite's C interface, as Debian ships it (libsqlite3-dev). Only Persistence/ imports this module. What
// stands below is C that Swift cannot import: a variadic function, a destructor that is a cast, methods behind pointers.
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

/// Writes the bytes of an open database's write-ahead log once more where they are, and syncs them. Nobody else may write to
/// it meanwhile.
static inline int seatcast_write_log_again(sqlite3 *database) {
  enum { PIECE = 65536 };
  unsigned char bytes[PIECE];
  sqlite3_file *log = (sqlite3_file *)0;
  sqlite3_int64 size = 0;
  int code = sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  if (code != SQLITE_OK || !log || !log->pMethods) return code;
  code = log->pMethods->xFileSize(log, &size);
  for (sqlite3_int64 offset = 0; code == SQLITE_OK && offset < size; offset += PIECE) {
    int count = size - offset < PIECE ? (int)(size - offset) : PIECE;
    code = log->pMethods->xRead(log, bytes, count, offset);
    if (code == SQLITE_OK) code = log->pMethods->xWrite(log, bytes, count, offset);
  }
  return code == SQLITE_OK && size > 0 ? log->pMethods->xSync(log, SQLITE_SYNC_FULL) : code;
}
