/* Readers are tried on bytes that end where reading on would crash, cut at every byte. */
#define _GNU_SOURCE
#include "frames.h"
#include "histogram.h"
#include "members.h"
#include "meter.h"
#include "selftest.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { room = 1 << 17 };
static char *room_end; /* behind it lies a page that must not be read */

static void make_room(void) {
  char *start = mmap(NULL, room + 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED || mprotect(start + room, 65536, PROT_NONE) != 0) give_up("selftest: no memory");
  room_end = start + room;
}

static char *at_the_edge(const char *bytes, size_t count) { return memcpy(room_end - count, bytes, count); }

/* ---- frames ------------------------------------------------------------------------------------ */

static void read_one(const char *bytes) {
  frame read;
  read_frame(bytes, 200, &read);
}

static void frames_are_read(void) {
  static const size_t sizes[] = {0, 1, 125, 126, 127, 65535};
  static char payload[65535], bytes[65539];
  frame read;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    memset(payload, (int)('a' + i), sizes[i]);
    size_t whole = make_frame(bytes, 0x81, payload, sizes[i]);
    for (size_t cut = 0; cut < whole; cut++)
      expect(!read_frame(at_the_edge(bytes, cut), cut, &read), "a frame was read without its end",
             (long long)cut);
    expect(read_frame(at_the_edge(bytes, whole), whole, &read) && read.opcode == opcode_text &&
               read.whole == whole && read.payload_count == sizes[i] &&
               memcmp(read.payload, payload, sizes[i]) == 0,
           "a frame was not read as it is", (long long)sizes[i]);
  }
}

static void bad_frames_are_refused(void) {
  static const uint8_t heads[][4] = {
      {0x81, 0x85},        /* masked */
      {0x01, 5},           /* a fragment */
      {0xc1, 5},           /* a reserved bit */
      {0x81, 127},         /* more than 64 KiB */
      {0x89, 126, 0, 126}, /* a long ping */
      {0x81, 126, 0, 125}, /* a longer length than needed */
  };
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
    char bytes[200] = {0};
    memcpy(bytes, heads[i], 4);
    expect_refusal(read_one, bytes, (long long)i);
  }
}

/* ---- histogram --------------------------------------------------------------------------------- */

static void buckets_are_narrow(void) {
  for (uint32_t i = 0; i < bucket_count; i++)
    expect(bucket_of(middle_of(i)) == i, "a bucket's middle is not in it", i);
  for (int64_t value = 1; value < (int64_t)1 << 41; value += value / 37 + 1) {
    int64_t error = llabs(middle_of(bucket_of(value)) - value);
    expect(error * 2000 <= value, "a value is off by more than one part in 2,000", value);
    expect(bucket_of(value) <= bucket_of(value + 1), "a greater value has a lower bucket", value);
  }
}

static void quantiles_are_right(void) {
  histogram *odd = histogram_new(), *even = histogram_new();
  expect(quantile(odd, 0.5) == 0, "an empty histogram has a median", 0);
  for (int64_t i = 1; i <= 100000; i++) record(i % 2 ? odd : even, i * 1000);
  merge(odd, even);
  expect(odd->total == 100000 && odd->highest == 100000000, "merging lost a value", (long long)odd->total);
  for (int percent = 1; percent < 100; percent++) {
    int64_t exact = percent * 1000000LL, found = quantile(odd, percent / 100.0);
    expect(llabs(found - exact) * 1000 <= exact, "a quantile is off by more than a thousandth", percent);
  }
  expect(quantile(odd, 1) == odd->highest, "the last quantile is not the highest value", 0);
  record(even, -1);
  record(even, INT64_MAX);
  expect(even->counts[0] == 1 && even->counts[bucket_count - 1] == 1, "a value beyond the ends was lost", 0);
  free(odd);
  free(even);
}

/* ---- members ----------------------------------------------------------------------------------- */

static void members_are_found(void) {
  static const char text[] = " { \"a\\\"seq\":1, \"seq\" : -42 ,\"x\":{\"seq\":7,\"y\":[\"}\",{}]},"
                             "\"type\":\"a\\\\\",\"n\":null}\n";
  member found[] = {{.name = "type"}, {.name = "seq"}, {.name = "n"}, {.name = "missing"}};
  int64_t value = 0;
  for (size_t cut = 0; cut + 2 < sizeof text; cut++)
    expect(!read_members(at_the_edge(text, cut), cut, found, 4), "an object was read without its end",
           (long long)cut);
  size_t whole = sizeof text - 1;
  expect(read_members(at_the_edge(text, whole), whole, found, 4), "an object was not read", 0);
  expect(integer_of(&found[1], &value) && value == -42, "a number was not read", value);
  expect(is_string(&found[0], "a\\\\") && !is_string(&found[2], "null"), "a string was not read", 0);
  expect(!integer_of(&found[0], &value) && !integer_of(&found[2], &value), "no number was read as one", 0);
  expect(!found[3].value, "a member was found that is not there", 0);
}

static void bad_objects_are_refused(void) {
  static const char *const texts[] = {"",            "[]",        "{} {}",     "{\"seq\":1,\"seq\":1}", "{,}",
                                      "{\"seq\":}", "{\"seq\" 1}", "{seq:1}", "{\"seq\":1,}"};
  member found = {.name = "seq"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    expect(!read_members(texts[i], strlen(texts[i]), &found, 1), "no object was read as one", (long long)i);
  expect(read_members("{}", 2, &found, 1) && !found.value, "an empty object was not read", 0);
}

static void times_are_read(void) {
  char text[32];
  member written = {.value = text, .is_string = true, .count = 24};
  int64_t read;
  for (time_t seconds = 0; seconds < 5000000000; seconds += 86399 * 3) {
    struct tm date;
    gmtime_r(&seconds, &date);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.789Z", &date);
    expect(time_of(&written, &read) && read == seconds * second + 789000000, "a time was not read", seconds);
  }
  text[23] = 'z';
  expect(!time_of(&written, &read), "a time without its Z was read", 0);
}

void readers_work(void) {
  make_room();
  frames_are_read();
  bad_frames_are_refused();
  buckets_are_narrow();
  quantiles_are_right();
  members_are_found();
  bad_objects_are_refused();
  times_are_read();
}
