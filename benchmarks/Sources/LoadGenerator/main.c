/* LoadGenerator MODE --port N [--tls yes] [options] | LoadGenerator selftest
 * Many WebSocket subscribers of one event, and clients that book. Checks every frame that a reader receives;
 * the first violation ends the run with one sentence and status 1. Else prints one line of key=value.
 * With --tls yes all connections speak TLS and take any certificate: the server is one that the caller has
 * started on loopback.
 * Begin with runs.c (what the modes with subscribers do), then crowd.c and audience.c (the receiving side). The modes
 * book and get are in clients.c, attack in attack.c, sale in sale.c. */
#include "attack.h"
#include "attempt.h"
#include "clients.h"
#include "crowd.h"
#include "meter.h"
#include "report.h"
#include "runs.h"
#include "sale.h"
#include "selftest.h"
#include "transport.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) give_up("getrlimit: %s", strerror(errno));
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) give_up("setrlimit: %s", strerror(errno));
}

int main(int argument_count, char **arguments) {
  if (argument_count == 2 && strcmp(arguments[1], "selftest") == 0) return selftest();
  static options chosen;
  read_options(argument_count, arguments, &chosen);
  raise_descriptor_limit();
  if (chosen.mode >= mode_book) attempts_prepare(&chosen);
  if (chosen.mode == mode_attack) return attack(&chosen), 0;
  if (chosen.mode == mode_sale) return sale(&chosen), 0;
  if (chosen.mode >= mode_book) return clients_run(&chosen), 0;
  if (chosen.speaks_tls) transports_speak_tls();
  outcome measured = run(&chosen);
  totals received = crowds_end();
  report(&chosen, &measured, &received);
  free(received.each);
  free(received.gaps);
}
