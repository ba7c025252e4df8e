/* The page's files as bytes inside the executable: C23 #embed, no build step and no folder to ship. */
#include "web_assets.h"

static const unsigned char index_html[] = {
#embed "assets/index.html"
};
static const unsigned char style_css[] = {
#embed "assets/style.css"
};
static const unsigned char app_js[] = {
#embed "assets/app.js"
};
static const unsigned char api_js[] = {
#embed "assets/api.js"
};
static const unsigned char dom_js[] = {
#embed "assets/dom.js"
};
static const unsigned char live_js[] = {
#embed "assets/live.js"
};
static const unsigned char panels_js[] = {
#embed "assets/panels.js"
};
static const unsigned char sale_js[] = {
#embed "assets/sale.js"
};
static const unsigned char session_js[] = {
#embed "assets/session.js"
};
static const unsigned char views_js[] = {
#embed "assets/views.js"
};
static const unsigned char widgets_js[] = {
#embed "assets/widgets.js"
};
static const unsigned char words_js[] = {
#embed "assets/words.js"
};
static const unsigned char docs_css[] = {
#embed "assets/docs.css"
};
static const unsigned char favicon_svg[] = {
#embed "assets/favicon.svg"
};

#define JAVASCRIPT "text/javascript; charset=utf-8"

static const web_asset assets[] = {
    {"/", "text/html; charset=utf-8", index_html, sizeof index_html},
    {"/style.css", "text/css; charset=utf-8", style_css, sizeof style_css},
    {"/docs.css", "text/css; charset=utf-8", docs_css, sizeof docs_css},
    {"/app.js", JAVASCRIPT, app_js, sizeof app_js},
    {"/api.js", JAVASCRIPT, api_js, sizeof api_js},
    {"/dom.js", JAVASCRIPT, dom_js, sizeof dom_js},
    {"/live.js", JAVASCRIPT, live_js, sizeof live_js},
    {"/panels.js", JAVASCRIPT, panels_js, sizeof panels_js},
    {"/sale.js", JAVASCRIPT, sale_js, sizeof sale_js},
    {"/session.js", JAVASCRIPT, session_js, sizeof session_js},
    {"/views.js", JAVASCRIPT, views_js, sizeof views_js},
    {"/widgets.js", JAVASCRIPT, widgets_js, sizeof widgets_js},
    {"/words.js", JAVASCRIPT, words_js, sizeof words_js},
    {"/favicon.svg", "image/svg+xml", favicon_svg, sizeof favicon_svg},
};

const web_asset *web_assets(size_t *count) {
  *count = sizeof assets / sizeof assets[0];
  return assets;
}
