/* The modes book and get: HTTP clients on keep-alive connections. A closed loop sends the next request of a connection
 * when the one before is answered; with --rate due times are fixed in advance, and a request that finds no free
 * connection waits for one while its time runs (no coordinated omission). */
#ifndef CLIENTS_H
#define CLIENTS_H
#include "options.h"

/* Runs, checks every answer, and prints the line of figures. Gives up on the first wrong answer. */
void clients_run(const options *chosen);

#endif
