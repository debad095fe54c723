/* once.h - one act of a host (row H3) by a program that joins the room for a moment, because no other runs. */
#ifndef LANPARTY_PEER_ONCE_H
#define LANPARTY_PEER_ONCE_H

#include <stdbool.h>

#include "lanparty/base/time.h"
#include "lanparty/peer/link.h"

struct lp_once {
	const char *word; /* of the command */
	char *argument;   /* "": none; is cut */
	/* Set by the functions. */
	lp_time at; /* when lp_once_on_time has work */
	bool joined, asked, over;
	char why[LP_TUNNEL_TEXT + 1]; /* it is not in the room, as far as that was said */
	int code;                     /* with over: the program's exit code */
};

void lp_once_begin(struct lp_once *once, lp_time now);
/* The link has something to tell. */
void lp_once_told(struct lp_once *once, const struct lp_tunnel_action *action, lp_time now);
/* Asks the relay once all members are known, and leaves once it has answered, or has not for too long. */
void lp_once_on_time(struct lp_once *once, struct lp_link *link, lp_time now);

#endif
