/* A disk for tests that forgets, as an SQLite VFS over the default one. What SQLite writes goes into its file, as into the
 * kernel's cache. Beside it, in memory, the disk keeps what is surely stored: what a sync that succeeded has covered. A crash
 * leaves that, and of the rest what a seed decides: any of the states that a page had since its last sync, some torn at a
 * sector, any of the file's sizes, and names that were made or deleted without a sync of their folder, or not.
 *
 * One folder and one thread per disk; disks of several threads know nothing of each other. */
#pragma once

/* One disk. */
typedef struct FaultyDisk FaultyDisk;

typedef enum {
  FAULTY_DISK_READ,
  FAULTY_DISK_WRITE, /* also a truncation */
  FAULTY_DISK_SYNC,
  FAULTY_DISK_NAME, /* a file was made or deleted */
} FaultyDiskOperation;

/* What the disk does wrong from now on. Everything is 0 in a good disk. */
typedef struct {
  /* One of so many syncs fails. The kernel then calls clean what it could not write (the "fsyncgate" of 2018): of each page
   * that was not synced it is drawn whether it is stored or lost for good. */
  unsigned one_of_syncs;
  /* The sync of this number, counted from 1, fails, and no other. */
  unsigned failing_sync;
  /* Syncs succeed and store nothing: a disk that lies, or a database that does not sync. */
  int ignores_syncs;
  /* One of so many reads fails. */
  unsigned one_of_reads;
  /* Bytes that all files may have together; beyond them a write is cut short and fails as on a full disk. */
  long long room;
  /* The power fails after so many operations that change something, counted from 1. */
  unsigned last_operation;
} FaultyDiskFaults;

/* Registers a VFS of this name, which must be unused. NULL: there is no memory. */
FaultyDisk *faulty_disk_make(const char *name, unsigned long long seed);

/* When files are still open, the last of them frees it. */
void faulty_disk_free(FaultyDisk *disk);

FaultyDiskFaults *faulty_disk_faults(FaultyDisk *disk);

/* Calls back after each operation on files that a crash needs, with the disk in the state that a crash would find. */
void faulty_disk_observe(FaultyDisk *disk, void (*observer)(void *context, FaultyDiskOperation operation), void *context);

/* Turns the power off: every later operation fails and changes nothing. Files can still be closed. On again, the cache has
 * what it had: that is a process that was killed, and no crash. */
void faulty_disk_cut(FaultyDisk *disk);
void faulty_disk_power_on(FaultyDisk *disk);
int faulty_disk_is_off(const FaultyDisk *disk);

/* Bytes that all files have together. */
long long faulty_disk_bytes(const FaultyDisk *disk);

/* Counted since the start. */
unsigned faulty_disk_operations(const FaultyDisk *disk);
unsigned faulty_disk_syncs(const FaultyDisk *disk);
unsigned faulty_disk_failures(const FaultyDisk *disk);

/* Writes the files that a crash at this moment leaves into an empty folder. The same seed leaves the same; the disk itself
 * goes on. 0: done, otherwise an error number. */
int faulty_disk_crash(const FaultyDisk *disk, const char *folder, unsigned long long seed);
