/* Transports over TLS against a server's end whose sealed bytes can be cut and changed on their way. What
 * comes out must be what it is over plain sockets, however the records are cut; and nothing that has been
 * received may stay inside, because no poller would tell. Its certificate is made here and self-signed. */
#define _GNU_SOURCE
#include "audience.h"
#include "meter.h"
#include "record.h"
#include "selftest.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { patience = 5000 /* milliseconds */, sealed_capacity = 64 * 1024 };

/* What it writes waits in memory until the test takes it. */
typedef struct {
  SSL *tls;
  int fd;
} server_end;

static SSL_CTX *context;

static void make_certificate(void) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *made = X509_new();
  context = SSL_CTX_new(TLS_server_method());
  if (!key || !made || !context || !X509_gmtime_adj(X509_getm_notBefore(made), 0) ||
      !X509_gmtime_adj(X509_getm_notAfter(made), 3600) || X509_set_pubkey(made, key) != 1 ||
      X509_sign(made, key, EVP_sha256()) == 0 || SSL_CTX_use_certificate(context, made) != 1 ||
      SSL_CTX_use_PrivateKey(context, key) != 1)
    give_up("selftest: no certificate");
  X509_free(made);
  EVP_PKEY_free(key);
}

/* ---- two ends ---------------------------------------------------------------------------------- */

/* Both ends of a TCP connection; the second one, the server's, never waits. */
static void connect_pair(int ends[2]) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  ends[0] = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&at, size) != 0 || listen(listener, 1) != 0 ||
      getsockname(listener, (struct sockaddr *)&at, &size) != 0 ||
      connect(ends[0], (struct sockaddr *)&at, size) != 0 ||
      (ends[1] = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) < 0)
    give_up("selftest: no connection");
  if (setsockopt(ends[1], IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) != 0) give_up("selftest: TCP_NODELAY");
  close(listener);
}

static size_t take_sealed(server_end of, char *into) {
  int count = BIO_read(SSL_get_wbio(of.tls), into, sealed_capacity);
  return count > 0 ? (size_t)count : 0;
}

static void send_sealed(server_end of, const char *bytes, size_t count) {
  if (send(of.fd, bytes, count, MSG_NOSIGNAL) != (ssize_t)count) give_up("selftest: send");
}

/* Adds one record. */
static void seal(server_end of, const char *bytes, size_t count) {
  if (SSL_write(of.tls, bytes, (int)count) != (int)count) give_up("selftest: a record was not sealed");
}

static bool is_readable_within(int fd, int milliseconds) {
  struct pollfd watched = {.fd = fd, .events = POLLIN};
  return poll(&watched, 1, milliseconds) == 1;
}

static bool is_readable(int fd) { return is_readable_within(fd, patience); }

/* The client's end, when the handshake is over on both sides. */
static transport connect_over_tls(server_end *theirs) {
  int ends[2];
  char sealed[sealed_capacity];
  connect_pair(ends);
  transport ours = transport_over(ends[0]);
  *theirs = (server_end){.tls = SSL_new(context), .fd = ends[1]};
  if (!theirs->tls) give_up("selftest: no memory");
  SSL_set0_rbio(theirs->tls, BIO_new_socket(ends[1], BIO_NOCLOSE));
  SSL_set0_wbio(theirs->tls, BIO_new(BIO_s_mem()));
  SSL_set_accept_state(theirs->tls);
  for (int round = 0; round < 10; round++) {
    bool stands = transport_stands(ours);
    if (!SSL_is_init_finished(theirs->tls) && is_readable(theirs->fd)) SSL_do_handshake(theirs->tls);
    send_sealed(*theirs, sealed, take_sealed(*theirs, sealed));
    if (stands && SSL_is_init_finished(theirs->tls)) return ours;
    if (!stands && !is_readable(ours.fd)) break;
  }
  give_up("selftest: a handshake does not end");
}

static void end(transport *ours, server_end theirs) {
  transport_end(ours);
  SSL_free(theirs.tls);
  close(theirs.fd);
}

/* ---- what is taken ----------------------------------------------------------------------------- */

static void agrees_on_the_newest(void) {
  const char *protocol, *cipher;
  transports_agreed(&protocol, &cipher);
  expect(strcmp(protocol, "TLSv1.3") == 0, "not TLS 1.3", 0);
  expect(strcmp(cipher, "TLS_AES_128_GCM_SHA256") == 0 || strcmp(cipher, "TLS_AES_256_GCM_SHA384") == 0,
         "an unexpected cipher", 0);
}

/* Five records that have come at once, read with less room than one of them has bytes: whenever a read has
 * not filled the room, the socket must tell what is left. */
static void leaves_nothing_inside(void) {
  enum { records = 5, of_one = 5000, room = 1800 };
  static char sent[records * of_one], sealed[sealed_capacity], received[sizeof sent + room];
  server_end theirs;
  transport ours = connect_over_tls(&theirs);
  for (size_t i = 0; i < sizeof sent; i++) sent[i] = (char)(i * 7 + i / 251);
  for (size_t i = 0; i < records; i++) seal(theirs, sent + i * of_one, of_one);
  send_sealed(theirs, sealed, take_sealed(theirs, sealed));
  size_t count = 0;
  bool may_have_more = false;
  while (count < sizeof sent) {
    expect(may_have_more || is_readable(ours.fd), "received bytes stay inside", (long long)count);
    ssize_t more = read_some(ours, received + count, room);
    expect(more > 0 || (!may_have_more && errno == EAGAIN), "a read failed", (long long)count);
    if (more > 0) count += (size_t)more;
    may_have_more = more == room;
  }
  expect(count == sizeof sent && memcmp(sent, received, count) == 0, "other bytes came out", 0);
  end(&ours, theirs);
}

static bool answers_a_ping(audience *who, transport ours, server_end theirs) {
  char frame[20], sealed[sealed_capacity], pong[20];
  seal(theirs, frame, make_frame(frame, 0x89, "hello", 5));
  send_sealed(theirs, sealed, take_sealed(theirs, sealed));
  if (!is_readable(ours.fd)) return false;
  audience_read(who, 0, false);
  return is_readable(theirs.fd) && SSL_read(theirs.tls, pong, sizeof pong) == 11 &&
         memcmp(pong, "\x8a\x85\0\0\0\0hello", 11) == 0;
}

/* Three notices in as many records, or in one. Returns how many sealed bytes there are. */
static size_t takes_records(transport ours, server_end theirs, bool in_one, size_t cut) {
  char stream[1000], sealed[sealed_capacity];
  size_t count = 0, last = 0;
  for (int i = 1; i <= notices; i++, last = count) {
    count += make_booking(stream + count, began_at + i, 50 - i);
    if (!in_one) seal(theirs, stream + last, count - last);
  }
  if (in_one) seal(theirs, stream, count);
  size_t sealed_count = take_sealed(theirs, sealed);
  audience *who = audience_new((share){.step = 1, .count = 1, .readers = 1}, 0, notices, false);
  audience_add(who, 0, ours);
  record_open(notices, 1);
  uint32_t complete = complete_notices();
  for (size_t at = 0, next = cut; at < sealed_count; at = next, next = sealed_count) {
    expect(complete_notices() < complete + notices, "a notice was complete before its end", (long long)cut);
    send_sealed(theirs, sealed + at, next - at);
    expect(is_readable(ours.fd), "nothing arrives", (long long)cut);
    do audience_read(who, 0, false);
    while (is_readable_within(ours.fd, 0));
  }
  expect(complete_notices() == complete + notices, "not everything became complete", (long long)cut);
  const totals *got = audience_totals(who);
  expect(got->deliveries == notices && got->bytes == count, "a delivery was lost", (long long)cut);
  if (cut == 1) expect(answers_a_ping(who, ours, theirs), "a ping was not answered", in_one);
  audience_free(who);
  return sealed_count;
}

/* One connection for all of them, so that a record may also stand far behind the handshake. */
static void takes_records_in_pieces(void) {
  server_end theirs;
  transport ours = connect_over_tls(&theirs);
  for (int in_one = 0; in_one < 2; in_one++)
    for (size_t cut = 1, count = 2; cut < count; cut++) count = takes_records(ours, theirs, in_one, cut);
  end(&ours, theirs);
}

/* ---- what is refused --------------------------------------------------------------------------- */

/* Changes what a subscriber gets behind a handshake, in the way that the first byte says. */
static void hear_changed(const char *how) {
  char frame[400], sealed[sealed_capacity];
  server_end theirs;
  transport ours = connect_over_tls(&theirs);
  audience *who = audience_new((share){.step = 1, .count = 1, .readers = 1}, 0, notices, false);
  audience_add(who, 0, ours);
  record_open(notices, 1);
  if (*how == 'c') SSL_shutdown(theirs.tls);
  else seal(theirs, frame, make_booking(frame, began_at + 1, 49));
  size_t count = take_sealed(theirs, sealed);
  if (*how == 'b') sealed[count / 2] ^= 1;
  if (*how == 'p') memcpy(sealed, "HTTP/1.1", 8);
  if (*how == 'e') count -= 1;
  send_sealed(theirs, sealed, count);
  if (*how == 'e') shutdown(theirs.fd, SHUT_WR);
  for (int i = 0; i < 10 && is_readable(ours.fd); i++) audience_read(who, 0, *how == 'e');
}

static void shake_with_plain_server(const char *answer) {
  int ends[2];
  connect_pair(ends);
  transport ours = transport_over(ends[0]);
  transport_stands(ours);
  if (send(ends[1], answer, strlen(answer), 0) < 0 || !is_readable(ends[0])) return;
  if (*answer == 0) shutdown(ends[1], SHUT_WR);
  transport_stands(ours);
}

void tls_works(void) {
  make_certificate();
  transports_speak_tls();
  takes_records_in_pieces();
  agrees_on_the_newest();
  leaves_nothing_inside();
  expect_refusal(hear_changed, "bit", 1);
  expect_refusal(hear_changed, "plain", 2);
  expect_refusal(hear_changed, "end within a record", 3);
  expect_refusal(hear_changed, "close_notify", 4);
  expect_refusal(shake_with_plain_server, "HTTP/1.1 400 Bad Request\r\n\r\n", 5);
  SSL_CTX_free(context);
}
