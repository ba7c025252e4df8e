/* The page's files, embedded at compile time. */
#ifndef WEB_ASSETS_H
#define WEB_ASSETS_H
#include <stddef.h>

typedef struct {
  const char *path;          /* as requested, "/app.js" */
  const char *content_type;
  const unsigned char *bytes;
  size_t count;
  int is_shared; /* pages of other origins may load it */
} web_asset;

/* All assets; `count` receives their number. The memory is static. */
const web_asset *web_assets(size_t *count);

#endif
