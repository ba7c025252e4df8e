/* Fuzz target: records of the compact TLS layer, as a client with the right keys may send them, and as anybody else may.
 * Whatever comes, nothing is delivered that was not sealed, in another order or twice; a failure is final. The input is a
 * list of steps: a byte that says what, a byte of length, and so many bytes. */
#include "tls.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { most = 1 << 16 };
static cuv__tls_loop server_home, client_home;
static cuv_loop loop;
static uint8_t expected[most], got[most];

static void require(bool condition, const char *sentence) {
  if (condition) return;
  fprintf(stderr, "%s\n", sentence);
  abort();
}

static void make_ciphers(cuv__tls_loop *home) {
  const EVP_CIPHER *const kinds[cuv__aead_count] = {EVP_aes_128_gcm(), EVP_aes_256_gcm(), EVP_chacha20_poly1305()};
  for (int i = 0; i < cuv__aead_count; i++) {
    home->sealing[i] = EVP_CIPHER_CTX_new();
    home->opening[i] = EVP_CIPHER_CTX_new();
    EVP_EncryptInit_ex(home->sealing[i], kinds[i], NULL, NULL, NULL);
    EVP_DecryptInit_ex(home->opening[i], kinds[i], NULL, NULL, NULL);
  }
  home->is_compact = true;
  home->records_per_key = 4;
  home->readable.next = home->readable.previous = &home->readable;
}

int LLVMFuzzerInitialize(int *count, char ***words) {
  (void)count, (void)words;
  make_ciphers(&server_home);
  make_ciphers(&client_home);
  loop.tls = &server_home;
  return 0;
}

/* One connection and its client. */
typedef struct {
  cuv_conn conn;
  cuv__tls *server, client;
  int peer;
  size_t sent, received;
  ptrdiff_t failure; /* 0: none */
  bool is_honest;    /* nothing was sent that a client must not send */
} session;

static void begin(session *s, uint8_t aead) {
  int pair[2];
  require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0, "no sockets");
  memset(s, 0, sizeof *s);
  s->conn.fd = pair[0];
  s->peer = pair[1];
  s->is_honest = true;
  require(cuv__tls_open(&loop, &s->conn) == 0, "no connection");
  s->server = s->conn.poll.data;
  s->server->phase = cuv__open;
  s->server->record_limit = cuv__record_limit_13;
  s->server->aead = s->client.aead = aead;
  s->server->fragment = s->client.fragment = cuv__plaintext_limit;
  s->client.home = &client_home;
  s->client.conn = &s->conn;
  memset(s->server->in.secret, 7, sizeof s->server->in.secret);
  memset(s->server->out.secret, 9, sizeof s->server->out.secret);
  s->client.out = s->server->in;
  require(cuv__keys_from_secret(&s->server->in, aead) && cuv__keys_from_secret(&s->server->out, aead) &&
              cuv__keys_from_secret(&s->client.out, aead),
          "no keys");
}

static void put(session *s, const uint8_t *bytes, size_t count) {
  if (count && write(s->peer, bytes, count) < 0) s->is_honest = false;
}

/* What the client has sealed goes to the server, with one bit changed when `flip` is not 0. */
static void emit(session *s, size_t flip) {
  if (flip && client_home.output.count) {
    size_t bit = flip % (8 * client_home.output.count);
    client_home.output.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    s->is_honest = false;
  }
  put(s, client_home.output.bytes, client_home.output.count);
  client_home.output.count = 0;
}

/* If nothing before it ends the connection, the server delivers these bytes next. */
static void expect(session *s, const uint8_t *bytes, size_t count) {
  memcpy(expected + s->sent, bytes, count);
  s->sent += count;
}

static void seal_padded(session *s, uint8_t type, const uint8_t *bytes, size_t count, size_t padding) {
  uint8_t inner[1024] = {0};
  memcpy(inner, bytes, count);
  inner[count] = type;
  /* The layer appends the type behind its bytes: another 0 of padding. */
  require(cuv__seal_records(&s->client, 0, inner, count + 1 + padding), "not sealed");
}

static void take(session *s, size_t capacity) {
  for (int calls = 0; calls < 1000; calls++) {
    size_t room = most - s->received;
    if (capacity > room) capacity = room;
    if (capacity == 0) return;
    ptrdiff_t result = cuv_tls_recv(&loop, s->conn.fd, got + s->received, capacity);
    if (s->failure) require(result == s->failure, "a failure that is not final");
    if (result > 0) s->received += (size_t)result;
    require(s->received <= s->sent && memcmp(got, expected, s->received) == 0, "delivered what nobody sealed");
    if (result > 0) continue;
    if (result != -EAGAIN && result != 0) s->failure = result;
    return;
  }
}

static void step(session *s, uint8_t kind, const uint8_t *bytes, size_t count) {
  static const uint8_t update[] = {24, 0, 0, 1, 0}, update_and_answer[] = {24, 0, 0, 1, 1};
  uint8_t drained[4096];
  if (s->sent + 256 > most) return;
  switch (kind % 10) {
  case 0: case 1: /* application data */
    if (count == 0) s->is_honest = false; /* too many empty ones are refused */
    require(cuv__seal_records(&s->client, cuv__type_data, bytes, count), "not sealed");
    emit(s, 0);
    expect(s, bytes, count);
    break;
  case 2: /* the same, padded */
    if (count == 0) s->is_honest = false;
    seal_padded(s, cuv__type_data, bytes, count, count * 2);
    emit(s, 0);
    expect(s, bytes, count);
    break;
  case 3: /* new keys */
    require(cuv__seal_records(&s->client, cuv__type_handshake, count % 2 ? update : update_and_answer, 5) &&
                cuv__keys_update(&s->client.out, s->client.aead),
            "no new keys");
    emit(s, 0);
    s->is_honest = false; /* many in a row are refused */
    break;
  case 4: /* any type, any content */
    s->is_honest = false;
    if (count == 0) break;
    require(cuv__seal_records(&s->client, bytes[0], bytes + 1, count - 1), "not sealed");
    emit(s, 0);
    /* The type is the last byte that is not 0 (RFC 8446 section 5.4). */
    if (bytes[0] == 0) {
      while (count > 1 && bytes[count - 1] == 0) count--;
      if (count > 1 && bytes[count - 1] == cuv__type_data) expect(s, bytes + 1, count - 2);
    } else if (bytes[0] == cuv__type_data) {
      expect(s, bytes + 1, count - 1);
    }
    break;
  case 5: /* a bit is another */
    require(cuv__seal_records(&s->client, cuv__type_data, bytes, count), "not sealed");
    emit(s, count ? (size_t)bytes[0] * 256 + bytes[count - 1] + 1 : 1);
    break;
  case 6: /* anything */
    s->is_honest = false;
    put(s, bytes, count);
    break;
  case 7: take(s, count + 1); break;
  case 8: /* the server says something; its keys may have to change first */
    if (cuv__tls_sendable(s->server) == 0 && cuv__seal_message(s->server, bytes, count)) (void)cuv__emit(s->server);
    while (read(s->peer, drained, sizeof drained) > 0) {}
    break;
  default: /* the end */
    require(cuv__seal_alert(&s->client, count % 2 ? cuv__alert_close_notify : cuv__alert_user_canceled), "not sealed");
    emit(s, 0);
    s->is_honest = false;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  session s;
  begin(&s, size ? data[0] % cuv__aead_count : 0);
  for (size_t at = 1; at + 2 <= size;) {
    uint8_t kind = data[at];
    size_t count = data[at + 1] < size - at - 2 ? data[at + 1] : size - at - 2;
    step(&s, kind, data + at + 2, count);
    at += 2 + count;
  }
  take(&s, 512);
  if (s.is_honest) require(s.received == s.sent && s.failure == 0, "honest bytes were not delivered");
  cuv__tls_close(s.server, true);
  close(s.conn.fd);
  close(s.peer);
  server_home.output.count = client_home.output.count = 0;
  return 0;
}
