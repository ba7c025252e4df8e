/* uWebSockets as a user would write it in C++, over its own epoll loop: everybody subscribes to one topic, a booking
 * publishes one text to it and is answered at once. No setting differs from the library's defaults. server.c is the same
 * through the C interface of the wheel of socketify, where the library runs over libuv. */
#include "App.h"
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

namespace {

constexpr const char *topic = "event";
unsigned long long last_seq;

std::string make_notice() {
  timespec now;
  tm date;
  char timestamp[32], text[512];
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &date);
  strftime(timestamp, sizeof timestamp, "%Y-%m-%dT%H:%M:%S", &date);
  int count = snprintf(text, sizeof text,
                       "{\"type\":\"booking_created\",\"eventId\":3,\"bookingId\":\"BK-%08X\",\"userId\":4,"
                       "\"quantity\":1,\"availableSeats\":%llu,\"seatCapacity\":1000000,"
                       "\"timestamp\":\"%s.%03ldZ\",\"seq\":%llu}",
                       0x9e3779b9U * static_cast<unsigned>(last_seq + 1), 1000000 - last_seq, timestamp,
                       now.tv_nsec / 1000000, last_seq);
  return std::string(text, static_cast<size_t>(count));
}

std::string make_welcome() {
  return "{\"type\":\"connection_established\",\"clientId\":\"ws_0_0000000000000000\",\"eventId\":3,\"availableSeats\":" +
         std::to_string(1000000 - last_seq) + ",\"seatCapacity\":1000000,\"seq\":" + std::to_string(last_seq) + "}";
}

struct Nothing {};

}  // namespace

int main(int count, char **words) {
  if (count != 2) {
    fprintf(stderr, "usage: uwebsockets PORT\n");
    return 64;
  }
  int port = atoi(words[1]);
  uWS::App app;
  uWS::App::WebSocketBehavior<Nothing> behavior;
  behavior.open = [](auto *socket) {
    socket->subscribe(topic);
    socket->send(make_welcome(), uWS::OpCode::TEXT);
  };
  app.ws<Nothing>("/*", std::move(behavior));
  app.post("/api/bookings", [&app](auto *response, auto *) {
    last_seq += 1;
    app.publish(topic, make_notice(), uWS::OpCode::TEXT, false);
    response->writeStatus("201 Created")->writeHeader("Content-Type", "application/json");
    response->end("{\"seq\":" + std::to_string(last_seq) + "}");
  });
  app.listen("127.0.0.1", port, [port](auto *listener) {
    if (!listener) {
      fprintf(stderr, "uwebsockets: cannot listen on port %d\n", port);
      exit(1);
    }
    printf("uwebsockets listening on http://127.0.0.1:%d\n",
           us_socket_local_port(0, reinterpret_cast<us_socket_t *>(listener)));
    fflush(stdout);
  });
  app.run();
}
