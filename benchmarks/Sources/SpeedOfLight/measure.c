/* Two floors without a network: the copy of a frame into a buffer that is in the cache, and a write that is on the
 * disk. Each prints one line of key=value. And the clocks and quantiles of all measurements. */
#include "floor.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { frame_size = 190, buffer_size = 16 * 1024, copies = 100000000 };

double now_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double cpu_seconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* ---- durations --------------------------------------------------------------------------------- */

enum { most_durations = 4 * 1024 * 1024 };
static float *durations; /* seconds; what is more than fits is left out */
static size_t duration_count;

void durations_forget(void) { duration_count = 0; }

void durations_note(double seconds) {
  if (!durations && !(durations = malloc(most_durations * sizeof *durations))) die("malloc");
  if (duration_count < most_durations) durations[duration_count++] = (float)seconds;
}

static int compare(const void *left, const void *right) {
  float a = *(const float *)left, b = *(const float *)right;
  return (a > b) - (a < b);
}

void durations_print(const char *name) {
  if (!duration_count) return;
  qsort(durations, duration_count, sizeof *durations, compare);
  printf(" %s_p50_ms=%.3f %s_p99_ms=%.3f", name, (double)durations[duration_count / 2] * 1e3, name,
         (double)durations[(duration_count - 1) * 99 / 100] * 1e3);
}

/* ---- memcpy ------------------------------------------------------------------------------------ */

void measure_memcpy(void) {
  static char frame[frame_size], buffer[buffer_size];
  volatile size_t unknown = frame_size; /* so that the compiler calls memcpy, as it must for frames of any size */
  size_t count = unknown, at = 0;
  double start = now_seconds();
  for (uint64_t i = 0; i < copies; i++) {
    memcpy(buffer + at, frame, count);
    __asm__ volatile("" ::"r"(buffer) : "memory"); /* as if it were read: the copy cannot be left out */
    at += count;
    if (at + count > sizeof buffer) at = 0;
  }
  double seconds = now_seconds() - start;
  printf("measure=memcpy frame_bytes=%d copies=%d nanoseconds_per_frame=%.2f bytes_per_second=%.0f\n",
         frame_size, copies, seconds / copies * 1e9, (double)frame_size * copies / seconds);
}

/* ---- a write that is on the disk ---------------------------------------------------------------- */

/* Pages of a write-ahead log: four are written, where the file has room already, and then synced. */
void measure_sync(void) {
  enum { bytes_at_once = 16 * 1024, file_bytes = 8 * 1024 * 1024 };
  static char pages[bytes_at_once];
  char path[4096];
  if (snprintf(path, sizeof path, "%s/sync-%d", chosen.scratch, (int)getpid()) >= (int)sizeof path) die("--scratch");
  int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 || unlink(path) != 0) die(path);
  for (off_t at = 0; at < file_bytes; at += bytes_at_once)
    if (pwrite(fd, pages, sizeof pages, at) != (ssize_t)sizeof pages) die("pwrite");
  if (fsync(fd) != 0) die("fsync");
  double start = now_seconds();
  for (off_t at = 0; now_seconds() - start < chosen.seconds; at = (at + bytes_at_once) % file_bytes) {
    double began = now_seconds();
    memset(pages, (int)at, sizeof pages);
    if (pwrite(fd, pages, sizeof pages, at) != (ssize_t)sizeof pages || fdatasync(fd) != 0) die("fdatasync");
    durations_note(now_seconds() - began);
  }
  printf("measure=sync bytes=%d", bytes_at_once);
  durations_print("sync");
  printf("\n");
  close(fd);
}
