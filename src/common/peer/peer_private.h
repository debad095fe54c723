/* peer_private.h - what the loop (peer.c) and what it tells people (peer_events.c) share. */
#ifndef LANPARTY_PEER_PRIVATE_H
#define LANPARTY_PEER_PRIVATE_H

#include <stdbool.h>

#include "linux/address.h"
#include "peer.h"
#include "quic.h"

struct lp_udp;

struct peer {
	const struct lp_peer_config *config;
	struct lp_tunnel *tunnel;
	struct lp_quic *quic;
	struct lp_quic_conn *conn; /* NULL: none */
	struct lp_udp *udp;        /* of the present or the last connection */
	struct lp_address remote;
	struct lp_path path;
	size_t next_address;         /* of the relay's: another one after one that did not answer */
	bool answered;               /* the present one did */
	int set, resolving, signals; /* what it waits for, and two of these */
	bool stopping, at_once, rejected;
	lp_time leave_at;
	lp_time now;
	enum lp_exit exit;
	struct lp_datagram datagram; /* the one that next_datagram gave last */
	struct lp_tunnel_action action;
};

/* Why a connection ended, in a sentence that says what to do. */
void peer_explain(const struct peer *p, const struct lp_quic_close *why, char *text, size_t cap);
/* An action that is for people: the events on stdout, what is final in the log too. */
void peer_tell(struct peer *p, const struct lp_tunnel_action *a);
/* Row F7. */
void peer_log_frame(const char *direction, const struct lp_verdict *v);

#endif
