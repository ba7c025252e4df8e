/* Records: sealed into the loop's output and opened in place, by libcrypto's AEADs. A loop has one cipher object for
 * each AEAD and direction and gives it the connection's key with each record: that costs 150 ns, and spares each
 * connection 1 KB a direction, which would not be in the cache when its turn comes. Loop thread only. */
#include "tls.h"
#include <errno.h>
#include <string.h>

static void store_big_endian(uint8_t *out, uint64_t value) {
  for (int i = 7; i >= 0; i--, value >>= 8) out[i] = (uint8_t)value;
}

static void make_nonce(const cuv__tls_keys *keys, uint8_t nonce[12]) {
  uint8_t sequence[8];
  store_big_endian(sequence, keys->sequence);
  memcpy(nonce, keys->iv, 12);
  for (int i = 0; i < 8; i++) nonce[4 + i] ^= sequence[i];
}

/* TLS 1.2 with GCM sends the second part of the nonce with each record (RFC 5288 section 3). */
static size_t explicit_count(const cuv__tls *tls) {
  return tls->is_12 && tls->aead != cuv__chacha20_poly1305 ? 8 : 0;
}

/* What is authenticated beside the content: the header as sent; before TLS 1.3 the number, the type, the version and
 * the content's length. */
static size_t make_additional(const cuv__tls *tls, const cuv__tls_keys *keys, const uint8_t *header, size_t content,
                              uint8_t out[13]) {
  if (!tls->is_12) {
    memcpy(out, header, cuv__record_header);
    return cuv__record_header;
  }
  store_big_endian(out, keys->sequence);
  memcpy(out + 8, header, 3);
  out[11] = (uint8_t)(content >> 8);
  out[12] = (uint8_t)content;
  return 13;
}

/* ---- sealing ----------------------------------------------------------------------------------- */

static bool encrypt(cuv__tls *tls, const uint8_t *header, uint8_t type, const uint8_t *bytes, size_t count,
                    uint8_t *out) {
  EVP_CIPHER_CTX *context = tls->home->sealing[tls->aead];
  uint8_t nonce[12], additional[13];
  make_nonce(&tls->out, nonce);
  size_t additional_count = make_additional(tls, &tls->out, header, count, additional);
  int written = 0, last = 0;
  if (EVP_EncryptInit_ex(context, NULL, NULL, tls->out.key, nonce) != 1 ||
      EVP_EncryptUpdate(context, NULL, &written, additional, (int)additional_count) != 1)
    return false;
  written = 0;
  if (count && EVP_EncryptUpdate(context, out, &written, bytes, (int)count) != 1) return false;
  /* TLS 1.3 encrypts the type behind the content. */
  if (!tls->is_12 && EVP_EncryptUpdate(context, out + written, &last, &type, 1) != 1) return false;
  written += last;
  return EVP_EncryptFinal_ex(context, out + written, &last) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, cuv__tag, out + written) == 1;
}

static bool seal_one(cuv__tls *tls, uint8_t type, const uint8_t *bytes, size_t count) {
  cuv__tls_loop *home = tls->home;
  uint8_t *record = cuv__output_room(home, count + cuv__record_overhead);
  if (!record) return false;
  size_t outside = explicit_count(tls), inside = count + !tls->is_12, length = outside + inside + cuv__tag;
  record[0] = tls->is_12 ? type : cuv__type_data;
  record[1] = record[2] = 3;
  record[3] = (uint8_t)(length >> 8);
  record[4] = (uint8_t)length;
  if (outside) store_big_endian(record + cuv__record_header, tls->out.sequence);
  if (!encrypt(tls, record, type, bytes, count, record + cuv__record_header + outside)) return false;
  tls->out.sequence += 1;
  home->output.count += cuv__record_header + length;
  return true;
}

bool cuv__seal(cuv__tls *tls, uint8_t type, const uint8_t *bytes, size_t count) {
  do {
    size_t part = count < tls->fragment ? count : tls->fragment;
    if (!seal_one(tls, type, bytes, part)) return false;
    bytes += part;
    count -= part;
  } while (count);
  return true;
}

bool cuv__seal_alert(cuv__tls *tls, uint8_t description) {
  bool is_warning = description == cuv__alert_close_notify;
  return cuv__seal(tls, cuv__type_alert, (uint8_t[]){is_warning ? 1 : 2, description}, 2);
}

/* ---- opening ----------------------------------------------------------------------------------- */

ptrdiff_t cuv__record_length(const uint8_t *bytes, size_t count) {
  if (count < cuv__record_header) return 0;
  size_t length = (size_t)(bytes[3] << 8 | bytes[4]);
  if (bytes[1] != 3) return -cuv__alert_decode_error;
  if (length > cuv__record_limit) return -cuv__alert_record_overflow;
  return count < cuv__record_header + length ? 0 : (ptrdiff_t)(cuv__record_header + length);
}

static bool decrypt(cuv__tls *tls, const uint8_t *header, uint8_t *sealed, size_t count) {
  EVP_CIPHER_CTX *context = tls->home->opening[tls->aead];
  uint8_t nonce[12], additional[13];
  make_nonce(&tls->in, nonce);
  if (explicit_count(tls)) memcpy(nonce + 4, header + cuv__record_header, 8);
  size_t additional_count = make_additional(tls, &tls->in, header, count, additional);
  int written = 0, last = 0;
  if (EVP_DecryptInit_ex(context, NULL, NULL, tls->in.key, nonce) != 1 ||
      EVP_DecryptUpdate(context, NULL, &written, additional, (int)additional_count) != 1)
    return false;
  written = 0;
  if (count && EVP_DecryptUpdate(context, sealed, &written, sealed, (int)count) != 1) return false;
  return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, cuv__tag, sealed + count) == 1 &&
         EVP_DecryptFinal_ex(context, sealed + written, &last) == 1;
}

int cuv__open_record(cuv__tls *tls, uint8_t *record, size_t length, uint8_t *type, uint8_t **plain,
                     size_t *count) {
  size_t outside = explicit_count(tls), least = cuv__record_header + outside + !tls->is_12 + cuv__tag;
  /* Behind the handshake everything is encrypted, and TLS 1.3 calls all of it data. */
  if (!tls->is_12 && record[0] != cuv__type_data) return cuv__alert_unexpected_message;
  if (length < least) return cuv__alert_bad_record_mac;
  uint8_t *content = record + cuv__record_header + outside;
  size_t content_count = length - cuv__record_header - outside - cuv__tag;
  if (!decrypt(tls, record, content, content_count)) return cuv__alert_bad_record_mac;
  tls->in.sequence += 1;
  *type = record[0];
  if (!tls->is_12) { /* content, type, padding of zeros */
    if (content_count > cuv__plaintext_limit + 1) return cuv__alert_record_overflow;
    while (content_count && content[content_count - 1] == 0) content_count -= 1;
    if (content_count == 0) return cuv__alert_unexpected_message;
    *type = content[--content_count];
  }
  if (content_count > cuv__plaintext_limit) return cuv__alert_record_overflow;
  *plain = content;
  *count = content_count;
  return 0;
}
