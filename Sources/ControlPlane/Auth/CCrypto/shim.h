// The part of OpenSSL's libcrypto that Auth/ and Record/ need (libssl-dev): HMAC, SHA-256, scrypt, random bytes, public
// keys and Ed25519.
// Parameter lists borrow what they are made of, so the few calls that take one are made here, in C.
#pragma once
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

// Each returns NULL when libcrypto refuses the key; EVP_PKEY_free frees it.

static inline EVP_PKEY *ccrypto_checked_key(const char *type, OSSL_PARAM *parameters) {
  EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
  EVP_PKEY *key = NULL;
  if (maker == NULL || EVP_PKEY_fromdata_init(maker) != 1
      || EVP_PKEY_fromdata(maker, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
    key = NULL;
  EVP_PKEY_CTX_free(maker);
  if (key == NULL) return NULL;
  EVP_PKEY_CTX *checker = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
  int is_good = checker != NULL && EVP_PKEY_public_check(checker) == 1;
  EVP_PKEY_CTX_free(checker);
  if (is_good) return key;
  EVP_PKEY_free(key);
  return NULL;
}

// Modulus and exponent, big-endian.
static inline EVP_PKEY *ccrypto_rsa_key(
    const unsigned char *modulus, size_t modulus_length,
    const unsigned char *exponent, size_t exponent_length) {
  BIGNUM *n = BN_bin2bn(modulus, (int)modulus_length, NULL);
  BIGNUM *e = BN_bin2bn(exponent, (int)exponent_length, NULL);
  OSSL_PARAM_BLD *list = OSSL_PARAM_BLD_new();
  OSSL_PARAM *parameters = NULL;
  if (n != NULL && e != NULL && list != NULL && OSSL_PARAM_BLD_push_BN(list, OSSL_PKEY_PARAM_RSA_N, n) == 1
      && OSSL_PARAM_BLD_push_BN(list, OSSL_PKEY_PARAM_RSA_E, e) == 1)
    parameters = OSSL_PARAM_BLD_to_param(list);
  EVP_PKEY *key = parameters == NULL ? NULL : ccrypto_checked_key("RSA", parameters);
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(list);
  BN_free(e);
  BN_free(n);
  return key;
}

// A point of the curve P-256, uncompressed: 65 bytes (SEC 1, section 2.3.3).
static inline EVP_PKEY *ccrypto_p256_key(const unsigned char *point) {
  char group[] = "prime256v1";
  OSSL_PARAM parameters[] = {
    OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
    OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point, 65),
    OSSL_PARAM_construct_end(),
  };
  return ccrypto_checked_key("EC", parameters);
}

// Writes r and s, 32 bytes each, as the DER structure that libcrypto verifies (RFC 3279, section 2.2.3), at most 72
// bytes; returns its length, or 0.
static inline size_t ccrypto_ecdsa_der(const unsigned char *r_and_s, unsigned char *der) {
  BIGNUM *r = BN_bin2bn(r_and_s, 32, NULL);
  BIGNUM *s = BN_bin2bn(r_and_s + 32, 32, NULL);
  ECDSA_SIG *signature = ECDSA_SIG_new();
  if (r == NULL || s == NULL || signature == NULL || ECDSA_SIG_set0(signature, r, s) != 1) {
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(signature);
    return 0;
  }
  int length = i2d_ECDSA_SIG(signature, &der);
  ECDSA_SIG_free(signature);
  return length > 0 ? (size_t)length : 0;
}

// The record hashes three short inputs per entry. By the EVP interface each of them costs several times the hash itself;
// these functions are deprecated for it, and as right.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

// SHA-256 of a byte and two parts; the second may be empty. `digest` has 32 bytes and is none of the parts.
static inline void ccrypto_tagged_sha256(
    unsigned char tag, const unsigned char *first, size_t first_length,
    const unsigned char *second, size_t second_length, unsigned char *digest) {
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, &tag, 1);
  SHA256_Update(&context, first, first_length);
  if (second_length > 0) SHA256_Update(&context, second, second_length);
  SHA256_Final(digest, &context);
}

// HMAC with SHA-256 (RFC 2104) by a key of 32 bytes.
static inline void ccrypto_short_hmac(
    const unsigned char *key, const unsigned char *message, size_t length, unsigned char *digest) {
  unsigned char pad[64];
  SHA256_CTX context;
  for (int i = 0; i < 64; i++) pad[i] = (i < 32 ? key[i] : 0) ^ 0x36;
  SHA256_Init(&context);
  SHA256_Update(&context, pad, 64);
  SHA256_Update(&context, message, length);
  SHA256_Final(digest, &context);
  for (int i = 0; i < 64; i++) pad[i] ^= 0x36 ^ 0x5c;
  SHA256_Init(&context);
  SHA256_Update(&context, pad, 64);
  SHA256_Update(&context, digest, 32);
  SHA256_Final(digest, &context);
}
#pragma GCC diagnostic pop
