/* permessage-deflate's compression (RFC 7692 section 7.2) by zlib: raw DEFLATE, one message at a time. Each message begins
 * with fresh state, so a deflater and an inflater serve any number of connections; what a message may refer to is
 * handed over with it. Nothing here knows of frames. */
#include "cuv.h"
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* A sync flush ends with an empty stored block, of which these bytes are left out on the wire (section 7.2.1). */
static const uint8_t tail[4] = {0x00, 0x00, 0xff, 0xff};

struct cuv_deflater { z_stream stream; };

/* Memory level 5: a hash table of 8 KB, which is cleared for each message; the default's 64 KB would cost more than
 * the message itself. */
int cuv_deflater_create(cuv_deflater **out, int window_bits) {
  enum { memory_level = 5 };
  *out = NULL;
  if (window_bits < 9 || window_bits > 15) return -EINVAL; /* zlib refuses a raw window of 8 bits */
  cuv_deflater *deflater = calloc(1, sizeof *deflater);
  if (!deflater) return -ENOMEM;
  if (deflateInit2(&deflater->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -window_bits, memory_level,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    free(deflater);
    return -ENOMEM;
  }
  *out = deflater;
  return 0;
}

void cuv_deflater_destroy(cuv_deflater *deflater) {
  if (!deflater) return;
  (void)deflateEnd(&deflater->stream);
  free(deflater);
}

size_t cuv_deflate_bound(cuv_deflater *deflater, size_t count) {
  /* The flush adds an empty block to what zlib reckons, and wants room to spare. */
  return deflateBound(&deflater->stream, (uLong)count) + 16;
}

ptrdiff_t cuv_deflate(cuv_deflater *deflater, const void *dictionary, size_t dictionary_count, const void *bytes,
                      size_t count, void *into, size_t capacity) {
  z_stream *stream = &deflater->stream;
  if (count > UINT32_MAX || dictionary_count > UINT32_MAX || capacity > UINT32_MAX) return -EINVAL;
  if (deflateReset(stream) != Z_OK) return -EINVAL;
  if (dictionary_count > 0 && deflateSetDictionary(stream, dictionary, (uInt)dictionary_count) != Z_OK) return -EINVAL;
  stream->next_in = (Bytef *)bytes; /* zlib only reads it */
  stream->avail_in = (uInt)count;
  stream->next_out = into;
  stream->avail_out = (uInt)capacity;
  int result = deflate(stream, Z_SYNC_FLUSH);
  /* No room left: the flush may not be whole. */
  if (result != Z_OK || stream->avail_in > 0 || stream->avail_out == 0) return -EMSGSIZE;
  size_t made = capacity - stream->avail_out;
  if (made < sizeof tail || memcmp((uint8_t *)into + made - sizeof tail, tail, sizeof tail) != 0) return -EPROTO;
  return (ptrdiff_t)(made - sizeof tail);
}

struct cuv_inflater {
  z_stream stream;
  uint8_t *bytes; /* what the last message became */
  size_t capacity;
};

int cuv_inflater_create(cuv_inflater **out) {
  *out = NULL;
  cuv_inflater *inflater = calloc(1, sizeof *inflater);
  if (!inflater) return -ENOMEM;
  /* A window of 15 bits reads what was made with any smaller one. */
  if (inflateInit2(&inflater->stream, -15) != Z_OK) {
    free(inflater);
    return -ENOMEM;
  }
  *out = inflater;
  return 0;
}

void cuv_inflater_destroy(cuv_inflater *inflater) {
  if (!inflater) return;
  (void)inflateEnd(&inflater->stream);
  free(inflater->bytes);
  free(inflater);
}

/* Room for at least one more byte than `made`, and never more than one beyond `limit`: that one shows an excess. */
static int make_room(cuv_inflater *inflater, size_t made, size_t limit) {
  enum { first = 4096 };
  if (made < inflater->capacity) return 0;
  size_t wanted = inflater->capacity > 0 ? 2 * inflater->capacity : first;
  if (wanted > limit + 1) wanted = limit + 1;
  if (wanted <= made) return -EMSGSIZE;
  uint8_t *grown = realloc(inflater->bytes, wanted);
  if (!grown) return -ENOMEM;
  inflater->bytes = grown;
  inflater->capacity = wanted;
  return 0;
}

/* Inflates all of a piece; `is_tail` when it is not the peer's. */
static int inflate_piece(cuv_inflater *inflater, const uint8_t *piece, size_t count, bool is_tail, size_t *made,
                         size_t limit) {
  z_stream *stream = &inflater->stream;
  stream->next_in = (Bytef *)piece;
  stream->avail_in = (uInt)count;
  for (;;) {
    int failure = make_room(inflater, *made, limit);
    if (failure) return failure;
    size_t room = inflater->capacity - *made;
    if (room > limit + 1 - *made) room = limit + 1 - *made; /* an earlier message may have left more of it */
    stream->next_out = inflater->bytes + *made;
    stream->avail_out = room > UINT32_MAX ? UINT32_MAX : (uInt)room;
    uInt offered = stream->avail_out;
    int result = inflate(stream, Z_SYNC_FLUSH);
    *made += offered - stream->avail_out;
    if (*made > limit) return -EMSGSIZE;
    if (result == Z_STREAM_END) {
      /* A block may be marked as the last one of its stream (section 7.2.3.4); others of the same message may follow
       * and refer to it. One that ends right here needs no tail. */
      if (stream->avail_in == 0 || is_tail) return is_tail ? 0 : 1;
      if (inflateResetKeep(stream) != Z_OK) return -EBADMSG;
    } else if (result == Z_MEM_ERROR) {
      return -ENOMEM;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      return -EBADMSG;
    } else if (stream->avail_in == 0 && stream->avail_out > 0) {
      return 0;
    }
  }
}

ptrdiff_t cuv_inflate(cuv_inflater *inflater, const void *bytes, size_t count, size_t limit, const uint8_t **out) {
  enum { kept = 64 * 1024, block_ended = 128, bits_left = 63 };
  *out = NULL;
  if (count > UINT32_MAX || limit >= UINT32_MAX) return -EINVAL;
  if (inflateReset(&inflater->stream) != Z_OK) return -EINVAL;
  if (inflater->capacity > kept) {
    free(inflater->bytes);
    inflater->bytes = NULL;
    inflater->capacity = 0;
  }
  size_t made = 0;
  int result = inflate_piece(inflater, bytes, count, false, &made, limit);
  if (result == 0) {
    result = inflate_piece(inflater, tail, sizeof tail, true, &made, limit);
    /* The tail must have ended a block, and not have been taken for part of one that was cut off. */
    int state = inflater->stream.data_type;
    if (result == 0 && (!(state & block_ended) || (state & bits_left))) result = -EBADMSG;
  }
  if (result < 0) return result;
  *out = inflater->bytes;
  return (ptrdiff_t)made;
}
