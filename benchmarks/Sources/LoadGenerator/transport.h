/* A connection's way to its server: a TCP socket, or TLS over it (`--tls yes`). What lies above reads and
 * writes in the same way over both.
 * TLS takes any certificate: what is measured is a server that the caller has started on loopback, and it is
 * told nothing that is a secret. TLS 1.3, or 1.2 where the server has no more. */
#ifndef TRANSPORT_H
#define TRANSPORT_H
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

typedef struct {
  int fd;
  struct ssl_st *tls; /* NULL: plain */
} transport;

/* From now on transport_over() makes TLS. Before the first of them, and before threads. */
void transports_speak_tls(void);
/* The transport over a socket that is connected, or will be. TLS makes it non-blocking. */
transport transport_over(int fd);
void transport_end(transport *one); /* without goodbye; fd is -1 then */

/* ---- used by the functions below --------------------------------------------------------------- */
bool tls_stands(struct ssl_st *tls);
ssize_t tls_read(struct ssl_st *tls, char *into, size_t room);
ssize_t tls_write(struct ssl_st *tls, const char *bytes, size_t count);

/* Goes on with the handshake, as far as it can without waiting. True when it is over: always when plain. */
static inline bool transport_stands(transport over) { return !over.tls || tls_stands(over.tls); }

/* As recv(2) without waiting. A read that does not fill the room leaves nothing received inside of TLS: a
 * level-triggered poller tells all that comes. Gives up on what is no TLS. */
static inline ssize_t read_some(transport from, char *into, size_t room) {
  return from.tls ? tls_read(from.tls, into, room) : recv(from.fd, into, room, MSG_DONTWAIT);
}

/* As send(2). After EAGAIN a TLS transport wants the same bytes again. */
static inline ssize_t write_some(transport to, const char *bytes, size_t count) {
  return to.tls ? tls_write(to.tls, bytes, count) : send(to.fd, bytes, count, MSG_NOSIGNAL);
}

/* What the last handshake that ended has agreed on: protocol and cipher, such as TLSv1.3 and
 * TLS_AES_128_GCM_SHA256. */
void transports_agreed(const char **protocol, const char **cipher);

#endif
