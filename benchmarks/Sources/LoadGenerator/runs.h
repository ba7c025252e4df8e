/* The modes with subscribers: when bookings are made, and when figures are read. */
#ifndef RUNS_H
#define RUNS_H
#include "histogram.h"
#include "meter.h"
#include "options.h"
#include <stdbool.h>

typedef struct {
  int64_t wall;         /* from the beginning of what is measured until all of it had arrived */
  int64_t cpu;          /* the server's in that time */
  int64_t answered;     /* rush: until the last booking was answered */
  uint32_t broadcasts;  /* bookings sold */
  memory before, after; /* the server's, without a subscriber and at the end */
  bool quiet;           /* idle: the server had nothing to do when `after` was read */
} outcome;

/* How many bookings are measured. */
uint32_t measured_broadcasts(const options *chosen);
outcome run(const options *chosen);

#endif
