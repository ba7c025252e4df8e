/* Clients that connect during a broadcast: each connects, subscribes, reads its first message and closes. One
 * thread. */
#ifndef JOINERS_H
#define JOINERS_H
#include "histogram.h"
#include "options.h"

void joiners_open(const options *chosen);
int joiners_poller(void);
/* Whether one more may be under way. */
bool joiners_have_room(void);
/* Starts one now; its time counts from when it was due. */
void joiner_comes(int64_t due);
/* Takes what has arrived for those under way, without waiting. */
void joiners_turn(void);
/* Those that have closed, and the time from when they were due until they had their first message. */
uint32_t joiners_gone(void);
const histogram *joiners_times(void);

#endif
