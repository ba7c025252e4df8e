/* The threads that receive. Each has its share of the subscribers (number i belongs to thread i mod threads)
 * and a poller of its own; the first one is the caller's thread, which books, too. */
#ifndef CROWD_H
#define CROWD_H
#include "audience.h"
#include "options.h"

/* Starts the threads, and they begin to open their subscriptions. Expects `notices` at most. */
void crowds_open(const options *chosen, uint32_t notices);
bool crowds_are_open(void);
/* Readiness of this descriptor ends a wait of the first crowd. */
void first_crowd_watches(int fd);
/* One round of the first crowd: waits for something to do, at most until this time, and does it. */
void first_crowd_turn(int64_t until);
/* The number of a reader of the first crowd that none of it is behind. */
uint32_t first_crowd_laggard(void);
/* Ends the threads and adds up what they have received. The caller frees its histogram. */
haul crowds_end(void);

#endif
