/* The command line. */
#ifndef OPTIONS_H
#define OPTIONS_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef enum {
  mode_closed, mode_rate, mode_rush, mode_connect, mode_handshakes, mode_idle, /* with subscribers: runs.c */
  mode_book, mode_get,                                                         /* without: clients.c */
  mode_attack,                                                                 /* attack.c */
  mode_sale,                                                                   /* sale.c */
} mode;

typedef struct {
  mode mode;
  uint32_t port;
  uint32_t server;           /* process whose CPU time and memory are read; 0: none */
  uint32_t seconds;          /* after this the whole run has failed */
  const char *token;         /* NULL: no Authorization */
  const char *event;
  const char *subscribe_path, *publish_path;
  uint32_t threads;          /* that receive; the first one also books */
  uint32_t private_tables;   /* each thread has its own descriptor table (0 or 1) */
  uint32_t publishes_notice; /* the notice itself is posted, not a booking (0 or 1) */
  uint32_t speaks_tls;       /* every connection (0 or 1) */
  uint32_t measures_gaps;    /* the longest silence of each reader is told (0 or 1) */
  uint32_t without_welcome;  /* the server sends no first message; seq begins at 0 (0 or 1) */
  uint32_t pace;             /* what subscribers ask for: notices per second at most; 0: nothing is asked */
  uint32_t subscribers;
  uint32_t stalled;          /* of them: the last ones, which never read after their first message */
  uint32_t concurrency;      /* connections that are being opened at a time */
  uint32_t warm_up;          /* bookings before those that are measured */
  uint32_t broadcasts;       /* bookings that are measured */
  uint32_t outstanding;      /* closed: bookings whose notice has not reached all readers yet */
  uint32_t bookers;          /* connections that book */
  double rate;               /* bookings per second */
  uint32_t connects;         /* clients that come while others listen */
  double per_second;         /* and how many of them */

  /* book, get, attack and sale; --connections are `subscribers`, --rate 0 (the default there) is a closed loop */
  double warm_up_seconds, measured_seconds;
  uint32_t requests;         /* a closed loop sends so many and ends; 0: it goes by time */
  const char *tokens;        /* a file with a token of a user in each line, used in turn; NULL: `token` */
  const char *path;
  uint32_t holds;            /* each booking is a hold (0 or 1) */
  uint32_t types, first_type; /* of tickets, used in turn; 0: bookings name none */
  const char *then;          /* what becomes of each booking: confirm or cancel; NULL: nothing */
  uint32_t events;           /* with consecutive ids from `event` on, used in turn */
  uint32_t with_keys;        /* each booking has an Idempotency-Key (0 or 1) */
  uint32_t with_others;      /* others change the same events (0 or 1) */
  uint32_t capacity;         /* free seats of each event: then 409 is right, too; 0: not known */
  uint32_t expect, or_else;  /* the status of every answer; another one that is right, too, or 0 */
  const char *type;          /* a text in the body of every expected answer; NULL: any */
  uint32_t addresses, first_address; /* connections come from 127.0.0.1 + first_address and the following */
  const char *attack;        /* its kind */
} options;

extern const char *const mode_names[];
void read_options(int count, char **words, options *into);

#endif
