/* Members of a JSON object (RFC 8259), in any order. Values that are not asked for are passed
 * over; of nested ones only the ends are looked for. */
#ifndef MEMBERS_H
#define MEMBERS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  const char *name;
  const char *value; /* NULL: not there; of a string what is between the quotes, as it stands */
  size_t count;
  bool is_string;
} member;

/* Finds the wanted members. False when the text is not one object, or has a wanted member twice. */
bool read_members(const char *text, size_t count, member *wanted, size_t wanted_count);
/* Whether it is an integer without fraction or exponent. */
bool integer_of(const member *from, int64_t *out);
bool is_string(const member *one, const char *expected);
/* Nanoseconds since 1970 of a string such as 2024-11-11T10:30:00.000Z. */
bool time_of(const member *from, int64_t *out);

#endif
