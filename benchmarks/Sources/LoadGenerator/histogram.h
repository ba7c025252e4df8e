/* A log-linear histogram after HdrHistogram: 1,024 buckets for every doubling, so that each value is known to
 * one part in 1,024 (three digits) from a nanosecond to an hour, at 8 bytes a bucket. One thread writes;
 * histograms of several threads are merged when they have ended. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H
#include <stdint.h>

enum {
  bucket_bits = 10,
  highest_bit = 42, /* 2^42 ns are 73 minutes; what is longer counts as that */
  bucket_count = (highest_bit - bucket_bits + 1) << bucket_bits
};

typedef struct {
  uint64_t total;
  int64_t highest; /* exactly */
  uint64_t counts[bucket_count];
} histogram;

histogram *histogram_new(void);
/* The bucket of a value that is not negative, and the value in that bucket's middle. */
uint32_t bucket_of(int64_t value);
int64_t middle_of(uint32_t bucket);
/* A negative value (clocks that differ) counts as 0. */
void record(histogram *into, int64_t value);
void merge(histogram *into, const histogram *other);
/* The value that this share (0.5: the median) of all values do not exceed; 0 when there are none. */
int64_t quantile(const histogram *of, double share);

#endif
