/* Descriptors: how many this process may have, and who shares them. */
#define _GNU_SOURCE /* unshare */
#include "cuv.h"
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>

/* The most that any process may have (fs.nr_open); 0 when it cannot be read. */
static rlim_t ceiling(void) {
  unsigned long long most = 0;
  FILE *file = fopen("/proc/sys/fs/nr_open", "re");
  if (!file) return 0;
  if (fscanf(file, "%llu", &most) != 1) most = 0;
  (void)fclose(file);
  return (rlim_t)most;
}

int64_t cuv_raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -errno;
  rlim_t most = ceiling();
  struct rlimit all = {.rlim_cur = most, .rlim_max = most};
  struct rlimit own = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
  /* Whatever is refused, what was allowed before stays in force. */
  if (most > limit.rlim_max && setrlimit(RLIMIT_NOFILE, &all) == 0) limit = all;
  else if (setrlimit(RLIMIT_NOFILE, &own) == 0) limit = own;
  return limit.rlim_cur > (rlim_t)INT64_MAX ? INT64_MAX : (int64_t)limit.rlim_cur;
}

int cuv_own_descriptor_table(void) { return unshare(CLONE_FILES) == 0 ? 0 : -errno; }
