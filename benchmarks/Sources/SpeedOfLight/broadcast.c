/* What the floor sends, and the plain way of sending it: one send(2) per subscriber. */
#include "floor.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static size_t make_text(char *into, size_t capacity, uint64_t seq) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  struct tm date;
  gmtime_r(&now.tv_sec, &date);
  char timestamp[32];
  strftime(timestamp, sizeof timestamp, "%Y-%m-%dT%H:%M:%S", &date);
  int count = snprintf(into, capacity,
                       "{\"type\":\"booking_created\",\"eventId\":3,\"bookingId\":\"BK-%08X\",\"userId\":4,"
                       "\"quantity\":1,\"availableSeats\":%llu,\"seatCapacity\":1000000,"
                       "\"timestamp\":\"%s.%03ldZ\",\"seq\":%llu}",
                       0x9e3779b9U * (unsigned)(seq + 1), 1000000 - (unsigned long long)seq, timestamp,
                       now.tv_nsec / 1000000, (unsigned long long)seq);
  if (count < 0 || (size_t)count >= capacity) die("make_text");
  return (size_t)count;
}

/* Puts the head before a text of 126 to 65,535 bytes that stands at into + 4 (RFC 6455 section 5.2). */
static size_t frame(char *into, size_t text_count) {
  if (text_count < 126 || text_count > 65535) die("frame");
  into[0] = (char)0x81; /* FIN, text */
  into[1] = 126;
  into[2] = (char)(text_count >> 8);
  into[3] = (char)text_count;
  return text_count + 4;
}

size_t make_frame(char *into, size_t capacity, uint64_t seq) {
  return frame(into, make_text(into + 4, capacity - 4, seq));
}

size_t make_welcome(char *into, size_t capacity, uint64_t seq) {
  int count = snprintf(into + 4, capacity - 4,
                       "{\"type\":\"connection_established\",\"clientId\":\"ws_0_0000000000000000\","
                       "\"eventId\":3,\"availableSeats\":1000000,\"seatCapacity\":1000000,\"seq\":%llu}",
                       (unsigned long long)seq);
  if (count < 0 || (size_t)count >= capacity - 4) die("make_welcome");
  return frame(into, (size_t)count);
}

void broadcast(bool by_ring, const int32_t *fds, size_t fd_count, const void *bytes, size_t count) {
  if (by_ring) return ring_broadcast(fds, fd_count, bytes, count);
  for (size_t i = 0; i < fd_count; i++) {
    ssize_t taken = send(fds[i], bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken == (ssize_t)count) continue;
    if (taken >= 0) errno = EAGAIN;
    die("send");
  }
}
