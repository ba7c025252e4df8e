/* uWebSockets as a user would write it, through its C interface: everybody subscribes to one topic, a booking
 * publishes one text to it and is answered at once. No setting differs from the library's own example.
 * The library is the one inside the wheel of socketify; README.md says why. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- the part of the C interface that is used here --------------------------------------------- */

typedef struct uws_app uws_app;
typedef struct uws_response uws_response;
typedef struct uws_request uws_request;
typedef struct uws_websocket uws_websocket;
typedef struct uws_listen_socket uws_listen_socket;
typedef void (*uws_handler)(uws_response *, uws_request *, void *);

typedef struct {
  const char *key, *certificate, *passphrase, *dh_parameters, *authorities, *ciphers;
  int low_memory;
} uws_tls_options;

typedef struct {
  int port;
  const char *host;
  int options;
} uws_listen_options;

typedef struct {
  int compression;
  unsigned max_payload;
  unsigned short idle_timeout;
  unsigned max_backpressure;
  bool close_on_backpressure, reset_idle_timeout_on_send, send_pings;
  unsigned short max_lifetime;
  void (*upgrade)(void); /* NULL: the library upgrades by itself */
  void (*open)(uws_websocket *, void *);
  void (*message)(void), (*drain)(void), (*ping)(void), (*pong)(void), (*close)(void), (*subscription)(void);
} uws_behavior;

enum { uws_text = 1, plain = 0 /* the first argument of every call: TLS or not */ };

uws_app *uws_create_app(int tls, uws_tls_options options);
void uws_app_post(int tls, uws_app *, const char *pattern, uws_handler handler, void *context);
void uws_ws(int tls, uws_app *, const char *pattern, uws_behavior behavior, void *context);
typedef void (*uws_listening)(uws_listen_socket *, uws_listen_options, void *);
void uws_app_listen_with_config(int tls, uws_app *, uws_listen_options options, uws_listening told,
                                void *context);
void uws_app_run(int tls, uws_app *);
int us_socket_local_port(int tls, uws_listen_socket *);
bool uws_publish(int tls, uws_app *, const char *topic, size_t topic_count, const char *text, size_t count,
                 int opcode, bool compress);
bool uws_ws_subscribe(int tls, uws_websocket *, const char *topic, size_t topic_count);
int uws_ws_send(int tls, uws_websocket *, const char *text, size_t count, int opcode);
void uws_res_write_status(int tls, uws_response *, const char *status, size_t count);
void uws_res_write_header(int tls, uws_response *, const char *name, size_t name_count, const char *value,
                          size_t count);
void uws_res_end(int tls, uws_response *, const char *body, size_t count, bool close);

/* ---- the server -------------------------------------------------------------------------------- */

static const char topic[] = "event";
static unsigned long long last_seq;

static size_t make_notice(char *into, size_t capacity) {
  struct timespec now;
  struct tm date;
  char timestamp[32];
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &date);
  strftime(timestamp, sizeof timestamp, "%Y-%m-%dT%H:%M:%S", &date);
  return (size_t)snprintf(into, capacity,
                          "{\"type\":\"booking_created\",\"eventId\":3,\"bookingId\":\"BK-%08X\","
                          "\"userId\":4,\"quantity\":1,\"availableSeats\":%llu,\"seatCapacity\":1000000,"
                          "\"timestamp\":\"%s.%03ldZ\",\"seq\":%llu}",
                          0x9e3779b9U * (unsigned)(last_seq + 1), 1000000 - last_seq, timestamp,
                          now.tv_nsec / 1000000, last_seq);
}

static void book(uws_response *response, uws_request *request, void *context) {
  (void)request;
  char text[512], body[64];
  last_seq += 1;
  size_t count = make_notice(text, sizeof text);
  uws_publish(plain, context, topic, sizeof topic - 1, text, count, uws_text, false);
  size_t body_count = (size_t)snprintf(body, sizeof body, "{\"seq\":%llu}", last_seq);
  uws_res_write_status(plain, response, "201 Created", 11);
  uws_res_write_header(plain, response, "Content-Type", 12, "application/json", 16);
  uws_res_end(plain, response, body, body_count, false);
}

static void welcome(uws_websocket *socket, void *context) {
  (void)context;
  char text[512];
  int count = snprintf(text, sizeof text,
                       "{\"type\":\"connection_established\",\"clientId\":\"ws_0_0000000000000000\","
                       "\"eventId\":3,\"availableSeats\":%llu,\"seatCapacity\":1000000,\"seq\":%llu}",
                       1000000 - last_seq, last_seq);
  uws_ws_subscribe(plain, socket, topic, sizeof topic - 1);
  uws_ws_send(plain, socket, text, (size_t)count, uws_text);
}

static void say_ready(uws_listen_socket *listener, uws_listen_options options, void *context) {
  (void)context;
  if (!listener) {
    fprintf(stderr, "uwebsockets: cannot listen on port %d\n", options.port);
    exit(1);
  }
  printf("uwebsockets listening on http://127.0.0.1:%d\n", us_socket_local_port(plain, listener));
  fflush(stdout);
}

int main(int count, char **words) {
  if (count != 2) {
    fprintf(stderr, "usage: uwebsockets PORT\n");
    return 64;
  }
  uws_app *app = uws_create_app(plain, (uws_tls_options){0});
  uws_app_post(plain, app, "/api/bookings", book, app);
  uws_ws(plain, app, "/*",
         (uws_behavior){.max_payload = 16 * 1024,
                        .idle_timeout = 120,
                        .max_backpressure = 64 * 1024,
                        .send_pings = true,
                        .open = welcome},
         NULL);
  uws_app_listen_with_config(plain, app, (uws_listen_options){.port = atoi(words[1]), .host = "127.0.0.1"},
                             say_ready, NULL);
  uws_app_run(plain, app);
}
