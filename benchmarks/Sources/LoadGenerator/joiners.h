/* Clients that come while others listen: each connects, subscribes, reads its first message and leaves. One
 * thread. */
#ifndef JOINERS_H
#define JOINERS_H
#include "histogram.h"
#include "options.h"

void joiners_open(const options *chosen);
int joiners_poller(void);
/* Whether one more may be under way. */
bool joiners_have_room(void);
/* One comes now; it was due at this time. */
void joiner_comes(int64_t due);
/* Goes on with those under way, without waiting. */
void joiners_turn(void);
/* Those that have left, and the time from when they were due until they had their first message. */
uint32_t joiners_gone(void);
const histogram *joiners_times(void);

#endif
