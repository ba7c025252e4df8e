/* Where an HTTP/1.1 answer ends, and the few of its facts that a load client needs. */
#ifndef ANSWER_H
#define ANSWER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint32_t status;
  size_t head, body; /* sizes; a chunked body counts as 0: nothing is read from it */
  size_t whole;      /* all bytes of the answer, from its beginning */
  bool closes;       /* the server closes the connection after it */
} answer;

/* The answer at the start of bytes; false while it is not complete. Gives up on bytes that are no answer. */
bool read_answer(const char *bytes, size_t count, answer *out);

#endif
