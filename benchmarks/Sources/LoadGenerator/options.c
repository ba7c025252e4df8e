/* What a run does by default, and how words become options. */
#include "options.h"
#include "meter.h"
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const mode_names[] = {"closed",     "rate", "rush", "connect",
                                  "handshakes", "idle", "book", "get", "attack", "sale"};
enum { mode_count = sizeof mode_names / sizeof *mode_names };

typedef enum { whole_number, fraction, words, choice } kind;

static const struct {
  const char *name;
  kind kind;
  size_t place;                /* in options */
  const char *first, *another; /* of a choice: stored as 0 and 1 */
} known[] = {
    {"--port", whole_number, offsetof(options, port), NULL, NULL},
    {"--pid", whole_number, offsetof(options, server), NULL, NULL},
    {"--seconds", whole_number, offsetof(options, seconds), NULL, NULL},
    {"--token", words, offsetof(options, token), NULL, NULL},
    {"--event", words, offsetof(options, event), NULL, NULL},
    {"--subscribe-path", words, offsetof(options, subscribe_path), NULL, NULL},
    {"--publish-path", words, offsetof(options, publish_path), NULL, NULL},
    {"--publish", choice, offsetof(options, publishes_notice), "book", "notice"},
    {"--gaps", choice, offsetof(options, measures_gaps), "no", "yes"},
    {"--welcome", choice, offsetof(options, without_welcome), "yes", "no"},
    {"--pace", whole_number, offsetof(options, pace), NULL, NULL},
    {"--tls", choice, offsetof(options, speaks_tls), "no", "yes"},
    {"--tables", choice, offsetof(options, private_tables), "shared", "private"},
    {"--threads", whole_number, offsetof(options, threads), NULL, NULL},
    {"--subscribers", whole_number, offsetof(options, subscribers), NULL, NULL},
    {"--connections", whole_number, offsetof(options, subscribers), NULL, NULL},
    {"--stalled", whole_number, offsetof(options, stalled), NULL, NULL},
    {"--concurrency", whole_number, offsetof(options, concurrency), NULL, NULL},
    {"--warm-up", whole_number, offsetof(options, warm_up), NULL, NULL},
    {"--broadcasts", whole_number, offsetof(options, broadcasts), NULL, NULL},
    {"--bookings", whole_number, offsetof(options, broadcasts), NULL, NULL},
    {"--outstanding", whole_number, offsetof(options, outstanding), NULL, NULL},
    {"--bookers", whole_number, offsetof(options, bookers), NULL, NULL},
    {"--rate", fraction, offsetof(options, rate), NULL, NULL},
    {"--connects", whole_number, offsetof(options, connects), NULL, NULL},
    {"--per-second", fraction, offsetof(options, per_second), NULL, NULL},
    {"--warm-up-seconds", fraction, offsetof(options, warm_up_seconds), NULL, NULL},
    {"--measured-seconds", fraction, offsetof(options, measured_seconds), NULL, NULL},
    {"--requests", whole_number, offsetof(options, requests), NULL, NULL},
    {"--tokens", words, offsetof(options, tokens), NULL, NULL},
    {"--path", words, offsetof(options, path), NULL, NULL},
    {"--events", whole_number, offsetof(options, events), NULL, NULL},
    {"--hold", choice, offsetof(options, holds), "no", "yes"},
    {"--types", whole_number, offsetof(options, types), NULL, NULL},
    {"--first-type", whole_number, offsetof(options, first_type), NULL, NULL},
    {"--then", words, offsetof(options, then), NULL, NULL},
    {"--keys", choice, offsetof(options, with_keys), "no", "yes"},
    {"--others", choice, offsetof(options, with_others), "no", "yes"},
    {"--capacity", whole_number, offsetof(options, capacity), NULL, NULL},
    {"--expect", whole_number, offsetof(options, expect), NULL, NULL},
    {"--or", whole_number, offsetof(options, or_else), NULL, NULL},
    {"--type", words, offsetof(options, type), NULL, NULL},
    {"--addresses", whole_number, offsetof(options, addresses), NULL, NULL},
    {"--first-address", whole_number, offsetof(options, first_address), NULL, NULL},
    {"--attack", words, offsetof(options, attack), NULL, NULL},
};

static double number_of(const char *name, const char *text, bool may_be_fraction) {
  char *end;
  double value = strtod(text, &end);
  if (*text < '0' || *text > '9' || *end || value > 1e9 || (!may_be_fraction && value != (uint32_t)value))
    give_up("%s: %s is no number", name, text);
  return value;
}

static uint32_t chosen_of(size_t option, const char *text) {
  if (strcmp(text, known[option].first) == 0) return 0;
  if (strcmp(text, known[option].another) == 0) return 1;
  give_up("%s is %s or %s, not %s", known[option].name, known[option].first, known[option].another, text);
}

static void read_option(options *into, const char *name, const char *value) {
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (strcmp(name, known[i].name) != 0) continue;
    void *place = (char *)into + known[i].place;
    switch (known[i].kind) {
      case whole_number: *(uint32_t *)place = (uint32_t)number_of(name, value, false); return;
      case fraction: *(double *)place = number_of(name, value, true); return;
      case words: *(const char **)place = value; return;
      case choice: *(uint32_t *)place = chosen_of(i, value); return;
    }
  }
  give_up("unknown option %s", name);
}

static mode mode_of(const char *word) {
  for (int i = 0; i < mode_count; i++)
    if (strcmp(word, mode_names[i]) == 0) return (mode)i;
  give_up("there is no mode %s", word);
}

static uint32_t default_bookers(const options *of) {
  if (of->publishes_notice) return 1; /* notices of several connections could overtake each other */
  if (of->mode == mode_closed) return of->outstanding;
  return of->mode == mode_rush ? 64 : 256;
}

static void check(const options *of) {
  if (of->port == 0 || of->port > 65535) give_up("--port must be from 1 to 65535");
  if (of->subscribers == 0 || of->threads == 0 || of->concurrency == 0 || of->outstanding == 0)
    give_up("--subscribers, --threads, --concurrency and --outstanding must not be 0");
  if (of->threads > of->subscribers) give_up("--threads must not be more than --subscribers");
  if (of->stalled >= of->subscribers) give_up("--stalled must leave a subscriber that reads");
  if (of->mode <= mode_rush && of->broadcasts == 0) give_up("--broadcasts or --bookings must not be 0");
  if (of->mode == mode_rate && of->rate <= 0) give_up("--rate must be more than 0");
  if (of->mode == mode_connect && (of->per_second <= 0 || of->connects == 0))
    give_up("--connects and --per-second must be more than 0");
  if (of->mode == mode_idle && of->server == 0) give_up("idle wants --pid");
  if (of->mode >= mode_book && (of->measured_seconds <= 0 || of->events == 0 || of->addresses == 0))
    give_up("--measured-seconds, --events and --addresses must not be 0");
  if (of->then && strcmp(of->then, "confirm") != 0 && strcmp(of->then, "cancel") != 0)
    give_up("--then is confirm or cancel, not %s", of->then);
  if (of->mode == mode_sale && (!of->tokens || !of->capacity)) give_up("sale wants --tokens and --capacity");
  if (of->mode >= mode_book && of->speaks_tls) give_up("book, get, attack and sale go without --tls");
  if (of->requests && of->rate > 0) give_up("--requests goes without --rate");
  if (of->mode == mode_attack && !of->attack) give_up("attack wants --attack KIND");
  if (of->publishes_notice && of->bookers > 1) give_up("notices are published by one --bookers");
}

void read_options(int count, char **words, options *into) {
  static char default_path[128];
  *into = (options){.seconds = 300, .event = "1", .publish_path = "/api/bookings", .threads = 1,
                    .subscribers = 1000, .concurrency = 64, .warm_up = 5, .broadcasts = 100, .outstanding = 1,
                    .connects = 100, .per_second = 20, .warm_up_seconds = 0.5, .measured_seconds = 3,
                    .path = "/api/bookings", .events = 1, .addresses = 1, .first_type = 1};
  int at = 1;
  if (count > 1 && words[1][0] != '-') into->mode = mode_of(words[at++]);
  into->rate = into->mode < mode_book ? 10 : 0;
  into->expect = into->mode == mode_book ? 201 : 200;
  if ((count - at) % 2) give_up("%s has no value", words[count - 1]);
  for (; at < count; at += 2) read_option(into, words[at], words[at + 1]);
  if (into->mode == mode_sale) into->with_keys = 1; /* or a retry would book twice */
  if (!into->bookers) into->bookers = default_bookers(into);
  if (!into->subscribe_path) {
    snprintf(default_path, sizeof default_path, "/ws/events/%s", into->event);
    into->subscribe_path = default_path;
  }
  if (into->mode == mode_rush || into->mode >= mode_handshakes) into->warm_up = 0;
  check(into);
}
