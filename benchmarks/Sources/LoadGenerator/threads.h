/* CPU time of a process by the names of its threads, from /proc/PID/task/TID/schedstat (nanoseconds). Numbers at
 * the end of a name are left out: worker-0 and worker-1 are `worker`. */
#ifndef THREADS_H
#define THREADS_H
#include <stdint.h>
#include <sys/types.h>

enum { most_groups = 16 };

typedef struct {
  uint32_t count;
  struct {
    char name[16];
    int64_t time;
  } groups[most_groups];
} thread_times;

/* Empty where the kernel keeps no schedstat. Threads that have ended are not in it. */
thread_times thread_times_of(pid_t server);
/* What has been used between two looks. */
thread_times thread_times_since(const thread_times *before, const thread_times *after);

#endif
