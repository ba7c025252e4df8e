/* Just enough HTTP for LoadGenerator: any GET is an upgrade, any POST a booking; a request comes whole as a
 * rule, a client has one under way at a time, and the handshake's key is always the one of RFC 6455 section
 * 1.3, so that its answer is known. */
#include "floor.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { part_capacity = 4096 };

struct part {
  size_t count;
  char bytes[part_capacity];
};

void forget_request(loop *self, int fd) {
  free(self->parts[fd]);
  self->parts[fd] = NULL;
}

static void welcome(loop *self, int fd) {
  static const char head[] = "HTTP/1.1 101 Switching Protocols\r\n"
                             "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
  char reply[1024];
  size_t count = sizeof head - 1;
  memcpy(reply, head, count);
  count += make_welcome(reply + count, sizeof reply - count, subscribe(self, fd));
  send_whole(self, fd, reply, count);
}

static void book(loop *self, int fd) {
  char body[128], reply[512];
  uint64_t seq = log_append();
  wake_others(self);
  if (chosen.style == style_each)
    while (deliver(self)) {}
  int body_count = snprintf(body, sizeof body, "{\"seq\":%llu}", (unsigned long long)seq);
  int count = snprintf(reply, sizeof reply,
                       "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
                       "Content-Length: %d\r\n\r\n%s",
                       body_count, body);
  send_whole(self, fd, reply, (size_t)count);
}

/* The size of the whole request at the start of the bytes, or 0 while it is not complete. */
static size_t request_size(const char *bytes, size_t count) {
  const char *end = memmem(bytes, count, "\r\n\r\n", 4);
  if (!end) return 0;
  size_t head = (size_t)(end - bytes) + 4;
  const char *field = memmem(bytes, head, "Content-Length: ", 16);
  size_t body = field ? strtoul(field + 16, NULL, 10) : 0;
  return head + body <= count ? head + body : 0;
}

static void keep(loop *self, int fd, const char *bytes, size_t count) {
  if (!self->parts[fd] && !(self->parts[fd] = calloc(1, sizeof(part)))) die("calloc");
  part *kept = self->parts[fd];
  if (kept->count + count > part_capacity) die("a request of more than 4 KiB");
  memcpy(kept->bytes + kept->count, bytes, count);
  kept->count += count;
}

void take_request(loop *self, int fd, const char *bytes, size_t count) {
  size_t whole = self->parts[fd] ? 0 : request_size(bytes, count);
  if (whole == 0) {
    keep(self, fd, bytes, count);
    bytes = self->parts[fd]->bytes;
    count = self->parts[fd]->count;
    whole = request_size(bytes, count);
  }
  if (whole == 0) return;
  bool is_post = memcmp(bytes, "POST", 4) == 0;
  if (is_post && whole != count) die("a request before the one before is answered");
  forget_request(self, fd);
  if (is_post) book(self, fd);
  else welcome(self, fd);
}
