/* An audience of one on a socket pair: it must take a stream in any two pieces, and refuse every stream
 * that a server may not send. The run began at seq 7, and three bookings have been sent. */
#define _GNU_SOURCE
#include "audience.h"
#include "meter.h"
#include "record.h"
#include "selftest.h"
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { notices = 3, began_at = 7 };

static int pair[2];

static audience *new_listener(void) {
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) give_up("selftest: no socket pair");
  audience *fresh = audience_new((share){.step = 1, .count = 1, .readers = 1}, 0, notices);
  audience_add(fresh, 0, pair[0]);
  return fresh;
}

static void close_pair(void) {
  close(pair[0]);
  close(pair[1]);
}

static bool hears(audience *who, const char *bytes, size_t count) {
  if (send(pair[1], bytes, count, 0) != (ssize_t)count) give_up("selftest: send");
  return audience_read(who, 0, false);
}

/* A frame of this text, with place, seats and the rest of the members around what is given. */
static size_t text_frame(char *into, const char *type, const char *seq, int seats) {
  char text[400];
  int count = snprintf(text, sizeof text,
                       "{\"timestamp\":\"2024-11-11T10:30:00.000Z\",%s,\"quantity\":1,\"availableSeats\":%d,"
                       "\"type\":\"%s\"}",
                       seq, seats, type);
  return make_frame(into, 0x81, text, (size_t)count);
}

static size_t booking(char *into, int seq, int seats) {
  char member[40];
  snprintf(member, sizeof member, "\"seq\":%d", seq);
  return text_frame(into, "booking_created", member, seats);
}

static size_t skip(char *into, int from, int to, int seats) {
  char members[80];
  snprintf(members, sizeof members, "\"seq\":%d,\"fromSeq\":%d,\"toSeq\":%d", to, from, to);
  return text_frame(into, "seat_update", members, seats);
}

/* ---- what is taken ----------------------------------------------------------------------------- */

static void takes_a_stream_in_two_pieces(void) {
  char stream[1000];
  size_t count = 0, two = 0;
  for (int i = 1; i <= notices; i++) {
    two = count;
    count += booking(stream + count, began_at + i, 50 - i);
  }
  for (size_t cut = 1; cut < count; cut++) {
    audience *who = new_listener();
    const haul *got = audience_haul(who);
    hears(who, stream, cut);
    expect(got->deliveries < notices && (got->deliveries == 2) == (cut >= two), "a piece was miscounted",
           (long long)cut);
    expect(hears(who, stream + cut, count - cut), "nothing became complete", (long long)cut);
    expect(got->deliveries == notices && got->bytes == count, "a delivery was lost", (long long)cut);
    expect(got->each->total == notices && got->conflated == 0, "a time was lost", (long long)cut);
    audience_free(who);
    close_pair();
  }
}

static void takes_a_declared_skip(void) {
  char bytes[400];
  audience *who = new_listener();
  hears(who, bytes, booking(bytes, began_at + 1, 49));
  expect(hears(who, bytes, skip(bytes, began_at + 2, began_at + 3, 47)), "a skip did not arrive", 0);
  expect(audience_haul(who)->deliveries == 1, "a skip was counted as a delivery", 0);
  expect(audience_haul(who)->conflated == 2, "a skip was not counted", 0);
  audience_free(who);
  close_pair();
}

static void answers_a_ping(void) {
  char bytes[200], pong[200];
  audience *who = new_listener();
  hears(who, bytes, make_frame(bytes, 0x89, "hello", 5));
  ssize_t count = recv(pair[1], pong, sizeof pong, MSG_DONTWAIT);
  expect(count == 11 && memcmp(pong, "\x8a\x85\0\0\0\0hello", 11) == 0, "a ping was not answered", count);
  audience_free(who);
  close_pair();
}

/* ---- what is refused --------------------------------------------------------------------------- */

static size_t refused_count;

static void hear_it(const char *bytes) {
  audience *who = new_listener();
  hears(who, bytes, refused_count);
}

static void refuses(const char *bytes, size_t count) {
  static long long which;
  refused_count = count;
  expect_refusal(hear_it, bytes, ++which);
}

static void refuses_what_breaks_the_order(void) {
  char bytes[1000];
  size_t first = booking(bytes, began_at + 1, 49);
  refuses(bytes, booking(bytes, began_at, 49)); /* one before the first */
  refuses(bytes, booking(bytes, began_at + 2, 48)); /* a gap */
  booking(bytes, began_at + 1, 49);
  refuses(bytes, first + booking(bytes + first, began_at + 1, 49)); /* twice */
  refuses(bytes, first + skip(bytes + first, began_at + 1, began_at + 2, 48)); /* a skip over what came */
  refuses(bytes, first + skip(bytes + first, began_at + 3, began_at + 3, 47)); /* a skip too far ahead */
  refuses(bytes, first + skip(bytes + first, began_at + 2, began_at + 1, 47)); /* backwards */
  refuses(bytes, first + skip(bytes + first, began_at + 2, began_at + 4, 46)); /* never booked */
  refuses(bytes, first + text_frame(bytes + first, "seat_update", "\"seq\":9", 48)); /* an empty skip */
}

static void refuses_what_cannot_be(void) {
  char bytes[1000];
  size_t first = booking(bytes, began_at + 1, 49);
  refuses(bytes, first + booking(bytes + first, began_at + 2, 49)); /* seats that do not go down */
  refuses(bytes, booking(bytes, began_at + 1, 42)); /* seats that others saw otherwise */
  refuses(bytes, text_frame(bytes, "booking_cancelled", "\"seq\":8", 49));
  refuses(bytes, text_frame(bytes, "booking_created", "\"sequence\":8", 49));
  refuses(bytes, make_frame(bytes, 0x81, "{}", 2));
  refuses(bytes, make_frame(bytes, 0x82, "{}", 2));
  refuses(bytes, make_frame(bytes, 0x88, "\x03\xe8", 2));
}

void audiences_work(void) {
  record_open(notices, 1);
  begin_at(began_at, 0);
  for (int i = 0; i < notices; i++) booking_goes_out();
  expect(place_of(began_at) == 0 && place_of(began_at + 3) == 3 && place_of(began_at + 4) == 0,
         "a place is wrong", 0);
  takes_a_stream_in_two_pieces();
  takes_a_declared_skip();
  answers_a_ping();
  refuses_what_breaks_the_order();
  refuses_what_cannot_be();
}
