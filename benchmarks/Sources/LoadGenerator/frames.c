/* Just enough of RFC 6455 section 5.2 for what a server may send here: whole, unmasked frames. */
#include "load.h"
#include <string.h>

bool read_frame(const char *bytes, size_t count, frame *out) {
  if (count < 2) return false;
  const uint8_t *head = (const uint8_t *)bytes;
  if (head[1] & 0x80) give_up("a masked frame from the server");
  if (!(head[0] & 0x80) || head[0] & 0x70) give_up("a fragment or a reserved bit: first byte %02x", head[0]);
  size_t length = head[1], at = 2;
  if (length == 126) {
    if (count < 4) return false;
    length = (size_t)head[2] << 8 | head[3];
    at = 4;
  } else if (length == 127) {
    give_up("a frame of more than 64 KiB");
  }
  if (count < at + length) return false;
  *out = (frame){.opcode = head[0] & 15, .payload = bytes + at, .payload_count = length, .whole = at + length};
  return true;
}

bool member(const char *text, size_t count, const char *name, uint64_t *out) {
  size_t name_count = strlen(name);
  const char *end = text + count, *at = text;
  while ((at = memmem(at, (size_t)(end - at), name, name_count))) {
    const char *digit = at + name_count;
    if (at > text && at[-1] == '"' && digit + 2 < end && digit[0] == '"' && digit[1] == ':') {
      uint64_t value = 0;
      for (digit += 2; digit < end && *digit >= '0' && *digit <= '9'; digit++)
        value = value * 10 + (uint64_t)(*digit - '0');
      *out = value;
      return true;
    }
    at = digit;
  }
  return false;
}
