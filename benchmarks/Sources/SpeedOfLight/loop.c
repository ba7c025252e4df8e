/* One thread: its own epoll, its own listener (SO_REUSEPORT shares the connections out), its own subscribers
 * and, on request, its own table of descriptors, so that the process is not bound by the limit of one table.
 * Listeners and eventfds are made before the threads: every table then has them under the same numbers. */
#include "floor.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { events_per_turn = 512, accepts_per_turn = 64, stack_size = 256 * 1024 };

loop loops[most_threads];
static uint32_t most_descriptors;

/* ---- connections ------------------------------------------------------------------------------- */

static void watch(const loop *self, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(self->poller, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

void drop(loop *self, int fd) {
  unsubscribe(self, fd);
  forget_request(self, fd);
  if (self->tls) tls_forget(self, fd);
  close(fd);
}

static void accept_some(loop *self) {
  for (int i = 0; i < accepts_per_turn; i++) {
    int fd = accept4(self->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && errno == EAGAIN) return;
    if (fd < 0) die("accept");
    if (self->tls) tls_accept(self, fd);
    watch(self, fd);
  }
}

/* False when nothing has come, or the connection was dropped. */
static bool read_once(loop *self, int fd) {
  char bytes[4096];
  ssize_t count = self->tls ? tls_receive(self, fd, bytes, sizeof bytes) : recv(fd, bytes, sizeof bytes, 0);
  if (count < 0 && errno == EAGAIN) return false;
  /* Of what a subscriber sends only a close frame matters (RFC 6455 section 5.5.1). */
  bool ends = count <= 0 || (self->place_of[fd] && (bytes[0] & 15) == 8);
  if (ends) drop(self, fd);
  else if (!self->place_of[fd]) take_request(self, fd, bytes, (size_t)count);
  return !ends;
}

static void read_from(loop *self, int fd) {
  while (read_once(self, fd) && self->tls && tls_has_more(self, fd)) {}
}

/* ---- between threads --------------------------------------------------------------------------- */

void wake_others(const loop *self) {
  static const uint64_t one = 1;
  for (int i = 0; i < chosen.threads; i++) {
    loop *other = &loops[i];
    if (other == self || atomic_exchange(&other->is_woken, true)) continue;
    if (write(other->wake, &one, sizeof one) != sizeof one) die("write to an eventfd");
  }
}

static void take_wake(loop *self) {
  uint64_t count;
  if (read(self->wake, &count, sizeof count) != sizeof count) die("read of an eventfd");
  atomic_store(&self->is_woken, false); /* before the log is looked at: what comes later wakes again */
}

/* ---- the loop ---------------------------------------------------------------------------------- */

static void turn(loop *self, bool wait) {
  struct epoll_event events[events_per_turn];
  int count = epoll_wait(self->poller, events, events_per_turn, wait ? -1 : 0);
  if (count < 0 && errno != EINTR) die("epoll_wait");
  for (int i = 0; i < count; i++) {
    int fd = events[i].data.fd;
    if (fd == self->listener) accept_some(self);
    else if (fd == self->wake) take_wake(self);
    else read_from(self, fd);
  }
}

void loop_run(loop *self) {
  if (chosen.private_tables && unshare(CLONE_FILES) != 0) die("unshare");
  self->poller = epoll_create1(EPOLL_CLOEXEC);
  if (self->poller < 0) die("epoll_create1");
  if (chosen.by_ring) ring_open(&self->ring);
  subscribers_open(self, most_descriptors);
  if (!(self->parts = calloc(most_descriptors, sizeof *self->parts))) die("calloc");
  if (chosen.certificate && !(self->tls = calloc(most_descriptors, sizeof *self->tls))) die("calloc");
  watch(self, self->listener);
  watch(self, self->wake);
  for (;;) turn(self, !deliver(self));
}

static void *thread_main(void *self) { loop_run(self); }

/* ---- start ------------------------------------------------------------------------------------- */

static int listen_on(int port, int *bound) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int yes = 1, is_shared = chosen.threads > 1;
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) die("socket");
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &is_shared, sizeof is_shared) != 0) die("SO_REUSEPORT");
  /* Accepted sockets inherit it, which saves a call for each. */
  if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) != 0) die("TCP_NODELAY");
  if (bind(fd, (struct sockaddr *)&at, size) != 0 || listen(fd, 4096) != 0) die("listen");
  if (getsockname(fd, (struct sockaddr *)&at, &size) != 0) die("getsockname");
  *bound = ntohs(at.sin_port);
  return fd;
}

static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) die("getrlimit");
  limit.rlim_cur = limit.rlim_max < 1 << 20 ? limit.rlim_max : 1 << 20;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) die("setrlimit");
  most_descriptors = (uint32_t)limit.rlim_cur;
}

int loops_start(void) {
  int port = chosen.port;
  raise_descriptor_limit();
  for (int i = 0; i < chosen.threads; i++) {
    loops[i].listener = listen_on(port, &port);
    loops[i].wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loops[i].wake < 0) die("eventfd");
  }
  pthread_attr_t small;
  if (pthread_attr_init(&small) != 0) die("pthread_attr_init");
  if (pthread_attr_setstacksize(&small, stack_size) != 0) die("pthread_attr_setstacksize");
  for (int i = 1; i < chosen.threads; i++) {
    pthread_t thread;
    if ((errno = pthread_create(&thread, &small, thread_main, &loops[i])) != 0) die("pthread_create");
  }
  return port;
}
