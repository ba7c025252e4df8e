/* The requests of the modes book, get and sale, put together as they go out. */
#ifndef REQUESTS_H
#define REQUESTS_H
#include "options.h"
#include <stddef.h>

typedef struct {
  const char *bytes; /* until the next call */
  size_t count;
  bool is_booking;
  bool is_follow_up; /* confirms or cancels a booking */
  uint32_t user;     /* its place among the tokens */
  uint32_t event;    /* its place among the events, from 0 */
} request;

void requests_open(const options *chosen);
/* The next one: users and events come in turn. */
request next_request(void);
/* The same user confirms or cancels (--then) this booking. */
request follow_up(uint32_t user, const char *booking);
/* The first booking of a user, and each retry of it: with one Idempotency-Key. */
request booking_of(uint32_t user);
uint32_t user_count(void);

#endif
