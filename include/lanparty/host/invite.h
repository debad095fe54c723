/* invite.h - shows an invite to the host: as a line, as a QR code on a terminal, and as a picture. */
#ifndef LANPARTY_HOST_INVITE_H
#define LANPARTY_HOST_INVITE_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/edge/exit.h"
#include "lanparty/edge/options.h"
#include "lanparty/wire/code.h"

struct lp_invite_options {
	bool qr;         /* default: on a terminal */
	const char *png; /* NULL: no file */
};

#define LP_INVITE_OPTIONS 2 /* number of options that lp_invite_options_add adds */

/* Adds the options to a program's own table of count options. Returns the new count. */
size_t lp_invite_options_add(
	struct lp_invite_options *values, struct lp_option *table, size_t count);

/* Prints the invite to stdout, and the QR code below it if that is wanted. Errors are logged. */
enum lp_exit lp_invite_show(
	const struct lp_invite_options *options, const struct lp_invite *invite);

#endif
