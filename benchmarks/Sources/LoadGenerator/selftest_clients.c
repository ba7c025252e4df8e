/* Answers to bookings: where they end, and what is wrong with a list of them. */
#define _GNU_SOURCE
#include "answer.h"
#include "sales.h"
#include "selftest.h"
#include "threads.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- answers ----------------------------------------------------------------------------------- */

static void answers_end_where_they_say(void) {
  static const char text[] = "HTTP/1.1 409 Conflict\r\nContent-Type: application/problem+json\r\n"
                             "content-LENGTH: 5\r\nConnection: close\r\n\r\n{\"a\"}";
  size_t count = sizeof text - 1;
  answer got;
  for (size_t i = 0; i < count; i++) expect(!read_answer(text, i, &got), "half an answer is whole", (long long)i);
  expect(read_answer(text, count, &got), "a whole answer is not", 0);
  expect(got.status == 409 && got.body == 5 && got.whole == count && got.closes, "an answer is misread", got.status);
  static const char empty[] = "HTTP/1.1 204 No Content\r\n\r\n";
  expect(read_answer(empty, sizeof empty - 1, &got) && got.body == 0 && !got.closes, "no body", got.status);
}

static void read_any(const char *bytes) {
  answer got;
  read_answer(bytes, strlen(bytes), &got);
}

/* ---- sales ------------------------------------------------------------------------------------- */

enum { first = 5, events = 2, seats = 100 };

static void sell(uint32_t event, const char *id, int seq, int left, uint64_t before) {
  char body[200];
  int count = snprintf(body, sizeof body, "{\"bookingId\":\"%s\",\"eventId\":%u,\"availableSeats\":%d,\"seq\":%d}", id,
                       first + event, left, seq);
  sale_is_answered(event, before, body, (size_t)count);
}

/* Answers may come in any order, as long as the whole has no gap. */
static void sell_well(bool alone) {
  sales_open(first, events, alone, seats);
  sell(0, "BK-1", 12, 98, 0);
  sell(0, "BK-2", 11, 99, 0);
  sell(1, "BK-3", 1, 99, 0);
  sell(0, "BK-4", 13, 97, 12);
}

static void sales_are_taken(void) {
  sell_well(true);
  sales_end();
  expect(sales_before(0) == 13 && sales_before(1) == 1 && sales_of(0) == 3, "sales are not counted", 0);
}

static void sell_badly(const char *how) {
  static const char other[] = "{\"bookingId\":\"x\",\"eventId\":9,\"availableSeats\":1,\"seq\":14}";
  static const char without[] = "{\"bookingId\":\"x\",\"eventId\":5,\"availableSeats\":1}";
  char id[24];
  sell_well(true);
  if (!strcmp(how, "the same id")) sell(1, "BK-1", 2, 98, 0);
  else if (!strcmp(how, "the same seq")) sell(0, "BK-5", 12, 98, 0);
  else if (!strcmp(how, "a seq that is too small")) sell(0, "BK-5", 10, 100, 13);
  else if (!strcmp(how, "seats that do not fit")) sell(0, "BK-5", 14, 97, 13);
  else if (!strcmp(how, "fewer than no seats")) sell(0, "BK-5", 14, -1, 13);
  else if (!strcmp(how, "a gap")) sell(0, "BK-5", 15, 95, 13);
  else if (!strcmp(how, "another event")) sale_is_answered(0, 0, other, sizeof other - 1);
  else if (!strcmp(how, "no seq")) sale_is_answered(0, 0, without, sizeof without - 1);
  else
    for (int i = 0; i <= seats; i++) {
      snprintf(id, sizeof id, "more-%d", i);
      sell(1, id, 2 + i, 98 - i, 1);
    }
  sales_end();
}

static void wrong_sales_are_refused(void) {
  static const char *const faults[] = {
      "the same id",         "the same seq", "a seq that is too small", "seats that do not fit",
      "fewer than no seats", "a gap",        "another event",           "no seq",
      "more than there are"};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) expect_refusal(sell_badly, faults[i], (long long)i);
}

static void many_ids_are_told_apart(void) {
  enum { many = 100000 };
  char id[24];
  sales_open(first, events, true, 0);
  for (int i = 1; i <= many; i++) {
    snprintf(id, sizeof id, "BK-%08X", i);
    sell(0, id, i, many - i, (uint64_t)i - 1);
  }
  sales_end();
  expect(sales_of(0) == many, "bookings are lost", (long long)sales_of(0));
}

/* ---- threads ----------------------------------------------------------------------------------- */

static void time_is_counted_by_thread(void) {
  thread_times before = thread_times_of(getpid());
  for (volatile int i = 0; i < 20000000; i++) {}
  thread_times after = thread_times_of(getpid()), used = thread_times_since(&before, &after);
  expect(used.count == before.count, "threads have come or gone", used.count);
  if (used.count) expect(used.groups[0].time > 0 && used.groups[0].time < 10000000000, "no time", used.groups[0].time);
}

void clients_work(void) {
  answers_end_where_they_say();
  expect_refusal(read_any, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 10);
  expect_refusal(read_any, "hello\r\n\r\n", 11);
  sales_are_taken();
  wrong_sales_are_refused();
  many_ids_are_told_apart();
  time_is_counted_by_thread();
}
