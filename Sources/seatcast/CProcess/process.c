#define _GNU_SOURCE
#include "process.h"
#include <sched.h>
#include <stddef.h>
#include <sys/timex.h>
#include <sys/ioctl.h>

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
