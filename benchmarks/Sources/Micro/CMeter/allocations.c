/* Counts a thread's allocations: the C library's functions of these names are found here first, add one and go on
 * to where they would have gone. `free` is the library's own. The count costs about one increment per block, in
 * every figure alike; mallinfo2(3) would be free of that, but it shows blocks that stay, and those that are given
 * back within one operation are what is of interest. */
#include "meter.h"
#include <errno.h>
#include <stddef.h>

/* The C library's own names for what it exports below (glibc). */
extern void *__libc_malloc(size_t count);
extern void *__libc_calloc(size_t elements, size_t count);
extern void *__libc_realloc(void *old, size_t count);
extern void *__libc_memalign(size_t alignment, size_t count);

static _Thread_local uint64_t allocations;

uint64_t meter_allocations(void) { return allocations; }

void *malloc(size_t count) {
  allocations++;
  return __libc_malloc(count);
}

void *calloc(size_t elements, size_t count) {
  allocations++;
  return __libc_calloc(elements, count);
}

void *realloc(void *old, size_t count) {
  allocations++;
  return __libc_realloc(old, count);
}

void *aligned_alloc(size_t alignment, size_t count) {
  allocations++;
  return __libc_memalign(alignment, count);
}

int posix_memalign(void **out, size_t alignment, size_t count) {
  if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
  allocations++;
  void *block = __libc_memalign(alignment, count);
  if (block == NULL) return ENOMEM;
  *out = block;
  return 0;
}
