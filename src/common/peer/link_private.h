/* link_private.h - the inside of a link: link.c serves its user, link_attempt.c connects to the relay. */
#ifndef LANPARTY_PEER_LINK_PRIVATE_H
#define LANPARTY_PEER_LINK_PRIVATE_H

#include "lanparty/peer/link.h"
#include "faults.h"
#include "race.h"

/* One address that is tried, with a socket of its own. */
struct lp_way {
	struct lp_link *link;
	struct lp_entry entry;
	struct lp_path path;
	struct lp_quic_conn *conn;    /* NULL: it has ended, and its last packet waits */
	bool open;                    /* it has a socket */
	enum lp_send_failure failure; /* of its packets; the latest one */
};

struct lp_link {
	struct lp_link_config config;
	struct lp_tunnel *tunnel;
	struct lp_quic *quic;
	struct lp_way ways[LP_LINK_WAYS];
	struct lp_way *lone;   /* the only open one; NULL: there is none, or more */
	struct lp_way *joined; /* the one that has won; NULL: there is no connection */
	bool trying;           /* an attempt is being made */
	struct lp_race race;
	struct lp_faults faults;
	struct lp_entry latest; /* the connection's address, or the last one that was tried */
	unsigned looking;       /* bits: endpoints whose addresses are looked up */
	lp_time asked_at;       /* when the last look-up began */
	bool is_stale;          /* networks have changed since then */
	lp_time uplink_at; /* when the way to the relay is looked at; 0: networks have not changed */
	uint16_t steer;    /* of the attempt: to the worker that has the room */
	lp_time now;
	unsigned gaps;       /* of the loop, that no line has told of yet */
	lp_time longest_gap; /* of those */
	lp_time tell_gaps_at;
	enum lp_exit exit;
	struct lp_link_end last;
	struct lp_own_list own; /* without the relay's address */
	struct lp_tunnel_action action;
	uint8_t packet[LP_QUIC_PACKET_MAX]; /* while several ways are open */
};

extern const struct lp_quic_handler lp_link_handler;

/* Another wake-up of the loop, at this time. */
void lp_link_advance(struct lp_link *l, lp_time now);
/* Begins an attempt. */
void lp_link_attempt(struct lp_link *l);
/* Tries the next address if it is due, and ends an attempt that has none left. */
void lp_link_go_on(struct lp_link *l);
/* Ends look-ups, attempt and connections. */
void lp_link_stop(struct lp_link *l, enum lp_leave_reason reason, const char *text);
/* When lp_link_go_on is due. */
lp_time lp_link_next_try(const struct lp_link *l);
/* Sends what the ways have taken, and closes the sockets of those that have ended. */
void lp_link_flush(struct lp_link *l);
/* Tells the tunnel which networks the room must not take. */
void lp_link_tell_own(struct lp_link *l);

#endif
