#include "web_assets.h"

static const unsigned char index_html[] = {
#embed "assets/index.html"
};

static const web_asset assets[] = {
    {"/", "text/html; charset=utf-8", index_html, sizeof index_html},
};

const web_asset *web_assets(size_t *count) {
  *count = sizeof assets / sizeof assets[0];
  return assets;
}
