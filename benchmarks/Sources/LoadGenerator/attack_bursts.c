#define _GNU_SOURCE
#include "attack_bursts.h"
#include "meter.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { burst_room = 512 * 1024, line_room = 8192, many_connections = 64, all_connections = 20000 };

static const options *chosen;
static char authorization[line_room]; /* the field, or nothing */

/* A burst of the same text again and again, made once. */
static burst repeated(const char *text, size_t count, uint32_t times) {
  static char *bytes;
  static size_t made;
  if (!bytes) {
    if (!(bytes = malloc(count * times))) give_up("no memory");
    for (; made < count * times; made += count) memcpy(bytes + made, text, count);
  }
  return (burst){bytes, made};
}

__attribute__((format(printf, 1, 2))) static burst formatted(const char *format, ...) {
  static char line[2 * line_room];
  va_list arguments;
  va_start(arguments, format);
  int count = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (count < 0 || (size_t)count >= sizeof line) give_up("a request is too long");
  return (burst){line, (size_t)count};
}

static burst post(const char *path, const char *fields, const char *body) {
  return formatted("POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%sContent-Type: application/json\r\n"
                   "Content-Length: %zu\r\n\r\n%s",
                   path, fields, strlen(body), body);
}

static burst get(const char *path) { return formatted("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", path); }

/* A short text as a frame of a client, masked with zeros (RFC 6455 section 5.3). */
static burst text_frame(const char *text) {
  size_t count = strlen(text);
  if (count > 125) give_up("a message is too long");
  return formatted("%c%c%c%c%c%c%s", 0x81, (int)(0x80 | count), 0, 0, 0, 0, text);
}

burst upgrade_request(void) {
  static char line[2 * line_room];
  burst made = formatted("GET /ws HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%sUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                         chosen->port, authorization);
  memcpy(line, made.bytes, made.count);
  return (burst){line, made.count};
}

/* ---- the kinds --------------------------------------------------------------------------------- */

static burst wrong_passwords(uint32_t connection, const char *answer, size_t count) {
  (void)connection, (void)answer, (void)count;
  burst one = post("/api/auth/login", "", "{\"email\":\"bench@example.org\",\"password\":\"not this one\"}");
  return repeated(one.bytes, one.count, 100);
}

/* Each with a new address; every connection has a buffer of its own, because it may be half sent. */
static burst registrations(uint32_t connection, const char *answer, size_t count) {
  enum { per_burst = 20, room = per_burst * 400 };
  static char *buffers;
  static uint64_t number;
  (void)answer, (void)count;
  if (!buffers && !(buffers = malloc((size_t)many_connections * room))) give_up("no memory");
  char *into = buffers + (size_t)connection * room, body[160];
  size_t made = 0;
  for (int i = 0; i < per_burst; i++) {
    snprintf(body, sizeof body, "{\"email\":\"flood%llu@example.org\",\"password\":\"long enough\",\"name\":\"F\"}",
             (unsigned long long)(number++ + (uint64_t)wall_clock()));
    burst one = post("/api/auth/register", "", body);
    memcpy(into + made, one.bytes, one.count);
    made += one.count;
  }
  return (burst){into, made};
}

static burst malformed(uint32_t connection, const char *answer, size_t count) {
  (void)connection, (void)answer, (void)count;
  static const char text[] = "GET /api/events HTTP/1.1\r\nHost: [::1\r\nContent-Length: x\r\n\r\n";
  return (burst){text, sizeof text - 1};
}

static burst one_livez(uint32_t connection, const char *answer, size_t count) {
  (void)connection, (void)answer, (void)count;
  static const char text[] = "GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  return (burst){text, sizeof text - 1};
}

static burst metrics(uint32_t connection, const char *answer, size_t count) {
  (void)connection, (void)answer, (void)count;
  burst one = get("/metrics");
  return repeated(one.bytes, one.count, 1500);
}

static burst reads(uint32_t connection, const char *answer, size_t count) {
  (void)connection, (void)answer, (void)count;
  burst one = get("/api/events?limit=100");
  return repeated(one.bytes, one.count, 200);
}

static burst recalls(uint32_t connection, const char *answer, size_t count) {
  (void)connection, (void)answer, (void)count;
  char text[100];
  snprintf(text, sizeof text, "{\"type\":\"subscribe_event\",\"eventId\":%s,\"since\":1}", chosen->event);
  burst one = text_frame(text);
  return repeated(one.bytes, one.count, 4000);
}

static burst pings(uint32_t connection, const char *answer, size_t count) {
  (void)connection, (void)answer, (void)count;
  burst one = text_frame("{\"type\":\"ping\"}");
  return repeated(one.bytes, one.count, 3000);
}

/* Books when nothing else has come, and gives back what it has got. Answers come whole: they are short. */
static burst bookings(uint32_t connection, const char *answer, size_t count) {
  static char lines[many_connections][2 * line_room];
  const char *id = answer ? memmem(answer, count, "\"bookingId\":\"", 13) : NULL;
  bool is_new = id && memmem(answer, count, "HTTP/1.1 201", 12);
  char body[80];
  snprintf(body, sizeof body, "{\"eventId\":%s,\"quantity\":1}", chosen->event);
  burst made = is_new ? formatted("DELETE /api/bookings/%.11s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n", id + 13,
                                  authorization)
                      : post("/api/bookings", authorization, body);
  memcpy(lines[connection], made.bytes, made.count);
  return (burst){lines[connection], made.count};
}

static const kind kinds[] = {
    {"login", 32, .next = wrong_passwords},
    {"register", 32, .next = registrations},
    {"malformed", many_connections, .is_single = true, .next = malformed},
    {"held", all_connections, .is_single = true, .next = one_livez},
    {"recall", 1, .is_websocket = true, .next = recalls},
    {"metrics", 8, .next = metrics},
    {"reads", 32, .next = reads},
    {"pings", 8, .is_websocket = true, .next = pings},
    {"bookings", 16, .goes_by_answers = true, .next = bookings},
};

const kind *kind_of(const options *of) {
  chosen = of;
  if (of->token)
    snprintf(authorization, sizeof authorization, "Authorization: Bearer %s\r\n", of->token);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strcmp(kinds[i].name, of->attack) == 0) return &kinds[i];
  give_up("there is no attack %s", of->attack);
}
