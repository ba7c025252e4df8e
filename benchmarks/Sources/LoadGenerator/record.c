/* Arrays by place. Each crowd counts its own arrivals, and this file counts crowds, so that threads share a counter once
 * per notice and not once per delivery. */
#include "record.h"
#include "meter.h"
#include <stdatomic.h>
#include <stdlib.h>

typedef struct {
  _Atomic uint32_t crowds;  /* whose readers all have it */
  _Atomic int64_t seats;    /* one more than are left; 0: not known yet */
  _Atomic int64_t began;    /* 0: not known yet */
  int64_t completed;        /* published by complete_count */
} entry;

static entry *entries; /* by place; the one at 0 stands for the state before */
static uint32_t entry_count, crowd_count;
static _Atomic uint64_t first_seq_and_one; /* 0: not known yet */
static _Atomic uint32_t sent_count, complete_count;

void record_open(uint32_t notices, uint32_t crowds) {
  entry_count = notices + 1;
  crowd_count = crowds;
  free(entries);
  entries = calloc(entry_count, sizeof *entries);
  if (!entries) give_up("no memory");
}

void begin_at(uint64_t seq, uint32_t subscriber) {
  uint64_t other = 0;
  if (!atomic_compare_exchange_strong(&first_seq_and_one, &other, seq + 1) && other != seq + 1)
    give_up("subscriber %u begins at seq %llu and another one at %llu: somebody else books", subscriber,
            (unsigned long long)seq, (unsigned long long)other - 1);
}

uint64_t first_seq(void) { return first_seq_and_one - 1; }

uint32_t place_of(uint64_t seq) {
  bool booked = seq > first_seq() && seq - first_seq() <= sent_count;
  return booked ? (uint32_t)(seq - first_seq()) : 0;
}

uint32_t bookings_sent(void) { return sent_count; }
void booking_goes_out(void) { sent_count += 1; }

void booking_got(uint32_t place, int64_t began) {
  if (atomic_exchange(&entries[place].began, began)) give_up("two bookings have got the same seq");
}

void check_seats(uint32_t place, int64_t seats, int64_t quantity, uint32_t subscriber) {
  int64_t same = 0, before = entries[place - 1].seats;
  if (!atomic_compare_exchange_strong(&entries[place].seats, &same, seats + 1) && same != seats + 1)
    give_up("subscriber %u: %lld seats after seq %llu, and %lld for another one", subscriber,
            (long long)seats, (unsigned long long)(first_seq() + place), (long long)same - 1);
  if (before && quantity && before - 1 - quantity != seats)
    give_up("subscriber %u: %lld seats after %lld at seq %llu", subscriber, (long long)seats,
            (long long)before - 1, (unsigned long long)(first_seq() + place));
}

bool notice_has_reached_crowd(uint32_t place) {
  if (atomic_fetch_add(&entries[place].crowds, 1) + 1 < crowd_count) return false;
  entries[place].completed = now();
  complete_count += 1;
  return true;
}

uint32_t complete_notices(void) { return complete_count; }

void record_completions(uint32_t after, histogram *into) {
  for (uint32_t place = after + 1; place <= complete_count; place++)
    record(into, entries[place].completed - entries[place].began);
}
