/* The texts of the live protocol, as far as a measurement meets them. */
#define _GNU_SOURCE
#include "messages.h"
#include "members.h"
#include "meter.h"
#include <stdio.h>
#include <time.h>

notice read_notice(const frame *from, uint32_t subscriber) {
  enum { type, seq, from_seq, to_seq, seats, quantity, timestamp, wanted };
  member found[wanted] = {
      [type] = {.name = "type"},       [seq] = {.name = "seq"},
      [from_seq] = {.name = "fromSeq"}, [to_seq] = {.name = "toSeq"},
      [seats] = {.name = "availableSeats"}, [quantity] = {.name = "quantity"},
      [timestamp] = {.name = "timestamp"},
  };
  notice read = {0};
  int64_t first = 0, last = 0;
  bool fits = read_members(from->payload, from->payload_count, found, wanted) &&
              integer_of(&found[seats], &read.seats) && time_of(&found[timestamp], &read.committed);
  if (is_string(&found[type], "seat_update")) {
    read.is_skip = true;
    fits = fits && integer_of(&found[from_seq], &first) && integer_of(&found[to_seq], &last);
  } else {
    fits = fits && is_string(&found[type], "booking_created") && integer_of(&found[seq], &last) &&
           integer_of(&found[quantity], &read.quantity) && !found[from_seq].value && !found[to_seq].value;
    first = last;
  }
  if (!fits || first < 0 || last < first || read.seats < 0)
    give_up("subscriber %u: unexpected %.*s", subscriber, (int)from->payload_count, from->payload);
  read.from = (uint64_t)first;
  read.to = (uint64_t)last;
  return read;
}

uint64_t read_welcome(const frame *from, uint32_t subscriber) {
  member found[2] = {{.name = "type"}, {.name = "seq"}};
  int64_t seq = -1;
  if (from->opcode != opcode_text || !read_members(from->payload, from->payload_count, found, 2) ||
      !is_string(&found[0], "connection_established") || !integer_of(&found[1], &seq) || seq < 0)
    give_up("subscriber %u: no welcome: %.*s", subscriber, (int)from->payload_count, from->payload);
  return (uint64_t)seq;
}

size_t make_notice(char *into, size_t capacity, uint64_t seq) {
  int64_t clock = wall_clock();
  time_t seconds = clock / second;
  struct tm date;
  gmtime_r(&seconds, &date);
  char timestamp[32];
  strftime(timestamp, sizeof timestamp, "%Y-%m-%dT%H:%M:%S", &date);
  int count = snprintf(into, capacity,
                       "{\"type\":\"booking_created\",\"eventId\":3,\"bookingId\":\"BK-%08X\",\"userId\":4,"
                       "\"quantity\":1,\"availableSeats\":%llu,\"seatCapacity\":1000000,"
                       "\"timestamp\":\"%s.%03dZ\",\"seq\":%llu}",
                       0x9e3779b9U * (unsigned)(seq + 1), 1000000 - (unsigned long long)seq, timestamp,
                       (int)(clock % second / 1000000), (unsigned long long)seq);
  if (count < 0 || (size_t)count >= capacity) give_up("a notice does not fit");
  return (size_t)count;
}
