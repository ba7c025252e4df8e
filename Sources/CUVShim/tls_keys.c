/* From traffic secrets to the keys of records (RFC 8446 section 7.3). SHA-384 belongs to AES-256 and SHA-256 to the
 * others in every suite of TLS 1.3 that the policy offers. Loop thread only. */
#include "tls.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
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
