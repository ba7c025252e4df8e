/* The proof of a WebSocket handshake (RFC 6455 section 4.2.2, step 5.4). Any thread. */
#include "cuv.h"
#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* RFC 6455 section 1.3 */

/* Looked up once: EVP_sha1() would be looked up by each digest, which costs more than the digest. */
static EVP_MD *sha1;
static pthread_once_t sha1_once = PTHREAD_ONCE_INIT;

static void fetch_sha1(void) { sha1 = EVP_MD_fetch(NULL, "SHA1", NULL); }

int cuv_websocket_accept(const char *key, size_t key_count, char out[28]) {
  enum { guid_count = sizeof guid - 1, longest_key = 64, digest_count = 20 };
  if (key_count > longest_key) return -EINVAL; /* a valid key has 24 characters */
  (void)pthread_once(&sha1_once, fetch_sha1); /* fails for a wrong control block only */
  if (!sha1) return -ENOTSUP;
  unsigned char text[longest_key + guid_count], digest[EVP_MAX_MD_SIZE], encoded[29];
  memcpy(text, key, key_count);
  memcpy(text + key_count, guid, guid_count);
  if (EVP_Digest(text, key_count + guid_count, digest, NULL, sha1, NULL) != 1) return -ENOTSUP;
  EVP_EncodeBlock(encoded, digest, digest_count); /* 28 characters and a NUL */
  memcpy(out, encoded, 28);
  return 0;
}
