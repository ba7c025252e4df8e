/* The requests of the modes book and get, put together as they go out. */
#ifndef REQUESTS_H
#define REQUESTS_H
#include "options.h"
#include <stddef.h>

typedef struct {
  const char *bytes; /* until the next call */
  size_t count;
  bool is_booking;
  uint32_t event; /* its place among the events, from 0 */
} request;

void requests_open(const options *chosen);
/* The next one: users and events come in turn. */
request next_request(void);

#endif
