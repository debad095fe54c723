/* tell.h - reports the events of a link to the user and to programs that read stdout (rows C8,
 * R8). */
#ifndef LANPARTY_PEER_TELL_H
#define LANPARTY_PEER_TELL_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/edge/address.h"
#include "lanparty/tunnel/tunnel.h"
#include "lanparty/peer/peer_options.h"
#include "lanparty/quic/quic.h"

/* When nobody else is in the room some seconds after the join. */
#define LP_TELL_ALONE "You are alone in this room. If your friends are in, compare the code."
/* When the system has not listed all networks of this computer (row N5). */
#define LP_TELL_UNLISTED                                                                           \
	"a lease of the room can cover a network of this computer: if you do not reach something " \
	"outside of the room any more, ask the room's host for another range"

/* What the system or the network said of a packet that was sent to the relay. */
enum lp_send_failure {
	LP_SEND_GOOD,
	LP_SEND_TOO_BIG,     /* it is larger than the MTU of the network */
	LP_SEND_NO_ROUTE,    /* this computer has no way to the relay */
	LP_SEND_NO_FAMILY,   /* it has a network, but none of the address's family (IPv4 or IPv6) */
	LP_SEND_FORBIDDEN,   /* by a firewall of this computer */
	LP_SEND_REFUSED,     /* ICMP: nothing listens at the relay's port */
	LP_SEND_UNREACHABLE, /* ICMP: a router does not reach the relay's computer */
	LP_SEND_REJECTED,    /* ICMP: a firewall at the relay, or on the way, rejects the packets */
};

/* What has ended a stream to the relay (row W2), or has kept it from opening. */
enum lp_stream_end {
	LP_STREAM_GOOD,     /* nothing */
	LP_STREAM_NO_TCP,   /* no TCP connection: failure says why; LP_SEND_GOOD: nobody answers */
	LP_STREAM_SLOW,     /* no TCP connection in time, or nothing more */
	LP_STREAM_CLOSED,   /* somebody has closed it, or TCP has given up */
	LP_STREAM_PROXY,    /* the proxy refuses, with this HTTP status */
	LP_STREAM_PASSWORD, /* the proxy wants a password, or another one */
	LP_STREAM_NOT_LANPARTY, /* somebody else answers, with this HTTP status; 0: with something else */
	LP_STREAM_MEMORY,       /* this side is out of memory */
};
struct lp_stream_failure {
	enum lp_stream_end end;
	enum lp_send_failure failure;
	unsigned status;
	bool proxy; /* it leads to a proxy; the link sets it */
};

/* The end of a connection, or of an attempt to make one. */
struct lp_ending {
	const struct lp_address *remote;
	const struct lp_quic_close *why;
	enum lp_send_failure failure; /* LP_SEND_GOOD: none, or the relay has answered */
	bool clock_behind;            /* lp_clock_is_behind */
	bool stream;                  /* it went over TCP */
};

/* The same of a stream. */
struct lp_stream_ending {
	const struct lp_address *remote; /* the proxy's, if there is one */
	size_t endpoint;
	const struct lp_stream_failure *failure;
};

/* Writes a sentence that says why a connection ended and what to do. */
void lp_tell_why(const struct lp_peer_options *options, const struct lp_ending *ending, char *text,
	size_t cap);
/* Likewise, when there are no pins, and the system has no certificate authorities. With a wrong clock, none
 * of those that it has is valid. */
void lp_tell_no_store(bool clock_behind, char *text, size_t cap);
/* Likewise, why a stream to the endpoint has failed. */
void lp_tell_stream(const struct lp_peer_options *options, const struct lp_stream_ending *ending,
	char *text, size_t cap);
/* Likewise, when a stream is open, and the relay does not answer through it. */
void lp_tell_mute_stream(const struct lp_address *remote, char *text, size_t cap);
/* "tcp" for streams, or "udp". */
const char *lp_tell_over(bool stream);
struct lp_teller {
	enum lp_role role;
	bool stream;   /* the connection to the relay goes over TCP */
	bool stopping; /* the user asked to end */
	bool rejected; /* set by lp_tell: the relay's answer was final */
};
/* Reports an action: events go to stdout, final errors to the log too. */
void lp_tell(struct lp_teller *teller, const struct lp_tunnel_action *action);
/* Reports an offer that was not taken as it was. lp_tell does so for LP_TUNNEL_OFFER. */
void lp_tell_refusal(const struct lp_offer *offer);
/* A sentence for a player: what the LAN offered (row N5), why it was not taken, and what to do. */
#define LP_OFFER_TEXT 420
void lp_tell_offer(const struct lp_offer *offer, char text[LP_OFFER_TEXT]);
/* A sentence for a player who sends more than the relay takes: bytes or broadcasts per second (rows L1, L3). */
#define LP_LIMIT_TEXT 300
void lp_tell_limit(enum lp_drop limit, uint64_t rate, char text[LP_LIMIT_TEXT]);
/* A sentence about a protocol of old games that the room does not carry: what to set in the game, or which
 * option all programs need. */
#define LP_OLD_TEXT 300
void lp_tell_old(enum lp_old_protocol protocol, char text[LP_OLD_TEXT]);
/* A sentence for a player about the room's host key (row N4). */
#define LP_HOST_TEXT 200
void lp_tell_host(enum lp_host_news news, char text[LP_HOST_TEXT]);
/* Prints a code for a new room. Returns an exit code. */
int lp_tell_new_room(void);
/* Logs the verdict on one frame (row F7): lp_tunnel_config's trace. */
void lp_tell_frame(void *context, enum lp_tunnel_direction way, const struct lp_verdict *v);

#endif
