// zlib's C interface, as Debian ships it (zlib1g-dev). Only Gzip.swift imports this module. What stands below is a macro,
// which Swift cannot import.
#pragma once
#include <zlib.h>

/// Begins a gzip stream (RFC 1952) at the highest level.
static inline int seatcast_begin_gzip(z_stream *stream) {
  return deflateInit2(stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
}
