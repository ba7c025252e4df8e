/* The booking side: keep-alive connections, each with at most one request under way. */
#include "load.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

typedef struct {
  int fd;
  bool waiting;
  size_t count;
  char answer[8192];
} booker;

static booker *all;
static char authorization[3072];
static const char *event;
static uint64_t booked;

void bookers_open(const options *chosen, int poller, uint64_t first_tag) {
  all = calloc(chosen->outstanding, sizeof *all);
  if (!all) give_up("no memory");
  event = chosen->event;
  if (chosen->token)
    snprintf(authorization, sizeof authorization, "Authorization: Bearer %s\r\n", chosen->token);
  for (uint32_t number = 0; number < chosen->outstanding; number++) {
    all[number].fd = dial(chosen->port, number);
    watch(poller, all[number].fd, first_tag + number);
  }
}

bool booker_is_free(uint32_t number) { return !all[number].waiting; }

void book(uint32_t number) {
  char body[128], request[4096];
  int body_count = snprintf(body, sizeof body, "{\"eventId\":%s,\"quantity\":1}", event);
  int count = snprintf(request, sizeof request,
                       "POST /api/bookings HTTP/1.1\r\nHost: 127.0.0.1\r\n%sIdempotency-Key: load-%llu\r\n"
                       "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                       authorization, (unsigned long long)booked++, body_count, body);
  all[number].waiting = true;
  all[number].count = 0;
  send_all(all[number].fd, request, (size_t)count);
}

/* Whether the answer is complete: head, and as many bytes as it declares. */
static bool is_complete(const booker *one) {
  const char *end = memmem(one->answer, one->count, "\r\n\r\n", 4);
  if (!end) return false;
  size_t head = (size_t)(end - one->answer) + 4;
  for (const char *line = one->answer; line < end; line = strstr(line, "\r\n") + 2)
    if (strncasecmp(line, "content-length:", 15) == 0)
      return one->count >= head + strtoul(line + 15, NULL, 10);
  return true;
}

void booker_ready(uint32_t number) {
  booker *one = &all[number];
  ssize_t more = recv(one->fd, one->answer + one->count, sizeof one->answer - 1 - one->count, MSG_DONTWAIT);
  if (more < 0 && errno == EAGAIN) return;
  if (more <= 0 || !one->waiting) give_up("a booking's connection was closed: %s", one->answer);
  one->count += (size_t)more;
  one->answer[one->count] = 0;
  if (!is_complete(one)) return;
  if (memcmp(one->answer, "HTTP/1.1 201 ", 13) != 0) give_up("booking refused: %s", one->answer);
  one->waiting = false;
}
