/* SpeedOfLight [--port N] [--sender send|io_uring] [--check yes]: takes WebSocket subscribers (any upgrade
 * request) and, for every POST, sends one booking_created frame to each of them before it answers. It speaks
 * just enough HTTP for LoadGenerator, whose handshake key is always the one of RFC 6455 section 1.3.
 * --check: ends at once, with status 1 when this kernel does not grant the sender. */
#include "floor.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { most_descriptors = 65536, head_capacity = 4096, events_per_turn = 512 };

/* What a descriptor is; a request head that has not come whole waits in `head`. */
typedef struct {
  bool subscribed;
  uint32_t place; /* in subscribers[] */
  uint32_t count; /* bytes in head */
  char *head;
} client;

static client clients[most_descriptors];
static int32_t subscribers[most_descriptors];
static size_t subscriber_count;
static uint64_t last_seq;
static bool by_ring, only_check;
static int poller;

_Noreturn void die(const char *what) {
  fprintf(stderr, "SpeedOfLight: %s: %s\n", what, strerror(errno));
  exit(1);
}

/* ---- connections ------------------------------------------------------------------------------- */

static void watch(int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

static void accept_all(int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && errno == EAGAIN) return;
    if (fd < 0 || fd >= most_descriptors) die("accept");
    int yes = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) != 0) die("TCP_NODELAY");
    watch(fd);
  }
}

static void subscribe(int fd) {
  clients[fd].subscribed = true;
  clients[fd].place = (uint32_t)subscriber_count;
  subscribers[subscriber_count++] = fd;
}

static void drop(int fd) {
  client *gone = &clients[fd];
  if (gone->subscribed) {
    int32_t moved = subscribers[--subscriber_count];
    subscribers[gone->place] = moved;
    clients[moved].place = gone->place;
  }
  free(gone->head);
  *gone = (client){0};
  close(fd);
}

static void answer(int fd, const char *bytes, size_t count) {
  if (send(fd, bytes, count, MSG_NOSIGNAL) != (ssize_t)count) die("answer");
}

/* ---- requests ---------------------------------------------------------------------------------- */

static void welcome(int fd) {
  char reply[1024] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
  size_t head = strlen(reply);
  answer(fd, reply, head + make_welcome(reply + head, sizeof reply - head, last_seq));
  subscribe(fd);
}

static void book(int fd) {
  char frame[1024], body[128], reply[512];
  size_t frame_count = make_frame(frame, sizeof frame, ++last_seq);
  broadcast(by_ring, subscribers, subscriber_count, frame, frame_count);
  int body_count = snprintf(body, sizeof body, "{\"seq\":%llu}", (unsigned long long)last_seq);
  int count = snprintf(reply, sizeof reply,
                       "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                       body_count, body);
  answer(fd, reply, (size_t)count);
}

/* The size of the whole request at the buffer's start, or 0 while it is not complete. */
static size_t request_size(const char *bytes, size_t count) {
  const char *end = memmem(bytes, count, "\r\n\r\n", 4);
  if (!end) return 0;
  size_t head = (size_t)(end - bytes) + 4;
  const char *field = memmem(bytes, head, "Content-Length: ", 16);
  size_t body = field ? strtoul(field + 16, NULL, 10) : 0;
  return head + body <= count ? head + body : 0;
}

static void take(int fd, const char *bytes, size_t count) {
  client *from = &clients[fd];
  if (from->subscribed) return; /* pongs and close frames: the floor does not care */
  if (!from->head && !(from->head = malloc(head_capacity))) die("malloc");
  if (from->count + count > head_capacity) die("a request of more than 4 KiB");
  memcpy(from->head + from->count, bytes, count);
  from->count += (uint32_t)count;
  size_t whole = request_size(from->head, from->count);
  if (whole == 0) return;
  bool is_post = memcmp(from->head, "POST", 4) == 0;
  from->count = 0;
  if (is_post) return book(fd);
  free(from->head);
  from->head = NULL;
  welcome(fd);
}

static void read_from(int fd) {
  char buffer[4096];
  ssize_t count = recv(fd, buffer, sizeof buffer, 0);
  if (count > 0) return take(fd, buffer, (size_t)count);
  if (count == 0 || errno != EAGAIN) drop(fd);
}

/* ---- start ------------------------------------------------------------------------------------- */

static int listen_on(int port, int *bound) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) die("socket");
  if (bind(fd, (struct sockaddr *)&at, size) != 0 || listen(fd, 4096) != 0) die("listen");
  if (getsockname(fd, (struct sockaddr *)&at, &size) != 0) die("getsockname");
  *bound = ntohs(at.sin_port);
  return fd;
}

static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) die("getrlimit");
  limit.rlim_cur = limit.rlim_max < most_descriptors ? limit.rlim_max : most_descriptors;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) die("setrlimit");
}

static int read_options(int count, char **words) {
  int port = 0;
  for (int i = 1; i + 1 < count; i += 2) {
    if (strcmp(words[i], "--port") == 0) port = atoi(words[i + 1]);
    else if (strcmp(words[i], "--sender") == 0) by_ring = strcmp(words[i + 1], "io_uring") == 0;
    else if (strcmp(words[i], "--check") == 0) only_check = strcmp(words[i + 1], "yes") == 0;
  }
  return port;
}

int main(int argument_count, char **arguments) {
  int port = read_options(argument_count, arguments);
  raise_descriptor_limit();
  if (by_ring) ring_open();
  if (only_check) return 0;
  poller = epoll_create1(EPOLL_CLOEXEC);
  int listener = listen_on(port, &port);
  watch(listener);
  printf("floor listening on http://127.0.0.1:%d\n", port);
  fflush(stdout);
  struct epoll_event events[events_per_turn];
  for (;;) {
    int count = epoll_wait(poller, events, events_per_turn, -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; i++) {
      if (events[i].data.fd == listener) accept_all(listener);
      else read_from(events[i].data.fd);
    }
  }
}
