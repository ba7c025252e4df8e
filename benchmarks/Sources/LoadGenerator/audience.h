/* The receiving side of one thread's subscribers: reads what has arrived for one of them and checks every frame. */
#ifndef AUDIENCE_H
#define AUDIENCE_H
#include "histogram.h"
#include "transport.h"
#include <stdbool.h>
#include <stddef.h>

/* Which subscribers: number first, first + step, ...; the first `readers` of them read. */
typedef struct {
  uint32_t first, step, count, readers;
} share;

/* What was received after the warm-up. */
typedef struct {
  uint64_t deliveries; /* notices */
  uint64_t bytes;      /* their frames, with heads */
  uint64_t conflated;  /* notices that a declared skip stood for */
  histogram *each;     /* from a notice's timestamp until it was received */
  histogram *gaps;     /* the longest time between two notices of each reader; NULL: not asked for */
} totals;

typedef struct audience audience;

/* Notices up to place `warm_up` are not part of the totals; one after place `notices` is a violation. */
audience *audience_new(share whom, uint32_t warm_up, uint32_t notices, bool measures_gaps);
/* The subscriber at `index` of the share has been subscribed. */
void audience_add(audience *self, uint32_t index, transport way);
transport audience_transport(const audience *self, uint32_t index);
/* Reads and checks what has arrived; `closed`: the server has closed the connection. True when this made a notice
 * complete: all readers of all threads have it. */
bool audience_read(audience *self, uint32_t index, bool closed);
/* The number of one of the readers with the oldest notice. */
uint32_t audience_laggard(const audience *self);
void audience_free(audience *self); /* leaves the transports open */
const totals *audience_totals(audience *self);

#endif
