/* seq values are kept as one bit each; ids as 64-bit hashes in an open-addressed table (two different ids of a
 * run of a million share a hash once in 30 million runs). */
#include "sales.h"
#include "members.h"
#include "meter.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
  uint64_t highest, lowest; /* seq; 0: none yet */
  uint64_t count;
  int64_t sum;              /* seats left + seq, which bookings of one seat do not change */
  uint64_t base;            /* the seq of the first bit */
  uint8_t *seen;
  size_t seen_bytes;
} record_of_event;

static record_of_event *records;
static uint64_t first_event;
static uint32_t record_count, free_seats;
static bool is_alone;

static uint64_t *ids;
static size_t id_room, id_count;

void sales_open(uint64_t first, uint32_t events, bool alone, uint32_t capacity) {
  first_event = first;
  record_count = events;
  is_alone = alone;
  free_seats = capacity;
  id_room = 1 << 16;
  records = calloc(events, sizeof *records);
  ids = calloc(id_room, sizeof *ids);
  if (!records || !ids) give_up("no memory");
}

uint64_t sales_before(uint32_t event) { return records[event].highest; }
uint64_t sales_of(uint32_t event) { return records[event].count; }

/* ---- ids --------------------------------------------------------------------------------------- */

static bool insert(uint64_t *table, size_t room, uint64_t hash) {
  size_t at = hash & (room - 1);
  for (; table[at]; at = (at + 1) & (room - 1))
    if (table[at] == hash) return false;
  table[at] = hash;
  return true;
}

static void grow(void) {
  uint64_t *larger = calloc(2 * id_room, sizeof *larger);
  if (!larger) give_up("no memory");
  for (size_t i = 0; i < id_room; i++)
    if (ids[i]) insert(larger, 2 * id_room, ids[i]);
  free(ids);
  ids = larger;
  id_room *= 2;
}

/* FNV-1a, with the bits mixed so that the low ones choose a place. */
static uint64_t hash_of(const char *text, size_t count) {
  uint64_t hash = 0xcbf29ce484222325;
  for (size_t i = 0; i < count; i++) hash = (hash ^ (uint8_t)text[i]) * 0x100000001b3;
  hash ^= hash >> 32;
  return hash ? hash : 1;
}

static bool is_new(const member *id) {
  if (2 * ++id_count > id_room) grow();
  return insert(ids, id_room, hash_of(id->value, id->count));
}

/* ---- seq --------------------------------------------------------------------------------------- */

/* True when it was not there before. */
static bool note_seq(record_of_event *of, uint64_t seq) {
  if (!of->seen) of->base = seq > 4096 ? seq - 4096 : 0; /* answers come out of order, but not by that much */
  if (seq < of->base) give_up("seq %llu is far below the first one", (unsigned long long)seq);
  size_t byte = (seq - of->base) / 8;
  if (byte >= of->seen_bytes) {
    size_t larger = 2 * byte + 64;
    if (!(of->seen = realloc(of->seen, larger))) give_up("no memory");
    memset(of->seen + of->seen_bytes, 0, larger - of->seen_bytes);
    of->seen_bytes = larger;
  }
  uint8_t bit = (uint8_t)(1 << ((seq - of->base) % 8));
  if (of->seen[byte] & bit) return false;
  of->seen[byte] |= bit;
  return true;
}

void sale_is_answered(uint32_t event, uint64_t before, const char *body, size_t count) {
  enum { booking_id, event_id, seats, seq, wanted };
  member found[wanted] = {[booking_id] = {.name = "bookingId"}, [event_id] = {.name = "eventId"},
                          [seats] = {.name = "availableSeats"}, [seq] = {.name = "seq"}};
  record_of_event *of = &records[event];
  int64_t id, left, number;
  if (!read_members(body, count, found, wanted) || !found[booking_id].value || !found[booking_id].count ||
      !integer_of(&found[event_id], &id) || !integer_of(&found[seats], &left) ||
      !integer_of(&found[seq], &number) || number <= 0)
    give_up("a booking's answer is not understood: %.*s", (int)count, body);
  if ((uint64_t)id != first_event + event) give_up("a booking of another event: %.*s", (int)count, body);
  if (left < 0) give_up("fewer than no seats are left: %.*s", (int)count, body);
  if (!is_new(&found[booking_id])) give_up("a bookingId came twice: %.*s", (int)count, body);
  if ((uint64_t)number <= before)
    give_up("seq %llu was answered before this was asked: %.*s", (unsigned long long)before, (int)count, body);
  if (!note_seq(of, (uint64_t)number)) give_up("a seq came twice: %.*s", (int)count, body);
  if (is_alone && of->count && left + number != of->sum)
    give_up("seats and seq do not go together: %.*s", (int)count, body);
  of->sum = left + number;
  of->count += 1;
  if (free_seats && of->count > free_seats) give_up("more than %u seats are sold", free_seats);
  if ((uint64_t)number > of->highest) of->highest = (uint64_t)number;
  if (!of->lowest || (uint64_t)number < of->lowest) of->lowest = (uint64_t)number;
}

void sales_end(void) {
  if (!is_alone) return;
  for (uint32_t i = 0; i < record_count; i++)
    if (records[i].count && records[i].highest - records[i].lowest + 1 != records[i].count)
      give_up("event %llu: %llu bookings, but seq went from %llu to %llu",
              (unsigned long long)first_event + i, (unsigned long long)records[i].count,
              (unsigned long long)records[i].lowest, (unsigned long long)records[i].highest);
}
