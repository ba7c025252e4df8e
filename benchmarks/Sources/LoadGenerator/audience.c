/* A subscriber is a descriptor and a place: the last notice that it has. `standing` counts the readers at each place;
 * when that of the lowest place becomes 0, the next notice has reached all readers. So a read of many notices changes
 * two counts.
 * Subscribers usually get the same bytes. Bytes that were checked for one of them are kept for a while, and a read of
 * exactly these is checked by one comparison. All other bytes are parsed.
 * TLS state is in a table of its own, because a subscriber without TLS must stay small. */
#include "audience.h"
#include "frames.h"
#include "messages.h"
#include "meter.h"
#include "record.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { receive_capacity = 256 * 1024, window = 512, known_capacity = 496 };

/* The beginning of a frame that has not come whole. */
typedef struct {
  uint32_t count;
  char bytes[];
} piece;

typedef struct {
  int fd;
  uint32_t place;
  piece *kept; /* NULL as a rule */
} subscriber;
_Static_assert(sizeof(subscriber) == 16, "a million subscribers are 16 MB");

/* A frame that has been checked. */
typedef struct {
  uint32_t place, whole;
  int64_t committed;
  char bytes[known_capacity];
} known;

/* How long a subscriber heard nothing, from one notice to the next. */
typedef struct {
  int64_t heard, longest;
} silence;

struct audience {
  share whom;
  uint32_t warm_up;
  uint32_t lowest;    /* place at which a reader stands */
  uint32_t *standing; /* readers by place */
  subscriber *all;
  struct ssl_st **tls; /* by index; NULL: all are plain */
  known *latest;      /* by place modulo window */
  totals sums;
  silence *silences; /* by index; NULL: nobody asks for them */
  char received[receive_capacity];
};

static void *zeroed(size_t count, size_t size) {
  void *fresh = calloc(count, size);
  if (!fresh) give_up("no memory");
  return fresh;
}

audience *audience_new(share whom, uint32_t warm_up, uint32_t notices, bool measures_gaps) {
  audience *self = zeroed(1, sizeof *self);
  self->whom = whom;
  self->warm_up = warm_up;
  self->standing = zeroed(notices + 1, sizeof *self->standing);
  self->standing[0] = whom.readers;
  self->all = zeroed(whom.count, sizeof *self->all);
  self->latest = zeroed(window, sizeof *self->latest);
  self->sums.each = histogram_new();
  if (!measures_gaps) return self;
  self->sums.gaps = histogram_new();
  self->silences = zeroed(whom.count, sizeof *self->silences);
  return self;
}

void audience_free(audience *self) {
  for (uint32_t i = 0; i < self->whom.count; i++) free(self->all[i].kept);
  free(self->standing);
  free(self->all);
  free(self->tls);
  free(self->latest);
  free(self->sums.each);
  free(self->sums.gaps);
  free(self->silences);
  free(self);
}

void audience_add(audience *self, uint32_t index, transport way) {
  self->all[index].fd = way.fd;
  if (!way.tls) return;
  if (!self->tls) self->tls = zeroed(self->whom.count, sizeof *self->tls);
  self->tls[index] = way.tls;
}

transport audience_transport(const audience *self, uint32_t index) {
  return (transport){.fd = self->all[index].fd, .tls = self->tls ? self->tls[index] : NULL};
}

const totals *audience_totals(audience *self) {
  for (uint32_t i = 0; self->silences && i < self->whom.readers; i++) {
    record(self->sums.gaps, self->silences[i].longest);
    self->silences[i].longest = 0;
  }
  return &self->sums;
}

/* Silences count from the first notice after the warm-up. */
static void hear(audience *self, const subscriber *one, int64_t received) {
  silence *own = &self->silences[one - self->all];
  if (own->heard && received - own->heard > own->longest) own->longest = received - own->heard;
  if (one->place > self->warm_up) own->heard = received;
}

static uint32_t number_of(const audience *self, const subscriber *one) {
  return self->whom.first + (uint32_t)(one - self->all) * self->whom.step;
}

uint32_t audience_laggard(const audience *self) {
  uint32_t i = 0;
  while (i + 1 < self->whom.readers && self->all[i].place != self->lowest) i++;
  return number_of(self, &self->all[i]);
}

/* ---- frames ------------------------------------------------------------------------------------ */

static void count_in(audience *self, uint32_t place, uint32_t size, int64_t committed, int64_t received) {
  if (place <= self->warm_up) return;
  self->sums.deliveries += 1;
  self->sums.bytes += size;
  record(self->sums.each, received - committed);
}

/* Only the newest frame of a slot is kept: a laggard must not drive out what the others wait for. */
static void keep_known(audience *self, const frame *checked, const notice *read, uint32_t place) {
  known *slot = &self->latest[place % window];
  if (checked->whole > known_capacity || slot->place > place) return;
  slot->place = place;
  slot->whole = (uint32_t)checked->whole;
  slot->committed = read->committed;
  memcpy(slot->bytes, checked->payload + checked->payload_count - checked->whole, checked->whole);
}

static void take_notice(audience *self, subscriber *one, const frame *text, int64_t received) {
  uint32_t number = number_of(self, one);
  notice read = read_notice(text, number);
  if (read.from != first_seq() + one->place + 1)
    give_up("subscriber %u: seq %llu to %llu after %llu", number, (unsigned long long)read.from,
            (unsigned long long)read.to, (unsigned long long)first_seq() + one->place);
  uint32_t place = place_of(read.to);
  if (!place) give_up("subscriber %u: seq %llu was never booked here", number, (unsigned long long)read.to);
  check_seats(place, read.seats, read.quantity, number);
  if (read.is_skip) {
    if (place > self->warm_up) self->sums.conflated += place - one->place;
  } else {
    keep_known(self, text, &read, place);
    count_in(self, place, (uint32_t)text->whole, read.committed, received);
  }
  one->place = place;
}

static void take_frame(audience *self, subscriber *one, const frame *next, int64_t received) {
  char pong[131];
  const uint8_t *text = (const uint8_t *)next->payload;
  switch (next->opcode) {
    case opcode_text: return take_notice(self, one, next, received);
    case opcode_pong: return;
    case opcode_ping: {
      size_t count = make_pong(next, pong);
      transport way = audience_transport(self, (uint32_t)(one - self->all));
      if (write_some(way, pong, count) == (ssize_t)count) return;
      give_up("subscriber %u: a pong could not be sent: %s", number_of(self, one), strerror(errno));
    }
    case opcode_close:
      if (next->payload_count >= 2)
        give_up("subscriber %u was closed with code %u: %.*s", number_of(self, one), text[0] << 8 | text[1],
                (int)next->payload_count - 2, next->payload + 2);
      give_up("subscriber %u was closed", number_of(self, one));
    default: give_up("subscriber %u: a frame of opcode %u", number_of(self, one), next->opcode);
  }
}

/* Takes the frame at the start of bytes and returns its size; 0 while it is not whole. */
static size_t take_next(audience *self, subscriber *one, const char *bytes, size_t count, int64_t received) {
  const known *same = &self->latest[(one->place + 1) % window];
  if (same->place == one->place + 1 && same->whole <= count && memcmp(bytes, same->bytes, same->whole) == 0) {
    one->place += 1;
    count_in(self, one->place, same->whole, same->committed, received);
    return same->whole;
  }
  frame next;
  if (!read_frame(bytes, count, &next)) return 0;
  take_frame(self, one, &next, received);
  return next.whole;
}

/* ---- arrival ----------------------------------------------------------------------------------- */

static bool move(audience *self, uint32_t from, uint32_t to) {
  bool completes = false;
  if (from == to) return false;
  self->standing[from] -= 1;
  self->standing[to] += 1;
  while (self->standing[self->lowest] == 0) completes |= notice_has_reached_crowd(++self->lowest);
  return completes;
}

static void keep_piece(subscriber *one, const char *bytes, size_t count) {
  free(one->kept);
  one->kept = count ? malloc(sizeof *one->kept + count) : NULL;
  if (count == 0) return;
  if (!one->kept) give_up("no memory");
  one->kept->count = (uint32_t)count;
  memcpy(one->kept->bytes, bytes, count);
}

/* Takes the frames of the first `count` bytes of `received`, and keeps what is left. */
static bool take_all(audience *self, subscriber *one, size_t count) {
  uint32_t before = one->place;
  int64_t received = wall_clock();
  size_t at = 0;
  for (size_t size; (size = take_next(self, one, self->received + at, count - at, received)); at += size) {}
  if (at < count || one->kept) keep_piece(one, self->received + at, count - at);
  if (self->silences && one->place != before) hear(self, one, now());
  return move(self, before, one->place);
}

bool audience_read(audience *self, uint32_t index, bool closed) {
  subscriber *one = &self->all[index];
  transport way = audience_transport(self, index);
  bool completes = false;
  for (;;) {
    size_t count = one->kept ? one->kept->count : 0;
    if (count) memcpy(self->received, one->kept->bytes, count);
    ssize_t more = read_some(way, self->received + count, receive_capacity - count);
    if (more < 0 && errno == EAGAIN) return completes;
    if (more <= 0) give_up("subscriber %u was dropped", number_of(self, one));
    count += (size_t)more;
    completes |= take_all(self, one, count);
    /* A read that did not fill the buffer has emptied a plain socket; the next arrival is a new edge. */
    if (count < receive_capacity && !closed) return completes;
  }
}
