/* One message for one TLS connection: sealed by its record layer, then handed to the socket. Loop thread only. */
#include "tls.h"
#include <errno.h>

int cuv__tls_sendable(const cuv__tls *tls) {
  if (!tls) return -EBADF;
  if (tls->phase == cuv__failed) return tls->failure;
  if (tls->closed || tls->phase == cuv__not_tls) return -EPIPE;
  return tls->phase == cuv__handshaking || tls->waiting ? -EAGAIN : 0;
}

bool cuv__seal_message(cuv__tls *tls, const void *bytes, size_t count) {
  return tls->home->is_compact ? cuv__compact_seal(tls, bytes, count) : cuv__openssl_seal(tls, bytes, count);
}

ptrdiff_t cuv_tls_send(cuv_loop *loop, int fd, const void *bytes, size_t count) {
  cuv__check_owner(loop, __func__);
  if (count > cuv__message_limit) return -EINVAL;
  cuv__tls *tls = cuv__tls_find(loop, fd);
  int failure = cuv__tls_sendable(tls);
  if (failure || count == 0) return failure;
  if (!cuv__seal_message(tls, bytes, count)) {
    cuv__output_clear(tls->home);
    return cuv__tls_fail(tls, -ENOMEM);
  }
  failure = cuv__emit(tls);
  return failure ? failure : (ptrdiff_t)count;
}

static bool seal_close(cuv__tls *tls) {
  return tls->home->is_compact ? cuv__seal_alert(tls, cuv__alert_close_notify) : cuv__openssl_seal_close(tls);
}

int cuv__tls_end(cuv__tls *tls) {
  if (tls->phase != cuv__open || tls->closed) return 0;
  tls->closed = true;
  if (seal_close(tls)) return cuv__emit(tls);
  cuv__output_clear(tls->home);
  return cuv__tls_fail(tls, -ENOMEM);
}
