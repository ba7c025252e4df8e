/* The subscribers of one thread, as receivers: takes what has come for one of them and checks every frame. */
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

/* What was received behind the warm-up. */
typedef struct {
  uint64_t deliveries; /* notices */
  uint64_t bytes;      /* their frames, with heads */
  uint64_t conflated;  /* notices that a declared skip stood for */
  histogram *each;     /* from a notice's timestamp until it was received */
} haul;

typedef struct audience audience;

/* Notices up to place `warm_up` are not part of the haul, and none comes behind place `notices`. */
audience *audience_new(share whom, uint32_t warm_up, uint32_t notices);
/* The subscription of the share's subscriber at `index` stands. */
void audience_add(audience *self, uint32_t index, transport way);
transport audience_transport(const audience *self, uint32_t index);
/* Reads and checks what has come; `closed`: the connection has ended behind it. True when a notice has become
 * complete by it: everybody in all audiences has it. */
bool audience_read(audience *self, uint32_t index, bool closed);
/* The number of a reader that none is behind. */
uint32_t audience_laggard(const audience *self);
void audience_free(audience *self); /* leaves the transports open */
const haul *audience_haul(const audience *self);

#endif
