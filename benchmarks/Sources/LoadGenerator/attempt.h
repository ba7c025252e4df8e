/* One client on its way to a subscription: TCP connection, TLS when wanted, upgrade, first message. Nothing
 * here blocks, so a thread has many under way. */
#ifndef ATTEMPT_H
#define ATTEMPT_H
#include "options.h"
#include "transport.h"
#include <stddef.h>

enum { attempt_capacity = 8192 };

typedef struct {
  transport way;
  uint32_t number;  /* of the client; chooses its address, and stands in errors */
  bool asked;       /* the upgrade has been sent */
  uint64_t seq;     /* when done: at which it begins */
  size_t rest, count; /* when done: what came behind the first message stands at bytes[rest..<count] */
  char bytes[attempt_capacity];
} attempt;

void attempts_prepare(const options *chosen);

/* Connects, and asks at once when the connection stands at once. Watches the descriptor with this tag,
 * edge-triggered. */
void attempt_start(attempt *fresh, uint32_t number, int poller, uint64_t tag);
/* After readiness. True when the subscription stands. Gives up when it is refused. */
bool attempt_goes_on(attempt *one);

/* A socket that connects from the loopback address 127.0.0.1 + `address`. `window`: its receive buffer; 0: as it is. */
int dial_from(uint32_t address, int flags, int window);
/* The same for a client: each address has some 28,000 ports, so the clients are spread over many. */
int dial(uint32_t number, int flags);
void watch(int poller, int fd, uint32_t events, uint64_t tag);

#endif
