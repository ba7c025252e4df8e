/* Fields are found by one walk over the head's lines. */
#define _GNU_SOURCE
#include "answer.h"
#include "meter.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Whether the line is the field of this name (in small letters, with its colon); then its value. */
static const char *value_of(const char *line, size_t count, const char *name) {
  size_t name_count = strlen(name);
  if (count < name_count || strncasecmp(line, name, name_count) != 0) return NULL;
  return line + name_count + strspn(line + name_count, " ");
}

static void read_line(const char *line, size_t count, answer *into, bool *is_chunked) {
  const char *value;
  switch (*line | 0x20) {
    case 'c':
      if ((value = value_of(line, count, "content-length:"))) into->body = strtoul(value, NULL, 10);
      else if ((value = value_of(line, count, "connection:"))) into->closes = !strncasecmp(value, "close", 5);
      break;
    case 't':
      if (value_of(line, count, "transfer-encoding:")) *is_chunked = true;
      break;
    default: break;
  }
}

bool read_answer(const char *bytes, size_t count, answer *out) {
  const char *end = memmem(bytes, count, "\r\n\r\n", 4);
  if (!end) return false;
  *out = (answer){.head = (size_t)(end - bytes) + 4};
  if (out->head < 16 || memcmp(bytes, "HTTP/1.1 ", 9) != 0) give_up("no answer: %.*s", (int)out->head, bytes);
  out->status = (uint32_t)strtoul(bytes + 9, NULL, 10);
  bool is_chunked = false;
  const char *line = memmem(bytes, out->head, "\r\n", 2);
  for (line += 2; line < end;) {
    const char *next = memmem(line, (size_t)(end + 2 - line), "\r\n", 2);
    read_line(line, (size_t)(next - line), out, &is_chunked);
    line = next + 2;
  }
  out->whole = is_chunked ? count : out->head + out->body;
  if (is_chunked) {
    out->body = 0;
    return memcmp(bytes + count - 5, "0\r\n\r\n", 5) == 0;
  }
  return count >= out->whole;
}
