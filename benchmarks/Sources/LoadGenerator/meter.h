/* Clocks, and what the server's process has used: CPU time and memory. And the one way to fail. */
#ifndef METER_H
#define METER_H
#include <stdint.h>
#include <sys/types.h>

/* Says what is wrong and ends the process with status 1: a measurement with a violation is none. */
_Noreturn void give_up(const char *format, ...) __attribute__((format(printf, 1, 2)));

enum { second = 1000000000 }; /* all times are nanoseconds */
int64_t now(void);            /* monotonic: for everything but */
int64_t wall_clock(void);     /* what is compared with a timestamp of the server's */

/* User and system time of a process and of its living children (a master of workers does nothing itself). */
int64_t cpu_time_of(pid_t server);

typedef struct {
  uint64_t anonymous; /* bytes of RssAnon: stacks and heaps */
  uint64_t resident;  /* bytes of VmRSS: with the program's files */
} memory;
memory memory_of(pid_t server);

#endif
