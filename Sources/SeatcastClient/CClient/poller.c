// epoll and eventfd (Linux), under the few names that the library needs. Thread: the set belongs to the network
// thread; `cc_wake` may be called by any.
#include "cclient.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static uint32_t flags_of(int interest) {
  return (interest & CC_READABLE ? EPOLLIN : 0u) | (interest & CC_WRITABLE ? EPOLLOUT : 0u);
}

int cc_poll_new(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int set, int operation, int descriptor, uint64_t key, int interest) {
  struct epoll_event event = {.events = flags_of(interest), .data.u64 = key};
  return epoll_ctl(set, operation, descriptor, &event);
}

int cc_poll_add(int set, int descriptor, uint64_t key, int interest) {
  return control(set, EPOLL_CTL_ADD, descriptor, key, interest);
}

int cc_poll_change(int set, int descriptor, uint64_t key, int interest) {
  return control(set, EPOLL_CTL_MOD, descriptor, key, interest);
}

int cc_poll_remove(int set, int descriptor) {
  return epoll_ctl(set, EPOLL_CTL_DEL, descriptor, NULL);
}

int cc_poll_wait(int set, cc_event *events, int count, int milliseconds) {
  struct epoll_event found[256];
  if (count > 256) count = 256;
  int number = epoll_wait(set, found, count, milliseconds);
  if (number < 0) return 0;
  for (int index = 0; index < number; index++) {
    uint32_t flags = found[index].events;
    int broken = flags & (EPOLLERR | EPOLLHUP);
    events[index].key = found[index].data.u64;
    events[index].ready =
        (flags & EPOLLIN || broken ? CC_READABLE : 0) | (flags & EPOLLOUT || broken ? CC_WRITABLE : 0);
  }
  return number;
}

int cc_wake_new(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void cc_wake(int descriptor) {
  uint64_t one = 1;
  // A counter that is full is readable already.
  ssize_t written = write(descriptor, &one, sizeof one);
  (void)written;
}

void cc_wake_clear(int descriptor) {
  uint64_t count;
  ssize_t taken = read(descriptor, &count, sizeof count);
  (void)taken;
}
