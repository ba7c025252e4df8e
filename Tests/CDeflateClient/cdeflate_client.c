#include "include/cdeflate_client.h"
#include <stdlib.h>
#include <zlib.h>

struct cdeflate_client {
  z_stream in, out;
  int server_bits, keeps_window;
};

cdeflate_client *cdeflate_client_create(int server_bits, int keeps_window, int client_bits) {
  cdeflate_client *client = calloc(1, sizeof *client);
  if (!client) return NULL;
  client->server_bits = server_bits;
  client->keeps_window = keeps_window;
  if (inflateInit2(&client->in, -server_bits) == Z_OK) {
    if (deflateInit2(&client->out, Z_BEST_COMPRESSION, Z_DEFLATED, -client_bits, 8, Z_DEFAULT_STRATEGY) == Z_OK)
      return client;
    (void)inflateEnd(&client->in);
  }
  free(client);
  return NULL;
}

void cdeflate_client_destroy(cdeflate_client *client) {
  if (!client) return;
  (void)inflateEnd(&client->in);
  (void)deflateEnd(&client->out);
  free(client);
}

/* Byte by byte where the window is small: zlib otherwise lets a message refer to any byte of the same output buffer,
 * however far back it lies. */
static int inflate_piece(cdeflate_client *client, const uint8_t *piece, size_t count, uint8_t *into, size_t capacity,
                         size_t *made) {
  client->in.next_in = (Bytef *)piece;
  client->in.avail_in = (uInt)count;
  for (;;) {
    size_t room = capacity - *made;
    if (room == 0) return -1;
    if (client->server_bits < 15) room = 1;
    client->in.next_out = into + *made;
    client->in.avail_out = (uInt)room;
    int result = inflate(&client->in, Z_SYNC_FLUSH);
    *made += room - client->in.avail_out;
    if (result != Z_OK && result != Z_BUF_ERROR) return -1;
    if (client->in.avail_in == 0 && client->in.avail_out > 0) return 0;
  }
}

ptrdiff_t cdeflate_client_inflate(cdeflate_client *client, const uint8_t *payload, size_t count, uint8_t *into,
                                  size_t capacity) {
  static const uint8_t tail[] = {0, 0, 0xff, 0xff};
  size_t made = 0;
  if (!client->keeps_window && inflateReset(&client->in) != Z_OK) return -1;
  if (inflate_piece(client, payload, count, into, capacity, &made) != 0) return -1;
  if (inflate_piece(client, tail, sizeof tail, into, capacity, &made) != 0) return -1;
  return client->in.data_type & 128 ? (ptrdiff_t)made : -1;
}

ptrdiff_t cdeflate_client_deflate(cdeflate_client *client, const uint8_t *message, size_t count, uint8_t *into,
                                  size_t capacity) {
  if (deflateReset(&client->out) != Z_OK) return -1;
  client->out.next_in = (Bytef *)message;
  client->out.avail_in = (uInt)count;
  client->out.next_out = into;
  client->out.avail_out = (uInt)capacity;
  if (deflate(&client->out, Z_SYNC_FLUSH) != Z_OK || client->out.avail_out == 0) return -1;
  return (ptrdiff_t)(capacity - client->out.avail_out - 4);
}
