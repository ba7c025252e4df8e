/* The floor: what remains when everything but the sends is taken away. One thread, one epoll, no checks that a
 * real server owes its clients. main.c holds the connections, broadcast.c sends, ring.c is the io_uring way. */
#ifndef FLOOR_H
#define FLOOR_H
#define _GNU_SOURCE /* before any system header: accept4, memmem, syscall */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Says what failed, with errno's text, and ends the process. */
_Noreturn void die(const char *what);

/* broadcast.c: one frame, the same bytes for everybody. The text has the members that seatcast's
 * booking_created has, so both frames have the same size. */
size_t make_frame(char *into, size_t capacity, uint64_t seq);
/* The first message of a subscription (connection_established), as a frame. */
size_t make_welcome(char *into, size_t capacity, uint64_t seq);
/* Sends bytes once to each descriptor. A descriptor that does not take all of them at once ends the process:
 * the load client never lets that much wait. */
void broadcast(bool by_ring, const int32_t *fds, size_t fd_count, const void *bytes, size_t count);

/* ring.c */
void ring_open(void);
void ring_broadcast(const int32_t *fds, size_t fd_count, const void *bytes, size_t count);

#endif
