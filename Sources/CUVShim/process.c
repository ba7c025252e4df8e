/* Descriptors: how many this process may have, and who shares them. */
#define _GNU_SOURCE /* unshare */
#include "cuv.h"
#include <errno.h>
#include <sched.h>
#include <sys/resource.h>

int64_t cuv_raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -errno;
  rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before; /* what was allowed stays in force */
  return limit.rlim_cur > (rlim_t)INT64_MAX ? INT64_MAX : (int64_t)limit.rlim_cur;
}

int cuv_own_descriptor_table(void) { return unshare(CLONE_FILES) == 0 ? 0 : -errno; }
