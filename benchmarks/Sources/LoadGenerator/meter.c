/* What /proc tells about the server, see proc(5). */
#define _GNU_SOURCE
#include "meter.h"
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { most_processes = 64 };

void give_up(const char *format, ...) {
  static atomic_flag told = ATOMIC_FLAG_INIT; /* the first thread's sentence is the one that counts */
  while (atomic_flag_test_and_set(&told)) pause();
  va_list arguments;
  va_start(arguments, format);
  fputs("LoadGenerator: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  _exit(1);
}

static int64_t read_clock(clockid_t which) {
  struct timespec time;
  clock_gettime(which, &time);
  return time.tv_sec * (int64_t)second + time.tv_nsec;
}

int64_t now(void) { return read_clock(CLOCK_MONOTONIC); }
int64_t wall_clock(void) { return read_clock(CLOCK_REALTIME); }

/* ---- processes --------------------------------------------------------------------------------- */

/* Adds the children of each of a process's threads to the list. */
static size_t add_children(pid_t parent, pid_t *list, size_t count) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", (int)parent);
  DIR *tasks = opendir(path);
  if (!tasks) return count;
  for (struct dirent *task; (task = readdir(tasks));) {
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, atoi(task->d_name));
    FILE *file = task->d_name[0] == '.' ? NULL : fopen(path, "r");
    if (!file) continue;
    for (int child; count < most_processes && fscanf(file, "%d", &child) == 1;) list[count++] = child;
    fclose(file);
  }
  closedir(tasks);
  return count;
}

/* The process, its children, theirs, and so on. */
static size_t family_of(pid_t server, pid_t list[most_processes]) {
  size_t count = 1;
  list[0] = server;
  for (size_t i = 0; i < count; i++) count = add_children(list[i], list, count);
  return count;
}

/* utime and stime of all threads, fields 14 and 15 of proc_pid_stat(5), in clock ticks of 10 ms as a rule. */
static int64_t ticks_of(pid_t process) {
  char path[64], line[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
  FILE *file = fopen(path, "r");
  if (!file) give_up("%s: %s", path, strerror(errno));
  bool there = fgets(line, sizeof line, file);
  fclose(file);
  const char *after_name = there ? strrchr(line, ')') : NULL; /* the name may contain anything */
  unsigned long long user, system;
  if (!after_name ||
      sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system) != 2)
    give_up("%s is not as expected", path);
  return (int64_t)(user + system);
}

int64_t cpu_time_of(pid_t server) {
  pid_t family[most_processes];
  int64_t ticks = 0;
  for (size_t i = family_of(server, family); i-- > 0;) ticks += ticks_of(family[i]);
  return ticks * (second / sysconf(_SC_CLK_TCK));
}

static void add_memory_of(pid_t process, memory *sum) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/%d/status", (int)process);
  FILE *file = fopen(path, "r");
  if (!file) give_up("%s: %s", path, strerror(errno));
  unsigned long long kilobytes;
  while (fgets(line, sizeof line, file)) {
    if (sscanf(line, "RssAnon: %llu", &kilobytes) == 1) sum->anonymous += kilobytes * 1024;
    if (sscanf(line, "VmRSS: %llu", &kilobytes) == 1) sum->resident += kilobytes * 1024;
  }
  fclose(file);
}

memory memory_of(pid_t server) {
  pid_t family[most_processes];
  memory sum = {0};
  for (size_t i = family_of(server, family); i-- > 0;) add_memory_of(family[i], &sum);
  return sum;
}
