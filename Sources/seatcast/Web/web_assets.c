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
static const unsigned char booking_js[] = {
#embed "assets/booking.js"
};
static const unsigned char dom_js[] = {
#embed "assets/dom.js"
};
static const unsigned char forms_js[] = {
#embed "assets/forms.js"
};
static const unsigned char holds_js[] = {
#embed "assets/holds.js"
};
static const unsigned char panels_js[] = {
#embed "assets/panels.js"
};
static const unsigned char rhythm_js[] = {
#embed "assets/rhythm.js"
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
static const unsigned char waiting_js[] = {
#embed "assets/waiting.js"
};
static const unsigned char watching_js[] = {
#embed "assets/watching.js"
};
static const unsigned char widgets_js[] = {
#embed "assets/widgets.js"
};
static const unsigned char words_js[] = {
#embed "assets/words.js"
};
static const unsigned char console_html[] = {
#embed "assets/console.html"
};
static const unsigned char console_css[] = {
#embed "assets/console.css"
};
static const unsigned char console_js[] = {
#embed "assets/console.js"
};
static const unsigned char console_dialogs_js[] = {
#embed "assets/console-dialogs.js"
};
static const unsigned char console_events_js[] = {
#embed "assets/console-events.js"
};
static const unsigned char console_make_js[] = {
#embed "assets/console-make.js"
};
static const unsigned char console_numbers_js[] = {
#embed "assets/console-numbers.js"
};
static const unsigned char console_people_js[] = {
#embed "assets/console-people.js"
};
static const unsigned char console_screen_js[] = {
#embed "assets/console-screen.js"
};
static const unsigned char console_server_js[] = {
#embed "assets/console-server.js"
};
static const unsigned char console_tokens_js[] = {
#embed "assets/console-tokens.js"
};
static const unsigned char docs_css[] = {
#embed "assets/docs.css"
};
static const unsigned char favicon_svg[] = {
#embed "assets/favicon.svg"
};

/* The client and the element are made of the same pieces, one after the other. */
static const unsigned char client_js[] = {
#embed "assets/client/token.js"
,
#embed "assets/client/storage.js"
,
#embed "assets/client/core.js"
,
#embed "assets/client/module.js"
};
static const unsigned char client_more_js[] = {
#embed "assets/client/token.js"
,
#embed "assets/client/ask.js"
,
#embed "assets/client/streams.js"
,
#embed "assets/client/tabs.js"
,
#embed "assets/client/more.js"
};
static const unsigned char client_extra_js[] = {
#embed "assets/client/token.js"
,
#embed "assets/client/storage.js"
,
#embed "assets/client/ask.js"
,
#embed "assets/client/extra.js"
};
static const unsigned char client_d_ts[] = {
#embed "assets/client/client.d.ts"
};
static const unsigned char seat_count_js[] = {
#embed "assets/element/open.js"
,
#embed "assets/client/token.js"
,
#embed "assets/client/storage.js"
,
#embed "assets/client/core.js"
,
#embed "assets/client/ask.js"
,
#embed "assets/client/streams.js"
,
#embed "assets/element/element.js"
,
#embed "assets/element/close.js"
};

#define JAVASCRIPT "text/javascript; charset=utf-8"
#define PAGE(path, type, array) {path, type, array, sizeof array, 0}
/* For pages of other origins, too. */
#define SHARED(path, type, array) {path, type, array, sizeof array, 1}

static const web_asset assets[] = {
    PAGE("/", "text/html; charset=utf-8", index_html),
    PAGE("/style.css", "text/css; charset=utf-8", style_css),
    PAGE("/docs.css", "text/css; charset=utf-8", docs_css),
    PAGE("/app.js", JAVASCRIPT, app_js),
    PAGE("/api.js", JAVASCRIPT, api_js),
    PAGE("/booking.js", JAVASCRIPT, booking_js),
    PAGE("/dom.js", JAVASCRIPT, dom_js),
    PAGE("/forms.js", JAVASCRIPT, forms_js),
    PAGE("/holds.js", JAVASCRIPT, holds_js),
    PAGE("/panels.js", JAVASCRIPT, panels_js),
    PAGE("/rhythm.js", JAVASCRIPT, rhythm_js),
    PAGE("/sale.js", JAVASCRIPT, sale_js),
    PAGE("/session.js", JAVASCRIPT, session_js),
    PAGE("/views.js", JAVASCRIPT, views_js),
    PAGE("/waiting.js", JAVASCRIPT, waiting_js),
    PAGE("/watching.js", JAVASCRIPT, watching_js),
    PAGE("/widgets.js", JAVASCRIPT, widgets_js),
    PAGE("/words.js", JAVASCRIPT, words_js),
    PAGE("/console", "text/html; charset=utf-8", console_html),
    PAGE("/console.css", "text/css; charset=utf-8", console_css),
    PAGE("/console.js", JAVASCRIPT, console_js),
    PAGE("/console-dialogs.js", JAVASCRIPT, console_dialogs_js),
    PAGE("/console-events.js", JAVASCRIPT, console_events_js),
    PAGE("/console-make.js", JAVASCRIPT, console_make_js),
    PAGE("/console-numbers.js", JAVASCRIPT, console_numbers_js),
    PAGE("/console-people.js", JAVASCRIPT, console_people_js),
    PAGE("/console-screen.js", JAVASCRIPT, console_screen_js),
    PAGE("/console-server.js", JAVASCRIPT, console_server_js),
    PAGE("/console-tokens.js", JAVASCRIPT, console_tokens_js),
    PAGE("/favicon.svg", "image/svg+xml", favicon_svg),
    SHARED("/client.js", JAVASCRIPT, client_js),
    SHARED("/client-more.js", JAVASCRIPT, client_more_js),
    SHARED("/client-extra.js", JAVASCRIPT, client_extra_js),
    SHARED("/client.d.ts", "text/plain; charset=utf-8", client_d_ts),
    SHARED("/seat-count.js", JAVASCRIPT, seat_count_js),
};

const web_asset *web_assets(size_t *count) {
  *count = sizeof assets / sizeof assets[0];
  return assets;
}
