/* An audience of two on socket pairs: it must take a stream in any two pieces, and refuse every stream that
 * a server may not send. */
#define _GNU_SOURCE
#include "audience.h"
#include "meter.h"
#include "record.h"
#include "selftest.h"
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int theirs[2]; /* the server's ends */

/* Two subscribers that have received nothing yet. */
static audience *new_listeners(void) {
  audience *fresh = audience_new((share){.step = 1, .count = 2, .readers = 2}, 0, notices, false);
  for (uint32_t i = 0; i < 2; i++) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) give_up("selftest: no socket pair");
    theirs[i] = pair[1];
    audience_add(fresh, i, transport_over(pair[0]));
  }
  return fresh;
}

static void end(audience *who) {
  for (uint32_t i = 0; i < 2; i++) {
    close(audience_transport(who, i).fd);
    close(theirs[i]);
  }
  audience_free(who);
}

static bool hears(audience *who, uint32_t index, const char *bytes, size_t count) {
  if (send(theirs[index], bytes, count, 0) != (ssize_t)count) give_up("selftest: send");
  return audience_read(who, index, false);
}

/* A frame with a message of this type; `seq` are the members that say which notice it is. */
static size_t text_frame(char *into, const char *type, const char *seq, int seats) {
  char text[400], timestamp[32];
  time_t clock = time(NULL);
  strftime(timestamp, sizeof timestamp, "%Y-%m-%dT%H:%M:%S.000Z", gmtime(&clock));
  int count = snprintf(text, sizeof text,
                       "{\"timestamp\":\"%s\",%s,\"quantity\":1,\"availableSeats\":%d,\"type\":\"%s\"}",
                       timestamp, seq, seats, type);
  return make_frame(into, 0x81, text, (size_t)count);
}

size_t make_booking(char *into, int seq, int seats) {
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

static bool answers_a_ping(audience *who, uint32_t index) {
  char bytes[20], pong[20];
  hears(who, index, bytes, make_frame(bytes, 0x89, "hello", 5));
  ssize_t count = recv(theirs[index], pong, sizeof pong, MSG_DONTWAIT);
  return count == 11 && memcmp(pong, "\x8a\x85\0\0\0\0hello", 11) == 0;
}

/* One subscriber gets the stream whole, the other in two pieces, in either order. */
static void takes_pieces(const char *stream, size_t count, size_t cut, bool whole_first) {
  long long which = (long long)cut;
  audience *who = new_listeners();
  const totals *got = audience_totals(who);
  record_open(notices, 1);
  uint32_t complete = complete_notices();
  if (whole_first) hears(who, 0, stream, count);
  hears(who, 1, stream, cut);
  expect(got->deliveries < (whole_first ? 2 : 1) * notices, "a notice was counted before its end", which);
  expect(complete_notices() < complete + notices, "a notice was complete before its end", which);
  hears(who, 1, stream + cut, count - cut);
  if (!whole_first) hears(who, 0, stream, count);
  expect(complete_notices() == complete + notices, "not everything became complete", which);
  expect(got->deliveries == 2 * notices && got->bytes == 2 * count, "a delivery was lost", which);
  expect(got->each->total == 2 * notices && got->conflated == 0, "a time was lost", which);
  expect(got->each->highest < 60 * (int64_t)second, "a time was counted from something else", which);
  expect(answers_a_ping(who, 0) && answers_a_ping(who, 1), "a ping was not answered", which);
  end(who);
}

static void takes_a_stream_in_pieces(void) {
  char stream[1000];
  size_t count = 0;
  for (int i = 1; i <= notices; i++) count += make_booking(stream + count, began_at + i, 50 - i);
  for (size_t cut = 1; cut < count; cut++) {
    takes_pieces(stream, count, cut, true);
    takes_pieces(stream, count, cut, false);
  }
}

static void takes_a_declared_skip(void) {
  char bytes[400];
  audience *who = new_listeners();
  record_open(notices, 1);
  hears(who, 0, bytes, make_booking(bytes, began_at + 1, 49));
  hears(who, 0, bytes, skip(bytes, began_at + 2, began_at + 3, 47));
  expect(hears(who, 1, bytes, skip(bytes, began_at + 1, began_at + 3, 47)), "a skip did not arrive", 0);
  expect(audience_totals(who)->deliveries == 1, "a skip was counted as a delivery", 0);
  expect(audience_totals(who)->conflated == 5, "a skip was not counted", 0);
  end(who);
}

/* ---- what is refused --------------------------------------------------------------------------- */

static size_t refused_count;

static void hear_it(const char *bytes) {
  record_open(notices, 1);
  hears(new_listeners(), 0, bytes, refused_count);
}

static void refuses(const char *bytes, size_t count) {
  static long long which;
  refused_count = count;
  expect_refusal(hear_it, bytes, ++which);
}

/* The other subscriber has heard of 49 seats. */
static void hear_it_behind_another(const char *bytes) {
  char first[400];
  audience *who = new_listeners();
  record_open(notices, 1);
  hears(who, 0, first, make_booking(first, began_at + 1, 49));
  hears(who, 1, bytes, refused_count);
}

static void refuses_what_breaks_the_order(void) {
  char bytes[1000];
  size_t first = make_booking(bytes, began_at + 1, 49);
  refuses(bytes, make_booking(bytes, began_at, 49)); /* one before the first */
  refuses(bytes, make_booking(bytes, began_at + 2, 48)); /* a gap */
  make_booking(bytes, began_at + 1, 49);
  refuses(bytes, first + make_booking(bytes + first, began_at + 1, 49)); /* twice */
  refuses(bytes, first + skip(bytes + first, began_at + 1, began_at + 2, 48)); /* a skip over what came */
  refuses(bytes, first + skip(bytes + first, began_at + 3, began_at + 3, 47)); /* a skip too far ahead */
  refuses(bytes, first + skip(bytes + first, began_at + 2, began_at + 1, 49)); /* backwards */
  refuses(bytes, first + skip(bytes + first, began_at + 2, began_at + 4, 46)); /* never booked */
  refuses(bytes, first + text_frame(bytes + first, "seat_update", "\"seq\":9", 48)); /* an empty skip */
}

static void refuses_what_cannot_be(void) {
  char bytes[1000];
  size_t first = make_booking(bytes, began_at + 1, 49);
  refuses(bytes, first + make_booking(bytes + first, began_at + 2, 49)); /* seats that do not go down */
  refuses(bytes, make_booking(bytes, began_at + 1, -1));                 /* more sold than there was */
  refuses(bytes, text_frame(bytes, "booking_created", "\"fromSeq\":8,\"seq\":8", 49));
  refuses(bytes, text_frame(bytes, "booking_cancelled", "\"seq\":8", 49));
  refuses(bytes, text_frame(bytes, "booking_created", "\"sequence\":8", 49));
  refuses(bytes, make_frame(bytes, 0x81, "{}", 2));
  refuses(bytes, make_frame(bytes, 0x82, "{}", 2));
  refuses(bytes, make_frame(bytes, 0x88, "\x03\xe8", 2));
  refused_count = make_booking(bytes, began_at + 1, 42);
  expect_refusal(hear_it_behind_another, bytes, 42);
}

void audiences_work(void) {
  record_open(notices, 1);
  begin_at(began_at, 0);
  for (int i = 0; i < notices; i++) booking_goes_out();
  expect(place_of(began_at) == 0 && place_of(began_at + 3) == 3 && place_of(began_at + 4) == 0,
         "a place is wrong", 0);
  takes_a_stream_in_pieces();
  takes_a_declared_skip();
  refuses_what_breaks_the_order();
  refuses_what_cannot_be();
}
