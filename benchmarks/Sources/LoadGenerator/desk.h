/* The booking side: keep-alive connections, each with at most one request under way. One thread. */
#ifndef DESK_H
#define DESK_H
#include "histogram.h"
#include "options.h"

void desk_open(const options *chosen);
bool desk_is_open(void); /* no handshake is under way: they take no time from what is measured */
/* Becomes readable when an answer has come. */
int desk_poller(void);
bool desk_has_free_booker(void);
/* Sends a booking that is begun now, or was due at this earlier time. */
void desk_books(int64_t begun);
/* Takes the answers that have come, without waiting. */
void desk_turn(void);
bool desk_is_idle(void);   /* all are answered */
uint32_t desk_sold(void);  /* answered by 201 */
uint32_t desk_refused(void); /* by 409: allowed in a rush only */
/* The time from a booking (or when it was due) until its answer. */
const histogram *desk_answers(void);
void desk_forgets_answers(void); /* those of the warm-up */

#endif
