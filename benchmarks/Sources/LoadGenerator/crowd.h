/* The receiving threads. Each has a share of the subscribers (number i belongs to thread i mod threads) and its own
 * poller. The first is the caller's thread, which also books. */
#ifndef CROWD_H
#define CROWD_H
#include "audience.h"
#include "options.h"

/* Starts the threads, which open their subscriptions. At most `notices` will be received. */
void crowds_open(const options *chosen, uint32_t notices);
bool crowds_are_open(void);
/* Readiness of this descriptor ends a wait of the first crowd. */
void first_crowd_watches(int fd);
/* One turn of the first crowd: waits for events, at most until this time, and handles them. */
void first_crowd_turn(int64_t until);
/* The number of one of the first crowd's readers with the oldest notice. */
uint32_t first_crowd_laggard(void);
/* Ends the threads and adds up what they have received. The caller frees its histogram. */
totals crowds_end(void);

#endif
