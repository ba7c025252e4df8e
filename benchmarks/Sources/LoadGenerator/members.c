/* One walk over the object's text. It is done once per notice and thread, so it may be plain. */
#include "members.h"
#include "meter.h"
#include <string.h>

typedef struct {
  const char *at, *end;
} walk;

static void skip_space(walk *on) {
  while (on->at < on->end && memchr(" \t\r\n", *on->at, 4)) on->at++;
}

static bool take(walk *on, char expected) {
  skip_space(on);
  if (on->at == on->end || *on->at != expected) return false;
  on->at++;
  return true;
}

/* Behind the opening quote; leaves the walk behind the closing one. */
static bool take_string(walk *on, member *into) {
  into->is_string = true;
  into->value = on->at;
  for (; on->at < on->end; on->at++) {
    if (*on->at == '\\') on->at++;
    else if (*on->at == '"') {
      into->count = (size_t)(on->at++ - into->value);
      return true;
    }
  }
  return false;
}

/* An object or a list: up to its last bracket, strings inside passed over as such. */
static bool take_nested(walk *on) {
  member inside;
  int depth = 0;
  while (on->at < on->end) {
    char next = *on->at++;
    if (next == '{' || next == '[') depth++;
    else if (next == '"' && !take_string(on, &inside)) return false;
    else if ((next == '}' || next == ']') && --depth == 0) return true;
  }
  return false;
}

static bool take_value(walk *on, member *into) {
  if (take(on, '"')) return take_string(on, into);
  *into = (member){.name = into->name, .value = on->at};
  if (on->at < on->end && (*on->at == '{' || *on->at == '[')) {
    if (!take_nested(on)) return false;
  } else {
    while (on->at < on->end && !memchr(" \t\r\n,}]", *on->at, 7)) on->at++;
  }
  into->count = (size_t)(on->at - into->value);
  return into->count > 0;
}

static member *find(member *wanted, size_t wanted_count, const member *name) {
  for (size_t i = 0; i < wanted_count; i++)
    if (is_string(name, wanted[i].name)) return &wanted[i];
  return NULL;
}

static bool take_member(walk *on, member *wanted, size_t wanted_count) {
  member name, ignored;
  if (!take(on, '"') || !take_string(on, &name) || !take(on, ':')) return false;
  member *into = find(wanted, wanted_count, &name);
  if (into && into->value) return false;
  return take_value(on, into ? into : &ignored);
}

bool read_members(const char *text, size_t count, member *wanted, size_t wanted_count) {
  walk on = {.at = text, .end = text + count};
  for (size_t i = 0; i < wanted_count; i++) wanted[i].value = NULL;
  if (!take(&on, '{')) return false;
  if (!take(&on, '}')) {
    do {
      if (!take_member(&on, wanted, wanted_count)) return false;
    } while (take(&on, ','));
    if (!take(&on, '}')) return false;
  }
  skip_space(&on);
  return on.at == on.end;
}

static bool digits(const char *text, size_t count, int64_t *out) {
  *out = 0;
  if (count == 0 || count > 18) return false;
  for (size_t i = 0; i < count; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    *out = *out * 10 + (text[i] - '0');
  }
  return true;
}

bool integer_of(const member *from, int64_t *out) {
  if (!from->value || from->is_string) return false;
  bool negative = from->value[0] == '-';
  if (!digits(from->value + negative, from->count - negative, out)) return false;
  if (negative) *out = -*out;
  return true;
}

bool is_string(const member *one, const char *expected) {
  return one->value && one->is_string && one->count == strlen(expected) &&
         memcmp(one->value, expected, one->count) == 0;
}

/* Days since 1970 of a date in the Gregorian calendar, counted in years that begin in March. */
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
  if (month <= 2) year -= 1;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719468;
}

bool time_of(const member *from, int64_t *out) {
  static const char pattern[] = "0000-00-00T00:00:00.000Z";
  if (!from->value || !from->is_string || from->count != sizeof pattern - 1) return false;
  for (size_t i = 0; i < from->count; i++)
    if (pattern[i] != '0' && pattern[i] != from->value[i]) return false;
  const char *text = from->value;
  int64_t year, month, day, hours, minutes, seconds, milliseconds;
  if (!digits(text, 4, &year) || !digits(text + 5, 2, &month) || !digits(text + 8, 2, &day) ||
      !digits(text + 11, 2, &hours) || !digits(text + 14, 2, &minutes) || !digits(text + 17, 2, &seconds) ||
      !digits(text + 20, 3, &milliseconds))
    return false;
  *out = (((days_of(year, month, day) * 24 + hours) * 60 + minutes) * 60 + seconds) * second +
         milliseconds * (second / 1000);
  return true;
}
