/* Channels: messages with descriptors between two processes of one user, over a Unix socket that keeps the bounds of
 * messages (SOCK_SEQPACKET). Calls wait, for a bounded time, so they are for threads that have nothing else to do just
 * then. No state of a loop is touched: any thread, one at a time per channel. */
#define _GNU_SOURCE /* struct ucred, accept4 */
#include "cuv.h"
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void) {
  struct timespec time;
  (void)clock_gettime(CLOCK_MONOTONIC, &time); /* fails for unknown clocks only */
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* 0: ready; -ETIMEDOUT: it is not in time. */
static int await(int fd, short events, int64_t deadline) {
  for (;;) {
    int64_t left = deadline - now_ms();
    struct pollfd entry = {.fd = fd, .events = events};
    int count = poll(&entry, 1, left < 0 ? 0 : (int)left);
    if (count > 0) return 0;
    if (count < 0 && errno != EINTR) return -errno;
    if (count == 0 && left <= 0) return -ETIMEDOUT;
  }
}

static int name(const char *path, struct sockaddr_un *out) {
  size_t count = strlen(path);
  *out = (struct sockaddr_un){.sun_family = AF_UNIX};
  if (count >= sizeof out->sun_path) return -ENAMETOOLONG;
  memcpy(out->sun_path, path, count);
  return 0;
}

static int make(void) {
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  return fd < 0 ? -errno : fd;
}

/* The peer's process must belong to our user. */
static int check_peer(int fd) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return -errno;
  return peer.uid == geteuid() ? 0 : -EPERM;
}

int cuv_channel_listen(const char *path) {
  struct sockaddr_un where;
  int failure = name(path, &where);
  if (failure) return failure;
  int fd = make();
  if (fd < 0) return fd;
  /* A socket gets the mode that it has before it is bound; so it is never open to others. */
  if (fchmod(fd, S_IRUSR | S_IWUSR) != 0) failure = -errno;
  (void)unlink(path);
  if (!failure && bind(fd, (struct sockaddr *)&where, sizeof where) != 0) failure = -errno;
  if (!failure && listen(fd, 64) != 0) failure = -errno;
  if (!failure) return fd;
  (void)close(fd);
  return failure;
}

int cuv_channel_accept(int listener, int timeout_ms) {
  int64_t deadline = now_ms() + timeout_ms;
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      int failure = check_peer(fd);
      if (!failure) return fd;
      (void)close(fd);
      return failure;
    }
    if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) return -errno;
    int failure = await(listener, POLLIN, deadline);
    if (failure) return failure;
  }
}

/* A full queue of a listener answers EAGAIN to a socket that does not block, and there is nothing to wait for but time. */
static int reach(int fd, const struct sockaddr_un *where, int64_t deadline) {
  while (connect(fd, (const struct sockaddr *)where, sizeof *where) != 0) {
    if (errno != EAGAIN && errno != EINTR) return -errno;
    if (now_ms() >= deadline) return -ETIMEDOUT;
    if (errno == EAGAIN) (void)poll(NULL, 0, 1);
  }
  return 0;
}

int cuv_channel_connect(const char *path, int timeout_ms) {
  struct sockaddr_un where;
  int failure = name(path, &where);
  if (failure) return failure;
  int fd = make();
  if (fd < 0) return fd;
  failure = reach(fd, &where, now_ms() + timeout_ms);
  if (!failure) failure = check_peer(fd);
  if (!failure) return fd;
  (void)close(fd);
  return failure;
}

static void attach(struct msghdr *message, void *room, const int32_t *fds, uint32_t count) {
  message->msg_control = room;
  message->msg_controllen = CMSG_SPACE(count * sizeof(int));
  struct cmsghdr *header = CMSG_FIRSTHDR(message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(count * sizeof(int));
  memcpy(CMSG_DATA(header), fds, count * sizeof(int));
}

typedef union {
  struct cmsghdr header; /* for its alignment */
  char bytes[CMSG_SPACE(CUV_CHANNEL_DESCRIPTORS * sizeof(int))];
} control_room;

int cuv_channel_send(int fd, const void *bytes, size_t count, const int32_t *fds, uint32_t fd_count, int timeout_ms) {
  if (count == 0 || fd_count > CUV_CHANNEL_DESCRIPTORS) return -EINVAL; /* nothing means the end of the channel */
  control_room room;
  struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = count};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  memset(&room, 0, sizeof room);
  if (fd_count) attach(&message, &room, fds, fd_count);
  int64_t deadline = now_ms() + timeout_ms;
  for (;;) {
    if (sendmsg(fd, &message, MSG_NOSIGNAL) >= 0) return 0;
    int error = errno;
    if (error == EINTR) continue;
    if (error != EAGAIN && error != ETOOMANYREFS) return -error;
    if (now_ms() >= deadline) return -ETIMEDOUT;
    if (error == EAGAIN) {
      int failure = await(fd, POLLOUT, deadline);
      if (failure) return failure;
    } else {
      /* As many descriptors of this user are under way as may be (unix(7)): the others take theirs meanwhile. */
      (void)poll(NULL, 0, 1);
    }
  }
}

/* Takes the descriptors that came; closes those that there is no room for. */
static uint32_t detach(struct msghdr *message, int32_t *fds, uint32_t capacity, bool *overflowed) {
  uint32_t taken = 0;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    uint32_t count = (uint32_t)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    for (uint32_t i = 0; i < count; i++) {
      int fd;
      memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
      if (taken < capacity) {
        fds[taken++] = fd;
      } else {
        (void)close(fd);
        *overflowed = true;
      }
    }
  }
  return taken;
}

ptrdiff_t cuv_channel_receive(int fd, void *into, size_t capacity, int32_t *fds, uint32_t *fd_count, int timeout_ms) {
  uint32_t room_for = *fd_count;
  *fd_count = 0;
  int64_t deadline = now_ms() + timeout_ms;
  for (;;) {
    control_room room;
    struct iovec part = {.iov_base = into, .iov_len = capacity};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &room, .msg_controllen = sizeof room};
    ssize_t count = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    if (count >= 0) {
      bool overflowed = message.msg_flags & (MSG_TRUNC | MSG_CTRUNC);
      uint32_t taken = detach(&message, fds, room_for, &overflowed);
      if (!overflowed) {
        *fd_count = taken;
        return count;
      }
      /* The kernel leaves descriptors out when our table is full. */
      for (uint32_t i = 0; i < taken; i++) (void)close(fds[i]);
      return -EMSGSIZE;
    }
    if (errno == EINTR) continue;
    if (errno == ECONNRESET) return 0; /* the peer's process has ended with messages unread */
    if (errno != EAGAIN) return -errno;
    int failure = await(fd, POLLIN, deadline);
    if (failure) return failure;
  }
}

void cuv_channel_close(int fd) {
  (void)shutdown(fd, SHUT_RDWR); /* a copy in another descriptor table would keep it open for the peer */
  (void)close(fd);
}
