/* What a crash leaves. Each seed has a temper: nothing that was not synced is there, or all of it with the last page torn, or
 * what was written last without what came before it, or each page and size by itself. */
#define _GNU_SOURCE

#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef enum { NOTHING, EVERYTHING, LATEST, ANYTHING, TEMPERS } Temper;

typedef struct {
  Temper temper;
  unsigned long long random;
  /* Of LATEST: what was written from here on is there. */
  unsigned long long first;
  /* The write that came last, over all files. */
  unsigned long long last;
} Crash;

static unsigned draw(Crash *crash, unsigned n) { return faulty_disk_draw(&crash->random, n); }

/* The state of a page; NULL: the one that is surely stored. */
static const State *survivor(Crash *crash, const Unsynced *unsynced) {
  const State *newest = unsynced->states[unsynced->count - 1];
  switch (crash->temper) {
    case NOTHING: return NULL;
    case EVERYTHING: return newest;
    case LATEST: return newest->number >= crash->first ? newest : NULL;
    default: break;
  }
  unsigned pick = draw(crash, unsynced->count + 1);
  return pick == 0 ? NULL : unsynced->states[pick - 1];
}

static void put_page(Crash *crash, unsigned char *page, const Unsynced *unsynced) {
  if (unsynced->count == 0) return;
  const State *state = survivor(crash, unsynced);
  if (!state) return;
  int is_torn = state->number == crash->last ? draw(crash, 2) == 0 : crash->temper == ANYTHING && draw(crash, 4) == 0;
  if (!is_torn) {
    memcpy(page, state->bytes, PAGE);
    return;
  }
  /* The sectors on one side of a boundary are the new ones. */
  size_t boundary = (1 + draw(crash, PAGE / SECTOR - 1)) * SECTOR;
  if (draw(crash, 4) == 0) {
    memcpy(page + boundary, state->bytes + boundary, PAGE - boundary);
  } else {
    memcpy(page, state->bytes, boundary);
  }
}

static long long surviving_size(Crash *crash, const Stored *file) {
  switch (crash->temper) {
    case NOTHING: return file->size;
    case EVERYTHING: return faulty_disk_present_size(file);
    default: return file->sizes[draw(crash, file->size_count)];
  }
}

static int write_all(int descriptor, const unsigned char *bytes, long long size) {
  for (long long done = 0; done < size;) {
    ssize_t count = pwrite(descriptor, bytes + done, (size_t)(size - done), done);
    if (count <= 0) return count < 0 ? errno : EIO;
    done += count;
  }
  return 0;
}

static int put_bytes(const char *path, const unsigned char *bytes, long long size) {
  int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return errno;
  int code = write_all(descriptor, bytes, size);
  if (close(descriptor) != 0 && code == 0) code = errno;
  return code;
}

static int put_file(Crash *crash, const Stored *file, const char *path) {
  unsigned char *bytes = calloc((size_t)(file->pages + 1), PAGE);
  if (!bytes) return ENOMEM;
  if (file->bytes) memcpy(bytes, file->bytes, (size_t)(file->pages * PAGE));
  for (long long page = 0; page < file->pages; page++) put_page(crash, bytes + page * PAGE, &file->unsynced[page]);
  int code = put_bytes(path, bytes, surviving_size(crash, file));
  free(bytes);
  return code;
}

/* A log's index is never synced and has no promises: what is left of it is put there as it is, and must not be believed. */
static int put_index(const Name *name, const char *folder, const char *base) {
  static const char suffix[] = "-shm";
  char path[NAME_LENGTH * 2];
  snprintf(path, sizeof path, "%s%s", name->path, suffix);
  int from = open(path, O_RDONLY | O_CLOEXEC);
  if (from < 0) return 0;
  unsigned char bytes[64 * 1024];
  ssize_t count = read(from, bytes, sizeof bytes);
  close(from);
  snprintf(path, sizeof path, "%s/%s%s", folder, base, suffix);
  return count < 0 ? errno : put_bytes(path, bytes, count);
}

static const Stored *surviving_file(Crash *crash, const Name *name) {
  switch (crash->temper) {
    case NOTHING: return name->stored;
    case EVERYTHING: return name->now;
    default: return draw(crash, 2) ? name->now : name->stored;
  }
}

static int put_name(Crash *crash, const Name *name, const char *folder) {
  const char *slash = strrchr(name->path, '/');
  const char *base = slash ? slash + 1 : name->path;
  const Stored *file = surviving_file(crash, name);
  if (!file) return 0;
  char path[NAME_LENGTH * 2];
  snprintf(path, sizeof path, "%s/%s", folder, base);
  int code = put_file(crash, file, path);
  int is_database = strstr(base, "-wal") == NULL && strstr(base, "-journal") == NULL;
  if (code == 0 && is_database && draw(crash, 2)) code = put_index(name, folder, base);
  return code;
}

/* Where the writes that no sync has covered begin. */
static unsigned long long oldest_unsynced(const FaultyDisk *disk) {
  unsigned long long oldest = disk->writes;
  for (const Stored *file = disk->files; file; file = file->next) {
    for (long long page = 0; page < file->pages; page++) {
      const Unsynced *unsynced = &file->unsynced[page];
      if (unsynced->count > 0 && unsynced->states[0]->number < oldest) oldest = unsynced->states[0]->number;
    }
  }
  return oldest;
}

int faulty_disk_crash(const FaultyDisk *disk, const char *folder, unsigned long long seed) {
  Crash crash = {.random = seed, .last = disk->writes};
  crash.temper = (Temper)draw(&crash, TEMPERS);
  unsigned long long oldest = oldest_unsynced(disk);
  crash.first = oldest + draw(&crash, (unsigned)(disk->writes - oldest) + 1);
  for (const Name *name = disk->names; name; name = name->next) {
    int code = put_name(&crash, name, folder);
    if (code != 0) return code;
  }
  return 0;
}
