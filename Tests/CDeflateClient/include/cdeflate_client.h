/* A WebSocket client's side of permessage-deflate (RFC 7692): the other end of what the server compresses. It shares no
 * code with the server, and refuses what a client that agreed to it could not read. One thread at a time. */
#ifndef CDEFLATE_CLIENT_H
#define CDEFLATE_CLIENT_H
#include <stddef.h>
#include <stdint.h>

typedef struct cdeflate_client cdeflate_client;

/* server_bits: of the window that is kept of what the server sends (8 to 15); keeps_window: whether it is kept from one
 * message to the next; client_bits: of the window for what is sent (9 to 15). NULL: no memory. */
cdeflate_client *cdeflate_client_create(int server_bits, int keeps_window, int client_bits);
void cdeflate_client_destroy(cdeflate_client *client);

/* One message of the server; the number of its bytes, or -1: it cannot be read, ends in the middle of a block, or refers
 * to what is no longer in the window; or it does not fit. */
ptrdiff_t cdeflate_client_inflate(cdeflate_client *client, const uint8_t *payload, size_t count, uint8_t *into,
                                  size_t capacity);
/* One message for the server, which refers to none before it; -1: it does not fit. */
ptrdiff_t cdeflate_client_deflate(cdeflate_client *client, const uint8_t *message, size_t count, uint8_t *into,
                                  size_t capacity);

#endif
