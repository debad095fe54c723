/* tunnel.h - the core of client and gateway: joins a room, carries frames between the room and a frame
 * port, and joins again when the relay is gone.
 *
 * Control: events go in (lp_tunnel_on_...), actions come out (lp_tunnel_next until it has nothing more),
 * and lp_tunnel_deadline says when lp_tunnel_on_time is due. hub.h has the same shape.
 *
 * Frames: the OS side pushes frames in with lp_tunnel_on_frame; they wait in the tunnel's sender. A
 * datagram that its receiver takes is checked and written to the port before the call returns. The
 * connection to the relay is attached to both.
 *
 * No socket, no clock, no log. The frame path never allocates. */
#ifndef LANPARTY_TUNNEL_H
#define LANPARTY_TUNNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/siphash.h"
#include "lanparty/wire/control.h"
#include "lanparty/wire/inbox.h"
#include "lanparty/packet/filter.h"
#include "lanparty/packet/games.h"
#include "lanparty/packet/llc.h"
#include "lanparty/packet/offer.h"
#include "lanparty/packet/stations.h"
#include "lanparty/tunnel/port.h"
#include "lanparty/path/datagram.h"
#include "lanparty/base/time.h"
#include "lanparty/packet/verdict.h"

#define LP_TUNNEL_STATS_INTERVAL (10 * LP_SECOND)
#define LP_TUNNEL_LAN_INTERVAL                                                                     \
	(100 * LP_MILLISECOND) /* between parts of what the LAN is (row K4) */
/* From the last part to the first: the relay, which does not hear all of the LAN, forgets what is older than
 * LP_NEIGHBOUR_MAC_TTL. */
#define LP_TUNNEL_LAN_AGAIN       (3600 * LP_SECOND)
#define LP_TUNNEL_LAN_SILENT      (1800 * LP_SECOND) /* an address used since then is not asked about */
#define LP_TUNNEL_RETRY_MIN       (200 * LP_MILLISECOND)
#define LP_TUNNEL_RETRY_MAX       (4 * LP_SECOND)
#define LP_TUNNEL_RETRY_SILENT    LP_SECOND /* while a silent member has the place (row K3) */
#define LP_TUNNEL_RESTART_MIN     LP_SECOND /* between two joins that follow a restart at once */
#define LP_TUNNEL_LEAVE_TIMEOUT   LP_SECOND
#define LP_TUNNEL_WELCOME_TIMEOUT (5 * LP_SECOND)
#define LP_TUNNEL_LIMIT_TIME      (3 * LP_SECOND)  /* at a limit of the relay's before it is told */
#define LP_TUNNEL_LIMIT_PAUSE     (2 * LP_SECOND)  /* below it: that time starts again */
#define LP_TUNNEL_LIMIT_OVER      (60 * LP_SECOND) /* below it: the next time is told again */
#define LP_TUNNEL_BYTES           LP_CONTROL_SENT_MAX
#define LP_TUNNEL_TOLD            8 /* offers that it tells of, so that a LAN cannot fill the log */
/* A gateway lets so many newcomers claim and ask as lp_claimant_init says, and one more per so many seconds.
 * The others begin as after lp_claimant_spend: a relay could have one member come again and again. */
#define LP_TUNNEL_FRESH         LP_MAX_CLIENTS
#define LP_TUNNEL_FRESH_SECONDS 4
#define LP_TUNNEL_TEXT          400 /* bytes of a reason */
/* Games that members host (row H7). A member that invents some can hide others, but it fills no log. */
#define LP_TUNNEL_GAMES      64               /* known at once */
#define LP_TUNNEL_GAMES_EACH 8                /* of one player */
#define LP_TUNNEL_GAMES_LAN  32               /* of the gateway's LAN */
#define LP_TUNNEL_GAME_AGAIN (60 * LP_SECOND) /* before a game that changes is told again */
#define LP_TUNNEL_GAME_GONE                                                                        \
	(300 * LP_SECOND)     /* no answer for so long: it is told again, or forgotten */
#define LP_TUNNEL_REDIRECTS 2 /* times in a row that it follows LP_REJECT_WRONG_WORKER */

struct lp_tunnel;

enum lp_tunnel_direction { LP_TUNNEL_TO_ROOM, LP_TUNNEL_FROM_ROOM };

struct lp_tunnel_config {
	enum lp_role role;
	uint8_t room_key[LP_ROOM_KEY_SIZE];
	uint8_t opening[LP_ROOM_KEY_SIZE]; /* for a private relay (row H3); zero: none */
	struct lp_mac mac;                 /* clients */
	const char *name;
	size_t datagram_budget; /* bytes; 0: LP_DATAGRAM_MAX */
	size_t mtu;             /* the largest that the port can do; 0: LP_ETH_MTU */
	struct lp_filter filter;
	struct lp_protected protected; /* gateways */
	/* Gateways: leave router, DNS, route and proxy options in the LAN's DHCP replies. Clients always
	 * remove them. */
	bool keep_default_route;
	/* Gateways: only these stations of the LAN take part. DHCP passes for all, so that players get
	 * addresses. Borrowed. NULL: all take part. */
	const struct lp_stations *stations;
	uint8_t resume_token[LP_TOKEN_SIZE]; /* of an earlier run (row K2); zero: none */
	/* the room's host key, as far as it is known (row N4); zero: not */
	uint8_t host[LP_HOST_PRINT];
	/* the pass of a guest (row H3), whose host is known, and whose room_key opens nothing; zero: none */
	uint8_t guest[LP_GUEST_PASS];
	uint8_t member_id[LP_MEMBER_ID];   /* as in HELLO */
	uint64_t seed;                     /* random: spreads reconnects */
	struct lp_siphash_key flow_secret; /* random: flow.h */
	/* Rows F6, F7: what was decided about each frame. NULL: nobody wants to know. */
	void (*trace)(
		void *context, enum lp_tunnel_direction way, const struct lp_verdict *verdict);
	void *trace_context;
};

/* Borrows the port for the tunnel's life. NULL: out of memory. */
struct lp_tunnel *lp_tunnel_new(const struct lp_tunnel_config *config, struct lp_port *port);
void lp_tunnel_free(struct lp_tunnel *t);

/* Adds the first action, LP_TUNNEL_CONNECT. */
void lp_tunnel_start(struct lp_tunnel *t, lp_time now);
/* Leaves the room for good: sends DISCONNECT, waits LP_TUNNEL_LEAVE_TIMEOUT for the relay to close the
 * connection (row C6), then closes it. No LP_TUNNEL_CONNECT follows. */
void lp_tunnel_leave(struct lp_tunnel *t, lp_time now);
/* True once the tunnel has left, or has given up. */
bool lp_tunnel_is_over(const struct lp_tunnel *t);

/* Row N4: what the next HELLO has: the public half of the host key, and its proof for this connection. */
void lp_tunnel_prove(struct lp_tunnel *t, const uint8_t key[LP_HOST_KEY_SIZE],
	const uint8_t proof[LP_HOST_PROOF_SIZE]);
/* Row H3: asks the relay to do this for the host; LP_TUNNEL_ACTED has the answer. Returns NULL, or a sentence
 * that says why it was not asked. */
const char *lp_tunnel_act(struct lp_tunnel *t, const struct lp_host_act *act);
/* The other members with this name or number. Writes the peer ID of one of them, and returns how many there
 * are. */
size_t lp_tunnel_find(const struct lp_tunnel *t, const char *text, uint16_t *ret_peer);
/* The connection's handshake is complete. */
void lp_tunnel_on_connected(struct lp_tunnel *t, lp_time now);
void lp_tunnel_on_stream(struct lp_tunnel *t, const struct lp_piece *piece, lp_time now);
/* The connection is gone or could not be made. reason is a sentence. final: trying again is
 * useless (a wrong pin, another protocol), unless the room was joined before. */
void lp_tunnel_on_closed(struct lp_tunnel *t, bool final, const char *reason, lp_time now);
/* The relay has forgotten the connection, as after its restart, and is there. The next attempt follows at once
 * if the room was joined and the last attempt began LP_TUNNEL_RESTART_MIN ago: no relay can make its members
 * connect without a pause. */
void lp_tunnel_on_restart(struct lp_tunnel *t, const char *reason, lp_time now);

/* The computer has another way to the relay: a tunnel that waits for its next attempt makes it at once. */
void lp_tunnel_hurry(struct lp_tunnel *t, lp_time now);
/* The program did not run for a while, so frames from the port and from the relay are old: until then they
 * are dropped (LP_DROP_LATE). */
void lp_tunnel_drop_until(struct lp_tunnel *t, lp_time until);

/* Clients: the networks of the computer, its router and name servers, and the relay's address. The list is
 * copied. From now on no lease and no router advertisement of the room covers them (row N5). */
void lp_tunnel_set_own(struct lp_tunnel *t, const struct lp_own_list *own);
/* Gateways: what no client can have has changed (row N1). The relay is told at once. Forgets what is known of
 * the LAN when this is another one (row K5). moved: another LAN can be there, although nothing shows it. The
 * members hear of that, at once or with the next join; what is known of the LAN stays. */
void lp_tunnel_protect(
	struct lp_tunnel *t, const struct lp_protected *protected, bool moved, lp_time now);

/* A frame from the port, 1 to any number of bytes. */
void lp_tunnel_on_frame(struct lp_tunnel *t, const uint8_t *frame, size_t len, lp_time now);
/* What a connection is attached to before lp_tunnel_on_connected, until lp_tunnel_on_closed. */
struct lp_datagram_source *lp_tunnel_source(struct lp_tunnel *t);
struct lp_datagram_sink *lp_tunnel_sink(struct lp_tunnel *t);

enum lp_tunnel_kind {
	LP_TUNNEL_CONNECT, /* make a connection; if steered, its first ID begins with steer */
	LP_TUNNEL_HELLO,   /* open a bidirectional stream, send bytes, end it */
	LP_TUNNEL_MESSAGE, /* send bytes as one unidirectional stream */
	LP_TUNNEL_CLOSE,   /* close the connection with code leave */
	/* for people and the log (row C8) */
	/* welcome, and offer: how welcome.ipv4 was judged. ipv4 is 0 if it cannot be taken (row H6) */
	LP_TUNNEL_JOINED,
	LP_TUNNEL_REJECTED,    /* reject; over when final */
	LP_TUNNEL_PEER_JOINED, /* peer_joined */
	LP_TUNNEL_PEER_LEFT,   /* peer_left; member: what its PEER_JOINED said */
	LP_TUNNEL_PEER_STATUS, /* peer_status, likewise */
	LP_TUNNEL_OFFER, /* offer: what the LAN offered was not taken as it was; once for each */
	/* It begins, or ends, for member; or for this computer when member has no peer id. */
	LP_TUNNEL_LOOP, /* the computer connects the room with the gateway's LAN by another way too */
	LP_TUNNEL_CONFLICT, /* a station of the gateway's LAN has its MAC */
	LP_TUNNEL_ACTED,    /* done: the relay's answer to lp_tunnel_act */
	LP_TUNNEL_RENAMED, /* member: with its new name; without a peer ID it is this one (row H3) */
	LP_TUNNEL_HOST,    /* news, and host: the fingerprint that they are about (row N4) */
	LP_TUNNEL_GAME,    /* game; member: its host, also when that is this one */
	LP_TUNNEL_LIMITED, /* limit, rate: this member sends more than the relay takes; once per episode */
	/* old: this computer, or a gateway's LAN, uses a protocol that the filter drops; once for each */
	LP_TUNNEL_OLD,
	LP_TUNNEL_DISCONNECTED, /* text; over when final, otherwise connects again after retry_in */
};

/* What the relay says of the room's host key, beside what this member knows. */
enum lp_host_news {
	LP_HOST_NONE,     /* neither knows of one: every gateway is trusted */
	LP_HOST_RIGHT,    /* the same; or the first one of this room, which is known from now on */
	LP_HOST_LOST,     /* the relay knows of none any more */
	LP_HOST_UNPROVEN, /* a gateway is there that has not proven it: its frames are dropped */
	LP_HOST_CHANGED,  /* another one: the member leaves, or drops the gateway's frames */
	LP_HOST_REFUSED,  /* this member has proven a key, and the relay has not taken it */
};

/* A game that a member hosts, or that a station of the LAN hosts if the member is the gateway. */
struct lp_found_game {
	struct lp_game game;
	struct lp_prefix address; /* of its host, as a prefix of full length */
	uint16_t peer;
	lp_time heard_at; /* the last answer */
};

struct lp_tunnel_action {
	enum lp_tunnel_kind kind;
	bool final;
	bool begins;
	bool steered;   /* the relay has said which worker has the room */
	uint16_t steer; /* with steered */
	lp_time retry_in;
	enum lp_leave_reason leave;
	struct lp_welcome welcome;
	struct lp_reject reject;
	struct lp_peer_joined member;
	struct lp_peer_left peer_left;
	struct lp_peer_status peer_status;
	struct lp_offer offer;
	struct lp_host_done done;
	enum lp_host_news news;
	uint8_t host[LP_HOST_PRINT];
	struct lp_found_game game;
	enum lp_old_protocol old;
	enum lp_drop limit; /* LP_DROP_BYTE_RATE or LP_DROP_BROADCAST_RATE */
	uint64_t rate;      /* bytes or frames per second */
	char text[LP_TUNNEL_TEXT + 1];
	size_t len;
	uint8_t bytes[LP_TUNNEL_BYTES];
};

/* Takes out the oldest action. False: there is none. */
bool lp_tunnel_next(struct lp_tunnel *t, struct lp_tunnel_action *ret_action);

lp_time lp_tunnel_deadline(const struct lp_tunnel *t);
void lp_tunnel_on_time(struct lp_tunnel *t, lp_time now);

bool lp_tunnel_is_joined(const struct lp_tunnel *t);

/* A member of the room, as this one sees it; while it is not joined, as it was last. */
struct lp_seen {
	bool own; /* this member; its MAC is not told */
	struct lp_peer_joined joined;
	struct lp_peer_status status; /* the last one; peer 0: none yet */
	bool loops, conflict, trusted;
};
/* Member number index, this one first. False: there are no more. */
bool lp_tunnel_seen(const struct lp_tunnel *t, size_t index, struct lp_seen *ret_seen);
/* The games of the last LP_TUNNEL_GAME_GONE, in the order in which they were first seen. Returns how many. */
size_t lp_tunnel_games(
	const struct lp_tunnel *t, lp_time now, struct lp_found_game ret_games[LP_TUNNEL_GAMES]);
/* The last WELCOME, without its token; room 0: there was none. */
void lp_tunnel_welcome(const struct lp_tunnel *t, struct lp_welcome *ret_welcome);
/* Totals since the start; row C5 sends them. */
const struct lp_stats *lp_tunnel_stats(const struct lp_tunnel *t);

#endif
