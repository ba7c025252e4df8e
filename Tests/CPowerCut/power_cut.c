/* Stands before fsync(2) and fdatasync(2) of the whole process. Any thread; one sync at a time. */
#define _GNU_SOURCE

#include "power_cut.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096, PATH = 4096 };

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

/* A test that cannot trust what is kept must not go on. */
static void give_up(const char *what) {
  fprintf(stderr, "power_cut: %s: %s\n", what, strerror(errno));
  abort();
}

/* Copies the pages that differ. Both have `size` bytes. */
static void copy_pages(int from, int to, off_t size) {
  if (size == 0) return;
  unsigned char *source = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, from, 0);
  unsigned char *target = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, to, 0);
  if (source == MAP_FAILED || target == MAP_FAILED) give_up("mmap");
  for (off_t start = 0; start < size; start += PAGE) {
    size_t count = size - start < PAGE ? (size_t)(size - start) : PAGE;
    if (memcmp(source + start, target + start, count) != 0) memcpy(target + start, source + start, count);
  }
  munmap(source, (size_t)size);
  munmap(target, (size_t)size);
}

/* A descriptor that can be read; the one that is given, where that can be: to close another one of the same file would drop
 * SQLite's locks (fcntl(2)). */
static int readable(int descriptor) {
  if ((fcntl(descriptor, F_GETFL) & O_ACCMODE) != O_WRONLY) return descriptor;
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
  int again = open(path, O_RDONLY | O_CLOEXEC);
  if (again < 0) give_up(path);
  return again;
}

static void keep_file(int descriptor, const struct stat *status, const char *store) {
  char path[PATH];
  snprintf(path, sizeof path, "%s/%llu", store, (unsigned long long)status->st_ino);
  int kept = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (kept < 0 || ftruncate(kept, status->st_size) != 0) give_up(path);
  int source = readable(descriptor);
  copy_pages(source, kept, status->st_size);
  if (source != descriptor) close(source);
  close(kept);
}

static void keep_names(const char *folder, const char *store) {
  char draft[PATH], path[PATH];
  snprintf(draft, sizeof draft, "%s/names.new", store);
  snprintf(path, sizeof path, "%s/names", store);
  FILE *names = fopen(draft, "we");
  DIR *entries = opendir(folder);
  if (!names || !entries) give_up(draft);
  for (struct dirent *entry; (entry = readdir(entries));) {
    if (entry->d_type == DT_REG) fprintf(names, "%llu %s\n", (unsigned long long)entry->d_ino, entry->d_name);
  }
  closedir(entries);
  if (fclose(names) != 0 || rename(draft, path) != 0) give_up(path);
}

/* Whether the descriptor's file is in the folder, whatever became of its name. */
static int is_inside(int descriptor, const char *folder) {
  char link[64], path[PATH];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t count = readlink(link, path, sizeof path - 1);
  size_t length = strlen(folder);
  if (count < 0) return 0;
  path[count] = 0;
  return strncmp(path, folder, length) == 0 && path[length] == '/';
}

static void keep(int descriptor) {
  const char *folder = getenv("POWER_CUT_FOLDER"), *store = getenv("POWER_CUT_STORE");
  struct stat status, own;
  if (!folder || !store || getenv("POWER_CUT_LIES")) return;
  if (fstat(descriptor, &status) != 0 || stat(folder, &own) != 0) return;
  int is_folder = S_ISDIR(status.st_mode) && status.st_dev == own.st_dev && status.st_ino == own.st_ino;
  if (is_folder) keep_names(folder, store);
  if (S_ISREG(status.st_mode) && is_inside(descriptor, folder)) keep_file(descriptor, &status, store);
}

/* The cache of tmpfs is all there is, so the real sync has nothing to add. */
static int sync_kept(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) != 0) return -1;
  int state = errno;
  pthread_mutex_lock(&turn);
  keep(descriptor);
  pthread_mutex_unlock(&turn);
  errno = state;
  return 0;
}

int fsync(int descriptor) { return sync_kept(descriptor); }
int fdatasync(int descriptor) { return sync_kept(descriptor); }
