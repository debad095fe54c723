/* endpoints.h - compares where invites say that a relay is with what the router of a home gives. */
#ifndef LANPARTY_RELAY_ENDPOINTS_H
#define LANPARTY_RELAY_ENDPOINTS_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/wire/code.h"

/* An address of IPv6 can be written in several ways. */
bool endpoints_have(const struct lp_host *list, size_t count, const struct lp_host *host);
/* Gives name the port that was given with its address, if that was. */
void endpoints_take_port(struct lp_host *name, const struct lp_host *given, size_t count);
/* Writes those of given that the list does not have, and returns how many they are. */
size_t endpoints_missing(const struct lp_host *list, size_t count, const struct lp_host *given,
	size_t given_count, struct lp_host *ret_missing);

#endif
