/* The certificate, its key and the policy, in one SSL_CTX, which a reload replaces as a whole. Everything that can be wrong
 * with the two files is found here, before the SSL_CTX is used, and told in one sentence. Any thread: `lock` is held
 * for the look at one pointer, never while files are read. */
#include "tls.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct cuv_tls_context {
  pthread_mutex_t lock;
  SSL_CTX *ssl;      /* guarded by lock; NULL only while it is made */
  atomic_int owners; /* who created it, and the loops */
  bool is_compact;
};

SSL_CTX *cuv__tls_context_take(cuv_tls_context *context) {
  pthread_mutex_lock(&context->lock);
  SSL_CTX *ssl = context->ssl;
  if (ssl && SSL_CTX_up_ref(ssl) != 1) ssl = NULL;
  pthread_mutex_unlock(&context->lock);
  return ssl;
}

cuv_tls_context *cuv__tls_context_share(cuv_tls_context *context) {
  atomic_fetch_add_explicit(&context->owners, 1, memory_order_relaxed);
  return context;
}

bool cuv__tls_context_is_compact(const cuv_tls_context *context) { return context->is_compact; }

__attribute__((format(printf, 3, 4))) static int fail(char why[256], int failure, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(why, 256, format, arguments);
  va_end(arguments);
  ERR_clear_error();
  return failure;
}

/* OpenSSL's own answer to a missing file is a stack of errors, and before a pipe it waits for ever. */
static int check_readable(const char *file, const char *what, char why[256]) {
  struct stat status;
  if (stat(file, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
    return fail(why, -EINVAL, "The %s file %s is a pipe or a device, not a file.", what, file);
  FILE *stream = fopen(file, "re");
  if (!stream) return fail(why, -errno, "The %s file %s cannot be read: %s.", what, file, strerror(errno));
  int failure = getc(stream) == EOF && ferror(stream) ? -errno : 0;
  (void)fclose(stream);
  return failure ? fail(why, failure, "The %s file %s cannot be read: %s.", what, file, strerror(-failure)) : 0;
}

/* Nobody is there to be asked for a password. */
static int no_password(char *into, int capacity, int writing, void *unused) {
  (void)into, (void)capacity, (void)writing, (void)unused;
  return -1;
}

/* The first of ours that the client offers; when it offers none of them the handshake ends with the alert
 * no_application_protocol (RFC 7301 section 3.2). A client without the extension gets HTTP/1.1. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_count,
                           const unsigned char *offered, unsigned offered_count, void *unused) {
  (void)ssl, (void)unused;
  static const unsigned char ours[] = "\x08http/1.1\x08http/1.0";
  int result = SSL_select_next_proto((unsigned char **)out, out_count, ours, sizeof ours - 1, offered, offered_count);
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* AES-128 first, because it is the cheapest, and ChaCha20 for those who put it first, because they have no AES in
 * hardware (SSL_OP_PRIORITIZE_CHACHA). The compact layer knows the three suites of TLS 1.3 and no other version. */
static bool set_policy(SSL_CTX *ssl, bool is_compact) {
  static const char suites_13[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
  static const char suites_12[] =
      "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
      "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
  (void)SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA);
  (void)SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
  (void)SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF); /* tickets carry their session */
  SSL_CTX_set_alpn_select_cb(ssl, choose_protocol, NULL);
  if (is_compact) SSL_CTX_set_keylog_callback(ssl, cuv__compact_log);
  return SSL_CTX_set_min_proto_version(ssl, is_compact ? TLS1_3_VERSION : TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_num_tickets(ssl, 1) == 1 && SSL_CTX_set1_groups_list(ssl, "X25519:P-256:P-384") == 1 &&
         SSL_CTX_set_ciphersuites(ssl, suites_13) == 1 && SSL_CTX_set_cipher_list(ssl, suites_12) == 1;
}

static int load(SSL_CTX *ssl, const char *certificate_file, const char *key_file, char why[256]) {
  int failure = check_readable(certificate_file, "certificate", why);
  if (!failure) failure = check_readable(key_file, "key", why);
  if (failure) return failure;
  SSL_CTX_set_default_passwd_cb(ssl, no_password);
  if (SSL_CTX_use_certificate_chain_file(ssl, certificate_file) != 1)
    return fail(why, -EINVAL, "The file %s holds no certificate in PEM.", certificate_file);
  /* The key is read by itself first: SSL_CTX_use_PrivateKey_file() says "no key" and "another's key" alike. */
  BIO *file = BIO_new_file(key_file, "r");
  EVP_PKEY *key = file ? PEM_read_bio_PrivateKey(file, NULL, no_password, NULL) : NULL;
  BIO_free(file);
  if (!key) return fail(why, -EINVAL, "The file %s holds no unencrypted private key in PEM.", key_file);
  bool fits = SSL_CTX_use_PrivateKey(ssl, key) == 1 && SSL_CTX_check_private_key(ssl) == 1;
  EVP_PKEY_free(key);
  return fits ? 0
              : fail(why, -EINVAL, "The key in %s does not belong to the certificate in %s.", key_file,
                     certificate_file);
}

/* A whole SSL_CTX of two files; NULL with the reason. */
static SSL_CTX *make(bool is_compact, const char *certificate_file, const char *key_file, int *failure, char why[256]) {
  SSL_CTX *ssl = SSL_CTX_new(TLS_server_method());
  *failure = 0;
  if (!ssl || !set_policy(ssl, is_compact))
    *failure = fail(why, -ENOTSUP, "This OpenSSL does not offer what TLS needs here.");
  if (!*failure) *failure = load(ssl, certificate_file, key_file, why);
  if (!*failure) return ssl;
  SSL_CTX_free(ssl);
  return NULL;
}

int cuv_tls_context_create(cuv_tls_context **out, const char *certificate_file, const char *key_file, int records,
                           char why[256]) {
  *out = NULL;
  why[0] = 0;
  if (records != CUV_TLS_OPENSSL && records != CUV_TLS_COMPACT)
    return fail(why, -EINVAL, "There is no such kind of TLS records: %d.", records);
  cuv_tls_context *context = calloc(1, sizeof *context);
  if (!context || pthread_mutex_init(&context->lock, NULL) != 0) {
    free(context);
    return fail(why, -ENOMEM, "There is no memory for TLS.");
  }
  atomic_init(&context->owners, 1);
  context->is_compact = records == CUV_TLS_COMPACT;
  int failure;
  context->ssl = make(context->is_compact, certificate_file, key_file, &failure, why);
  if (failure) {
    cuv_tls_context_destroy(context);
    return failure;
  }
  *out = context;
  return 0;
}

int cuv_tls_context_reload(cuv_tls_context *context, const char *certificate_file, const char *key_file, char why[256]) {
  why[0] = 0;
  int failure;
  SSL_CTX *fresh = make(context->is_compact, certificate_file, key_file, &failure, why);
  if (!fresh) return failure;
  pthread_mutex_lock(&context->lock);
  SSL_CTX *old = context->ssl;
  context->ssl = fresh;
  pthread_mutex_unlock(&context->lock);
  SSL_CTX_free(old); /* connections that were made with it hold it for as long as they live */
  return 0;
}

int64_t cuv_tls_context_expiry(cuv_tls_context *context) {
  SSL_CTX *ssl = cuv__tls_context_take(context);
  if (!ssl) return 0;
  X509 *certificate = SSL_CTX_get0_certificate(ssl);
  ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
  int days = 0, seconds = 0;
  bool is_known = certificate && epoch && ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(certificate)) == 1;
  ASN1_TIME_free(epoch);
  SSL_CTX_free(ssl);
  return is_known ? (int64_t)days * 86400 + seconds : 0;
}

void cuv_tls_context_destroy(cuv_tls_context *context) {
  /* Its partner is the same subtraction by the other owners: who is last sees what they did. */
  if (!context || atomic_fetch_sub_explicit(&context->owners, 1, memory_order_acq_rel) > 1) return;
  SSL_CTX_free(context->ssl);
  (void)pthread_mutex_destroy(&context->lock); /* nobody holds it */
  free(context);
}
