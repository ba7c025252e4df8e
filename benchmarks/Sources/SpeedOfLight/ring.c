/* The io_uring way: up to 256 sends per system call, plain descriptors, every completion looked at. */
#include "floor.h"
#include <errno.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { depth = 256 };

static void *map(const ring *of, size_t size, off_t what) {
  void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, of->fd, what);
  if (at == MAP_FAILED) die("mmap of the ring");
  return at;
}

/* What is the same in every send is written once. */
static void prepare_entries(ring *of, uint32_t *order, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    order[i] = i;
    of->entries[i] = (struct io_uring_sqe){.opcode = IORING_OP_SEND};
    of->entries[i].msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  }
}

void ring_open(ring *of) {
  struct io_uring_params params = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN};
  of->fd = (int)syscall(SYS_io_uring_setup, depth, &params);
  if (of->fd < 0) die("io_uring_setup");
  size_t size = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
  size_t submit_size = params.sq_off.array + params.sq_entries * sizeof(uint32_t);
  char *base = map(of, size > submit_size ? size : submit_size, IORING_OFF_SQ_RING);
  of->entries = map(of, params.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
  of->submit_tail = (uint32_t *)(base + params.sq_off.tail);
  of->submit_mask = *(uint32_t *)(base + params.sq_off.ring_mask);
  of->complete_head = (uint32_t *)(base + params.cq_off.head);
  of->complete_tail = (uint32_t *)(base + params.cq_off.tail);
  of->complete_mask = *(uint32_t *)(base + params.cq_off.ring_mask);
  of->completions = (struct io_uring_cqe *)(base + params.cq_off.cqes);
  prepare_entries(of, (uint32_t *)(base + params.sq_off.array), params.sq_entries);
}

/* Queues sends until the ring is full; returns how many descriptors it has used up. */
static size_t queue(ring *of, const int32_t *fds, size_t fd_count, const char *bytes, size_t count,
                    uint32_t *queued) {
  uint32_t tail = *of->submit_tail;
  size_t used = 0;
  for (*queued = 0; used < fd_count && *queued < depth; used++) {
    if (fds[used] < 0) continue;
    struct io_uring_sqe *entry = &of->entries[tail++ & of->submit_mask];
    entry->fd = fds[used];
    entry->addr = (uint64_t)(uintptr_t)bytes;
    entry->len = (uint32_t)count;
    *queued += 1;
  }
  __atomic_store_n(of->submit_tail, tail, __ATOMIC_RELEASE);
  return used;
}

static void check_all(ring *of, uint32_t expected, size_t count) {
  uint32_t head = *of->complete_head;
  uint32_t tail = __atomic_load_n(of->complete_tail, __ATOMIC_ACQUIRE);
  if (tail - head != expected) die("io_uring: completions are missing");
  for (uint32_t at = head; at != tail; at++) check_sent(of->completions[at & of->complete_mask].res, count);
  __atomic_store_n(of->complete_head, tail, __ATOMIC_RELEASE);
}

void ring_send(ring *of, const int32_t *fds, size_t fd_count, const char *bytes, size_t count) {
  for (size_t used = 0; used < fd_count;) {
    uint32_t queued;
    used += queue(of, fds + used, fd_count - used, bytes, count, &queued);
    if (queued == 0) continue;
    long taken = syscall(SYS_io_uring_enter, of->fd, queued, queued, IORING_ENTER_GETEVENTS, NULL, 0);
    if (taken != (long)queued) die("io_uring_enter");
    check_all(of, queued, count);
  }
}
