#define _GNU_SOURCE
#include "requests.h"
#include "meter.h"
#include "sales.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { most_bytes = 8192, longest_token = 4096 };

typedef struct {
  char *bytes;
  size_t count;
} text;

static const options *chosen;
static text *heads; /* by user: a request up to the fields that differ from request to request */
static uint32_t head_count;
static uint64_t asked;
static uint64_t first_event;
static char run_name[40]; /* so that keys of two runs against one server differ */

static void add_head(const char *token) {
  static uint32_t room;
  char line[most_bytes];
  int count = snprintf(line, sizeof line, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s%s%s%s",
                       chosen->mode == mode_get ? "GET" : "POST", chosen->path, chosen->port,
                       chosen->mode == mode_get ? "" : "Content-Type: application/json\r\n",
                       token ? "Authorization: Bearer " : "", token ? token : "", token ? "\r\n" : "");
  if (count < 0 || (size_t)count >= sizeof line) give_up("a token is too long");
  if (head_count == room) {
    room = room ? 2 * room : 16;
    if (!(heads = realloc(heads, room * sizeof *heads))) give_up("no memory");
  }
  heads[head_count] = (text){.bytes = strdup(line), .count = (size_t)count};
  if (!heads[head_count++].bytes) give_up("no memory");
}

/* One token in each line. */
static void read_tokens(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) give_up("%s: %s", path, strerror(errno));
  for (char line[longest_token]; fgets(line, sizeof line, file);) {
    line[strcspn(line, "\r\n")] = 0;
    if (*line) add_head(line);
  }
  fclose(file);
  if (!head_count) give_up("%s has no token", path);
}

void requests_open(const options *of) {
  chosen = of;
  first_event = strtoull(of->event, NULL, 10);
  snprintf(run_name, sizeof run_name, "%d-%llx", (int)getpid(), (unsigned long long)wall_clock());
  if (of->tokens) read_tokens(of->tokens);
  else add_head(of->token);
  if (of->mode == mode_book || of->mode == mode_sale) sales_open(first_event, of->events, !of->with_others, of->capacity);
}

static char *append(char *at, const char *words, size_t count) {
  memcpy(at, words, count);
  return at + count;
}

static int make_body(char *into, size_t room, uint32_t event, uint64_t number) {
  char type[32] = "";
  if (chosen->types)
    snprintf(type, sizeof type, ",\"typeId\":%u", chosen->first_type + (uint32_t)(number % chosen->types));
  return snprintf(into, room, "{\"eventId\":%llu,\"quantity\":1%s%s}", (unsigned long long)first_event + event,
                  chosen->holds ? ",\"hold\":true" : "", type);
}

static request make_booking(char *into, const text *head, uint64_t number) {
  char body[128];
  uint32_t event = (uint32_t)(number % chosen->events);
  int body_count = make_body(body, sizeof body, event, number);
  char *at = append(into, head->bytes, head->count);
  if (chosen->with_keys) at += sprintf(at, "Idempotency-Key: %s-%llu\r\n", run_name, (unsigned long long)number);
  at += sprintf(at, "Content-Length: %d\r\n\r\n", body_count);
  at = append(at, body, (size_t)body_count);
  return (request){.bytes = into, .count = (size_t)(at - into), .is_booking = true, .event = event,
                   .user = (uint32_t)(number % head_count)};
}

static char bytes[most_bytes + 512]; /* of the request that was made last */

request booking_of(uint32_t user) { return make_booking(bytes, &heads[user], user); }

uint32_t user_count(void) { return head_count; }

request follow_up(uint32_t user, const char *booking) {
  const char *fields = strchr(heads[user].bytes, '\n') + 1;
  bool confirms = strcmp(chosen->then, "confirm") == 0;
  int count = snprintf(bytes, sizeof bytes, "%s /api/bookings/%s%s HTTP/1.1\r\n%sContent-Length: 0\r\n\r\n",
                       confirms ? "POST" : "DELETE", booking, confirms ? "/confirm" : "", fields);
  if (count < 0 || (size_t)count >= sizeof bytes) give_up("a token is too long");
  return (request){.bytes = bytes, .count = (size_t)count, .is_follow_up = true, .user = user};
}

request next_request(void) {
  uint64_t number = asked++;
  const text *head = &heads[number % head_count];
  if (chosen->mode == mode_book) return make_booking(bytes, head, number);
  char *at = append(append(bytes, head->bytes, head->count), "\r\n", 2);
  return (request){.bytes = bytes, .count = (size_t)(at - bytes)};
}
