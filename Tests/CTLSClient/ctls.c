/* OpenSSL's TLS client behind a few functions. */
#include "include/ctls.h"
#include <malloc.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

struct ctls {
  SSL_CTX *context;
  SSL *ssl;
  SSL_SESSION *ticket; /* the last */
  int tickets, key_updates;
  uint8_t secret[32]; /* the client's first application traffic secret, of a suite with SHA-256 */
  char failure[256];
};

static int take_ticket(SSL *ssl, SSL_SESSION *session) {
  ctls *client = SSL_get_app_data(ssl);
  SSL_SESSION_free(client->ticket);
  client->ticket = session;
  client->tickets += 1;
  return 1; /* it is ours now */
}

static void keep_secret(const SSL *ssl, const char *line) {
  static const char label[] = "CLIENT_TRAFFIC_SECRET_0 ";
  ctls *client = SSL_get_app_data(ssl);
  const char *hex = strrchr(line, ' ') + 1;
  if (strncmp(line, label, sizeof label - 1) != 0 || strlen(hex) != 2 * sizeof client->secret) return;
  for (size_t i = 0; i < sizeof client->secret; i++) {
    int high = OPENSSL_hexchar2int((unsigned char)hex[2 * i]), low = OPENSSL_hexchar2int((unsigned char)hex[2 * i + 1]);
    client->secret[i] = (uint8_t)(high << 4 | low);
  }
}

static void see_message(int is_out, int version, int type, const void *bytes, size_t count, SSL *ssl, void *client) {
  (void)version, (void)ssl;
  enum { handshake = 22, key_update = 24 };
  if (!is_out && type == handshake && count && *(const uint8_t *)bytes == key_update)
    ((ctls *)client)->key_updates += 1;
}

static int restrict_version(SSL_CTX *context, const ctls_options *options) {
  if (options->version == 0) return 1;
  int version = options->version == 12 ? TLS1_2_VERSION : TLS1_3_VERSION;
  return SSL_CTX_set_min_proto_version(context, version) == 1 && SSL_CTX_set_max_proto_version(context, version) == 1;
}

static int restrict_suites(SSL_CTX *context, const ctls_options *options) {
  if (!options->suites) return 1;
  return options->version == 12 ? SSL_CTX_set_cipher_list(context, options->suites) == 1
                                : SSL_CTX_set_ciphersuites(context, options->suites) == 1;
}

static int trust(SSL_CTX *context, const ctls_options *options) {
  if (!options->trusted_file) return 1;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  return SSL_CTX_load_verify_locations(context, options->trusted_file, NULL) == 1;
}

static int ask_for_fragments(SSL_CTX *context, int bytes) {
  uint8_t code = 0;
  for (int size = bytes; size >= 512; size /= 2) code += 1;
  return SSL_CTX_set_tlsext_max_fragment_length(context, code) == 1;
}

static SSL_CTX *make_context(const ctls_options *options) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (!context) return NULL;
  (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(context, take_ticket);
  SSL_CTX_set_keylog_callback(context, keep_secret);
  int made = restrict_version(context, options) && restrict_suites(context, options) && trust(context, options) &&
             ask_for_fragments(context, options->fragment);
  if (made) return context;
  SSL_CTX_free(context);
  return NULL;
}

/* "a,b" as ALPN has it: each name behind its length. */
static int offer_protocols(SSL *ssl, const char *names) {
  unsigned char list[256];
  size_t at = 0;
  while (names && *names) {
    size_t count = strcspn(names, ",");
    if (count == 0 || at + 1 + count > sizeof list) return 0;
    list[at++] = (unsigned char)count;
    memcpy(list + at, names, count);
    at += count;
    names += count + (names[count] == ',');
  }
  return at == 0 || SSL_set_alpn_protos(ssl, list, (unsigned)at) == 0;
}

static int attach(SSL *ssl, int fd) {
  if (fd >= 0) return SSL_set_fd(ssl, fd) == 1;
  BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
  if (!in || !out) {
    BIO_free(in);
    BIO_free(out);
    return 0;
  }
  SSL_set_bio(ssl, in, out);
  return 1;
}

ctls *ctls_create(const ctls_options *options) {
  ctls *client = calloc(1, sizeof *client);
  if (!client) return NULL;
  client->context = make_context(options);
  client->ssl = client->context ? SSL_new(client->context) : NULL;
  SSL *ssl = client->ssl;
  if (ssl && SSL_set_app_data(ssl, client) == 1 && attach(ssl, options->fd) &&
      SSL_set_tlsext_host_name(ssl, "localhost") == 1 && SSL_set1_host(ssl, "localhost") == 1 &&
      offer_protocols(ssl, options->protocol) &&
      (!options->resumed || !options->resumed->ticket || SSL_set_session(ssl, options->resumed->ticket) == 1)) {
    SSL_set_msg_callback(ssl, see_message);
    SSL_set_msg_callback_arg(ssl, client);
    SSL_set_connect_state(ssl);
    return client;
  }
  ctls_destroy(client);
  return NULL;
}

void ctls_destroy(ctls *client) {
  if (!client) return;
  SSL_free(client->ssl);
  SSL_SESSION_free(client->ticket);
  SSL_CTX_free(client->context);
  free(client);
}

static int judge(ctls *client, int result) {
  int kind = SSL_get_error(client->ssl, result);
  if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) return CTLS_WAITS;
  unsigned long error = ERR_peek_last_error();
  const char *reason = error ? ERR_reason_error_string(error) : NULL;
  strncpy(client->failure, reason ? reason : "the connection is gone", sizeof client->failure - 1);
  ERR_clear_error();
  return CTLS_FAILED;
}

int ctls_handshake(ctls *client) {
  ERR_clear_error();
  int result = SSL_do_handshake(client->ssl);
  return result == 1 ? 0 : judge(client, result);
}

ptrdiff_t ctls_send(ctls *client, const void *bytes, size_t count) {
  size_t sent = 0;
  ERR_clear_error();
  int result = SSL_write_ex(client->ssl, bytes, count, &sent);
  return result == 1 ? (ptrdiff_t)sent : judge(client, result);
}

ptrdiff_t ctls_receive(ctls *client, void *into, size_t capacity) {
  size_t received = 0;
  ERR_clear_error();
  int result = SSL_read_ex(client->ssl, into, capacity, &received);
  if (result == 1) return (ptrdiff_t)received;
  return SSL_get_error(client->ssl, result) == SSL_ERROR_ZERO_RETURN ? 0 : judge(client, result);
}

int ctls_close(ctls *client) {
  ERR_clear_error();
  int result = SSL_shutdown(client->ssl);
  return result >= 0 ? 0 : judge(client, result);
}

int ctls_update_keys(ctls *client, int also_peers) {
  int kind = also_peers ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED;
  return SSL_key_update(client->ssl, kind) == 1 ? 0 : CTLS_FAILED;
}

int ctls_renegotiate(ctls *client) { return SSL_renegotiate(client->ssl) == 1 ? 0 : CTLS_FAILED; }

/* ---- forging ----------------------------------------------------------------------------------- */

/* HKDF-Expand-Label (RFC 8446 section 7.1) with SHA-256, of at most one block. */
static int expand(const uint8_t *secret, const char *label, uint8_t *out, size_t count) {
  uint8_t info[64], block[EVP_MAX_MD_SIZE];
  size_t label_count = strlen(label), at = 0;
  info[at++] = 0;
  info[at++] = (uint8_t)count;
  info[at++] = (uint8_t)(6 + label_count);
  memcpy(info + at, "tls13 ", 6);
  memcpy(info + at + 6, label, label_count);
  at += 6 + label_count;
  info[at++] = 0;
  info[at++] = 1;
  if (!HMAC(EVP_sha256(), secret, 32, info, at, block, NULL)) return 0;
  memcpy(out, block, count);
  return 1;
}

ptrdiff_t ctls_forge(ctls *client, uint64_t sequence, uint8_t type, const void *bytes, size_t count, uint8_t *into) {
  uint8_t key[16], iv[12];
  int written = 0;
  size_t length = count + 1 + 16;
  if (!expand(client->secret, "key", key, sizeof key) || !expand(client->secret, "iv", iv, sizeof iv))
    return CTLS_FAILED;
  for (int i = 0; i < 8; i++) iv[11 - i] ^= (uint8_t)(sequence >> 8 * i);
  memcpy(into, (uint8_t[]){23, 3, 3, (uint8_t)(length >> 8), (uint8_t)length}, 5);
  if (count) memcpy(into + 5, bytes, count);
  into[5 + count] = type;
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  int sealed = context && EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), NULL, key, iv) == 1 &&
               EVP_EncryptUpdate(context, NULL, &written, into, 5) == 1 &&
               EVP_EncryptUpdate(context, into + 5, &written, into + 5, (int)count + 1) == 1 &&
               EVP_EncryptFinal_ex(context, into + 5 + written, &written) == 1 &&
               EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, into + 6 + count) == 1;
  EVP_CIPHER_CTX_free(context);
  return sealed ? (ptrdiff_t)(5 + length) : CTLS_FAILED;
}

/* ---- over memory ------------------------------------------------------------------------------- */

size_t ctls_take(ctls *client, void *into, size_t capacity) {
  size_t taken = 0;
  return BIO_read_ex(SSL_get_wbio(client->ssl), into, capacity, &taken) == 1 ? taken : 0;
}

void ctls_put(ctls *client, const void *bytes, size_t count) {
  (void)BIO_write(SSL_get_rbio(client->ssl), bytes, (int)count); /* fails for want of memory only */
}

int ctls_version(const ctls *client) { return SSL_version(client->ssl) == TLS1_3_VERSION ? 13 : 12; }
const char *ctls_suite(const ctls *client) { return SSL_get_cipher_name(client->ssl); }
int ctls_was_resumed(const ctls *client) { return SSL_session_reused(client->ssl); }
int ctls_tickets(const ctls *client) { return client->tickets; }
int ctls_key_updates(const ctls *client) { return client->key_updates; }
const char *ctls_failure(const ctls *client) { return client->failure; }

size_t ctls_protocol(const ctls *client, char into[256]) {
  const unsigned char *chosen = NULL;
  unsigned count = 0;
  SSL_get0_alpn_selected(client->ssl, &chosen, &count);
  if (chosen) memcpy(into, chosen, count);
  return count;
}

size_t ctls_bytes_in_use(void) { return mallinfo2().uordblks; }
