/* The loop: one libuv loop with one wake-up, one tick, one hook after each turn.
 * The tick's timer is active from create to destroy, so uv_run() returns only after cuv_loop_stop().
 * Everything here runs on the loop's own thread, except cuv_loop_wake(). */
#include "internal.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the owner --------------------------------------------------------------------------------- */

#ifdef DEBUG
uintptr_t cuv__this_thread(void) {
  static _Thread_local char here; /* its address is the thread's alone */
  return (uintptr_t)&here;
}

void cuv__check_owner(const cuv_loop *loop, const char *call) {
  uintptr_t runner = atomic_load_explicit(&loop->runner, memory_order_relaxed);
  if (runner == 0 || runner == cuv__this_thread()) return;
  (void)fprintf(stderr, "%s() must be called from the thread that runs the loop (cuv.h, rule 2).\n", call);
  abort();
}

static void set_runner(cuv_loop *loop, bool runs) {
  atomic_store_explicit(&loop->runner, runs ? cuv__this_thread() : 0, memory_order_relaxed);
}
#else
static void set_runner(cuv_loop *loop, bool runs) { (void)loop, (void)runs; }
#endif

/* ---- hooks ------------------------------------------------------------------------------------- */

static cuv_loop *loop_of(const uv_handle_t *handle) { return handle->loop->data; }

static void wake_arrived(uv_async_t *handle) {
  cuv_loop *loop = loop_of((uv_handle_t *)handle);
  if (loop->prepares)
    loop->missed_wake = true;
  else
    loop->hooks.on_wake(loop->hooks.context);
}

static void tick_arrived(uv_timer_t *handle) {
  cuv_loop *loop = loop_of((uv_handle_t *)handle);
  if (loop->prepares) return;
  cuv__listener_resume(loop);
  loop->hooks.on_tick(loop->hooks.context);
}

static void turn_ended(uv_check_t *handle) {
  cuv_loop *loop = loop_of((uv_handle_t *)handle);
  if (loop->prepares) return;
  if (loop->tls) cuv__tls_turn(loop);
  loop->hooks.on_turn(loop->hooks.context);
}

/* An active idle handle makes libuv poll without waiting; there is nothing else to do in it. */
static void idled(uv_idle_t *handle) { (void)handle; }

static void close_any(uv_handle_t *handle, void *unused) {
  (void)unused;
  if (uv_is_closing(handle)) return;
  /* The listener is gone by now, so every poll handle left is a connection. */
  if (uv_handle_get_type(handle) == UV_POLL)
    cuv_conn_close((cuv_conn *)handle, 0);
  else
    uv_close(handle, NULL);
}

/* Closes every handle that exists, which also serves a loop that was only half made. */
static void dismantle(cuv_loop *loop) {
  cuv_listen_stop(loop);
  uv_walk(&loop->uv, close_any, NULL);
  cuv__tls_leave(loop);
  /* Only close callbacks are left to run. A second round is needed when a stop was still pending. */
  while (uv_loop_close(&loop->uv) == UV_EBUSY) uv_run(&loop->uv, UV_RUN_DEFAULT);
  free(loop);
}

static int start_handles(cuv_loop *loop, uint32_t tick_ms) {
  int failure;
  if ((failure = uv_async_init(&loop->uv, &loop->wake, wake_arrived))) return failure;
  if ((failure = uv_idle_init(&loop->uv, &loop->busy))) return failure;
  if ((failure = uv_idle_init(&loop->uv, &loop->unread))) return failure;
  if ((failure = uv_check_init(&loop->uv, &loop->turn))) return failure;
  if ((failure = uv_check_start(&loop->turn, turn_ended))) return failure;
  if ((failure = uv_timer_init(&loop->uv, &loop->tick))) return failure;
  return uv_timer_start(&loop->tick, tick_arrived, tick_ms, tick_ms);
}

int cuv_loop_create(cuv_loop **out, const cuv_hooks *hooks, uint32_t tick_ms) {
  *out = NULL;
  if (tick_ms == 0 || !hooks->on_accept || !hooks->on_ready || !hooks->on_wake || !hooks->on_tick ||
      !hooks->on_turn)
    return -EINVAL;
  cuv_loop *loop = calloc(1, sizeof *loop);
  if (!loop) return -ENOMEM;
  int failure = uv_loop_init(&loop->uv);
  if (failure) {
    free(loop);
    return failure;
  }
  loop->uv.data = loop;
  loop->hooks = *hooks;
  (void)uv_loop_configure(&loop->uv, UV_METRICS_IDLE_TIME); /* fails for unknown options only */
  failure = start_handles(loop, tick_ms);
  if (failure) {
    dismantle(loop);
    return failure;
  }
  *out = loop;
  return 0;
}

void cuv_loop_prepare(cuv_loop *loop) {
  cuv__check_owner(loop, __func__);
  loop->prepares = true;
  (void)uv_run(&loop->uv, UV_RUN_NOWAIT); /* epoll learns of new handles when the loop polls */
  loop->prepares = false;
}

int cuv_loop_run(cuv_loop *loop) {
  cuv__check_owner(loop, __func__);
  if (loop->missed_wake) (void)cuv_loop_wake(loop);
  loop->missed_wake = false;
  set_runner(loop, true);
  uv_run(&loop->uv, UV_RUN_DEFAULT);
  set_runner(loop, false);
  return 0;
}

void cuv_loop_stop(cuv_loop *loop) {
  cuv__check_owner(loop, __func__);
  uv_stop(&loop->uv);
}

int cuv_loop_wake(cuv_loop *loop) {
  /* uv_async_send() begins with a plain read of its pending flag. The fence keeps that read behind the caller's
   * publication; its partner is the compare-and-swap by which libuv clears the flag before it calls on_wake. */
  atomic_thread_fence(memory_order_seq_cst);
  return uv_async_send(&loop->wake);
}

void cuv_loop_set_busy(cuv_loop *loop, int busy) {
  cuv__check_owner(loop, __func__);
  if (busy)
    (void)uv_idle_start(&loop->busy, idled); /* fails only without a callback */
  else
    (void)uv_idle_stop(&loop->busy); /* never fails */
}

uint64_t cuv_loop_now_ms(cuv_loop *loop) {
  cuv__check_owner(loop, __func__);
  return uv_now(&loop->uv);
}

void cuv_loop_update_time(cuv_loop *loop) {
  cuv__check_owner(loop, __func__);
  uv_update_time(&loop->uv);
}

uint64_t cuv_loop_idle_ms(cuv_loop *loop) {
  cuv__check_owner(loop, __func__);
  return uv_metrics_idle_time(&loop->uv) / 1000000;
}

void cuv_loop_destroy(cuv_loop *loop) {
  if (!loop) return;
  cuv__check_owner(loop, __func__);
  dismantle(loop);
}
