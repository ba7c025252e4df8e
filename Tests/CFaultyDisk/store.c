/* Files and names of a disk that forgets: what is surely stored, and each state since then. */
#define _GNU_SOURCE

#include "disk.h"

#include <stdlib.h>
#include <string.h>

/* SplitMix64 (Steele, Lea, Flood, 2014). */
unsigned faulty_disk_draw(unsigned long long *random, unsigned n) {
  unsigned long long mixed = *random += 0x9e3779b97f4a7c15ull;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ull;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebull;
  return (unsigned)((mixed ^ (mixed >> 31)) >> 33) % n;
}

Name *faulty_disk_name(FaultyDisk *disk, const char *path) {
  Name **link = &disk->names;
  for (; *link; link = &(*link)->next) {
    if (strcmp((*link)->path, path) == 0) return *link;
  }
  if (strlen(path) >= NAME_LENGTH) return NULL;
  Name *name = calloc(1, sizeof *name);
  if (!name) return NULL;
  strcpy(name->path, path);
  return *link = name;
}

Stored *faulty_disk_new_file(FaultyDisk *disk) {
  Stored *file = calloc(1, sizeof *file);
  if (!file) return NULL;
  file->size_count = 1;
  file->next = disk->files;
  return disk->files = file;
}

long long faulty_disk_present_size(const Stored *file) { return file->sizes[file->size_count - 1]; }

long long faulty_disk_used(const FaultyDisk *disk) {
  long long used = 0;
  for (const Name *name = disk->names; name; name = name->next) {
    if (name->now) used += faulty_disk_present_size(name->now);
  }
  return used;
}

/* Makes room for so many pages. 0: there is no memory. */
static int grow(Stored *file, long long pages) {
  if (pages <= file->pages) return 1;
  long long room = pages * 2;
  unsigned char *bytes = realloc(file->bytes, (size_t)(room * PAGE));
  if (bytes) file->bytes = bytes;
  Unsynced *unsynced = realloc(file->unsynced, (size_t)room * sizeof *unsynced);
  if (unsynced) file->unsynced = unsynced;
  if (!bytes || !unsynced) return 0;
  memset(bytes + file->pages * PAGE, 0, (size_t)((room - file->pages) * PAGE));
  memset(unsynced + file->pages, 0, (size_t)(room - file->pages) * sizeof *unsynced);
  file->pages = room;
  return 1;
}

int faulty_disk_wrote(FaultyDisk *disk, Stored *file, long long page, const unsigned char bytes[PAGE]) {
  if (!grow(file, page + 1)) return 0;
  Unsynced *unsynced = &file->unsynced[page];
  State *state = unsynced->count == KEPT_STATES ? unsynced->states[0] : malloc(sizeof *state);
  if (!state) return 0;
  if (unsynced->count == KEPT_STATES) {
    memmove(unsynced->states, unsynced->states + 1, (KEPT_STATES - 1) * sizeof(State *));
    unsynced->count--;
  }
  state->number = ++disk->writes;
  memcpy(state->bytes, bytes, PAGE);
  unsynced->states[unsynced->count++] = state;
  return 1;
}

int faulty_disk_resized(Stored *file, long long size) {
  if (!grow(file, (size + PAGE - 1) / PAGE)) return 0;
  if (size == faulty_disk_present_size(file)) return 1;
  if (file->size_count == KEPT_STATES) {
    /* The first is the one that is surely stored. */
    memmove(file->sizes + 1, file->sizes + 2, (KEPT_STATES - 2) * sizeof file->sizes[0]);
    file->size_count--;
  }
  file->sizes[file->size_count++] = size;
  return 1;
}

static void drop_states(Unsynced *unsynced) {
  for (unsigned index = 0; index < unsynced->count; index++) free(unsynced->states[index]);
  unsynced->count = 0;
}

void faulty_disk_synced(FaultyDisk *disk, Stored *file, int fails) {
  for (long long page = 0; page < file->pages; page++) {
    Unsynced *unsynced = &file->unsynced[page];
    if (unsynced->count == 0) continue;
    if (!fails || faulty_disk_draw(&disk->random, 2)) {
      memcpy(file->bytes + page * PAGE, unsynced->states[unsynced->count - 1]->bytes, PAGE);
    }
    drop_states(unsynced);
  }
  /* The size is no page: a sync that fails leaves it to be stored by the next one. */
  if (fails && faulty_disk_draw(&disk->random, 2)) return;
  file->size = faulty_disk_present_size(file);
  file->sizes[0] = file->size;
  file->size_count = 1;
  if (file->bytes) memset(file->bytes + file->size, 0, (size_t)(file->pages * PAGE - file->size));
}

void faulty_disk_synced_names(FaultyDisk *disk) {
  for (Name *name = disk->names; name; name = name->next) name->stored = name->now;
}

void faulty_disk_forget(FaultyDisk *disk) {
  while (disk->names) {
    Name *name = disk->names;
    disk->names = name->next;
    free(name);
  }
  while (disk->files) {
    Stored *file = disk->files;
    disk->files = file->next;
    for (long long page = 0; page < file->pages; page++) drop_states(&file->unsynced[page]);
    free(file->bytes);
    free(file->unsynced);
    free(file);
  }
}
