/* Fuzz target: compressed messages of strangers (RFC 7692). The first byte chooses how long a message may be; the rest is one as
 * it came in a frame. Whatever comes, an inflater that has read everything before reads it as a new one does, gives no more
 * than the limit, and says so only where the message is longer. The same bytes as a text come back from deflater and inflater. */
#include "cuv.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { largest = 4 << 20 };
static cuv_inflater *used;
static cuv_deflater *deflater;

static void require(bool condition, const char *sentence) {
  if (condition) return;
  (void)fprintf(stderr, "%s\n", sentence);
  abort();
}

int LLVMFuzzerInitialize(int *count, char ***words) {
  (void)count, (void)words;
  require(cuv_inflater_create(&used) == 0 && cuv_deflater_create(&deflater, 12) == 0, "there is no memory");
  return 0;
}

static void read_message(const uint8_t *bytes, size_t count, size_t limit) {
  cuv_inflater *fresh;
  require(cuv_inflater_create(&fresh) == 0, "there is no memory");
  const uint8_t *all, *some;
  ptrdiff_t whole = cuv_inflate(fresh, bytes, count, largest, &all);
  ptrdiff_t found = cuv_inflate(used, bytes, count, limit, &some);
  require(whole >= 0 || whole == -EMSGSIZE || whole == -EBADMSG, "a message is read, too long, or none");
  require(whole <= largest && found <= (ptrdiff_t)limit, "no more than the limit comes out");
  if (whole >= 0 && whole <= (ptrdiff_t)limit)
    require(found == whole && (whole == 0 || memcmp(all, some, (size_t)whole) == 0), "earlier messages leave no trace");
  else if (whole == -EBADMSG)
    require(found == -EBADMSG || found == -EMSGSIZE, "what is no message is none under any limit");
  else
    require(found == -EMSGSIZE, "what is too long is refused for that");
  cuv_inflater_destroy(fresh);
}

static void write_message(const uint8_t *bytes, size_t count) {
  size_t room = cuv_deflate_bound(deflater, count);
  uint8_t *made = malloc(room);
  require(made != NULL, "there is no memory");
  ptrdiff_t size = cuv_deflate(deflater, NULL, 0, bytes, count, made, room);
  require(size > 0 && (size_t)size <= room, "the bound is enough");
  const uint8_t *back;
  require(cuv_inflate(used, made, (size_t)size, count, &back) == (ptrdiff_t)count, "a message has its length again");
  require(count == 0 || memcmp(back, bytes, count) == 0, "a message comes back as it was");
  if (count > 0)
    require(cuv_inflate(used, made, (size_t)size, count - 1, &back) == -EMSGSIZE, "one byte too many is too many");
  free(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  static const size_t limits[] = {0, 1, 100, 4096, 4097, 70000, 1 << 20, 2 << 20};
  if (count == 0) return 0;
  read_message(bytes + 1, count - 1, limits[bytes[0] % (sizeof limits / sizeof *limits)]);
  write_message(bytes + 1, count - 1);
  return 0;
}
