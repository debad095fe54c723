/* link.h - a member's side of a room, whatever its system: the tunnel and its QUIC connection to the
 * relay in one.
 *
 * The system's loop owns sockets, resolver and clock. Per wake-up it hands over packets, frames and addresses
 * (lp_link_on_...), calls lp_link_on_time and lp_link_send, and sleeps until lp_link_deadline. */
#ifndef LANPARTY_PEER_LINK_H
#define LANPARTY_PEER_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/edge/lookup.h"
#include "lanparty/tunnel/tunnel.h"
#include "lanparty/peer/peer_options.h"
#include "lanparty/peer/tell.h"
#include "lanparty/quic/quic.h"

struct lp_link;

/* Where the relay can be reached: one address of one of its endpoints, which count from 0 (peer_options.h). */
struct lp_entry {
	struct lp_address
		address; /* where packets go: the proxy's, of a stream through one; len 0: none */
	size_t endpoint;
	bool stream; /* over TCP (row W2), not UDP */
};

#define LP_LINK_WAYS    10           /* addresses that are tried at the same time, at most */
#define LP_LINK_PROXY   LP_ENDPOINTS /* in place of an endpoint's number: the proxy */
#define LP_LINK_LOOKUPS (LP_ENDPOINTS + 1)

/* What the loop does for the link. A way is a socket to one address, with a number below LP_LINK_WAYS. */
struct lp_link_ops {
	/* Begins to look up the addresses of an endpoint or of the proxy, and ends a look-up of it that has
	 * not been answered. The loop gives the answer to lp_link_on_addresses. False: the system has no
	 * thread for it. */
	bool (*look_up)(void *context, size_t endpoint);
	/* Ends all look-ups. lp_link_on_addresses is not called for them. */
	void (*stop_look_ups)(void *context);
	/* Opens a UDP socket to the entry's address, and writes its local address. Or begins to open a stream:
	 * then the loop calls lp_link_on_open or lp_link_on_stream_failure. False: the system refused it. */
	bool (*open)(void *context, unsigned way, const struct lp_entry *entry,
		struct lp_address *ret_local);
	void (*close)(void *context, unsigned way);
	/* Streams: false while it takes no packet. Call lp_link_on_ready when it does again. */
	bool (*takes)(void *context, unsigned way);
	/* slot and put are an outlet's (base/outlet.h). flush sends all packets that put has taken. */
	uint8_t *(*slot)(void *context, unsigned way);
	void (*put)(void *context, unsigned way, const struct lp_path *path, size_t len);
	void (*flush)(void *context, unsigned way);
	/* Reports an action for people: LP_TUNNEL_JOINED and those after it. */
	void (*tell)(void *context, const struct lp_tunnel_action *action);
	/* The connection goes another way now: lp_link_entry tells which. NULL: nobody wants to know. */
	void (*moved)(void *context);
};

struct lp_link_config {
	const struct lp_peer_options *options; /* borrowed for the link's life */
	enum lp_role role;
	struct lp_mac mac;                  /* clients */
	struct lp_protected protected;      /* gateways */
	bool keep_default_route;            /* gateways: as in lp_tunnel_config */
	const struct lp_stations *stations; /* likewise */
	/* Leaves as soon as the relay has completed the handshake; asks for no room, and tries once. */
	bool checks;
	bool waits_for_name; /* an unknown name is asked for again, instead of ending (row K6) */
	bool streams;        /* the loop can open streams */
	uint8_t resume_token[LP_TOKEN_SIZE]; /* as in lp_tunnel_config */
	uint8_t member_id[LP_MEMBER_ID];     /* as in lp_tunnel_config */
	uint8_t host[LP_HOST_PRINT];         /* as in lp_tunnel_config */
	struct lp_entry remembered;          /* it worked in an earlier run; len 0: none */
	struct lp_port *port;                /* borrowed */
	const struct lp_link_ops *ops;
	void *context;
};

/* NULL: out of memory, or the TLS library cannot start. */
struct lp_link *lp_link_open(const struct lp_link_config *config);
void lp_link_close(struct lp_link *l);

void lp_link_start(struct lp_link *l, lp_time now);
/* As lp_tunnel_act and lp_tunnel_find. */
const char *lp_link_act(struct lp_link *l, const struct lp_host_act *act);
size_t lp_link_find(const struct lp_link *l, const char *text, uint16_t *ret_peer);
void lp_link_leave(struct lp_link *l, lp_time now);
/* True once the link has left, or has given up. */
bool lp_link_is_over(const struct lp_link *l);

/* None of these sends a packet: lp_link_send does. After a gap between two calls of more than 500 ms, in which
 * the program was stopped, frames of both directions are dropped for 250 ms, because the system has queued
 * them meanwhile. */
void lp_link_on_addresses(
	struct lp_link *l, size_t endpoint, const struct lp_addresses *found, lp_time now);
/* A packet has arrived over UDP. */
void lp_link_on_packet(struct lp_link *l, const struct lp_address *remote, const uint8_t *bytes,
	size_t len, lp_time now);
/* A packet has arrived over a stream. */
void lp_link_on_payload(
	struct lp_link *l, unsigned way, const uint8_t *bytes, size_t len, lp_time now);
/* A stream is open: the relay, or somebody between, has taken it. */
void lp_link_on_open(struct lp_link *l, unsigned way, lp_time now);
/* A stream could not be opened, or has ended. The link closes it. */
void lp_link_on_stream_failure(
	struct lp_link *l, unsigned way, const struct lp_stream_failure *failure, lp_time now);
/* A stream takes packets again. */
void lp_link_on_ready(struct lp_link *l);
void lp_link_on_frame(struct lp_link *l, const uint8_t *frame, size_t len, lp_time now);
/* Gateways: as lp_tunnel_protect. */
void lp_link_on_protected(
	struct lp_link *l, const struct lp_protected *protected, bool moved, lp_time now);
void lp_link_on_time(struct lp_link *l, lp_time now);
/* As lp_tunnel_set_own. The link adds the relay's address. */
void lp_link_set_own(struct lp_link *l, const struct lp_own_list *own);
/* A packet that was flushed was not sent, or has not arrived. The link names the reason if the relay does not
 * answer this attempt. */
void lp_link_on_send_failure(struct lp_link *l, unsigned way, enum lp_send_failure failure);
/* The computer's interfaces, addresses or routes have changed: asks the relay at once, or connects at once. */
void lp_link_on_uplink(struct lp_link *l, lp_time now);
/* Performs the tunnel's actions, and sends all packets that are ready. */
void lp_link_send(struct lp_link *l, lp_time now);
lp_time lp_link_deadline(const struct lp_link *l);

/* How the last attempt, or the last connection, ended. */
struct lp_link_end {
	bool no_address; /* the relay's name has none; end has no meaning then */
	bool answered;   /* the relay completed the handshake */
	lp_time rtt;     /* then; 0: not measured */
	enum lp_quic_end end;
	enum lp_send_failure failure;            /* while the relay had not answered */
	bool stream;                             /* it went over TCP */
	struct lp_stream_failure stream_failure; /* then */
	bool no_store;     /* the system has no certificate authorities: end means nothing */
	bool clock_behind; /* lp_clock_is_behind */
};
const struct lp_link_end *lp_link_last_end(const struct lp_link *l);
/* True if the relay itself ended the last connection, so that it keeps no place for this member. Otherwise the
 * membership can still be continued with its resume token. */
bool lp_link_has_left(const struct lp_link *l);
/* The exit status of a link that has given up. */
enum lp_exit lp_link_exit(const struct lp_link *l);
const struct lp_tunnel *lp_link_tunnel(const struct lp_link *l);
/* The connection to the relay. False, and all is 0: there is none. */
bool lp_link_info(const struct lp_link *l, struct lp_quic_info *ret_info);
/* The latest round trip to the relay; 0 without a connection. */
lp_time lp_link_rtt(const struct lp_link *l);
/* The address of the relay in use, or the last one that was tried; len 0 when there is none yet. */
const struct lp_address *lp_link_remote(const struct lp_link *l);
const struct lp_entry *lp_link_entry(const struct lp_link *l);

#endif
