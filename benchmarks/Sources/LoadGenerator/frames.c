/* Reading a server's frames, and answering its pings. */
#include "frames.h"
#include "meter.h"
#include <string.h>

bool read_frame(const char *bytes, size_t count, frame *out) {
  if (count < 2) return false;
  const uint8_t *head = (const uint8_t *)bytes;
  if (head[1] & 0x80) give_up("a masked frame from the server");
  if (!(head[0] & 0x80) || head[0] & 0x70) give_up("a fragment or a reserved bit: first byte %02x", head[0]);
  size_t length = head[1], at = 2;
  if (length == 127) give_up("a frame of more than 64 KiB");
  if (length > 125 && head[0] & 8) give_up("a control frame of more than 125 bytes");
  if (length == 126) {
    if (count < 4) return false;
    length = (size_t)head[2] << 8 | head[3];
    if (length < 126) give_up("a frame of %zu bytes with a long length", length);
    at = 4;
  }
  if (count < at + length) return false;
  *out = (frame){
      .opcode = head[0] & 15, .payload = bytes + at, .payload_count = length, .whole = at + length};
  return true;
}

size_t make_pong(const frame *ping, char into[131]) {
  memset(into, 0, 6);
  into[0] = (char)(0x80 | opcode_pong);
  into[1] = (char)(0x80 | ping->payload_count);
  memcpy(into + 6, ping->payload, ping->payload_count);
  return 6 + ping->payload_count;
}
