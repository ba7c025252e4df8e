/* The floor: what remains of a broadcasting server when everything but the sends is taken away: no checks
 * that a real server owes its clients, no state of a subscriber but its descriptor.
 * main.c reads the command line, loop.c is one thread's event loop, requests.c speaks just enough HTTP,
 * log.c holds the frames, deliver.c sends them in the chosen style, ring.c is the io_uring way, tls.c the way
 * through TLS, measure.c and bookings.c (with statements.c) measure without a network. */
#ifndef FLOOR_H
#define FLOOR_H
#define _GNU_SOURCE /* before any system header: accept4, memfd_create, memmem, unshare */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef enum {
  style_each,    /* one send per subscriber and message, all of them before the POST is answered */
  style_joined,  /* one send per subscriber for all that wait when a pass begins */
  style_rolling, /* the same per slice of subscribers, with a look at the sockets between two slices */
} style;

/* The most subscribers that share a cursor in the rolling style. */
enum { subscribers_per_slice = 256, most_threads = 256 };

typedef struct {
  int port, threads;
  style style;
  bool by_ring, private_tables, only_check;
  const char *measure, *scratch;
  const char *certificate, *key; /* PEM files; NULL: no TLS */
  /* --measure bookings */
  const char *database, *statements;
  int batch, events, first_event, users, first_user;
  bool keys, only_one; /* only_one: one batch, and no figures */
  double seconds;
} options;

extern options chosen; /* main.c; constant after the start */

/* Says what failed, with errno's text, and ends the process. */
_Noreturn void die(const char *what);

/* ---- ring.c: one io_uring, of one thread ------------------------------------------------------- */
typedef struct {
  int fd;
  struct io_uring_sqe *entries;
  struct io_uring_cqe *completions;
  uint32_t *submit_tail, *complete_head, *complete_tail;
  uint32_t submit_mask, complete_mask;
} ring;

void ring_open(ring *of);
/* Sends the bytes once to each descriptor that is not negative. */
void ring_send(ring *of, const int32_t *fds, size_t fd_count, const char *bytes, size_t count);

/* ---- loop.c: one thread ------------------------------------------------------------------------ */
typedef struct part part; /* a request that has not come whole */

typedef struct {
  int poller, listener;
  int wake;             /* an eventfd that other threads write to */
  _Atomic bool is_woken; /* whether a write to it is still to be read */
  ring ring;
  int32_t *subscribers; /* by place: a descriptor, or a hole (negative, see deliver.c) */
  uint32_t places;      /* in use, holes too */
  int32_t last_hole;
  uint32_t *place_of; /* by descriptor: its place + 1; 0: no subscriber */
  part **parts;       /* by descriptor */
  struct ssl_st **tls; /* by descriptor; NULL: no TLS */
  uint64_t *cursors;  /* by slice: the seq up to which all of it has everything */
  uint32_t next_slice;
} loop;

/* Opens the listeners and starts the threads; returns the port once all of them listen. */
int loops_start(void);
/* Runs the calling thread's loop for ever. */
_Noreturn void loop_run(loop *self);
extern loop loops[most_threads];
void wake_others(const loop *self);
/* Closes a connection and forgets it. */
void drop(loop *self, int fd);

/* ---- tls.c: by descriptor, with the results and the errno of recv(2) and send(2) ---------------- */
void tls_open(const char *certificate, const char *key);
void tls_accept(loop *self, int fd);
ssize_t tls_receive(loop *self, int fd, char *into, size_t room);
/* Whether something has been received that epoll does not tell about. */
bool tls_has_more(const loop *self, int fd);
ssize_t tls_send(loop *self, int fd, const char *bytes, size_t count);
void tls_forget(loop *self, int fd);

/* ---- requests.c -------------------------------------------------------------------------------- */
/* Takes what a connection that is no subscriber has sent. */
void take_request(loop *self, int fd, const char *bytes, size_t count);
void forget_request(loop *self, int fd);

/* ---- log.c: the frames of all bookings, shared by all threads ---------------------------------- */
void log_open(void);
/* Appends the next booking's frame; returns its seq. Any thread. */
uint64_t log_append(void);
uint64_t log_last_seq(void);
/* The frames after `from` up to `to`, in one piece that stays as it is while the caller sends it. */
const char *log_between(uint64_t from, uint64_t to, size_t *count);
/* The first message of a subscription (connection_established), as a frame; returns its size. */
size_t make_welcome(char *into, size_t capacity, uint64_t seq);

/* ---- deliver.c --------------------------------------------------------------------------------- */
void subscribers_open(loop *self, uint32_t most_descriptors);
/* Makes the descriptor a subscriber; returns the seq that its first message has to name. */
uint64_t subscribe(loop *self, int fd);
void unsubscribe(loop *self, int fd);
/* Sends one slice its messages; false when all have everything. */
bool deliver(loop *self);
/* Sends bytes whole to one connection. One that is gone gets nothing more, and epoll tells. One that does not
 * take all of them at once ends the process: the load client never lets that much wait. */
void send_whole(loop *self, int fd, const char *bytes, size_t count);
/* The judgement of both senders on what became of one send: `taken` bytes or a negative errno. */
void check_sent(int64_t taken, size_t count);

/* ---- measure.c --------------------------------------------------------------------------------- */
void measure_memcpy(void);
void measure_sync(void);
double now_seconds(void);
double cpu_seconds(void); /* of this process */
void durations_forget(void);
void durations_note(double seconds);
/* Prints NAME_p50_ms and NAME_p99_ms of what was noted. */
void durations_print(const char *name);

/* ---- bookings.c -------------------------------------------------------------------------------- */
void measure_bookings(void);

#endif
