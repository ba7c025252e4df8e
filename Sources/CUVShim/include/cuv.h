/* CUVShim: what the data plane needs from the operating system, libuv, OpenSSL and zlib, and nothing more.
 * It exists because uv_ handles, io_uring, SSL_ objects and zlib's streams want C; it may shrink when Swift can hold them.
 *
 * Rules, once and for all:
 *  1. Every function that can fail returns 0 (or a count) on success and a negative errno on failure.
 *  2. A cuv_loop and everything made from it belongs to the thread that runs it.
 *     The one call that may come from any other thread is cuv_loop_wake(). A cuv_sender belongs to the
 *     first thread that sends with it. Debug builds check both and abort with a sentence.
 *  3. The caller owns the context pointer; it must outlive the loop.
 *  4. Bytes passed in are borrowed for the length of the call; nothing here keeps a pointer to them.
 *  5. cuv_conn_open() takes the descriptor over, also when it fails (then it has closed it).
 *  6. After cuv_conn_close() has returned, no hook is called for that token; the descriptor is closed.
 *  7. Hooks may open, watch and close any connection of their loop, the reported one included.
 *  8. No hook is called before cuv_loop_run() or after it has returned. After cuv_loop_stop() the running
 *     turn is finished, so the rest of its hooks still come.
 *  9. SIGPIPE is never raised by a send; EINTR is retried here, never reported.
 * 10. Memory comes from malloc; a failure is -ENOMEM, never an abort.
 * 11. A TLS connection is read and written by cuv_tls_recv(), cuv_tls_send() and cuv_tls_send_batch() alone, which
 *     find it by its descriptor; everything else here serves plain and TLS connections alike. Ciphertext that the
 *     socket does not take at once waits here, and leaves as the socket takes it, whatever is watched.
 */
#ifndef CUV_H
#define CUV_H
#include <stddef.h>
#include <stdint.h>

/* ---- loop ------------------------------------------------------------------------------------ */

typedef struct cuv_loop cuv_loop;
typedef struct cuv_conn cuv_conn;

/* HANGUP: an error or a reset; nothing more is reported for that connection until it is watched anew. The
 * end of the peer's stream is READABLE, and cuv_recv() then gives 0. */
enum { CUV_READABLE = 1, CUV_WRITABLE = 2, CUV_HANGUP = 4 };

/* An accepted peer's IPv6 address in network order, or its IPv4 address mapped into one (RFC 4291 section
 * 2.5.5.2); all zeros for other families. */
typedef struct { uint8_t bytes[16]; } cuv_address;

typedef struct {
  void *context;
  void (*on_accept)(void *context, int fd, const cuv_address *peer); /* the hook owns fd from here on */
  void (*on_ready)(void *context, uint32_t token, int events); /* CUV_ bits; level-triggered */
  void (*on_wake)(void *context);  /* at least once after each cuv_loop_wake() */
  void (*on_tick)(void *context);  /* every tick_ms, late when the loop was busy */
  void (*on_turn)(void *context);  /* once per turn, after all readiness of that turn */
} cuv_hooks;

int cuv_loop_create(cuv_loop **out, const cuv_hooks *hooks, uint32_t tick_ms); /* all five hooks; tick_ms > 0 */
int cuv_loop_run(cuv_loop *loop);               /* returns 0 after cuv_loop_stop() */
void cuv_loop_stop(cuv_loop *loop);             /* from the loop's own hooks */
int cuv_loop_wake(cuv_loop *loop);              /* ANY THREAD; wake-ups coalesce */
void cuv_loop_set_busy(cuv_loop *loop, int busy); /* busy: turns follow each other without sleeping */
uint64_t cuv_loop_now_ms(cuv_loop *loop);       /* monotonic, cached once per turn */
void cuv_loop_update_time(cuv_loop *loop);      /* for who works long between two turns, or before the first */
uint64_t cuv_loop_idle_ms(cuv_loop *loop);      /* slept in the poll so far; the rest was work */
void cuv_loop_destroy(cuv_loop *loop);          /* not running; closes every listener and connection left */

/* ---- listener --------------------------------------------------------------------------------- */

/* -EADDRINUSE when anybody else serves this address (checked by a bind without SO_REUSEPORT). */
int cuv_port_probe(const char *host, int port);
typedef struct {
  int backlog;               /* connections that the kernel keeps until they are accepted */
  uint32_t accepts_per_turn; /* > 0 */
  /* Bytes that the kernel takes for a connection beyond what is on its way to the peer (TCP_NOTSENT_LOWAT);
   * then sends would block. > 0. */
  uint32_t unsent_bytes;
  /* A connection ends with ETIMEDOUT when what was sent is not acknowledged for this long (TCP_USER_TIMEOUT). > 0. */
  uint32_t unacknowledged_ms;
} cuv_listen_options;
/* SO_REUSEPORT listener on a numeric address ("127.0.0.1", "::1"; "::" takes IPv4 too) or "localhost"
 * (127.0.0.1); port 0: any. -EINVAL for other hosts, -EALREADY when the loop listens already. What it
 * accepts has TCP_NODELAY. When descriptors run out (EMFILE, ENFILE) it pauses and tries again on the next
 * tick; accept_failures counts those. */
int cuv_listen(cuv_loop *loop, const char *host, int port, const cuv_listen_options *options, int *bound_port);
/* The same on a TCP socket that listens already, from whoever started this process. Several loops may have duplicates of
 * one socket; each connection then goes to the loop that is first. A loop may have several such sockets. It takes the
 * descriptor over, also when it fails. `is_shared`: others hold the same socket and go on with it.
 * -ENOTSOCK, or -EINVAL when it is no listening TCP socket. */
int cuv_listen_inherited(cuv_loop *loop, int fd, int is_shared, const cuv_listen_options *options, int *bound_port);
/* Nobody is accepted any more; idempotent. A socket of our own ends, also where it stands in other descriptor tables. A
 * shared one goes on listening for those who hold it, too, so that nobody is refused until the next process takes it. */
void cuv_listen_stop(cuv_loop *loop);
/* Our own sockets are shared from now on: others hold them, too. */
void cuv_listen_share(cuv_loop *loop);
/* cuv_listen_share(), then cuv_listen_stop(): another process has taken the sockets over. */
void cuv_listen_leave(cuv_loop *loop);
/* The descriptor of the listener number `index`; -EBADF: there are not so many. */
int cuv_listen_descriptor(const cuv_loop *loop, uint32_t index);
uint64_t cuv_accept_failures(const cuv_loop *loop);

/* ---- connection ------------------------------------------------------------------------------- */

/* Non-blocking, watched for CUV_READABLE. `token` comes back in on_ready. */
int cuv_conn_open(cuv_loop *loop, int fd, uint32_t token, cuv_conn **out);
int cuv_conn_watch(cuv_conn *conn, int events); /* replaces the watched set; 0: only hang-up/error */
void cuv_conn_close(cuv_conn *conn, int reset);  /* reset != 0: RST instead of FIN (drops what is unsent) */
int cuv_conn_shutdown_write(cuv_conn *conn);    /* half-close: FIN after what is queued */

/* For sockets that another process still serves, before the loop runs. prepare() watches a socket and reports nothing of it;
 * it takes the descriptor over, also when it fails. begin() makes it what open() makes; what is ready by then is reported.
 * cuv_loop_prepare() has the kernel watch those prepared so far, which would otherwise happen in the loop's first turn; it
 * calls no hook and accepts nobody. Not on a loop that speaks TLS. */
int cuv_conn_prepare(cuv_loop *loop, int fd, cuv_conn **out);
void cuv_loop_prepare(cuv_loop *loop);
int cuv_conn_begin(cuv_conn *conn, uint32_t token); /* after a failure it is to be closed */

/* Number of bytes, 0 = end of stream, -EAGAIN, or another negative errno. */
ptrdiff_t cuv_recv(int fd, void *into, size_t capacity);
/* Number of bytes taken by the kernel (may be short), or a negative errno (-EAGAIN: none). */
ptrdiff_t cuv_send(int fd, const void *bytes, size_t count);

/* ---- batch send: the same bytes to many descriptors ------------------------------------------- */

typedef struct cuv_sender cuv_sender;
enum { CUV_SENDER_AUTO = 0, CUV_SENDER_SEND = 1, CUV_SENDER_URING = 2 };
/* AUTO: io_uring when the kernel grants it (probed by a real send on a socket pair), else send(2).
 * URING: -ENOSYS/-EPERM when the kernel does not. */
int cuv_sender_create(cuv_sender **out, int kind);
const char *cuv_sender_name(const cuv_sender *sender); /* "io_uring" or "send" */
void cuv_sender_destroy(cuv_sender *sender);

/* One entry per descriptor that did not take everything: `result` is the number of bytes taken
 * (0 <= result < count) or a negative errno; would-block is reported as 0 bytes taken. */
typedef struct { uint32_t index; int32_t result; } cuv_exception;
/* Sends bytes[0..<count] once to each of fds[0..<fd_count]; returns the number of exceptions written
 * (out has room for fd_count), in ascending index. All sends are finished when it returns; -EINVAL (nothing
 * sent) only when count exceeds INT32_MAX. A ring that fails later on is finished by send(2). */
ptrdiff_t cuv_send_batch(cuv_sender *sender, const int32_t *fds, uint32_t fd_count, const void *bytes,
                         size_t count, cuv_exception *out);

/* ---- TLS: the server's side of it, as a filter of connections ---------------------------------- */

/* A certificate with its key and the policy: TLS 1.2 and 1.3, AEAD suites with forward secrecy in the server's
 * order, one stateless ticket, "http/1.1" or else "http/1.0" by ALPN; no compression, no renegotiation, no client
 * certificate. Loops on any thread share it. */
typedef struct cuv_tls_context cuv_tls_context;
/* Who protects records behind the handshake, which is OpenSSL's in any case. OPENSSL: its SSL objects, 13 KB for as
 * long as a connection lives. COMPACT: this shim, with libcrypto's AEADs, 0.5 KB; TLS 1.3 only. */
enum { CUV_TLS_OPENSSL = 0, CUV_TLS_COMPACT = 1 };
/* PEM files: the certificate with the chain behind it, and its key, which is not encrypted. On failure `why` has
 * room for one sentence (NUL-terminated): -ENOENT, -EACCES, ...: a file cannot be read; -EINVAL: no PEM of its
 * kind, the key is not the certificate's, or an unknown kind of records. */
int cuv_tls_context_create(cuv_tls_context **out, const char *certificate_file, const char *key_file, int records,
                           char why[256]);
/* ANY THREAD. Reads both files again: handshakes that begin from now on use the new pair, connections keep what they have.
 * When it fails, with a sentence as above, the pair before stays. */
int cuv_tls_context_reload(cuv_tls_context *context, const char *certificate_file, const char *key_file, char why[256]);
int64_t cuv_tls_context_expiry(cuv_tls_context *context); /* the certificate's end, seconds since 1970; 0: unknown */
void cuv_tls_context_destroy(cuv_tls_context *context); /* loops that use it keep what they need */

/* Before cuv_loop_run(): every connection that this loop opens from now on speaks TLS. At most `handshakes` (> 0) are
 * under way at once, from the first whole record to the client's Finished; one more is refused with an alert, and
 * cuv_tls_recv() gives -EBUSY. */
int cuv_loop_use_tls(cuv_loop *loop, cuv_tls_context *context, uint32_t handshakes);
void cuv_tls_handshakes(cuv_loop *loop, uint32_t *under_way, uint64_t *refused); /* 0 on a loop without TLS */

/* On a TLS connection:
 * - CUV_READABLE also means that decrypted bytes wait. The handshake runs inside cuv_tls_recv(), so it goes on as
 *   long as the connection is watched for it and then read.
 * - CUV_WRITABLE is reported once the handshake is finished and no ciphertext waits.
 * - cuv_conn_shutdown_write() sends close_notify behind what waits, then FIN. Nothing can be sent from then on.
 * - cuv_conn_close() without reset tries once, without waiting, to send what waits and close_notify.
 * - A peer that begins with plain HTTP is answered with a 400 and a FIN. Then cuv_tls_recv() discards input, with
 *   -EAGAIN, until the peer closes.
 * - More than 32 records in a row without application data (empty ones, KeyUpdates, warnings) end the connection. */

/* Number of decrypted bytes; 0 = close_notify or end of stream; -EAGAIN: none are there, perhaps because the
 * handshake runs; -EPROTO: TLS failed, and the peer has been told why; or another negative errno. */
ptrdiff_t cuv_tls_recv(cuv_loop *loop, int fd, void *into, size_t capacity);
/* All or nothing: `count`, or -EAGAIN (the handshake is unfinished or earlier ciphertext waits), or another negative
 * errno. -EBADF: no TLS connection of this loop. */
ptrdiff_t cuv_tls_send(cuv_loop *loop, int fd, const void *bytes, size_t count);
/* cuv_send_batch() for TLS connections of `loop`. Each takes all of the bytes or none, so an exception's `result` is
 * 0 (would block) or a negative errno. */
ptrdiff_t cuv_tls_send_batch(cuv_loop *loop, cuv_sender *sender, const int32_t *fds, uint32_t fd_count,
                             const void *bytes, size_t count, cuv_exception *out);
/* Bytes of ciphertext that wait for the socket, and when, by cuv_loop_now_ms(), it last took some or first had to
 * wait (0: it has never waited). A peer that reads slowly makes progress here long before CUV_WRITABLE is reported. */
size_t cuv_tls_waiting(cuv_loop *loop, int fd, uint64_t *progress_ms);
size_t cuv_tls_waiting_bytes(cuv_loop *loop); /* the same of all connections of the loop; 0 on one without TLS */

/* For tests. A connection's sending key is renewed after this many records (default 2^24) in TLS 1.3; the compact
 * layer misses the traffic secrets of handshakes from now on, as if OpenSSL had not told them; and whether a handshake
 * is finished (1), is not, or TLS has failed (0), or there is no TLS connection (-EBADF). */
void cuv_tls_test_records_per_key(cuv_loop *loop, uint64_t records);
void cuv_tls_test_lose_secrets(cuv_loop *loop);
int cuv_tls_test_is_open(cuv_loop *loop, int fd);

/* ---- process ---------------------------------------------------------------------------------- */

/* Joinable; `name` is cut to 15 bytes. Signals to the process (SIGTERM, ...) are blocked in it. */
typedef struct cuv_thread cuv_thread;
int cuv_thread_start(cuv_thread **out, const char *name, void (*body)(void *), void *argument);
void cuv_thread_join(cuv_thread *thread);       /* frees it */

/* Raises the soft limit of descriptors to the hard one. Returns the limit now in force, which holds for each
 * descriptor table. */
int64_t cuv_raise_descriptor_limit(void);
/* Gives the calling thread a descriptor table of its own, a copy of the one it shared. What it opens from then
 * on counts against its own limit and exists for it alone, and the kernel need not guard the table against
 * other threads. Sandboxes may forbid it: -EPERM. (unshare(2), CLONE_FILES) */
int cuv_own_descriptor_table(void);

/* ---- channels: messages with descriptors between two processes of one user ------------------------ */

/* A Unix socket that keeps the bounds of messages. Every call waits for `timeout_ms` at most (-ETIMEDOUT), so none is for
 * a loop that serves. Both ends check that the other belongs to the same user (-EPERM). Descriptors are blocking or not as
 * their sockets are, and closed on exec. */
enum { CUV_CHANNEL_DESCRIPTORS = 240 }; /* of one message; the kernel allows 253 (SCM_MAX_FD) */
int cuv_channel_listen(const char *path); /* a listening descriptor, for the owner only (0600); replaces what is there */
int cuv_channel_accept(int listener, int timeout_ms);
int cuv_channel_connect(const char *path, int timeout_ms); /* waits while the listener's queue is full */
/* A message has at least one byte and fits into the socket's send buffer (-EMSGSIZE; 208 KB unless net.core.wmem_default
 * says otherwise). The descriptors stay the caller's. */
int cuv_channel_send(int fd, const void *bytes, size_t count, const int32_t *fds, uint32_t fd_count, int timeout_ms);
/* The bytes of one message; 0: the peer has closed the channel or its process has ended. `fd_count`: room in `fds`, then
 * how many came; they belong to the caller. -EMSGSIZE: no room for all of it, and nothing is kept. */
ptrdiff_t cuv_channel_receive(int fd, void *into, size_t capacity, int32_t *fds, uint32_t *fd_count, int timeout_ms);
void cuv_channel_close(int fd);

/* ---- a client for one request ------------------------------------------------------------------- */

typedef struct {
  const char *host; /* a name or a numeric address */
  int port;
  int is_secure;   /* TLS */
  int is_verified; /* the certificate must be the host's, and the system's roots must vouch for it */
  int timeout_ms;  /* for all of it */
} cuv_probe_options;
/* Sends a request and reads the answer until the server closes or `capacity` is full. Blocks, so not on a loop's thread.
 * The process ignores SIGPIPE. Returns the number of bytes read; on failure `why` has a sentence. */
ptrdiff_t cuv_probe(const cuv_probe_options *options, const char *request, char *answer, size_t capacity, char why[256]);

/* ---- compression of messages (RFC 7692 section 7.2) --------------------------------------------- */

/* Any thread, one at a time. A message begins with fresh state, so one of them serves any number of connections. */
typedef struct cuv_deflater cuv_deflater;
/* window_bits: 9 to 15; nothing that it makes refers further back than 2^window_bits bytes. */
int cuv_deflater_create(cuv_deflater **out, int window_bits);
void cuv_deflater_destroy(cuv_deflater *deflater);
/* Room that is enough for any message of `count` bytes. */
size_t cuv_deflate_bound(cuv_deflater *deflater, size_t count);
/* One message as it stands in a frame, without the last four bytes of a sync flush. It may refer to the end of `dictionary`,
 * which must be what the receiver's messages ended with so far; of no bytes: it stands alone. Returns the number of bytes;
 * -EMSGSIZE: no room. */
ptrdiff_t cuv_deflate(cuv_deflater *deflater, const void *dictionary, size_t dictionary_count, const void *bytes,
                      size_t count, void *into, size_t capacity);

typedef struct cuv_inflater cuv_inflater;
int cuv_inflater_create(cuv_inflater **out);
void cuv_inflater_destroy(cuv_inflater *inflater);
/* One message that refers to none before it. Returns the number of its bytes, which stay at *out until the next call; -EMSGSIZE:
 * more than `limit`, of which no more is inflated; -EBADMSG: no whole DEFLATE data. */
ptrdiff_t cuv_inflate(cuv_inflater *inflater, const void *bytes, size_t count, size_t limit, const uint8_t **out);

/* RFC 6455 section 4.2.2: base64(SHA-1(key + GUID)); out has room for 28 characters, no NUL. -EINVAL for a key
 * of more than 64 bytes. */
int cuv_websocket_accept(const char *key, size_t key_count, char out[28]);

#endif
