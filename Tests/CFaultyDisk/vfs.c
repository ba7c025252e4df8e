/* How SQLite gets to a disk that forgets: each file is one of the default VFS, whose bytes are the kernel's cache, and what
 * changes them is told to the disk. */
#define _GNU_SOURCE

#include "disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* One open file: this header, and behind it the file of the default VFS. */
typedef struct {
  sqlite3_file base;
  sqlite3_file *real;
  FaultyDisk *disk;
  Stored *stored; /* NULL: a file that no crash needs */
  int syncs_folder; /* the first sync does, as os_unix.c has it for journals and WALs */
} FaultyFile;

static FaultyFile *self(sqlite3_file *file) { return (FaultyFile *)file; }
static sqlite3_file *real(sqlite3_file *file) { return self(file)->real; }

static void tell(FaultyDisk *disk, FaultyDiskOperation operation) {
  if (disk->observer) disk->observer(disk->context, operation);
}

/* To be called before anything changes. 0: the power is off. */
static int begin(FaultyDisk *disk) {
  if (disk->is_off) return 0;
  disk->operations++;
  if (disk->faults.last_operation == 0 || disk->operations <= disk->faults.last_operation) return 1;
  disk->is_off = 1;
  return 0;
}

static void free_unless_open(FaultyDisk *disk) {
  if (!disk->is_abandoned || disk->open_files > 0) return;
  faulty_disk_forget(disk);
  free(disk);
}

static int f_close(sqlite3_file *file) {
  int code = real(file)->pMethods->xClose(real(file));
  self(file)->disk->open_files--;
  free_unless_open(self(file)->disk);
  return code;
}

static int f_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
  FaultyDisk *disk = self(file)->disk;
  if (self(file)->stored) {
    if (disk->is_off) return SQLITE_IOERR_READ;
    tell(disk, FAULTY_DISK_READ);
    if (disk->faults.one_of_reads > 0 && faulty_disk_draw(&disk->random, disk->faults.one_of_reads) == 0) {
      disk->failures++;
      return SQLITE_IOERR_READ;
    }
  }
  return real(file)->pMethods->xRead(real(file), bytes, count, offset);
}

/* Tells the disk what the cache has in the pages from here on. */
static int note(sqlite3_file *file, int count, sqlite3_int64 offset) {
  unsigned char bytes[PAGE];
  sqlite3_int64 size = 0;
  real(file)->pMethods->xFileSize(real(file), &size);
  if (!faulty_disk_resized(self(file)->stored, size)) return SQLITE_NOMEM;
  for (sqlite3_int64 page = offset / PAGE; page * PAGE < offset + count; page++) {
    sqlite3_int64 left = size - page * PAGE;
    memset(bytes, 0, sizeof bytes);
    int code = real(file)->pMethods->xRead(real(file), bytes, left < PAGE ? (int)left : PAGE, page * PAGE);
    if (code != SQLITE_OK) return code;
    if (!faulty_disk_wrote(self(file)->disk, self(file)->stored, page, bytes)) return SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

/* How many bytes of a write a full disk takes. */
static int room_for(const FaultyDisk *disk, const Stored *file, int count, sqlite3_int64 offset) {
  if (disk->faults.room == 0) return count;
  long long size = faulty_disk_present_size(file);
  long long growth = offset + count - size;
  long long excess = faulty_disk_used(disk) + (growth > 0 ? growth : 0) - disk->faults.room;
  if (growth <= 0 || excess <= 0) return count;
  return excess < growth && excess < count ? count - (int)excess : (size > offset ? (int)(size - offset) : 0);
}

static int f_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
  FaultyDisk *disk = self(file)->disk;
  if (!self(file)->stored) return real(file)->pMethods->xWrite(real(file), bytes, count, offset);
  if (!begin(disk)) return SQLITE_IOERR_WRITE;
  int room = room_for(disk, self(file)->stored, count, offset);
  int code = room > 0 ? real(file)->pMethods->xWrite(real(file), bytes, room, offset) : SQLITE_OK;
  if (code == SQLITE_OK && room > 0) code = note(file, room, offset);
  if (code == SQLITE_OK && room < count) {
    disk->failures++;
    code = SQLITE_FULL;
  }
  tell(disk, FAULTY_DISK_WRITE);
  return code;
}

static int f_truncate(sqlite3_file *file, sqlite3_int64 size) {
  FaultyDisk *disk = self(file)->disk;
  if (self(file)->stored && !begin(disk)) return SQLITE_IOERR_TRUNCATE;
  int code = real(file)->pMethods->xTruncate(real(file), size);
  if (!self(file)->stored) return code;
  if (code == SQLITE_OK && !faulty_disk_resized(self(file)->stored, size)) code = SQLITE_NOMEM;
  tell(disk, FAULTY_DISK_WRITE);
  return code;
}

static int f_sync(sqlite3_file *file, int flags) {
  FaultyDisk *disk = self(file)->disk;
  Stored *stored = self(file)->stored;
  if (!stored) return real(file)->pMethods->xSync(real(file), flags);
  if (!begin(disk)) return SQLITE_IOERR_FSYNC;
  FaultyDiskFaults *faults = &disk->faults;
  int fails = ++disk->syncs == faults->failing_sync;
  if (faults->ignores_syncs) return SQLITE_OK;
  if (faults->one_of_syncs > 0 && faulty_disk_draw(&disk->random, faults->one_of_syncs) == 0) fails = 1;
  faulty_disk_synced(disk, stored, fails);
  if (!fails && self(file)->syncs_folder) {
    faulty_disk_synced_names(disk);
    self(file)->syncs_folder = 0;
  }
  disk->failures += (unsigned)fails;
  tell(disk, FAULTY_DISK_SYNC);
  return fails ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int f_size(sqlite3_file *file, sqlite3_int64 *size) { return real(file)->pMethods->xFileSize(real(file), size); }
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

static const sqlite3_io_methods methods = {
    .iVersion = 2, .xClose = f_close, .xRead = f_read, .xWrite = f_write, .xTruncate = f_truncate, .xSync = f_sync,
    .xFileSize = f_size, .xLock = f_lock, .xUnlock = f_unlock, .xCheckReservedLock = f_reserved,
    .xFileControl = f_control, .xSectorSize = f_sector, .xDeviceCharacteristics = f_traits, .xShmMap = f_shm_map,
    .xShmLock = f_shm_lock, .xShmBarrier = f_shm_barrier, .xShmUnmap = f_shm_unmap};

/* Takes a file as it is found as stored. Of one without a byte the name may be as young as the file. */
static int adopt(FaultyFile *file, Name *name) {
  sqlite3_int64 size = 0;
  file->real->pMethods->xFileSize(file->real, &size);
  if (size == 0) return SQLITE_OK;
  int code = note(&file->base, (int)size, 0);
  if (code != SQLITE_OK) return code;
  faulty_disk_synced(file->disk, name->now, 0);
  name->stored = name->now;
  return SQLITE_OK;
}

/* Finds the disk's memory of a file that is open, or begins it. */
static int remember(FaultyFile *file, const char *path) {
  FaultyDisk *disk = file->disk;
  Name *name = faulty_disk_name(disk, path);
  if (!name) return SQLITE_NOMEM;
  int is_known = name->now != NULL;
  if (!is_known && !(name->now = faulty_disk_new_file(disk))) return SQLITE_NOMEM;
  file->stored = name->now;
  if (is_known) return SQLITE_OK;
  int code = adopt(file, name);
  tell(disk, FAULTY_DISK_NAME);
  return code;
}

static int v_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *out) {
  FaultyFile *file = self(base);
  memset(file, 0, sizeof *file);
  file->real = (sqlite3_file *)(file + 1);
  file->disk = (FaultyDisk *)vfs;
  sqlite3_vfs *below = file->disk->real;
  int is_needed = path && flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL);
  if (is_needed && (flags & SQLITE_OPEN_CREATE) && !begin(file->disk)) return SQLITE_CANTOPEN;
  if (is_needed && file->disk->is_off) return SQLITE_CANTOPEN;
  int code = below->xOpen(below, path, file->real, flags, out);
  if (code == SQLITE_OK && is_needed) {
    file->syncs_folder = flags & SQLITE_OPEN_CREATE && flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL);
    code = remember(file, path);
    if (code != SQLITE_OK) file->real->pMethods->xClose(file->real);
  }
  base->pMethods = code == SQLITE_OK ? &methods : NULL;
  if (code == SQLITE_OK) file->disk->open_files++;
  return code;
}

static int v_delete(sqlite3_vfs *vfs, const char *path, int syncs) {
  FaultyDisk *disk = (FaultyDisk *)vfs;
  if (!begin(disk)) return SQLITE_IOERR_DELETE;
  int code = disk->real->xDelete(disk->real, path, 0);
  if (code != SQLITE_OK) return code;
  Name *name = faulty_disk_name(disk, path);
  if (!name) return SQLITE_NOMEM;
  name->now = NULL;
  if (syncs) faulty_disk_synced_names(disk);
  tell(disk, FAULTY_DISK_NAME);
  return SQLITE_OK;
}

FaultyDisk *faulty_disk_make(const char *name, unsigned long long seed) {
  sqlite3_vfs *below = sqlite3_vfs_find(NULL);
  FaultyDisk *disk = calloc(1, sizeof *disk);
  if (!disk || !below) {
    free(disk);
    return NULL;
  }
  snprintf(disk->vfs_name, sizeof disk->vfs_name, "%s", name);
  disk->real = below;
  disk->random = seed;
  disk->vfs = *below;
  disk->vfs.zName = disk->vfs_name;
  disk->vfs.pNext = NULL;
  disk->vfs.szOsFile = (int)sizeof(FaultyFile) + below->szOsFile;
  disk->vfs.xOpen = v_open;
  disk->vfs.xDelete = v_delete;
  if (sqlite3_vfs_register(&disk->vfs, 0) == SQLITE_OK) return disk;
  free(disk);
  return NULL;
}

void faulty_disk_free(FaultyDisk *disk) {
  sqlite3_vfs_unregister(&disk->vfs);
  disk->observer = NULL;
  disk->is_abandoned = 1;
  free_unless_open(disk);
}

FaultyDiskFaults *faulty_disk_faults(FaultyDisk *disk) { return &disk->faults; }

void faulty_disk_observe(FaultyDisk *disk, void (*observer)(void *, FaultyDiskOperation), void *context) {
  disk->observer = observer;
  disk->context = context;
}

void faulty_disk_cut(FaultyDisk *disk) { disk->is_off = 1; }
void faulty_disk_power_on(FaultyDisk *disk) { disk->is_off = 0; }
int faulty_disk_is_off(const FaultyDisk *disk) { return disk->is_off; }
long long faulty_disk_bytes(const FaultyDisk *disk) { return faulty_disk_used(disk); }
unsigned faulty_disk_operations(const FaultyDisk *disk) { return disk->operations; }
unsigned faulty_disk_syncs(const FaultyDisk *disk) { return disk->syncs; }
unsigned faulty_disk_failures(const FaultyDisk *disk) { return disk->failures; }
