/* The receiving side. Each subscriber is a socket and the last seq it has seen; every frame must go on from
 * there, either by one or by a declared fromSeq..toSeq. Arrivals are counted per seq, so that it is known
 * exactly when the last subscriber has something. */
#include "load.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { per_address = 5000, receive_capacity = 256 * 1024 };

typedef struct {
  int fd;
  uint32_t kept_count; /* bytes of a frame that has not come whole */
  char *kept;
  uint64_t last_seq;
} subscriber;

static subscriber *all;
static uint32_t *arrived; /* by seq - first_seq - 1 */
static uint64_t first_seq, announced;
static uint64_t frame_total, byte_total, conflated_total;
static char received[receive_capacity];

uint64_t frames_received(void) { return frame_total; }
uint64_t bytes_received(void) { return byte_total; }
uint64_t frames_conflated(void) { return conflated_total; }
uint32_t arrivals(uint64_t seq) { return arrived[seq - first_seq - 1]; }

/* ---- connecting -------------------------------------------------------------------------------- */

int dial(int port, uint32_t number) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
  if (fd < 0) give_up("socket: %s", strerror(errno));
  struct sockaddr_in from = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK + number / per_address)};
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  /* A reset at the end leaves no TIME_WAIT, so that runs may follow each other. */
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
  if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0 ||
      connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
    give_up("connection %u: %s", number, strerror(errno));
  return fd;
}

void send_all(int fd, const char *bytes, size_t count) {
  if (send(fd, bytes, count, MSG_NOSIGNAL) != (ssize_t)count) give_up("send: %s", strerror(errno));
}

void watch(int poller, int fd, uint64_t tag) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0) give_up("epoll_ctl: %s", strerror(errno));
}

static void request_upgrade(int fd, const options *chosen) {
  char request[4096], authorization[3072] = "";
  if (chosen->token)
    snprintf(authorization, sizeof authorization, "Authorization: Bearer %s\r\n", chosen->token);
  int count = snprintf(request, sizeof request,
                       "GET /ws/events/%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                       "Sec-WebSocket-Version: 13\r\n%s\r\n",
                       chosen->event, chosen->port, authorization);
  send_all(fd, request, (size_t)count);
}

/* Reads until `bytes` holds the answer's head and one frame. Blocks; what follows later stays in the socket. */
static frame await_first_frame(int fd, uint32_t number, char *bytes, size_t capacity) {
  static const char accepted[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="; /* RFC 6455 section 1.3 */
  size_t count = 0;
  for (;;) {
    ssize_t more = recv(fd, bytes + count, capacity - count, 0);
    if (more <= 0) give_up("subscriber %u: no first message: %.*s", number, (int)count, bytes);
    count += (size_t)more;
    const char *end = memmem(bytes, count, "\r\n\r\n", 4);
    if (!end) continue;
    size_t head = (size_t)(end - bytes) + 4;
    if (memcmp(bytes, "HTTP/1.1 101 ", 13) != 0 || !memmem(bytes, head, accepted, sizeof accepted - 1))
      give_up("subscriber %u: not upgraded: %.*s", number, (int)count, bytes);
    frame first;
    if (read_frame(bytes + head, count - head, &first)) {
      if (head + first.whole != count) give_up("subscriber %u: more than a first message", number);
      return first;
    }
  }
}

static void open_one(const options *chosen, int poller, uint32_t number) {
  subscriber *one = &all[number];
  char bytes[8192];
  one->fd = dial(chosen->port, number);
  request_upgrade(one->fd, chosen);
  frame first = await_first_frame(one->fd, number, bytes, sizeof bytes);
  if (!memmem(first.payload, first.payload_count, "\"connection_established\"", 24) ||
      !member(first.payload, first.payload_count, "seq", &one->last_seq))
    give_up("subscriber %u: %.*s", number, (int)first.payload_count, first.payload);
  watch(poller, one->fd, number);
}

uint64_t subscribers_open(const options *chosen, int poller) {
  announced = chosen->warm_up + chosen->broadcasts;
  all = calloc(chosen->subscribers, sizeof *all);
  arrived = calloc(announced, sizeof *arrived);
  if (!all || !arrived) give_up("no memory");
  for (uint32_t number = 0; number < chosen->subscribers; number++) {
    open_one(chosen, poller, number);
    if (all[number].last_seq != all[0].last_seq) give_up("somebody else books on this event");
  }
  first_seq = all[0].last_seq;
  return first_seq;
}

/* ---- receiving --------------------------------------------------------------------------------- */

static void count_in(uint32_t number, uint64_t from, uint64_t to) {
  subscriber *one = &all[number];
  if (from != one->last_seq + 1 || to < from)
    give_up("subscriber %u: %llu to %llu after %llu", number, (unsigned long long)from, (unsigned long long)to,
            (unsigned long long)one->last_seq);
  if (to > first_seq + announced) give_up("seq %llu was never booked here", (unsigned long long)to);
  for (uint64_t seq = from; seq <= to; seq++) arrived[seq - first_seq - 1] += 1;
  one->last_seq = to;
}

static void take_notice(uint32_t number, const frame *notice) {
  uint64_t from = 0, to = 0;
  const char *text = notice->payload;
  size_t count = notice->payload_count;
  if (member(text, count, "fromSeq", &from) && member(text, count, "toSeq", &to)) {
    conflated_total += 1;
  } else {
    if (!memmem(text, count, "\"booking_created\"", 17) || !member(text, count, "seq", &to))
      give_up("subscriber %u: unexpected %.*s", number, (int)count, text);
    from = to;
  }
  count_in(number, from, to);
  frame_total += 1;
  byte_total += notice->whole;
}

static void take_frame(uint32_t number, const frame *one) {
  static const char pong[6] = {(char)0x8a, (char)0x80, 0, 0, 0, 0}; /* masked with zeros, empty */
  if (one->opcode == 1) return take_notice(number, one);
  if (one->opcode == 9) return send_all(all[number].fd, pong, sizeof pong);
  give_up("subscriber %u: opcode %u, %.*s", number, one->opcode, (int)one->payload_count, one->payload);
}

static void keep(subscriber *one, const char *bytes, size_t count) {
  free(one->kept);
  one->kept = count ? malloc(count) : NULL;
  if (count && !one->kept) give_up("no memory");
  if (count) memcpy(one->kept, bytes, count);
  one->kept_count = (uint32_t)count;
}

void subscriber_ready(uint32_t number) {
  subscriber *one = &all[number];
  size_t count = one->kept_count;
  if (count) memcpy(received, one->kept, count);
  ssize_t more = recv(one->fd, received + count, receive_capacity - count, MSG_DONTWAIT);
  if (more < 0 && errno == EAGAIN) return;
  if (more <= 0) give_up("subscriber %u was dropped", number);
  count += (size_t)more;
  size_t at = 0;
  frame next;
  while (read_frame(received + at, count - at, &next)) {
    take_frame(number, &next);
    at += next.whole;
  }
  if (at < count || one->kept_count) keep(one, received + at, count - at);
}
