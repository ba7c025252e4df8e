/* On loopback a connection stands when connect(2) returns, even if it says EINPROGRESS; so the upgrade is
 * tried at once, and only what is not connected yet waits for EPOLLOUT. */
#define _GNU_SOURCE
#include "attempt.h"
#include "frames.h"
#include "messages.h"
#include "meter.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { per_address = 5000, window_of_stalled = 4096 };

static const options *chosen;
static char request[8192]; /* the same for all */
static size_t request_count;

/* A frame behind the request (RFC 6455 section 5.3; masked with zeros). */
static void ask_for_pace(uint32_t pace) {
  char text[64];
  int count = snprintf(text, sizeof text, "{\"type\":\"set_pace\",\"maxPerSecond\":%u}", pace);
  if (request_count + 6 + (size_t)count > sizeof request) give_up("the token or the path is too long");
  char head[6] = {(char)0x81, (char)(0x80 | count)};
  memcpy(request + request_count, head, sizeof head);
  memcpy(request + request_count + sizeof head, text, (size_t)count);
  request_count += sizeof head + (size_t)count;
}

void attempts_prepare(const options *of) {
  chosen = of;
  int count = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                       "Sec-WebSocket-Version: 13\r\n%s%s%s\r\n",
                       of->subscribe_path, of->port, of->token ? "Authorization: Bearer " : "",
                       of->token ? of->token : "", of->token ? "\r\n" : "");
  if (count < 0 || (size_t)count >= sizeof request) give_up("the token or the path is too long");
  request_count = (size_t)count;
  if (of->pace > 0) ask_for_pace(of->pace);
}

/* ---- sockets ----------------------------------------------------------------------------------- */

static void set(int fd, int level, int name, const void *value, socklen_t size) {
  if (setsockopt(fd, level, name, value, size) != 0) give_up("setsockopt: %s", strerror(errno));
}

int dial_from(uint32_t address, int flags, int window) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), yes = 1;
  if (fd < 0 && errno == EMFILE) give_up("no more descriptors; have more --threads with --tables private");
  if (fd < 0) give_up("socket: %s", strerror(errno));
  struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + address)};
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)chosen->port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  /* A reset at the end leaves no TIME_WAIT, so that runs may follow each other. */
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  set(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
  if (window) set(fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
  if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0 ||
      (connect(fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS))
    give_up("connect: %s", strerror(errno));
  return fd;
}

/* With little room at the end of one that never reads the server soon meets a full socket. */
int dial(uint32_t number, int flags) {
  bool stalls = number < chosen->subscribers && number >= chosen->subscribers - chosen->stalled;
  return dial_from(number / per_address, flags, stalls ? window_of_stalled : 0);
}

void watch(int poller, int fd, uint32_t events, uint64_t tag) {
  struct epoll_event event = {.events = events, .data.u64 = tag};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0) give_up("epoll_ctl: %s", strerror(errno));
}

/* ---- an attempt -------------------------------------------------------------------------------- */

static void ask(attempt *one) {
  if (!transport_stands(one->way)) return;
  ssize_t taken = write_some(one->way, request, request_count);
  if (taken < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;
  if (taken != (ssize_t)request_count) give_up("connection %u: %s", one->number, strerror(errno));
  one->asked = true;
}

void attempt_start(attempt *fresh, uint32_t number, int poller, uint64_t tag) {
  fresh->number = number;
  fresh->asked = false;
  fresh->count = 0;
  fresh->way = transport_over(dial(number, SOCK_NONBLOCK));
  ask(fresh);
  watch(poller, fresh->way.fd, EPOLLIN | EPOLLRDHUP | EPOLLET | (fresh->asked ? 0 : EPOLLOUT), tag);
}

/* Whether the answer's head, and the first message when there is one, have come whole. */
static bool is_subscribed(attempt *one) {
  static const char accepted[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="; /* RFC 6455 section 1.3 */
  const char *end = memmem(one->bytes, one->count, "\r\n\r\n", 4);
  if (!end) return false;
  size_t head = (size_t)(end - one->bytes) + 4;
  if (memcmp(one->bytes, "HTTP/1.1 101 ", 13) != 0 ||
      !memmem(one->bytes, head, accepted, sizeof accepted - 1))
    give_up("subscriber %u: not upgraded: %.*s", one->number, (int)one->count, one->bytes);
  frame first = {.whole = 0};
  one->seq = 0;
  if (!chosen->without_welcome) {
    if (!read_frame(one->bytes + head, one->count - head, &first)) return false;
    one->seq = read_welcome(&first, one->number);
  }
  one->rest = head + first.whole;
  return true;
}

bool attempt_goes_on(attempt *one) {
  if (!one->asked) ask(one);
  if (!one->asked) return false;
  for (;;) {
    ssize_t more = read_some(one->way, one->bytes + one->count, attempt_capacity - one->count);
    if (more < 0 && errno == EAGAIN) return false;
    if (more <= 0) give_up("subscriber %u: no first message: %.*s", one->number, (int)one->count, one->bytes);
    one->count += (size_t)more;
    if (is_subscribed(one)) return true;
  }
}
