/* What the attacks send. */
#ifndef ATTACK_BURSTS_H
#define ATTACK_BURSTS_H
#include "options.h"
#include <stddef.h>

typedef struct {
  const char *bytes;
  size_t count;
} burst;

typedef struct {
  const char *name;
  uint32_t connections;
  bool is_websocket;
  bool is_single;       /* a connection sends one burst, and then rests */
  bool goes_by_answers; /* the next burst is made from what came back */
  /* The next burst of a connection. `answer` is what came back, when the burst is made from it; else NULL. */
  burst (*next)(uint32_t connection, const char *answer, size_t count);
} kind;

/* The kind that --attack names. Gives up when there is none. */
const kind *kind_of(const options *chosen);
burst upgrade_request(void);

#endif
