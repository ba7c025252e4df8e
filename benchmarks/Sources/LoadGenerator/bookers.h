/* The booking side: keep-alive connections, each with at most one request under way. One thread. */
#ifndef BOOKERS_H
#define BOOKERS_H
#include "histogram.h"
#include "options.h"

void bookers_open(const options *chosen);
bool bookers_are_open(void); /* no handshake is under way */
/* Becomes readable when an answer has come. */
int bookers_poller(void);
bool bookers_have_free_one(void);
/* Sends a booking. `begun`: now, or the earlier time at which it was due. */
void bookers_book(int64_t begun);
/* Takes the answers that have come, without waiting. */
void bookers_turn(void);
bool bookers_are_idle(void);   /* all are answered */
uint32_t bookers_sold(void);    /* answered by 201 */
uint32_t bookers_refused(void); /* by 409: allowed in a rush only */
/* The time from a booking (or when it was due) until its answer. */
const histogram *bookers_answers(void);
void bookers_forget_answers(void); /* those of the warm-up */

#endif
