/* The mode attack: one client that does something harmful as fast as one thread can, from one source address. What
 * others notice of it is measured by another process (mode book). */
#ifndef ATTACK_H
#define ATTACK_H
#include "options.h"

/* Attacks for --measured-seconds, and prints what was sent and what came back. */
void attack(const options *chosen);

#endif
