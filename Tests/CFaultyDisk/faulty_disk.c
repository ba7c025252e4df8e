#define _GNU_SOURCE

#include "faulty_disk.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 1 << 14 };

/* One open file: this header, and behind it the file of the default VFS. */
typedef struct {
  sqlite3_file base;
  sqlite3_file *real;
  int disk; /* -1: a file that no crash needs */
  unsigned char dirty[PAGES];
} FaultyFile;

static unsigned one_of, failures;
static unsigned long long state;
static sqlite3_vfs *real_vfs;
static sqlite3_io_methods methods;

static unsigned drawn(unsigned n) {
  state = state * 6364136223846793005ull + 1442695040888963407ull;
  return (unsigned)(state >> 33) % n;
}

void faulty_disk_fail_one_of(unsigned n, unsigned long long seed) {
  one_of = n;
  state = seed;
}

unsigned faulty_disk_failures(void) { return failures; }

static FaultyFile *self(sqlite3_file *file) { return (FaultyFile *)file; }
static sqlite3_file *real(sqlite3_file *file) { return self(file)->real; }

static int f_close(sqlite3_file *file) {
  if (self(file)->disk >= 0) close(self(file)->disk);
  return real(file)->pMethods->xClose(real(file));
}

static int f_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
  return real(file)->pMethods->xRead(real(file), bytes, count, offset);
}

static int f_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
  if ((offset + count) / PAGE >= PAGES) return SQLITE_FULL;
  for (sqlite3_int64 page = offset / PAGE; page <= (offset + count - 1) / PAGE; page++) self(file)->dirty[page] = 1;
  return real(file)->pMethods->xWrite(real(file), bytes, count, offset);
}

static int f_truncate(sqlite3_file *file, sqlite3_int64 size) {
  return real(file)->pMethods->xTruncate(real(file), size);
}

/* Copies one page of the cache to the disk. */
static void persist(sqlite3_file *file, sqlite3_int64 page, sqlite3_int64 size) {
  static unsigned char bytes[PAGE];
  sqlite3_int64 left = size - page * PAGE;
  int count = left < PAGE ? (int)left : PAGE;
  if (count <= 0 || real(file)->pMethods->xRead(real(file), bytes, count, page * PAGE) != SQLITE_OK) return;
  if (pwrite(self(file)->disk, bytes, (size_t)count, page * PAGE) != count) failures += 1u << 20;
}

static int f_sync(sqlite3_file *file, int flags) {
  if (self(file)->disk < 0) return real(file)->pMethods->xSync(real(file), flags);
  int fails = one_of > 0 && drawn(one_of) == 0;
  sqlite3_int64 size = 0;
  real(file)->pMethods->xFileSize(real(file), &size);
  for (sqlite3_int64 page = 0; page < PAGES; page++) {
    if (self(file)->dirty[page] && (!fails || drawn(2))) persist(file, page, size);
    self(file)->dirty[page] = 0;
  }
  if (fails) {
    failures++;
    return SQLITE_IOERR_FSYNC;
  }
  return ftruncate(self(file)->disk, size) == 0 ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

static int f_size(sqlite3_file *file, sqlite3_int64 *size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}
static int f_lock(sqlite3_file *file, int level) { return real(file)->pMethods->xLock(real(file), level); }
static int f_unlock(sqlite3_file *file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
static int f_reserved(sqlite3_file *file, int *out) {
  return real(file)->pMethods->xCheckReservedLock(real(file), out);
}
static int f_control(sqlite3_file *file, int op, void *arg) {
  return real(file)->pMethods->xFileControl(real(file), op, arg);
}
static int f_sector(sqlite3_file *file) { return real(file)->pMethods->xSectorSize(real(file)); }
static int f_traits(sqlite3_file *file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); }
static int f_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out) {
  return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
}
static int f_shm_lock(sqlite3_file *file, int offset, int n, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, n, flags);
}
static void f_shm_barrier(sqlite3_file *file) { real(file)->pMethods->xShmBarrier(real(file)); }
static int f_shm_unmap(sqlite3_file *file, int deletes) {
  return real(file)->pMethods->xShmUnmap(real(file), deletes);
}

static int v_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out) {
  (void)vfs;
  FaultyFile *faulty = self(file);
  memset(faulty, 0, sizeof *faulty);
  faulty->real = (sqlite3_file *)(faulty + 1);
  faulty->disk = -1;
  int code = real_vfs->xOpen(real_vfs, name, faulty->real, flags, out);
  if (code != SQLITE_OK) return code;
  if (name && flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) {
    char path[1024];
    snprintf(path, sizeof path, "%s.disk", name);
    faulty->disk = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  }
  file->pMethods = &methods;
  return SQLITE_OK;
}

int faulty_disk_register(void) {
  static sqlite3_vfs vfs;
  if (real_vfs) return 0;
  real_vfs = sqlite3_vfs_find(NULL);
  if (!real_vfs) return 1;
  methods = (sqlite3_io_methods){
      .iVersion = 2, .xClose = f_close, .xRead = f_read, .xWrite = f_write, .xTruncate = f_truncate, .xSync = f_sync,
      .xFileSize = f_size, .xLock = f_lock, .xUnlock = f_unlock, .xCheckReservedLock = f_reserved,
      .xFileControl = f_control, .xSectorSize = f_sector, .xDeviceCharacteristics = f_traits, .xShmMap = f_shm_map,
      .xShmLock = f_shm_lock, .xShmBarrier = f_shm_barrier, .xShmUnmap = f_shm_unmap};
  vfs = *real_vfs;
  vfs.zName = "faulty";
  vfs.pNext = NULL;
  vfs.szOsFile = (int)sizeof(FaultyFile) + real_vfs->szOsFile;
  vfs.xOpen = v_open;
  return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK ? 0 : 1;
}
