/* What must hold for the answers to bookings of one seat, whatever their order: every bookingId is new; each event's
 * `seq` values are all different and, when no other client changes the events, without a gap; an answer that came
 * before a request was sent has the smaller seq; no event sells more than it has. One thread. */
#ifndef SALES_H
#define SALES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `events` with consecutive ids from `first` on. `alone`: no other client books or cancels there.
 * `capacity`: the seats of each event that were free at the start; 0: not known. */
void sales_open(uint64_t first, uint32_t events, bool alone, uint32_t capacity);
/* The highest seq that the event (by its place, from 0) has answered: every later request gets a higher one. */
uint64_t sales_before(uint32_t event);
/* Judges the body of a 201. */
void sale_is_answered(uint32_t event, uint64_t before, const char *body, size_t count);
/* Judges the whole: no gaps. */
void sales_end(void);
/* Bookings of the event so far. */
uint64_t sales_of(uint32_t event);

#endif
