/* summary.h - what the relay has done, for the last lines of its log. */
#ifndef LANPARTY_RELAY_SUMMARY_H
#define LANPARTY_RELAY_SUMMARY_H

#include <stddef.h>

#include "server.h"

/* Adds the counters of one more worker. */
void summary_add(struct server_counters *sum, const struct server_counters *more);
void summary_log(const struct server_counters *sum, size_t workers);

#endif
