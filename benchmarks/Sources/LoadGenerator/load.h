/* LoadGenerator: many WebSocket subscribers of one event and a few clients that book, on one thread.
 * main.c runs the measurement, subscribers.c holds and checks the receiving side, bookings.c books,
 * frames.c reads frames, meter.c measures and reports. */
#ifndef LOAD_H
#define LOAD_H
#define _GNU_SOURCE /* before any system header: memmem */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct {
  int port;
  uint32_t subscribers;  /* of the one event */
  uint32_t broadcasts;   /* bookings that are measured */
  uint32_t warm_up;      /* bookings before them */
  uint32_t outstanding;  /* bookings whose notice has not reached everybody yet; 1: one at a time */
  uint32_t seconds;      /* after this the whole run has failed */
  pid_t server;          /* whose CPU time is taken; 0: nobody's */
  const char *token;     /* NULL: no Authorization */
  const char *event;
} options;

/* Says what is wrong and ends the process with status 1: a measurement with a violation is none. */
_Noreturn void give_up(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- connecting (subscribers.c) ---- */
/* A blocking TCP connection from one of many loopback addresses: each has some 28,000 ports. */
int dial(int port, uint32_t number);
void send_all(int fd, const char *bytes, size_t count);
void watch(int poller, int fd, uint64_t tag);

/* ---- frames.c ---- */
typedef struct {
  uint8_t opcode;
  const char *payload;
  size_t payload_count;
  size_t whole; /* head and payload */
} frame;
/* The frame at the start of bytes; false while it is not complete. Gives up on a masked or fragmented one. */
bool read_frame(const char *bytes, size_t count, frame *out);
/* The unsigned integer behind "name": in a JSON text; false when there is none. */
bool member(const char *text, size_t count, const char *name, uint64_t *out);

/* ---- subscribers.c ---- */
/* Opens them one after the other, each until its first message; all must stand at the same seq, returned. */
uint64_t subscribers_open(const options *chosen, int poller);
/* Reads what subscriber `number` has got, checks it and counts it in. */
void subscriber_ready(uint32_t number);
/* How many subscribers have what was announced with this seq. */
uint32_t arrivals(uint64_t seq);
uint64_t frames_received(void);
uint64_t bytes_received(void);
uint64_t frames_conflated(void);

/* ---- bookings.c ---- */
void bookers_open(const options *chosen, int poller, uint64_t first_tag);
bool booker_is_free(uint32_t number);
void book(uint32_t number);
void booker_ready(uint32_t number); /* reads the answer; gives up unless it is 201 */

/* ---- meter.c ---- */
double now_seconds(void);
double cpu_seconds_of(pid_t process); /* user and system */
double percentile(double *values, size_t count, double share); /* sorts */

#endif
