/* Just enough of RFC 6455 section 5.2 for what a server may send here: whole, unmasked frames up to 64
 * KiB. */
#ifndef FRAMES_H
#define FRAMES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { opcode_text = 1, opcode_close = 8, opcode_ping = 9, opcode_pong = 10 };

typedef struct {
  uint8_t opcode;
  const char *payload;
  size_t payload_count;
  size_t whole; /* head and payload */
} frame;

/* The frame at the start of bytes; false while it is not complete. Gives up on a masked or fragmented one. */
bool read_frame(const char *bytes, size_t count, frame *out);

/* Writes the pong that answers a ping, masked with zeros as the cheapest valid mask; returns its size. */
size_t make_pong(const frame *ping, char into[131]);

#endif
