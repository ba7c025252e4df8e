/* What the disk remembers: per file what is surely stored and what is not yet, per name which file it means. Pages are those
 * of the kernel's cache. store.c has the files, crash.c what a crash makes of them, vfs.c how SQLite gets there. */
#pragma once

#include "faulty_disk.h"

#include <sqlite3.h>

enum { PAGE = 4096, SECTOR = 512, NAME_LENGTH = 512, KEPT_STATES = 6 };

/* A page as it was after some write that no sync has covered. */
typedef struct {
  unsigned long long number; /* of the write, over all files */
  unsigned char bytes[PAGE];
} State;

/* Of one page, oldest first; the newest is what the cache has. */
typedef struct {
  unsigned count;
  State *states[KEPT_STATES];
} Unsynced;

/* A file, whatever names it has. */
typedef struct Stored {
  struct Stored *next;
  unsigned char *bytes; /* surely stored */
  long long size;
  long long pages; /* for which there is room in `bytes` and `unsynced` */
  Unsynced *unsynced;
  /* Sizes since the last sync, oldest first; the last is the present one. */
  long long sizes[KEPT_STATES];
  unsigned size_count;
} Stored;

/* A name in the folder. NULL: there is no file of this name. */
typedef struct Name {
  struct Name *next;
  char path[NAME_LENGTH];
  Stored *now;
  Stored *stored;
} Name;

struct FaultyDisk {
  sqlite3_vfs vfs; /* first: SQLite hands it back */
  char vfs_name[64];
  sqlite3_vfs *real;
  FaultyDiskFaults faults;
  unsigned long long random;
  unsigned long long writes;
  unsigned operations, syncs, failures;
  int is_off;
  unsigned open_files;
  int is_abandoned;
  Stored *files;
  Name *names;
  void (*observer)(void *, FaultyDiskOperation);
  void *context;
};

/* A number below n. */
unsigned faulty_disk_draw(unsigned long long *random, unsigned n);

/* The entry of a name; NULL: there is no memory. */
Name *faulty_disk_name(FaultyDisk *disk, const char *path);
Stored *faulty_disk_new_file(FaultyDisk *disk);
long long faulty_disk_present_size(const Stored *file);
/* Bytes of all files that have names. */
long long faulty_disk_used(const FaultyDisk *disk);

/* The cache has changed a page to this, or the file's size. 0: there is no memory. */
int faulty_disk_wrote(FaultyDisk *disk, Stored *file, long long page, const unsigned char bytes[PAGE]);
int faulty_disk_resized(Stored *file, long long size);
/* Everything in the cache is surely stored; or, of a sync that fails, a part of it, and the rest is forgotten. */
void faulty_disk_synced(FaultyDisk *disk, Stored *file, int fails);
/* All names are surely stored. */
void faulty_disk_synced_names(FaultyDisk *disk);
void faulty_disk_forget(FaultyDisk *disk);
