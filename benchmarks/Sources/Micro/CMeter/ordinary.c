/* Compression of messages as servers ordinarily do it: zlib's defaults, one stream per connection that keeps its window
 * from message to message (RFC 7692 with context takeover). */
#include "meter.h"
#include <stdlib.h>
#include <zlib.h>

struct meter_ordinary { z_stream stream; };

meter_ordinary *meter_ordinary_create(void) {
  meter_ordinary *ordinary = calloc(1, sizeof *ordinary);
  if (!ordinary) return NULL;
  if (deflateInit2(&ordinary->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK)
    return ordinary;
  free(ordinary);
  return NULL;
}

void meter_ordinary_destroy(meter_ordinary *ordinary) {
  if (!ordinary) return;
  (void)deflateEnd(&ordinary->stream);
  free(ordinary);
}

size_t meter_ordinary_deflate(meter_ordinary *ordinary, const uint8_t *text, size_t count, uint8_t *into, size_t room) {
  ordinary->stream.next_in = (Bytef *)text;
  ordinary->stream.avail_in = (uInt)count;
  ordinary->stream.next_out = into;
  ordinary->stream.avail_out = (uInt)room;
  if (deflate(&ordinary->stream, Z_SYNC_FLUSH) != Z_OK || ordinary->stream.avail_out == 0) return 0;
  return room - ordinary->stream.avail_out - 4;
}
