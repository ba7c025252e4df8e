// TLS sessions of a client over memory (OpenSSL): certificates and host names are always verified, TLS 1.2 is the
// oldest version. No I/O and no thread of its own.
#include "cclient.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cc_tls_context {
  SSL_CTX *context;
};

struct cc_tls {
  SSL *session;
  BIO *incoming;
  BIO *outgoing;
  unsigned long error;
};

static void describe(unsigned long error, char *text, size_t size) {
  const char *reason = error ? ERR_reason_error_string(error) : NULL;
  snprintf(text, size, "%s", reason ? reason : "TLS failed");
}

cc_tls_context *cc_tls_context_new(const char *ca_file, char *problem, size_t problem_size) {
  ERR_clear_error();
  cc_tls_context *made = calloc(1, sizeof *made);
  SSL_CTX *context = made ? SSL_CTX_new(TLS_client_method()) : NULL;
  int ready = context && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) &&
              (ca_file ? SSL_CTX_load_verify_locations(context, ca_file, NULL)
                       : SSL_CTX_set_default_verify_paths(context));
  if (!ready) {
    describe(ERR_peek_last_error(), problem, problem_size);
    SSL_CTX_free(context);
    free(made);
    return NULL;
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  made->context = context;
  return made;
}

void cc_tls_context_free(cc_tls_context *context) {
  if (!context) return;
  SSL_CTX_free(context->context);
  free(context);
}

static int is_address(const char *host) {
  unsigned char address[16];
  return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

// An address is compared with the certificate's addresses; a name is also sent, for servers that have several.
static int expect(SSL *session, const char *host) {
  if (is_address(host)) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host);
  SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(session, host) && SSL_set_tlsext_host_name(session, host);
}

cc_tls *cc_tls_new(cc_tls_context *context, const char *host) {
  cc_tls *tls = calloc(1, sizeof *tls);
  SSL *session = tls ? SSL_new(context->context) : NULL;
  BIO *incoming = session ? BIO_new(BIO_s_mem()) : NULL;
  BIO *outgoing = incoming ? BIO_new(BIO_s_mem()) : NULL;
  if (!outgoing) {
    BIO_free(incoming);
    SSL_free(session);
    free(tls);
    return NULL;
  }
  SSL_set_bio(session, incoming, outgoing);
  SSL_set_connect_state(session);
  *tls = (cc_tls){.session = session, .incoming = incoming, .outgoing = outgoing};
  if (expect(session, host) == 1) return tls;
  cc_tls_free(tls);
  return NULL;
}

void cc_tls_free(cc_tls *tls) {
  if (!tls) return;
  SSL_free(tls->session);
  free(tls);
}

// The meaning of a result that is not positive.
static int judge(cc_tls *tls, int result) {
  switch (SSL_get_error(tls->session, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return CC_TLS_WAIT;
    case SSL_ERROR_ZERO_RETURN: return CC_TLS_END;
    default:
      if (!tls->error) tls->error = ERR_peek_error();
      return CC_TLS_FAILED;
  }
}

int cc_tls_handshake(cc_tls *tls) {
  ERR_clear_error();
  int result = SSL_do_handshake(tls->session);
  return result == 1 ? 1 : judge(tls, result) == CC_TLS_WAIT ? CC_TLS_WAIT : CC_TLS_FAILED;
}

long cc_tls_feed(cc_tls *tls, const uint8_t *bytes, size_t count) {
  int taken = BIO_write(tls->incoming, bytes, (int)count);
  return taken == (int)count ? taken : CC_TLS_FAILED;
}

long cc_tls_drain(cc_tls *tls, uint8_t *bytes, size_t size) {
  int count = BIO_read(tls->outgoing, bytes, (int)size);
  return count > 0 ? count : 0;
}

long cc_tls_read(cc_tls *tls, uint8_t *bytes, size_t size) {
  ERR_clear_error();
  int count = SSL_read(tls->session, bytes, (int)size);
  return count > 0 ? count : judge(tls, count);
}

long cc_tls_write(cc_tls *tls, const uint8_t *bytes, size_t count) {
  ERR_clear_error();
  if (count == 0) return 0;
  // Memory takes everything at once.
  int written = SSL_write(tls->session, bytes, (int)count);
  if (written == (int)count) return written;
  judge(tls, written);
  return CC_TLS_FAILED;
}

void cc_tls_close(cc_tls *tls) {
  ERR_clear_error();
  if (SSL_is_init_finished(tls->session)) SSL_shutdown(tls->session);
  ERR_clear_error();
}

void cc_tls_problem(const cc_tls *tls, char *text, size_t size) {
  long verified = SSL_get_verify_result(tls->session);
  if (verified != X509_V_OK) {
    snprintf(text, size, "%s", X509_verify_cert_error_string(verified));
  } else {
    describe(tls->error, text, size);
  }
}

void cc_sha1(const uint8_t *bytes, size_t count, uint8_t digest[20]) { SHA1(bytes, count, digest); }
