/* The io_uring way: up to 256 sends per system call, plain descriptors, every completion looked at. */
#include "floor.h"
#include <errno.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { depth = 256 };

static struct {
  int fd;
  struct io_uring_sqe *entries;
  struct io_uring_cqe *completions;
  uint32_t *submit_tail, *complete_head, *complete_tail;
  uint32_t submit_mask, complete_mask;
} ring;

static void *map(size_t size, off_t what) {
  void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd, what);
  if (at == MAP_FAILED) die("mmap of the ring");
  return at;
}

void ring_open(void) {
  struct io_uring_params params = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN};
  ring.fd = (int)syscall(SYS_io_uring_setup, depth, &params);
  if (ring.fd < 0) die("io_uring_setup");
  size_t size = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
  size_t submit_size = params.sq_off.array + params.sq_entries * sizeof(uint32_t);
  char *base = map(size > submit_size ? size : submit_size, IORING_OFF_SQ_RING);
  ring.entries = map(params.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
  ring.submit_tail = (uint32_t *)(base + params.sq_off.tail);
  ring.submit_mask = *(uint32_t *)(base + params.sq_off.ring_mask);
  ring.complete_head = (uint32_t *)(base + params.cq_off.head);
  ring.complete_tail = (uint32_t *)(base + params.cq_off.tail);
  ring.complete_mask = *(uint32_t *)(base + params.cq_off.ring_mask);
  ring.completions = (struct io_uring_cqe *)(base + params.cq_off.cqes);
  uint32_t *order = (uint32_t *)(base + params.sq_off.array);
  for (uint32_t i = 0; i < params.sq_entries; i++) order[i] = i;
}

static void queue_all(const int32_t *fds, uint32_t fd_count, const void *bytes, size_t count) {
  uint32_t tail = *ring.submit_tail;
  for (uint32_t i = 0; i < fd_count; i++) {
    struct io_uring_sqe *entry = &ring.entries[(tail + i) & ring.submit_mask];
    memset(entry, 0, sizeof *entry);
    entry->opcode = IORING_OP_SEND;
    entry->fd = fds[i];
    entry->addr = (uint64_t)(uintptr_t)bytes;
    entry->len = (uint32_t)count;
    entry->msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  }
  __atomic_store_n(ring.submit_tail, tail + fd_count, __ATOMIC_RELEASE);
}

static void check_all(uint32_t expected, size_t count) {
  uint32_t head = *ring.complete_head;
  uint32_t tail = __atomic_load_n(ring.complete_tail, __ATOMIC_ACQUIRE);
  if (tail - head != expected) die("io_uring: completions are missing");
  for (uint32_t at = head; at != tail; at++) {
    int32_t result = ring.completions[at & ring.complete_mask].res;
    if (result == (int32_t)count) continue;
    errno = result < 0 ? -result : EAGAIN;
    die("io_uring send");
  }
  __atomic_store_n(ring.complete_head, tail, __ATOMIC_RELEASE);
}

void ring_broadcast(const int32_t *fds, size_t fd_count, const void *bytes, size_t count) {
  for (size_t first = 0; first < fd_count; first += depth) {
    uint32_t portion = fd_count - first < depth ? (uint32_t)(fd_count - first) : depth;
    queue_all(fds + first, portion, bytes, count);
    long taken = syscall(SYS_io_uring_enter, ring.fd, portion, portion, IORING_ENTER_GETEVENTS, NULL, 0);
    if (taken != (long)portion) die("io_uring_enter");
    check_all(portion, count);
  }
}
