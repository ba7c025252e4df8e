/* LoadGenerator selftest: what must hold before a figure of this program means anything. */
#ifndef SELFTEST_H
#define SELFTEST_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Prints one line and returns 0; ends the process with a sentence and status 1 when something is wrong. */
int selftest(void);

/* ---- for its parts ---- */
void expect(bool holds, const char *what, long long which);
/* The process must end with status 1 when it does this: it is tried in a child. */
void expect_refusal(void (*act)(const char *), const char *bytes, long long which);
size_t make_frame(char *into, uint8_t first, const char *payload, size_t count);
void readers_work(void);   /* selftest_readers.c: frames, members, histograms */
void audiences_work(void); /* selftest_audience.c: what is counted in, and what is refused */
void clients_work(void);   /* selftest_clients.c: answers to bookings */
void tls_works(void);      /* selftest_tls.c, behind the others: the same over TLS */

enum { notices = 3, began_at = 7 }; /* the run began at this seq; so many bookings have been sent */
/* A frame with a booking_created. */
size_t make_booking(char *into, int seq, int seats);

#endif
