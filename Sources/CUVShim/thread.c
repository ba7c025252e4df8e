/* Named threads. Signals that ask the process for something stay with the thread that started them all (main);
 * those that a thread raises by its own fault are delivered to it, else a crash would go unreported. */
#define _GNU_SOURCE /* pthread_setname_np */
#include "cuv.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct cuv_thread {
  pthread_t handle;
  void (*body)(void *);
  void *argument;
  char name[16]; /* the kernel's limit, NUL included */
};

static void *enter(void *argument) {
  cuv_thread *thread = argument;
  (void)pthread_setname_np(pthread_self(), thread->name); /* for ps and debuggers only */
  thread->body(thread->argument);
  return NULL;
}

static void fill_with_requests(sigset_t *set) {
  static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF};
  sigfillset(set);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(set, faults[i]);
}

int cuv_thread_start(cuv_thread **out, const char *name, void (*body)(void *), void *argument) {
  *out = NULL;
  cuv_thread *thread = malloc(sizeof *thread);
  if (!thread) return -ENOMEM;
  thread->body = body;
  thread->argument = argument;
  (void)snprintf(thread->name, sizeof thread->name, "%s", name);
  sigset_t blocked, before;
  fill_with_requests(&blocked);
  pthread_sigmask(SIG_BLOCK, &blocked, &before); /* inherited by the new thread */
  int failure = pthread_create(&thread->handle, NULL, enter, thread);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (failure) {
    free(thread);
    return -failure;
  }
  *out = thread;
  return 0;
}

void cuv_thread_join(cuv_thread *thread) {
  (void)pthread_join(thread->handle, NULL); /* fails only for a thread that joins itself */
  free(thread);
}
