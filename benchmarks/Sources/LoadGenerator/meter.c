/* Time, CPU time and order statistics. */
#include "load.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void give_up(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("LoadGenerator: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

double now_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* utime and stime of all threads, fields 14 and 15 of proc_pid_stat(5), in clock ticks of 10 ms as a rule. */
double cpu_seconds_of(pid_t process) {
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
  return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static int ascending(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

double percentile(double *values, size_t count, double share) {
  if (count == 0) return 0;
  qsort(values, count, sizeof *values, ascending);
  size_t at = (size_t)(share * (double)(count - 1) + 0.5);
  return values[at];
}
