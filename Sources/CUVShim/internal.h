/* What the shim's own files share, included before anything else.
 * Names: cuv_ is public, cuv__ is between these files, static is one file's. Handles that live as long as the
 * loop stand inside cuv_loop; listener and connections are allocated, because libuv gives a handle's memory
 * back only in its close callback, a turn later. */
#ifndef CUV_INTERNAL_H
#define CUV_INTERNAL_H
#define _GNU_SOURCE /* before any system header: accept4, SO_REUSEPORT, syscall */
#include "cuv.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

typedef struct cuv__listener {
  uv_poll_t poll; /* first: the handle's address is the listener's */
  struct cuv__listener *next;
  int fd;
  uint32_t accepts_per_turn;
  bool paused; /* descriptors ran out; the next tick watches again */
  bool is_shared; /* others hold the same socket and go on with it */
} cuv__listener;

struct cuv_loop {
  uv_loop_t uv; /* uv.data is this loop */
  cuv_hooks hooks;
  uv_async_t wake;
  uv_timer_t tick;
  uv_check_t turn;
  uv_idle_t busy;
  cuv__listener *listeners; /* NULL: none */
  uint64_t accept_failures;
  bool prepares;    /* inside cuv_loop_prepare(): no hook is called */
  bool missed_wake; /* somebody called cuv_loop_wake() then */
  _Atomic uintptr_t runner;  /* the thread inside cuv_loop_run(); 0: none */
  struct cuv__tls_loop *tls; /* NULL: new connections are plain */
  uv_idle_t unread;          /* active while TLS connections hold decrypted bytes: then nobody sleeps */
};

/* 168 bytes, one malloc chunk of 176: what a connection costs here beside the kernel's share. */
struct cuv_conn {
  uv_poll_t poll; /* first: the handle's address is the connection's; poll.data is its cuv__tls or NULL */
  int fd;
  uint32_t token;
};

/* loop.c: rule 2 of cuv.h. In debug builds a call from another thread than the one that runs the loop ends the process
 * with a sentence; in others it is not checked. */
#ifdef DEBUG
void cuv__check_owner(const cuv_loop *loop, const char *call);
uintptr_t cuv__this_thread(void); /* differs between threads that exist at the same time; not 0 */
#else
static inline void cuv__check_owner(const cuv_loop *loop, const char *call) { (void)loop, (void)call; }
#endif

/* listener.c: called by the tick before the hook. */
void cuv__listener_resume(cuv_loop *loop);

/* connection.c */
int cuv__conn_poll(cuv_conn *conn, int events); /* what cuv_conn_watch() is for a plain connection */
void cuv__conn_report(cuv_conn *conn, int events);

/* tls.c, between a connection and its TLS. */
typedef struct cuv__tls cuv__tls;
int cuv__tls_open(cuv_loop *loop, cuv_conn *conn);
void cuv__tls_close(cuv__tls *tls, bool reset); /* the descriptor is still open */
int cuv__tls_watch(cuv__tls *tls, int events);
int cuv__tls_ready(cuv__tls *tls, int events); /* what is to be reported of it */
int cuv__tls_shutdown_write(cuv__tls *tls);
void cuv__tls_turn(cuv_loop *loop);  /* once per turn: reports what is held decrypted */
void cuv__tls_leave(cuv_loop *loop); /* no connection is left */

/* One descriptor's bytes in a batch of which each has its own. */
typedef struct { const uint8_t *bytes; uint32_t count; int32_t fd; } cuv__packet;

/* sender_uring.c: a ring for one batch at a time; belongs to the first thread that sends with it. */
typedef struct cuv__uring cuv__uring;
int cuv__uring_create(cuv__uring **out);
void cuv__uring_destroy(cuv__uring *ring);
ptrdiff_t cuv__uring_send_batch(cuv__uring *ring, const int32_t *fds, uint32_t fd_count, const void *bytes,
                                size_t count, cuv_exception *out);
void cuv__uring_send_packets(cuv__uring *ring, const cuv__packet *packets, uint32_t count, int32_t *results);

/* sender.c: the plain way, also the ring's way out when the kernel refuses in the middle. Entries
 * carry index + `first`. */
uint32_t cuv__plain_send_batch(const int32_t *fds, uint32_t fd_count, uint32_t first, const void *bytes,
                               size_t count, cuv_exception *out);
void cuv__plain_send_packets(const cuv__packet *packets, uint32_t count, int32_t *results);
/* Each result is the number of bytes taken (0: would block) or a negative errno. */
void cuv__send_packets(cuv_sender *sender, const cuv__packet *packets, uint32_t count, int32_t *results);

#endif
