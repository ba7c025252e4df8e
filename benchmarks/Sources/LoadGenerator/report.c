/* key=value, those keys that the mode has a value for. */
#include "report.h"
#include "bookers.h"
#include "joiners.h"
#include "record.h"
#include "transport.h"
#include <stdio.h>

static const double milliseconds = second / 1e3, microseconds = second / 1e6;

static double ratio(double dividend, double divisor) { return divisor > 0 ? dividend / divisor : 0; }

static void print_quantiles(const char *name, const histogram *of, bool with_highest) {
  printf(" %s_p50_ms=%.3f %s_p99_ms=%.3f", name, (double)quantile(of, 0.5) / milliseconds, name,
         (double)quantile(of, 0.99) / milliseconds);
  if (with_highest) printf(" %s_max_ms=%.3f", name, (double)of->highest / milliseconds);
}

static void print_fanout(const options *chosen, const outcome *measured, const totals *received) {
  double seconds = (double)measured->wall / second, cpu = (double)measured->cpu / second;
  double readers = chosen->subscribers - chosen->stalled;
  static histogram last;
  record_completions(chosen->warm_up, &last);
  printf(" broadcasts=%u", measured->broadcasts);
  if (chosen->mode == mode_closed) printf(" outstanding=%u", chosen->outstanding);
  if (chosen->mode == mode_rate || chosen->mode == mode_connect) printf(" rate=%g", chosen->rate);
  if (chosen->stalled) printf(" stalled=%u", chosen->stalled);
  printf(" deliveries=%llu seconds=%.3f deliveries_per_second=%.0f", (unsigned long long)received->deliveries,
         seconds, ratio((double)received->deliveries, seconds));
  if (chosen->server)
    printf(" server_cpu_seconds=%.2f cpu_seconds_per_million=%.3f", cpu,
           ratio(cpu * 1e6, readers * measured->broadcasts));
  print_quantiles("last", &last, true);
  print_quantiles("each", received->each, true);
  if (received->gaps) print_quantiles("gap", received->gaps, true);
  print_quantiles("answer", bookers_answers(), false);
  printf(" frame_bytes=%.1f conflated=%llu", ratio((double)received->bytes, (double)received->deliveries),
         (unsigned long long)received->conflated);
}

static void print_rush(const options *chosen, const outcome *measured) {
  printf(" bookings=%u bookers=%u refused=%u bookings_per_second=%.0f", chosen->broadcasts, chosen->bookers,
         bookers_refused(), ratio(chosen->broadcasts, (double)measured->answered / second));
}

static void print_connects(const options *chosen) {
  printf(" connects=%u per_second=%g", chosen->connects, chosen->per_second);
  print_quantiles("connect", joiners_times(), true);
}

static void print_handshakes(const options *chosen, const outcome *measured) {
  printf(" concurrency=%u seconds=%.3f handshakes_per_second=%.0f", chosen->concurrency,
         (double)measured->wall / second, ratio(chosen->subscribers, (double)measured->wall / second));
  if (chosen->server)
    printf(" server_cpu_seconds=%.2f cpu_microseconds_per_handshake=%.1f", (double)measured->cpu / second,
           (double)measured->cpu / microseconds / chosen->subscribers);
}

static void print_memory(const options *chosen, const outcome *measured) {
  double grown = (double)measured->after.anonymous - (double)measured->before.anonymous;
  printf(" rss_anon_before=%llu rss_anon_after=%llu bytes_per_subscriber=%.0f rss_total=%llu",
         (unsigned long long)measured->before.anonymous, (unsigned long long)measured->after.anonymous,
         grown / chosen->subscribers, (unsigned long long)measured->after.resident);
  if (chosen->mode == mode_idle) printf(" quiet=%s", measured->quiet ? "yes" : "no");
}

static void print_tls(void) {
  const char *protocol, *cipher;
  transports_agreed(&protocol, &cipher);
  printf(" tls=%s cipher=%s", protocol, cipher);
}

void report(const options *chosen, const outcome *measured, const totals *received) {
  printf("mode=%s subscribers=%u", mode_names[chosen->mode], chosen->subscribers);
  if (chosen->speaks_tls) print_tls();
  if (chosen->mode < mode_handshakes) print_fanout(chosen, measured, received);
  if (chosen->mode == mode_rush) print_rush(chosen, measured);
  if (chosen->mode == mode_connect) print_connects(chosen);
  if (chosen->mode == mode_handshakes) print_handshakes(chosen, measured);
  if (chosen->server) print_memory(chosen, measured);
  printf("\n");
}
