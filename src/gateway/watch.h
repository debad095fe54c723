/* watch.h - looks after the LAN's interface while the gateway runs, and says what changes.
 *
 * It needs no privilege. It changes nothing but one thing: a bridge port that was taken out of its bridge
 * is marked as gone, because it connects the room with nothing any more. */
#ifndef LANPARTY_GATEWAY_WATCH_H
#define LANPARTY_GATEWAY_WATCH_H

#include "firewall.h"
#include "lan.h"
#include "trouble.h"

#define LP_WATCH_INTERVAL LP_SECOND
/* Between two sentences about the state of the LAN: a cable with a loose contact fills no log. */
#define LP_WATCH_HOLD (3 * LP_SECOND)

struct lp_watch {
	struct lp_lan *lan; /* borrowed */
	int timer;          /* readable once per LP_WATCH_INTERVAL */
	int changes;        /* as lp_netlink_watch; -1: the interface is looked at each time */
	struct lp_lan_view view;
	struct lp_firewall firewall; /* bridge mode */
	enum lp_trouble trouble, said;
	lp_time wait;
	lp_time hold; /* says nothing until then */
	bool moved;   /* another LAN can be there since the caller has set it to false */
};

/* Says at once what is wrong already. Open it before privileges are dropped. False, logged: the system has
 * no timer. */
bool lp_watch_open(struct lp_watch *w, struct lp_port *port);
/* Call it when w->timer is readable. */
void lp_watch_look(struct lp_watch *w);
void lp_watch_close(struct lp_watch *w);

#endif
