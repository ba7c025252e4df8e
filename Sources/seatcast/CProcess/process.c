#define _GNU_SOURCE
#include "process.h"
#include <sched.h>
#include <stddef.h>
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timex.h>

static int count;
static char **arguments;

__attribute__((constructor)) static void keep(int argc, char **argv) {
  count = argc;
  arguments = argv;
}

int process_argument_count(void) { return count; }

const char *process_argument(int index) { return index >= 0 && index < count ? arguments[index] : NULL; }

int process_allowed_cores(void) {
  /* The kernel refuses a mask that is smaller than its own. */
  for (int cores = 1024; cores <= 65536; cores *= 2) {
    cpu_set_t *mask = CPU_ALLOC(cores);
    if (!mask) return 0;
    size_t size = CPU_ALLOC_SIZE(cores);
    int allowed = sched_getaffinity(0, size, mask) == 0 ? CPU_COUNT_S(size, mask) : 0;
    CPU_FREE(mask);
    if (allowed > 0) return allowed;
  }
  return 0;
}

int process_clock_is_synchronized(void) {
  struct timex state = {0};
  int clock = adjtimex(&state);
  if (clock < 0) return -1;
  return clock != TIME_ERROR && !(state.status & STA_UNSYNC);
}

int process_terminal_size(int descriptor, int *columns, int *rows) {
  struct winsize size;
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return -1;
  *columns = size.ws_col;
  *rows = size.ws_row;
  return 0;
}

int process_send_descriptors(int socket, const void *address, unsigned size, const void *bytes, unsigned long byte_count,
                             const int *descriptors, unsigned descriptor_count) {
  enum { most = 240 };
  if (descriptor_count == 0 || descriptor_count > most) {
    errno = EINVAL;
    return -1;
  }
  union {
    struct cmsghdr header; /* for its alignment */
    char bytes[CMSG_SPACE(most * sizeof(int))];
  } room;
  memset(&room, 0, sizeof room);
  struct iovec part = {.iov_base = (void *)(unsigned long)bytes, .iov_len = byte_count};
  struct msghdr message = {.msg_name = (void *)(unsigned long)address, .msg_namelen = size, .msg_iov = &part,
                           .msg_iovlen = 1, .msg_control = &room,
                           .msg_controllen = CMSG_SPACE(descriptor_count * sizeof(int))};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(descriptor_count * sizeof(int));
  memcpy(CMSG_DATA(header), descriptors, descriptor_count * sizeof(int));
  return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}
