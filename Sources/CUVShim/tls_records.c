/* Records of the compact layer (RFC 8446 section 5): sealed into the loop's output and opened in place. A loop has one
 * cipher object for each AEAD and direction and gives it the connection's key with each record: that costs 150 ns,
 * and spares each connection 1 KB a direction, which would not be in the cache when its turn comes. Loop thread
 * only. */
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

/* ---- sealing ----------------------------------------------------------------------------------- */

static bool encrypt(cuv__tls *tls, const uint8_t *header, uint8_t type, const uint8_t *bytes, size_t count,
                    uint8_t *out) {
  EVP_CIPHER_CTX *context = tls->home->sealing[tls->aead];
  uint8_t nonce[12];
  make_nonce(&tls->out, nonce);
  int written = 0, last = 0;
  if (EVP_EncryptInit_ex(context, NULL, NULL, tls->out.key, nonce) != 1 ||
      EVP_EncryptUpdate(context, NULL, &written, header, cuv__record_header) != 1)
    return false;
  written = 0;
  if (count && EVP_EncryptUpdate(context, out, &written, bytes, (int)count) != 1) return false;
  if (EVP_EncryptUpdate(context, out + written, &last, &type, 1) != 1) return false; /* the type is encrypted, too */
  written += last;
  return EVP_EncryptFinal_ex(context, out + written, &last) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, cuv__tag, out + written) == 1;
}

static bool seal_one(cuv__tls *tls, uint8_t type, const uint8_t *bytes, size_t count) {
  cuv__tls_loop *home = tls->home;
  uint8_t *record = cuv__output_room(home, count + cuv__record_overhead);
  if (!record) return false;
  size_t length = count + 1 + cuv__tag;
  record[0] = cuv__type_data;
  record[1] = record[2] = 3;
  record[3] = (uint8_t)(length >> 8);
  record[4] = (uint8_t)length;
  if (!encrypt(tls, record, type, bytes, count, record + cuv__record_header)) return false;
  tls->out.sequence += 1;
  home->output.count += cuv__record_header + length;
  return true;
}

bool cuv__seal_records(cuv__tls *tls, uint8_t type, const uint8_t *bytes, size_t count) {
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
  return cuv__seal_records(tls, cuv__type_alert, (uint8_t[]){is_warning ? 1 : 2, description}, 2);
}

/* ---- opening ----------------------------------------------------------------------------------- */

static bool decrypt(cuv__tls *tls, const uint8_t *header, uint8_t *sealed, size_t count) {
  EVP_CIPHER_CTX *context = tls->home->opening[tls->aead];
  uint8_t nonce[12];
  make_nonce(&tls->in, nonce);
  int written = 0, last = 0;
  if (EVP_DecryptInit_ex(context, NULL, NULL, tls->in.key, nonce) != 1 ||
      EVP_DecryptUpdate(context, NULL, &written, header, cuv__record_header) != 1)
    return false;
  written = 0;
  if (count && EVP_DecryptUpdate(context, sealed, &written, sealed, (int)count) != 1) return false;
  return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, cuv__tag, sealed + count) == 1 &&
         EVP_DecryptFinal_ex(context, sealed + written, &last) == 1;
}

int cuv__open_record(cuv__tls *tls, uint8_t *record, size_t length, uint8_t *type, uint8_t **plain,
                     size_t *count) {
  /* Behind the handshake every record is encrypted and called application data (RFC 8446 section 5.2). */
  if (record[0] != cuv__type_data) return cuv__alert_unexpected_message;
  if (length < cuv__record_overhead) return cuv__alert_bad_record_mac;
  uint8_t *content = record + cuv__record_header;
  size_t content_count = length - cuv__record_header - cuv__tag;
  if (!decrypt(tls, record, content, content_count)) return cuv__alert_bad_record_mac;
  tls->in.sequence += 1;
  if (content_count > cuv__plaintext_limit + 1) return cuv__alert_record_overflow;
  while (content_count && content[content_count - 1] == 0) content_count -= 1; /* padding */
  if (content_count == 0) return cuv__alert_unexpected_message;
  *type = content[--content_count];
  *plain = content;
  *count = content_count;
  return 0;
}
