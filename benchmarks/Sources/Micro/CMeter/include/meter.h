/* What a measurement needs and Swift does not have: a look at a value that the compiler cannot see through, and
 * a count of allocations. */
#ifndef METER_H
#define METER_H
#include <stddef.h>
#include <stdint.h>

/* The compiler must assume that the bytes behind `value` are read and changed here: what they are has to be in
 * memory before, and nothing that was known of them is known after. Costs no instruction of its own. */
static inline void meter_touch(void *value) { __asm__ volatile("" : : "r"(value) : "memory"); }

/* Blocks that the calling thread has asked the heap for so far, reallocations included. */
uint64_t meter_allocations(void);

/* A compressor that belongs to one connection; NULL: no memory. */
typedef struct meter_ordinary meter_ordinary;
meter_ordinary *meter_ordinary_create(void);
void meter_ordinary_destroy(meter_ordinary *ordinary);
/* The next message of the connection; bytes of it, or 0: it does not fit. */
size_t meter_ordinary_deflate(meter_ordinary *ordinary, const uint8_t *text, size_t count, uint8_t *into, size_t room);

#endif
