/* What Swift cannot learn of its own process on Linux. */
#ifndef PROCESS_H
#define PROCESS_H

/* The arguments that the kernel gave this program, its own name included. Swift's list reads /proc, or searches the
 * stack from the environment: the first is missing in some containers, the second fails when a preloaded library has
 * moved the environment before main. glibc passes both numbers to the initializers of a program, which needs neither. */
int process_argument_count(void);
/* Argument `index`; NULL beyond the last. Lives as long as the process. */
const char *process_argument(int index);

/* Cores of this thread's affinity mask (sched_getaffinity(2)), whose macros Swift does not import; 0: unknown. */
int process_allowed_cores(void);

/* Whether the kernel knows the wall clock to be synchronized (adjtimex(2)): 1 or 0; -1: it does not say. */
int process_clock_is_synchronized(void);

/* Columns and rows of a terminal (ioctl(2), which is variadic): 0; -1: the descriptor is none. */
int process_terminal_size(int descriptor, int *columns, int *rows);

/* Sends a datagram with descriptors (sendmsg(2), SCM_RIGHTS, whose macros Swift does not import), at most 240: 0; -1: errno
 * tells why. `address` is a sockaddr of `size` bytes. */
int process_send_descriptors(int socket, const void *address, unsigned size, const void *bytes, unsigned long byte_count,
                             const int *descriptors, unsigned descriptor_count);

#endif
