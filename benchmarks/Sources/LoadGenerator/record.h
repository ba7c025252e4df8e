/* What all threads know together about the notices of a run. A notice's place is its seq less the seq at
 * which the run began: 1, 2, 3, ... Every function may be called by any thread. */
#ifndef RECORD_H
#define RECORD_H
#include "histogram.h"
#include <stdbool.h>
#include <stdint.h>

/* At most `notices` will come; each is complete when `crowds` threads have seen it reach all of theirs. */
void record_open(uint32_t notices, uint32_t crowds);

/* All subscribers must begin at the same seq; a difference means that another client books. */
void begin_at(uint64_t seq, uint32_t subscriber);
uint64_t first_seq(void);
/* The place of a seq; 0 when no booking has been sent that could have it. */
uint32_t place_of(uint64_t seq);

/* Bookings are sent by one thread. */
uint32_t bookings_sent(void);
void booking_goes_out(void);
/* A booking that was begun (or due) at this time has got this place. */
void booking_got(uint32_t place, int64_t began);

/* The seats left must be the same for all readers, and fall by the quantity of each booking. 0: not known. */
void check_seats(uint32_t place, int64_t seats, int64_t quantity, uint32_t subscriber);

/* A thread's last reader has the notice. True when that makes it complete. */
bool notice_has_reached_crowd(uint32_t place);
uint32_t complete_notices(void);

/* The times from booking to the last reader of the notices behind place `after`. */
void record_completions(uint32_t after, histogram *into);

#endif
