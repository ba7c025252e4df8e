/* Values below 2^11 have a bucket each; above, a value's ten bits behind its highest one choose the
 * bucket. */
#include "histogram.h"
#include "meter.h"
#include <stdlib.h>

static const int64_t longest = ((int64_t)1 << highest_bit) - 1;

histogram *histogram_new(void) {
  histogram *fresh = calloc(1, sizeof *fresh);
  if (!fresh) give_up("no memory");
  return fresh;
}

uint32_t bucket_of(int64_t value) {
  uint32_t highest = 63 - (uint32_t)__builtin_clzll((uint64_t)value | 1);
  uint32_t shift = highest > bucket_bits ? highest - bucket_bits : 0;
  return (shift << bucket_bits) + (uint32_t)(value >> shift);
}

int64_t middle_of(uint32_t bucket) {
  uint32_t doubling = bucket >> bucket_bits;
  uint32_t shift = doubling > 1 ? doubling - 1 : 0;
  int64_t lowest = (int64_t)(bucket - (shift << bucket_bits)) << shift;
  return lowest + ((((int64_t)1 << shift) - 1) >> 1);
}

void record(histogram *into, int64_t value) {
  if (value < 0) value = 0;
  if (value > into->highest) into->highest = value;
  into->counts[bucket_of(value < longest ? value : longest)] += 1;
  into->total += 1;
}

void merge(histogram *into, const histogram *other) {
  for (uint32_t i = 0; i < bucket_count; i++) into->counts[i] += other->counts[i];
  into->total += other->total;
  if (other->highest > into->highest) into->highest = other->highest;
}

int64_t quantile(const histogram *of, double share) {
  if (of->total == 0) return 0;
  uint64_t rank = (uint64_t)(share * (double)(of->total - 1)) + 1, passed = 0;
  if (rank == of->total) return of->highest;
  for (uint32_t i = 0; i < bucket_count; i++) {
    passed += of->counts[i];
    if (passed >= rank) return middle_of(i) < of->highest ? middle_of(i) : of->highest;
  }
  return of->highest; /* not reached: the counts add up to the total */
}
