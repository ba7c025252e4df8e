/* The first seconds of a sale: each user of --tokens wants one seat and comes at some moment of --measured-seconds, and
 * no user gives up before it knows what it got. */
#ifndef SALE_H
#define SALE_H
#include "options.h"

void sale(const options *chosen);

#endif
