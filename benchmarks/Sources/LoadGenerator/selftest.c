/* Counts what was checked. What must be refused is tried in a child process: refusing ends the process. */
#define _GNU_SOURCE
#include "selftest.h"
#include "meter.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned checks;

void expect(bool holds, const char *what, long long which) {
  checks += 1;
  if (!holds) give_up("selftest: %s (%lld)", what, which);
}

void expect_refusal(void (*act)(const char *), const char *bytes, long long which) {
  pid_t child = fork();
  if (child == 0) {
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    act(bytes);
    _exit(0);
  }
  int status = 0;
  bool waited = child > 0 && waitpid(child, &status, 0) == child;
  expect(waited && WIFEXITED(status) && WEXITSTATUS(status) == 1, "taken, but must be refused", which);
}

size_t make_frame(char *into, uint8_t first, const char *payload, size_t count) {
  size_t head = count < 126 ? 2 : 4;
  into[0] = (char)first;
  into[1] = (char)(count < 126 ? count : 126);
  if (head == 4) {
    into[2] = (char)(count >> 8);
    into[3] = (char)count;
  }
  memmove(into + head, payload, count);
  return head + count;
}

int selftest(void) {
  readers_work();
  audiences_work();
  clients_work();
  tls_works();
  printf("selftest=ok checks=%u\n", checks);
  return 0;
}
