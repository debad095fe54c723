/* link.h - a member's side of a room, whatever its system: the tunnel and its QUIC connection to the
 * relay in one.
 *
 * The system's loop owns sockets, resolver and clock. Per wake-up: hand over what has come
 * (lp_link_on_...), lp_link_on_time, lp_link_send, sleep until lp_link_deadline. */
#ifndef LANPARTY_PEER_LINK_H
#define LANPARTY_PEER_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/edge/lookup.h"
#include "lanparty/tunnel/tunnel.h"
#include "lanparty/peer/peer_options.h"
#include "lanparty/quic/quic.h"

struct lp_link;

/* What the loop does for the link. */
struct lp_link_ops {
	/* Asks for the relay's addresses: lp_link_on_addresses will answer. What is still being asked is
	 * forgotten. False: the system has no thread for it. */
	bool (*look_up)(void *context);
	/* No answer is wanted any more. */
	void (*stop_look_up)(void *context);
	/* A new socket to speak with remote, and its local address; the one before goes. */
	bool (*open)(void *context, const struct lp_address *remote, struct lp_address *ret_local);
	/* slot: room for the next packet, LP_QUIC_PACKET_MAX bytes. put: the slot now holds len bytes
	 * for remote. flush: sends all packets that were put. */
	uint8_t *(*slot)(void *context);
	void (*put)(void *context, const struct lp_address *remote, size_t len);
	void (*flush)(void *context);
	/* An action for people (LP_TUNNEL_JOINED and on). */
	void (*tell)(void *context, const struct lp_tunnel_action *action);
};

/* Why the system did not send a packet. */
enum lp_send_failure {
	LP_SEND_GOOD,
	LP_SEND_TOO_BIG,   /* it is larger than the network's MTU */
	LP_SEND_NO_ROUTE,  /* there is no way to the relay */
	LP_SEND_FORBIDDEN, /* by a firewall of this computer */
};

struct lp_link_config {
	const struct lp_peer_options *options; /* borrowed for the link's life */
	enum lp_role role;
	struct lp_mac mac;             /* clients */
	struct lp_protected protected; /* gateways */
	bool keep_default_route;       /* gateways: as in lp_tunnel_config */
	bool waits_for_name; /* an unknown name is asked for again, instead of ending (row K6) */
	uint8_t resume_token[LP_TOKEN_SIZE]; /* as in lp_tunnel_config */
	struct lp_port *port;                /* borrowed */
	const struct lp_link_ops *ops;
	void *context;
};

/* NULL when out of memory, or the TLS library cannot start. */
struct lp_link *lp_link_open(const struct lp_link_config *config);
void lp_link_close(struct lp_link *l);

void lp_link_start(struct lp_link *l, lp_time now);
void lp_link_leave(struct lp_link *l, lp_time now);
/* Nothing more will come: left, or given up. */
bool lp_link_is_over(const struct lp_link *l);

/* Each returns quickly and sends nothing: lp_link_send does. */
void lp_link_on_addresses(struct lp_link *l, const struct lp_addresses *found, lp_time now);
void lp_link_on_packet(struct lp_link *l, const struct lp_address *remote, const uint8_t *bytes,
	size_t len, lp_time now);
void lp_link_on_frame(struct lp_link *l, const uint8_t *frame, size_t len, lp_time now);
void lp_link_on_time(struct lp_link *l, lp_time now);
/* A packet that was flushed has not left: said if the relay does not answer either. */
void lp_link_on_send_failure(struct lp_link *l, enum lp_send_failure failure);
/* Performs the tunnel's actions, and sends all packets that are ready. */
void lp_link_send(struct lp_link *l, lp_time now);
lp_time lp_link_deadline(const struct lp_link *l);

/* How the last attempt, or the last connection, ended. */
struct lp_link_end {
	bool no_address; /* the relay's name gave none: end means nothing */
	bool answered;   /* the relay had answered */
	enum lp_quic_end end;
};
const struct lp_link_end *lp_link_last_end(const struct lp_link *l);
/* Why it is over, when it was not left. */
enum lp_exit lp_link_exit(const struct lp_link *l);
/* Totals, and the round trip to the relay: 0 while there is no connection. */
const struct lp_stats *lp_link_stats(const struct lp_link *l);
lp_time lp_link_rtt(const struct lp_link *l);
/* The address of the relay in use, len 0 when there is none yet. */
const struct lp_address *lp_link_remote(const struct lp_link *l);

#endif
