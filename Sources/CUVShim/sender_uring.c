/* The batch send through io_uring, by raw system calls
 * (docs/decisions/0001-io-uring-by-raw-system-calls.md). Up to 256 sends are queued, submitted and waited for
 * in one system call. MSG_DONTWAIT makes the kernel finish each of them inside that call, so the ring is empty
 * between batches. Every send yields a completion: with IOSQE_CQE_SKIP_SUCCESS a short send would count as a
 * success and go unseen. The ring belongs to the first thread that sends with it (IORING_SETUP_SINGLE_ISSUER). */
#include "internal.h"
#include <errno.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { depth = 256, no_result_yet = INT32_MIN };

struct cuv__uring {
  int fd;
  bool disabled; /* until the first batch, which makes its thread the only issuer */
  void *rings;   /* both rings in one mapping (IORING_FEAT_SINGLE_MMAP, Linux 5.4) */
  size_t rings_size;
  struct io_uring_sqe *entries;
  size_t entries_size;
  uint32_t *submit_tail, submit_mask;
  uint32_t *complete_head, *complete_tail, complete_mask;
  struct io_uring_cqe *completions;
  int32_t results[depth];
};

/* ---- system calls ------------------------------------------------------------------------------ */

static int ring_setup(struct io_uring_params *params) {
  long fd = syscall(SYS_io_uring_setup, depth, params);
  return fd < 0 ? -errno : (int)fd;
}

static int ring_enter(int fd, uint32_t submit, uint32_t wait_for) {
  long submitted = syscall(SYS_io_uring_enter, fd, submit, wait_for, IORING_ENTER_GETEVENTS, NULL, 0);
  return submitted < 0 ? -errno : (int)submitted;
}

static int ring_enable(int fd) {
  return syscall(SYS_io_uring_register, fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0) < 0 ? -errno : 0;
}

/* ---- creating ---------------------------------------------------------------------------------- */

static int set_up(struct cuv__uring *ring, struct io_uring_params *params) {
  *params = (struct io_uring_params){.flags = IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN |
                                              IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_R_DISABLED};
  ring->fd = ring_setup(params);
  ring->disabled = ring->fd >= 0;
  if (ring->fd == -EINVAL) { /* before Linux 6.0 */
    *params = (struct io_uring_params){0};
    ring->fd = ring_setup(params);
  }
  if (ring->fd < 0) return ring->fd;
  return params->features & IORING_FEAT_SINGLE_MMAP ? 0 : -ENOSYS;
}

static void *map(int fd, size_t size, off_t what) {
  return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);
}

static int map_rings(struct cuv__uring *ring, const struct io_uring_params *params) {
  size_t submit_end = params->sq_off.array + params->sq_entries * sizeof(uint32_t);
  size_t complete_end = params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe);
  ring->rings_size = submit_end > complete_end ? submit_end : complete_end;
  ring->rings = map(ring->fd, ring->rings_size, IORING_OFF_SQ_RING);
  if (ring->rings == MAP_FAILED) return -errno;
  ring->entries_size = params->sq_entries * sizeof(struct io_uring_sqe);
  ring->entries = map(ring->fd, ring->entries_size, IORING_OFF_SQES);
  if (ring->entries == MAP_FAILED) return -errno;

  char *base = ring->rings;
  ring->submit_tail = (uint32_t *)(base + params->sq_off.tail);
  ring->submit_mask = *(uint32_t *)(base + params->sq_off.ring_mask);
  ring->complete_head = (uint32_t *)(base + params->cq_off.head);
  ring->complete_tail = (uint32_t *)(base + params->cq_off.tail);
  ring->complete_mask = *(uint32_t *)(base + params->cq_off.ring_mask);
  ring->completions = (struct io_uring_cqe *)(base + params->cq_off.cqes);
  /* Entry i always stands at place i; the kernel's indirection is not needed. */
  uint32_t *order = (uint32_t *)(base + params->sq_off.array);
  for (uint32_t i = 0; i < params->sq_entries; i++) order[i] = i;
  return 0;
}

static int open_ring(cuv__uring **out) {
  cuv__uring *ring = calloc(1, sizeof *ring);
  if (!ring) return -ENOMEM;
  ring->rings = MAP_FAILED;
  ring->entries = MAP_FAILED;
  struct io_uring_params params;
  int failure = set_up(ring, &params);
  if (!failure) failure = map_rings(ring, &params);
  if (failure) {
    cuv__uring_destroy(ring);
    return failure;
  }
  *out = ring;
  return 0;
}

void cuv__uring_destroy(cuv__uring *ring) {
  if (!ring) return;
  if (ring->entries != MAP_FAILED) (void)munmap(ring->entries, ring->entries_size);
  if (ring->rings != MAP_FAILED) (void)munmap(ring->rings, ring->rings_size);
  if (ring->fd >= 0) (void)close(ring->fd);
  free(ring);
}

/* ---- sending ----------------------------------------------------------------------------------- */

/* The i-th behind those that the kernel has been shown. */
static void prepare(cuv__uring *ring, uint32_t i, int32_t fd, const void *bytes, uint32_t count) {
  struct io_uring_sqe *entry = &ring->entries[(*ring->submit_tail + i) & ring->submit_mask];
  memset(entry, 0, sizeof *entry);
  entry->opcode = IORING_OP_SEND;
  entry->fd = fd;
  entry->addr = (uint64_t)(uintptr_t)bytes;
  entry->len = count;
  entry->msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  entry->user_data = i;
  ring->results[i] = no_result_yet;
}

static void show(cuv__uring *ring, uint32_t count) {
  uint32_t tail = *ring->submit_tail; /* only this thread writes it */
  __atomic_store_n(ring->submit_tail, tail + count, __ATOMIC_RELEASE); /* read by the kernel in enter */
}

static void queue_sends(cuv__uring *ring, const int32_t *fds, uint32_t fd_count, const void *bytes,
                        size_t count) {
  for (uint32_t i = 0; i < fd_count; i++) prepare(ring, i, fds[i], bytes, (uint32_t)count);
  show(ring, fd_count);
}

static void queue_packets(cuv__uring *ring, const cuv__packet *packets, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) prepare(ring, i, packets[i].fd, packets[i].bytes, packets[i].count);
  show(ring, count);
}

static uint32_t reap(cuv__uring *ring) {
  uint32_t head = *ring->complete_head; /* only this thread writes it */
  uint32_t tail = __atomic_load_n(ring->complete_tail, __ATOMIC_ACQUIRE); /* written by the kernel */
  for (uint32_t at = head; at != tail; at++) {
    const struct io_uring_cqe *completion = &ring->completions[at & ring->complete_mask];
    if (completion->user_data < depth) ring->results[completion->user_data] = completion->res;
  }
  __atomic_store_n(ring->complete_head, tail, __ATOMIC_RELEASE);
  return tail - head;
}

/* Submits what is queued and waits until all of it has completed. Returns how many sends the kernel took over:
 * fewer than fd_count only when it refuses to take more, and then the rest is taken out of the queue. */
static uint32_t submit_all(cuv__uring *ring, uint32_t fd_count) {
  uint32_t submitted = 0, completed = 0;
  bool refused = false;
  while (completed < submitted || (submitted < fd_count && !refused)) {
    uint32_t left = refused ? 0 : fd_count - submitted;
    int taken = ring_enter(ring->fd, left, submitted + left - completed);
    completed += reap(ring);
    if (taken == -EINTR) continue;
    if (taken > 0) submitted += (uint32_t)taken;
    else if (left > 0) refused = true;
    else if (taken < 0) break; /* not even waiting works: the ring is unusable */
  }
  if (submitted < fd_count)
    __atomic_store_n(ring->submit_tail, *ring->submit_tail - (fd_count - submitted), __ATOMIC_RELEASE);
  return submitted;
}

static int32_t told(int32_t result) {
  if (result == no_result_yet) return -EIO;
  return result == -EAGAIN ? 0 : result;
}

static uint32_t collect(const cuv__uring *ring, uint32_t fd_count, uint32_t first, size_t count,
                        cuv_exception *out) {
  uint32_t exceptions = 0;
  for (uint32_t i = 0; i < fd_count; i++) {
    if (ring->results[i] == (int32_t)count) continue;
    int32_t result = told(ring->results[i]);
    out[exceptions++] = (cuv_exception){.index = first + i, .result = result};
  }
  return exceptions;
}

static uint32_t send_portion(cuv__uring *ring, const int32_t *fds, uint32_t fd_count, uint32_t first,
                             const void *bytes, size_t count, cuv_exception *out) {
  queue_sends(ring, fds, fd_count, bytes, count);
  uint32_t submitted = submit_all(ring, fd_count);
  uint32_t exceptions = collect(ring, submitted, first, count, out);
  return exceptions + cuv__plain_send_batch(fds + submitted, fd_count - submitted, first + submitted, bytes,
                                            count, out + exceptions);
}

static bool is_enabled(cuv__uring *ring) {
  if (ring->disabled && ring_enable(ring->fd) == 0) ring->disabled = false;
  return !ring->disabled;
}

void cuv__uring_send_packets(cuv__uring *ring, const cuv__packet *packets, uint32_t count, int32_t *results) {
  if (!is_enabled(ring)) return cuv__plain_send_packets(packets, count, results);
  for (uint32_t first = 0; first < count;) {
    uint32_t portion = count - first < depth ? count - first : depth;
    queue_packets(ring, packets + first, portion);
    uint32_t submitted = submit_all(ring, portion);
    for (uint32_t i = 0; i < submitted; i++) results[first + i] = told(ring->results[i]);
    cuv__plain_send_packets(packets + first + submitted, portion - submitted, results + first + submitted);
    first += portion;
  }
}

ptrdiff_t cuv__uring_send_batch(cuv__uring *ring, const int32_t *fds, uint32_t fd_count, const void *bytes,
                                size_t count, cuv_exception *out) {
  if (!is_enabled(ring)) return cuv__plain_send_batch(fds, fd_count, 0, bytes, count, out);
  uint32_t exceptions = 0;
  for (uint32_t first = 0; first < fd_count;) {
    uint32_t portion = fd_count - first < depth ? fd_count - first : depth;
    exceptions += send_portion(ring, fds + first, portion, first, bytes, count, out + exceptions);
    first += portion;
  }
  return exceptions;
}

/* ---- probing ----------------------------------------------------------------------------------- */

static int try_send(cuv__uring *ring) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) return -errno;
  queue_sends(ring, &pair[0], 1, "?", 1);
  bool sent = submit_all(ring, 1) == 1 && ring->results[0] == 1;
  char received = 0;
  bool arrived = cuv_recv(pair[1], &received, 1) == 1 && received == '?';
  (void)close(pair[0]);
  (void)close(pair[1]);
  return sent && arrived ? 0 : -ENOSYS;
}

/* A sandbox may allow the ring and refuse the send, so the answer comes from a real one. The ring that has sent
 * belongs to this thread; the caller, whose batches may come from another, gets a fresh one. */
static int probe(void) {
  cuv__uring *ring;
  int failure = open_ring(&ring);
  if (failure) return failure;
  failure = ring->disabled ? ring_enable(ring->fd) : 0;
  if (!failure) failure = try_send(ring);
  cuv__uring_destroy(ring);
  return failure;
}

int cuv__uring_create(cuv__uring **out) {
  int failure = probe();
  return failure ? failure : open_ring(out);
}
