/* From the secrets of a handshake to the keys of its records. SHA-384 goes with AES-256, SHA-256 with the others: so
 * it is in every suite that the policy offers. */
#include "tls.h"
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <string.h>

static const EVP_MD *digest_of(int aead) { return aead == cuv__aes_256_gcm ? EVP_sha384() : EVP_sha256(); }
static size_t secret_count(int aead) { return aead == cuv__aes_256_gcm ? 48 : 32; }
static size_t key_count(int aead) { return aead == cuv__aes_128_gcm ? 16 : 32; }

/* HKDF-Expand-Label without a context (RFC 8446 section 7.1), of no more than one block, which is one HMAC. */
static bool expand(int aead, const uint8_t *secret, const char *label, uint8_t *out, size_t count) {
  static const char prefix[] = "tls13 ";
  uint8_t info[64], block[EVP_MAX_MD_SIZE];
  size_t at = 0, label_count = strlen(label);
  info[at++] = 0;
  info[at++] = (uint8_t)count;
  info[at++] = (uint8_t)(sizeof prefix - 1 + label_count);
  memcpy(info + at, prefix, sizeof prefix - 1);
  at += sizeof prefix - 1;
  memcpy(info + at, label, label_count);
  at += label_count;
  info[at++] = 0; /* the context's length */
  info[at++] = 1; /* HKDF-Expand: the first block (RFC 5869 section 2.3) */
  if (!HMAC(digest_of(aead), secret, (int)secret_count(aead), info, at, block, NULL)) return false;
  memcpy(out, block, count);
  OPENSSL_cleanse(block, sizeof block);
  return true;
}

bool cuv__keys_from_secret(cuv__tls_keys *keys, int aead) {
  return expand(aead, keys->secret, "key", keys->key, key_count(aead)) &&
         expand(aead, keys->secret, "iv", keys->iv, sizeof keys->iv);
}

bool cuv__keys_update(cuv__tls_keys *keys, int aead) {
  if (!expand(aead, keys->secret, "traffic upd", keys->secret, secret_count(aead))) return false;
  keys->sequence = 0;
  return cuv__keys_from_secret(keys, aead);
}

/* TLS 1.2: PRF(master secret, "key expansion", server random + client random) (RFC 5246 section 6.3). */
static bool expand_master(const SSL *ssl, int aead, uint8_t *out, size_t count) {
  uint8_t master[SSL_MAX_MASTER_KEY_LENGTH], seed[13 + 2 * SSL3_RANDOM_SIZE];
  size_t master_count = SSL_SESSION_get_master_key(SSL_get0_session(ssl), master, sizeof master);
  memcpy(seed, "key expansion", 13);
  (void)SSL_get_server_random(ssl, seed + 13, SSL3_RANDOM_SIZE);
  (void)SSL_get_client_random(ssl, seed + 13 + SSL3_RANDOM_SIZE, SSL3_RANDOM_SIZE);
  char *digest = aead == cuv__aes_256_gcm ? "SHA384" : "SHA256";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master, master_count),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof seed),
      OSSL_PARAM_construct_end(),
  };
  EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
  EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
  bool derived = context && EVP_KDF_derive(context, out, count, parameters) == 1;
  EVP_KDF_CTX_free(context);
  EVP_KDF_free(kdf);
  OPENSSL_cleanse(master, sizeof master);
  return derived;
}

bool cuv__keys_from_session(cuv__tls *tls, const SSL *ssl) {
  size_t keys = key_count(tls->aead), ivs = tls->aead == cuv__chacha20_poly1305 ? 12 : 4;
  uint8_t block[2 * 32 + 2 * 12];
  if (!expand_master(ssl, tls->aead, block, 2 * keys + 2 * ivs)) return false;
  memset(tls->in.iv, 0, sizeof tls->in.iv);
  memset(tls->out.iv, 0, sizeof tls->out.iv);
  memcpy(tls->in.key, block, keys);
  memcpy(tls->out.key, block + keys, keys);
  memcpy(tls->in.iv, block + 2 * keys, ivs);
  memcpy(tls->out.iv, block + 2 * keys + ivs, ivs);
  OPENSSL_cleanse(block, sizeof block);
  return true;
}
