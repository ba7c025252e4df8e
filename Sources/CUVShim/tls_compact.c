/* The compact record layer above its records: keys taken over from the handshake, alerts, KeyUpdate (RFC 8446 sections
 * 4.6.3, 5.1, 5.4, 6). TLS 1.3 only. Behind the handshake a client sends application data, alerts and KeyUpdates;
 * everything else ends the connection with the alert that the RFC names. Loop thread only. */
#include "tls.h"
#include <errno.h>
#include <string.h>

/* ---- taking over ------------------------------------------------------------------------------- */

static bool decode_hex(const char *text, size_t count, uint8_t *into) {
  for (size_t i = 0; i < count; i++) {
    int high = OPENSSL_hexchar2int((unsigned char)text[2 * i]);
    int low = high < 0 ? -1 : OPENSSL_hexchar2int((unsigned char)text[2 * i + 1]);
    if (low < 0) return false;
    into[i] = (uint8_t)(high << 4 | low);
  }
  return true;
}

/* OpenSSL's one public way to the secrets of TLS 1.3: "LABEL client-random secret" in hexadecimal, at the moment when
 * a direction switches to them. They go from here into the connection and nowhere else. */
void cuv__compact_log(const SSL *ssl, const char *line) {
  static const char reading[] = "CLIENT_TRAFFIC_SECRET_0 ", writing[] = "SERVER_TRAFFIC_SECRET_0 ";
  cuv__tls *tls = SSL_get_app_data(ssl);
  bool is_in = strncmp(line, reading, sizeof reading - 1) == 0;
  if (!tls || tls->home->loses_secrets) return;
  if (!is_in && strncmp(line, writing, sizeof writing - 1) != 0) return;
  const char *secret = strrchr(line, ' ') + 1;
  size_t count = strlen(secret) / 2;
  cuv__tls_keys *keys = is_in ? &tls->in : &tls->out;
  if (count > sizeof keys->secret || !decode_hex(secret, count, keys->secret)) return;
  if (is_in) {
    tls->has_secret_in = true;
  } else {
    tls->has_secret_out = true;
    tls->home->mark = tls->home->output.count;
  }
}

/* The records that were sealed with the final keys: tickets. */
static uint64_t count_records(const uint8_t *bytes, size_t count) {
  uint64_t records = 0;
  for (size_t at = 0; at + cuv__record_header <= count; records++)
    at += cuv__record_header + (size_t)(bytes[at + 3] << 8 | bytes[at + 4]);
  return records;
}

static int aead_of(const SSL_CIPHER *cipher) {
  switch (SSL_CIPHER_get_cipher_nid(cipher)) {
  case NID_aes_128_gcm: return cuv__aes_128_gcm;
  case NID_aes_256_gcm: return cuv__aes_256_gcm;
  case NID_chacha20_poly1305: return cuv__chacha20_poly1305;
  default: return -1;
  }
}

bool cuv__compact_take_over(cuv__tls *tls) {
  const cuv__tls_loop *home = tls->home;
  int aead = aead_of(SSL_get_current_cipher(tls->ssl));
  if (aead < 0 || SSL_version(tls->ssl) != TLS1_3_VERSION) return false; /* the policy offers no others */
  if (!tls->has_secret_in || !tls->has_secret_out) return false;
  tls->aead = (uint8_t)aead;
  tls->in.sequence = 0;
  tls->out.sequence = count_records(home->output.bytes + home->mark, home->output.count - home->mark);
  return cuv__keys_from_secret(&tls->in, aead) && cuv__keys_from_secret(&tls->out, aead);
}

/* ---- opening ----------------------------------------------------------------------------------- */

int cuv__compact_refuse(cuv__tls *tls, int alert) {
  bool told = !tls->closed && cuv__seal_alert(tls, (uint8_t)alert);
  if (told) (void)cuv__emit(tls); /* its failure is no news */
  else cuv__output_clear(tls->home);
  return tls->phase == cuv__failed ? tls->failure : cuv__tls_fail(tls, -EPROTO);
}

static int count_useless(cuv__tls *tls) {
  return ++tls->useless > cuv__useless_limit ? cuv__compact_refuse(tls, cuv__alert_unexpected_message) : 0;
}

static int take_data(cuv__tls *tls, const uint8_t *bytes, size_t count, cuv__delivery *to) {
  if (count == 0) return count_useless(tls);
  tls->useless = 0;
  return cuv__deliver(tls, bytes, count, to);
}

/* Alerts are neither empty nor cut nor joined (RFC 8446 sections 5.1 and 5.4). All but two are errors, whatever their
 * level says (section 6). */
static int take_alert(cuv__tls *tls, const uint8_t *bytes, size_t count) {
  if (count == 0) return cuv__compact_refuse(tls, cuv__alert_unexpected_message);
  if (count != 2) return cuv__compact_refuse(tls, cuv__alert_decode_error);
  switch (bytes[1]) {
  case cuv__alert_close_notify: tls->peer_closed = true; return 0;
  case cuv__alert_user_canceled: return count_useless(tls); /* close_notify should follow */
  default: return cuv__tls_fail(tls, -EPROTO); /* the peer knows why */
  }
}

/* The alert that a KeyUpdate of which `count` bytes are here deserves, 0 if none. */
static int judge_key_update(const uint8_t *bytes, size_t count) {
  static const uint8_t header[] = {24, 0, 0, 1};
  if (bytes[0] != header[0]) return cuv__alert_unexpected_message;
  if (memcmp(bytes, header, count < sizeof header ? count : sizeof header) != 0) return cuv__alert_decode_error;
  return count > sizeof header && bytes[4] > 1 ? cuv__alert_illegal_parameter : 0;
}

/* A client sends only KeyUpdate. It may be cut over records, with nothing in between, and ends with its record,
 * because the next one has the new keys (RFC 8446 section 5.1). */
static int take_handshake(cuv__tls *tls, const uint8_t *bytes, size_t count) {
  size_t room = sizeof tls->part - tls->part_count, taken = count < room ? count : room;
  if (count == 0) return cuv__compact_refuse(tls, cuv__alert_unexpected_message);
  memcpy(tls->part + tls->part_count, bytes, taken);
  tls->part_count += (uint8_t)taken;
  int alert = judge_key_update(tls->part, tls->part_count);
  if (!alert && taken < count) alert = cuv__alert_unexpected_message;
  if (alert) return cuv__compact_refuse(tls, alert);
  if (tls->part_count == sizeof tls->part) {
    tls->part_count = 0;
    tls->owes_update |= tls->part[4] == 1;
    if (!cuv__keys_update(&tls->in, tls->aead)) return cuv__compact_refuse(tls, cuv__alert_internal_error);
  }
  return count_useless(tls);
}

int cuv__compact_open(cuv__tls *tls, size_t length, cuv__delivery *to) {
  cuv__tls_loop *home = tls->home;
  uint8_t *record = home->input.bytes + home->input.at, *plain, type;
  size_t count;
  home->input.at += length;
  int alert = cuv__open_record(tls, record, length, &type, &plain, &count);
  if (!alert && tls->part_count && type != cuv__type_handshake) alert = cuv__alert_unexpected_message;
  if (alert) return cuv__compact_refuse(tls, alert);
  switch (type) {
  case cuv__type_data: return take_data(tls, plain, count, to);
  case cuv__type_alert: return take_alert(tls, plain, count);
  case cuv__type_handshake: return take_handshake(tls, plain, count);
  default: return cuv__compact_refuse(tls, cuv__alert_unexpected_message);
  }
}

/* ---- sealing ----------------------------------------------------------------------------------- */

/* New keys when the peer has asked for them, and before one key has sealed more than it should (RFC 8446 sections 4.6.3
 * and 5.5). They go out with our next bytes and not sooner: peers that ask and do not read would pile up answers. */
static bool update_keys(cuv__tls *tls) {
  static const uint8_t update_not_requested[] = {24, 0, 0, 1, 0};
  if (!tls->owes_update && tls->out.sequence < tls->home->records_per_key) return true;
  tls->owes_update = false;
  return cuv__seal_records(tls, cuv__type_handshake, update_not_requested, sizeof update_not_requested) &&
         cuv__keys_update(&tls->out, tls->aead);
}

bool cuv__compact_seal(cuv__tls *tls, const uint8_t *bytes, size_t count) {
  return update_keys(tls) && cuv__seal_records(tls, cuv__type_data, bytes, count);
}
