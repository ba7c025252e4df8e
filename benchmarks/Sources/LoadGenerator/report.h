/* The one line that a run prints. */
#ifndef REPORT_H
#define REPORT_H
#include "audience.h"
#include "runs.h"

void report(const options *chosen, const outcome *measured, const totals *received);

#endif
