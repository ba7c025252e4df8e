/* What a server may say, and what a notice looks like. */
#ifndef MESSAGES_H
#define MESSAGES_H
#include "frames.h"

typedef struct {
  uint64_t from, to;    /* the seq that it stands for: one, or a declared skip */
  bool is_skip;
  int64_t seats;        /* left after `to` */
  int64_t quantity;     /* 0 for a skip */
  int64_t committed;    /* its timestamp on the wall clock */
} notice;

/* booking_created, or seat_update with fromSeq and toSeq. Gives up on anything else. */
notice read_notice(const frame *from, uint32_t subscriber);
/* The seq of connection_established. Gives up on anything else. */
uint64_t read_welcome(const frame *from, uint32_t subscriber);
/* The text of a booking_created, for servers that broadcast what is posted. */
size_t make_notice(char *into, size_t capacity, uint64_t seq);

#endif
