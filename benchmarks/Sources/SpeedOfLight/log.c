/* The frames of the last bookings, one behind the other in one ring of bytes. The ring is mapped twice in a
 * row, so that whatever lies between two messages is one piece: joining messages costs no copy.
 * Writers take a lock; a reader needs none: what it sees behind last_seq is complete. */
#include "floor.h"
#include <pthread.h>
#include <stdio.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum {
  most_messages = 8192,
  largest_frame = 256,
  capacity = most_messages * largest_frame, /* so that the bytes never run out before the messages */
};

static char *bytes;
static uint64_t ends[most_messages]; /* by seq % most_messages: where in the stream of bytes its frame ends */
static _Atomic uint64_t last_seq;
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;

void log_open(void) {
  int memory = memfd_create("frames", MFD_CLOEXEC);
  if (memory < 0 || ftruncate(memory, capacity) != 0) die("memfd_create");
  bytes = mmap(NULL, 2 * (size_t)capacity, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (bytes == MAP_FAILED) die("mmap");
  for (int half = 0; half < 2; half++) {
    char *at = bytes + half * (size_t)capacity;
    if (mmap(at, capacity, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, memory, 0) != at) die("mmap");
  }
  close(memory);
}

/* ---- frames ------------------------------------------------------------------------------------ */

/* Puts the head before a text of 126 to 65,535 bytes that stands at into + 4 (RFC 6455 section 5.2). */
static size_t frame(char *into, size_t text_count) {
  if (text_count < 126 || text_count > 65535) die("frame");
  into[0] = (char)0x81; /* FIN, text */
  into[1] = 126;
  into[2] = (char)(text_count >> 8);
  into[3] = (char)text_count;
  return text_count + 4;
}

/* The text has the members that seatcast's booking_created has, so both frames have the same size. */
static size_t make_frame(char *into, uint64_t seq) {
  struct timespec now;
  struct tm date;
  char timestamp[32];
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &date);
  strftime(timestamp, sizeof timestamp, "%Y-%m-%dT%H:%M:%S", &date);
  int count = snprintf(into + 4, largest_frame - 4,
                       "{\"type\":\"booking_created\",\"eventId\":3,\"bookingId\":\"BK-%08X\",\"userId\":4,"
                       "\"quantity\":1,\"availableSeats\":%llu,\"seatCapacity\":1000000,"
                       "\"timestamp\":\"%s.%03ldZ\",\"seq\":%llu}",
                       0x9e3779b9U * (unsigned)(seq + 1), 1000000 - (unsigned long long)seq, timestamp,
                       now.tv_nsec / 1000000, (unsigned long long)seq);
  if (count < 0 || count >= largest_frame - 4) die("make_frame");
  return frame(into, (size_t)count);
}

size_t make_welcome(char *into, size_t room, uint64_t seq) {
  int count = snprintf(into + 4, room - 4,
                       "{\"type\":\"connection_established\",\"clientId\":\"ws_0_0000000000000000\","
                       "\"eventId\":3,\"availableSeats\":%llu,\"seatCapacity\":1000000,\"seq\":%llu}",
                       1000000 - (unsigned long long)seq, (unsigned long long)seq);
  if (count < 0 || (size_t)count >= room - 4) die("make_welcome");
  return frame(into, (size_t)count);
}

/* ---- the log ----------------------------------------------------------------------------------- */

uint64_t log_last_seq(void) { return atomic_load_explicit(&last_seq, memory_order_acquire); }

uint64_t log_append(void) {
  pthread_mutex_lock(&writing);
  uint64_t seq = atomic_load_explicit(&last_seq, memory_order_relaxed) + 1;
  uint64_t at = ends[(seq - 1) % most_messages];
  ends[seq % most_messages] = at + make_frame(bytes + at % capacity, seq);
  atomic_store_explicit(&last_seq, seq, memory_order_release); /* with log_last_seq */
  pthread_mutex_unlock(&writing);
  return seq;
}

const char *log_between(uint64_t from, uint64_t to, size_t *count) {
  /* Half a log of distance, so that no writer reaches it while it is being sent. */
  if (log_last_seq() - from > most_messages / 2) die("too many messages wait for the sends");
  uint64_t start = ends[from % most_messages];
  *count = (size_t)(ends[to % most_messages] - start);
  return bytes + start % capacity;
}
